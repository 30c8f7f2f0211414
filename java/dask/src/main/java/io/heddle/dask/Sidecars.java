package io.heddle.dask;

import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The sidecars of this program: one for backends of equal settings. Thread-safe. */
final class Sidecars {
    private static final System.Logger LOGGER = System.getLogger("io.heddle.dask");
    private static final Map<DaskSettings, CompletableFuture<Sidecar>> RUNNING = new HashMap<>(); // guarded by itself

    private Sidecars() {}

    /**
     * The one for some settings; started, connected with its cluster, and waited for, if there is none. An interrupt does not end that.
     *
     * @throws DaskException if the cluster cannot be used
     */
    static Sidecar of(DaskSettings settings) {
        CompletableFuture<Sidecar> mine = null;
        CompletableFuture<Sidecar> found;
        synchronized (RUNNING) {
            found = RUNNING.get(settings);
            if (found == null) {
                mine = new CompletableFuture<>();
                found = mine;
                RUNNING.put(settings, mine);
            }
        }
        if (mine != null) {
            start(settings, mine);
        }
        try {
            return found.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof DaskException failure
                    ? new DaskException(String.valueOf(failure.getMessage()), failure)
                    : new DaskException("The sidecar of the backend dask failed: " + e.getCause(), e);
        }
    }

    /** As {@link #of}, one that a call has begun with: it does not leave before the call has ended. */
    static Sidecar ofCall(DaskSettings settings) {
        while (true) {
            Sidecar found = of(settings);
            if (found.callBegins()) {
                return found;
            }
        }
    }

    private static void start(DaskSettings settings, CompletableFuture<Sidecar> to) {
        Sidecar made = null;
        try {
            made = new Sidecar(settings);
            made.begin();
            to.complete(made);
            made.onEnd(() -> forget(settings, to));
        } catch (RuntimeException | Error e) {
            forget(settings, to);
            if (made != null) {
                made.leave();
            }
            to.completeExceptionally(e);
        }
    }

    private static void forget(DaskSettings settings, CompletableFuture<Sidecar> which) {
        synchronized (RUNNING) {
            RUNNING.remove(settings, which);
        }
    }

    /** The one of some settings, if there is one. */
    static @Nullable Sidecar running(DaskSettings settings) {
        synchronized (RUNNING) {
            CompletableFuture<Sidecar> found = RUNNING.get(settings);
            return found == null || !found.isDone() || found.isCompletedExceptionally() ? null : found.join();
        }
    }

    /** Ends the one of some settings, and its session, as soon as no call runs. Does not wait. */
    static void leave(DaskSettings settings) {
        Sidecar found = running(settings);
        if (found != null) {
            found.isNotWanted();
            leaveIfUnwanted(found);
        }
    }

    /** Ends one that is not wanted any more, if no call runs. Does not wait. */
    static void leaveIfUnwanted(Sidecar sidecar) {
        synchronized (RUNNING) {
            if (!sidecar.decideToLeave()) {
                return;
            }
            RUNNING.values()
                    .removeIf(each -> each.isDone() && !each.isCompletedExceptionally() && sidecar.equals(each.join()));
        }
        sidecar.leave();
    }

    /** Waits until a sidecar that was told to leave has ended. */
    static void awaitLeft(@Nullable Sidecar left) {
        if (left != null && left.isLeaving()) {
            try {
                left.end().get(SidecarProcess.LEAVE_TIME.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException | TimeoutException e) {
                LOGGER.log(Level.DEBUG, "The sidecar has not ended", e);
            }
        }
    }
}
