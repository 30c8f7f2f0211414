package io.heddle.ray.cluster;

import io.ray.api.Ray;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * An attempt to join a cluster, which goes on when nobody waits for it any more: Ray's code cannot be stopped. Thread-safe.
 *
 * @param address the cluster's head
 * @param done the session, or why there is none
 */
record Joining(String address, CompletableFuture<RaySession> done) {
    private static final System.Logger LOGGER = System.getLogger("io.heddle.ray");

    /**
     * Begins.
     *
     * @throws IllegalStateException if no address is to be found
     */
    static Joining start(RaySettings settings) {
        Address address = Address.find(settings.address());
        CompletableFuture<RaySession> done = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("heddle-ray-init").start(() -> {
            try {
                done.complete(join(address, settings));
            } catch (Throwable e) {
                done.completeExceptionally(e);
            }
        });
        return new Joining(address.toString(), done);
    }

    /** One that is over. */
    static Joining by(RaySession session) {
        return new Joining(session.address(), CompletableFuture.completedFuture(session));
    }

    boolean hasFailed() {
        return done.isCompletedExceptionally();
    }

    boolean isOver() {
        return done.isDone();
    }

    private static RaySession join(Address address, RaySettings settings) {
        address.check(settings.startTimeout());
        String path = say(address, settings);
        try {
            Ray.init();
        } catch (RuntimeException | LinkageError e) {
            throw failed(address, e);
        } finally {
            RayJar.removeUnpacked();
        }
        Versions versions = Versions.now();
        if (versions.differ()) {
            Ray.shutdown();
            throw new IllegalStateException(versions.difference(address.toString()));
        }
        LOGGER.log(Level.DEBUG, "Connected to the Ray cluster at {0}", address);
        return new RaySession(address.toString(), path);
    }

    /** Ray is told all by system properties. */
    private static String say(Address address, RaySettings settings) {
        String path = String.join(":", settings.codeSearchPath());
        if (path.isEmpty()) {
            path = System.getProperty(RaySession.PATH, "");
        }
        System.setProperty(Address.PROPERTY, address.toString());
        // Ray refuses to send a function to Python, which uploads the jars, for a job without a path.
        System.setProperty(RaySession.PATH, path.isEmpty() ? RaySession.NO_PATH : path);
        if (!settings.namespace().isEmpty()) {
            System.setProperty("ray.job.namespace", settings.namespace());
        }
        if (System.getProperty("ray.logging.level") == null) {
            System.setProperty("ray.logging.level", settings.loggingLevel());
        }
        return path;
    }

    private static IllegalStateException failed(Address address, Throwable failure) {
        Versions versions = Versions.now();
        return new IllegalStateException(
                versions.differ()
                        ? versions.difference(address.toString())
                        : "The Ray cluster at " + address + " could not be joined: " + deepest(failure)
                                + ". This process must run on a node of the cluster, with the ray_dist.jar of just the cluster's version, and"
                                + " with the cluster's token (RAY_AUTH_MODE, RAY_AUTH_TOKEN) and certificates (RAY_USE_TLS, RAY_TLS_*) where"
                                + " it wants them. " + versions.hint(),
                failure);
    }

    private static Throwable deepest(Throwable failure) {
        Throwable deepest = failure;
        while (deepest.getCause() != null) {
            deepest = deepest.getCause();
        }
        return deepest;
    }

    /**
     * Waits for its end.
     *
     * @throws IllegalStateException if it fails or is not over in time; the message says why and what to do
     */
    RaySession await(Duration timeout) {
        try {
            return done.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            Throwable why = e.getCause();
            throw new IllegalStateException(
                    why instanceof IllegalStateException known
                            ? known.getMessage()
                            : "The Ray cluster at " + address + " could not be joined: " + why,
                    why);
        } catch (TimeoutException e) {
            RayJar.removeUnpacked();
            throw new IllegalStateException(
                    "The Ray cluster at " + address + " could not be joined within " + timeout
                            + ": see whether that is the port of Ray's head (GCS), whether this process runs on a node of the cluster, and"
                            + " whether it has the cluster's token (RAY_AUTH_MODE, RAY_AUTH_TOKEN) and certificates (RAY_USE_TLS, RAY_TLS_*);"
                            + " or raise startTimeout",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while joining the Ray cluster at " + address, e);
        }
    }
}
