package io.heddle.ray.cluster;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/*
 * Where the head is gone, Ray's own calls wait for it; after 60 s Ray ends the process. So what may wait for it is done on threads that nobody
 * waits for longer than was said, and whether it is gone is seen by its port.
 */
/** The cluster's head, without which nothing is known of nodes and actors. Thread-safe. */
final class Head {
    private static final long PROBE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(1);
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    private static final Executor THREADS = Executors.newCachedThreadPool(Thread.ofPlatform()
            .daemon()
            .name("heddle-ray-", 0)
            .inheritInheritableThreadLocals(false)
            .factory());

    private final @Nullable Address address;
    private final ReentrantLock probing = new ReentrantLock();
    private volatile long probed = System.nanoTime() - PROBE_NANOS; // written under probing
    private volatile @Nullable Long awaySince; // written under probing

    /** At an address; null where that is not known, and nothing can be seen. */
    Head(@Nullable Address address) {
        this.address = address;
    }

    /** Whether it has not answered for so long. Asks it once a second at most. */
    boolean isLost(Duration limit) {
        if (address != null && System.nanoTime() - probed > PROBE_NANOS && probing.tryLock()) {
            try {
                boolean answers = address.answers(PROBE_TIMEOUT);
                long now = System.nanoTime();
                if (answers) {
                    awaySince = null;
                } else if (awaySince == null) {
                    awaySince = now;
                }
                probed = now;
            } finally {
                probing.unlock();
            }
        }
        Long since = awaySince;
        return since != null && System.nanoTime() - since > limit.toNanos();
    }

    /** Whether it did not answer when it was asked last. */
    boolean isAway() {
        return awaySince != null;
    }

    /** What {@link #isLost} means. */
    String lost(Duration limit) {
        return "The head of the Ray cluster at " + address + " has not answered for " + limit
                + ": see whether it runs (`ray status --address " + address
                + "`), and raise headTimeout where it comes back later. Ray itself ends this process after 60 s without its head,"
                + " or what RAY_gcs_rpc_server_reconnect_timeout_s says";
    }

    /**
     * Asks Ray what it may ask the head.
     *
     * @param limit how long the head may be away
     * @param timeout how long this may take in all
     * @param late is given an answer that comes when nobody waits for it any more
     * @throws IllegalStateException if there is no answer in time; the message says what to do
     */
    <T> T ask(Supplier<T> question, Duration limit, Duration timeout, Consumer<T> late) {
        CompletableFuture<T> answer = CompletableFuture.supplyAsync(
                () -> {
                    if (RaySession.isLeaving()) {
                        throw new IllegalStateException("This process is exiting");
                    }
                    return question.get();
                },
                THREADS);
        long end = System.nanoTime() + timeout.toNanos();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return answer.get(LOOK_NANOS, TimeUnit.NANOSECONDS);
                } catch (TimeoutException e) {
                    boolean lost = isLost(limit);
                    if (lost || System.nanoTime() > end) {
                        var _ = answer.thenAccept(late);
                        throw new IllegalStateException(
                                lost
                                        ? lost(limit)
                                        : "The Ray cluster at " + address + " did not answer within " + timeout
                                                + ": see whether its head is well (`ray status --address " + address
                                                + "`), or raise startTimeout",
                                e);
                    }
                } catch (InterruptedException e) {
                    interrupted = true; // the caller's own affair, later: this is not to wait long
                } catch (ExecutionException e) {
                    throw failure(e.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static RuntimeException failure(@Nullable Throwable cause) {
        if (cause instanceof Error error) {
            throw error;
        }
        return cause instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(cause);
    }

    /** Has something said to Ray that nobody waits for; nothing is once this JVM is exiting. */
    static void tell(Runnable words) {
        THREADS.execute(() -> {
            try {
                if (!RaySession.isLeaving()) {
                    words.run();
                }
            } catch (RuntimeException e) {
                // the cluster is gone, and what it was about with it
            }
        });
    }
}
