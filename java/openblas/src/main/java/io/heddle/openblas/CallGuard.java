package io.heddle.openblas;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/*
 * A call into a library that is unloaded meanwhile, or was before, ends the JVM. So the handles of an instance that can be closed ask here
 * first. An instance with an owner is called and closed by that thread alone: nobody can be in a call when it is closed, and a call has
 * only to look (1 ns). The calls of an instance without one are counted (3 ns, one atomic step up and one down; threads that share an
 * instance queue behind its own lock anyway).
 */
/** Lets calls into an instance through as long as it is open, and lets it be closed only when nobody is in a call. Thread-safe. */
final class CallGuard {
    private static final int CLOSED = Integer.MIN_VALUE;
    private static final MethodHandle CHECK = own("check");
    private static final MethodHandle ENTER = own("enter");
    private static final MethodHandle LEAVE = own("leave");

    private final Path library;
    private final @Nullable Thread owner;
    private final AtomicInteger running =
            new AtomicInteger(); // negative once closed; 0 as long as an owner is the only caller

    CallGuard(Path library, @Nullable Thread owner) {
        this.library = library;
        this.owner = owner;
    }

    /** The same function, refused where it cannot be called. */
    MethodHandle guarded(MethodHandle function) {
        if (owner != null) {
            return MethodHandles.foldArguments(function, CHECK.bindTo(this));
        }
        Class<?> result = function.type().returnType();
        MethodHandle passOn = result == void.class ? MethodHandles.zero(void.class) : MethodHandles.identity(result);
        MethodHandle leave = MethodHandles.foldArguments(
                MethodHandles.dropArguments(passOn, 0, Throwable.class), LEAVE.bindTo(this));
        return MethodHandles.foldArguments(MethodHandles.tryFinally(function, leave), ENTER.bindTo(this));
    }

    /** Does something with the open library. */
    <R> R whileOpen(Supplier<R> body) {
        if (owner != null) {
            check();
            return body.get();
        }
        enter();
        try {
            return body.get();
        } finally {
            leave();
        }
    }

    /**
     * Refuses every further call.
     *
     * @return false if it was closed already
     * @throws IllegalStateException if a call is running; nothing is closed then
     */
    boolean close() {
        if (running.compareAndSet(0, CLOSED)) {
            return true;
        }
        int calls = running.get();
        if (calls > 0) {
            throw new IllegalStateException(
                    "OpenBlas.close() on " + library + ": " + calls
                            + " calls into it are running, and closing would unload it from under them. Close it after they have returned.");
        }
        return false;
    }

    private void check() {
        if (Thread.currentThread() != owner) {
            throw new IllegalStateException("The OpenBLAS instance " + library + " belongs to the worker " + owner
                    + " and was used by " + Thread.currentThread()
                    + ". Call OpenBlas.ofWorker() inside each task, and bind and call its functions there.");
        }
        if (running.get() < 0) {
            throw closed();
        }
    }

    private void enter() {
        if (running.getAndIncrement() < 0) {
            running.getAndDecrement();
            throw closed();
        }
    }

    private void leave() {
        running.getAndDecrement();
    }

    private IllegalStateException closed() {
        return new IllegalStateException(
                "The OpenBLAS instance " + library
                        + " is closed: use it and its functions before OpenBlas.close(), or open another by OpenBlas.newInstance().");
    }

    private static MethodHandle own(String name) {
        try {
            return MethodHandles.lookup().findVirtual(CallGuard.class, name, MethodType.methodType(void.class));
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("CallGuard." + name, e);
        }
    }
}
