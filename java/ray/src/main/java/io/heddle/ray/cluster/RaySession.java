package io.heddle.ray.cluster;

import io.heddle.ray.actor.HeddleActor;
import io.ray.api.Ray;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/*
 * Ray is connected once in a process, by system properties, for good: who connected stays connected until the JVM ends, when Ray's own
 * shutdown hook leaves the cluster and the cluster ends the job's actors.
 */
/** This process's connection to its cluster. Thread-safe. */
public final class RaySession {
    private static final System.Logger LOGGER = System.getLogger("io.heddle.ray");
    private static final String RUNTIME = "io.ray.runtime.DefaultRayRuntimeFactory";
    private static final long NODES_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static @Nullable RaySession connected; // guarded by the class
    private static @Nullable Attempt attempt;

    private final String address;
    private final String codeSearchPath;
    private volatile @Nullable Known known;

    private record Known(Nodes nodes, long since) {}

    private record Attempt(RaySession session, CompletableFuture<Void> done) {}

    private RaySession(String address, String codeSearchPath) {
        this.address = address;
        this.codeSearchPath = codeSearchPath;
    }

    /**
     * Whether this JVM is exiting: Ray's own shutdown hook leaves the cluster then, which ends the actors, and whoever calls Ray after it ends
     * the process with status 1.
     */
    static boolean isLeaving() {
        Thread probe = new Thread(null, null, "heddle-ray-probe", 0, false);
        try {
            Runtime.getRuntime().addShutdownHook(probe);
            return !Runtime.getRuntime().removeShutdownHook(probe);
        } catch (IllegalStateException e) { // only an exit forbids hooks
            return true;
        }
    }

    /**
     * Sees whether Ray's jar is there. To be called before any other class of Ray's is used.
     *
     * @throws IllegalStateException if it is not; the message says where it is
     */
    public static void needRay() {
        Module module = RaySession.class.getModule();
        ClassLoader loader = RaySession.class.getClassLoader();
        if (module.isNamed() && loader != null) {
            Module ray = loader.getUnnamedModule(); // its jar is no module
            module.addReads(ray);
            module.addOpens(RaySession.class.getPackageName(), ray); // its lambdas are read by reflection
            module.addOpens(HeddleActor.class.getPackageName(), ray);
        }
        try {
            Class.forName(RUNTIME, false, loader);
        } catch (ClassNotFoundException | LinkageError e) {
            throw new IllegalStateException(
                    "The backend 'ray' needs the ray_dist.jar of the cluster's own Ray on the class path. It lies in the cluster's Python"
                            + " installation; this prints where:"
                            + " python3 -c 'import ray, os; print(os.path.dirname(ray.__file__) + \"/jars/ray_dist.jar\")'",
                    e);
        }
    }

    /**
     * The connection to the cluster; connects if this process is not connected yet.
     *
     * @throws IllegalStateException if it cannot be had; the message says why and what to do
     */
    public static synchronized RaySession of(RaySettings settings) {
        needRay();
        if (connected != null && Ray.isInitialized()) {
            return connected.checked(settings);
        }
        if (Ray.isInitialized()) { // by the user's own code
            RaySession users = new RaySession(
                    System.getProperty("ray.address", ""), System.getProperty("ray.job.code-search-path", ""));
            connected = users;
            return users.checked(settings);
        }
        connected = connect(settings);
        return connected;
    }

    /** Refuses settings of another connection. */
    private RaySession checked(RaySettings settings) {
        String wanted = settings.address();
        if (wanted != null
                && !address.isEmpty()
                && !wanted.equals("auto")
                && !Address.find(wanted).toString().equals(address)) {
            throw new IllegalStateException("This process is connected to the Ray cluster at " + address
                    + ", and Ray allows one in a" + " process: for " + wanted + " start another process");
        }
        String path = String.join(":", settings.codeSearchPath());
        if (!path.isEmpty() && !path.equals(codeSearchPath)) {
            throw new IllegalStateException("codeSearchPath = " + path
                    + " comes too late: Ray takes it when a process connects, and this one is connected "
                    + (codeSearchPath.isEmpty() ? "without one" : "with " + codeSearchPath)
                    + ". Give it to the first backend, or by -Dray.job.code-search-path");
        }
        return this;
    }

    private static RaySession connect(RaySettings settings) {
        Duration timeout = settings.startTimeout();
        Attempt running = attempt;
        if (running == null || running.done().isDone()) {
            Address address = Address.find(settings.address());
            address.check(timeout);
            String path = String.join(":", settings.codeSearchPath());
            System.setProperty("ray.address", address.toString());
            if (path.isEmpty()) {
                path = System.getProperty("ray.job.code-search-path", "");
            }
            // Ray refuses to send a function to Python, which uploads the jars, for a job without a path.
            System.setProperty("ray.job.code-search-path", path.isEmpty() ? "/nonexistent/heddle" : path);
            if (!settings.namespace().isEmpty()) {
                System.setProperty("ray.job.namespace", settings.namespace());
            }
            if (System.getProperty("ray.logging.level") == null) {
                System.setProperty("ray.logging.level", settings.loggingLevel());
            }
            running = new Attempt(
                    new RaySession(address.toString(), path), CompletableFuture.runAsync(Ray::init, RaySession::start));
            attempt = running;
        }
        RaySession session = running.session();
        try {
            running.done().get(timeout.toNanos(), TimeUnit.NANOSECONDS);
            LOGGER.log(Level.DEBUG, "Connected to the Ray cluster at {0}", session.address);
            return session;
        } catch (ExecutionException e) {
            Throwable why = deepest(e);
            throw new IllegalStateException(
                    "The Ray cluster at " + session.address + " could not be joined: " + why
                            + ". This process must run on a node of the cluster, with the ray_dist.jar of just the cluster's version, and"
                            + " with the cluster's token (RAY_AUTH_MODE, RAY_AUTH_TOKEN) and certificates (RAY_USE_TLS, RAY_TLS_*) where it"
                            + " wants them",
                    e.getCause());
        } catch (TimeoutException e) {
            throw new IllegalStateException(
                    "The Ray cluster at " + session.address + " could not be joined within " + timeout
                            + ": see whether that is the port of Ray's head (GCS), whether this process runs on a node of the cluster, and"
                            + " whether it has the cluster's token (RAY_AUTH_MODE, RAY_AUTH_TOKEN) and certificates (RAY_USE_TLS, RAY_TLS_*);"
                            + " or raise startTimeout",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while joining the Ray cluster at " + session.address, e);
        }
    }

    private static void start(Runnable body) {
        Thread.ofPlatform().daemon().name("heddle-ray-init").start(body);
    }

    private static Throwable deepest(Throwable failure) {
        Throwable deepest = failure;
        while (deepest.getCause() != null) {
            deepest = deepest.getCause();
        }
        return deepest;
    }

    /** The nodes that live, as they were some seconds ago at most. */
    public Nodes nodes() {
        Known last = known;
        if (last == null || System.nanoTime() - last.since() > NODES_NANOS) {
            last = new Known(Nodes.of(Ray.getRuntimeContext().getAllNodeInfo()), System.nanoTime());
            known = last;
        }
        return last.nodes();
    }

    /** The head's address. */
    public String address() {
        return address;
    }
}
