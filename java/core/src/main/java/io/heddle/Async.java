package io.heddle;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

/** A call made by a virtual thread of its own. */
final class Async {
    private Async() {}

    /** Shows in a failure where the call was made. */
    private static final class CallMade extends Exception {
        private static final long serialVersionUID = 1L;

        CallMade() {
            super("the call was made here");
        }
    }

    /** Runs a call under what holds on the current thread; completing the future from elsewhere interrupts it. */
    static <R> CompletableFuture<R> start(Callable<R> call) {
        CompletableFuture<R> future = new CompletableFuture<>();
        Callable<R> here = ParallelConfig.capture().wrap(call);
        CallMade made = new CallMade();
        Thread thread = Thread.ofVirtual().name("heddle-call").unstarted(() -> {
            try {
                future.complete(here.call());
            } catch (Exception | Error e) {
                e.addSuppressed(made); // first: the future may be watched
                future.completeExceptionally(e);
            }
        });
        var _ = future.whenComplete((_, _) -> {
            if (Thread.currentThread() != thread) {
                thread.interrupt(); // nobody wants the call's own results any more
            }
        });
        thread.start();
        return future;
    }
}
