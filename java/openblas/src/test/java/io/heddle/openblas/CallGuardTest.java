package io.heddle.openblas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CallGuardTest {
    private static final Path LIBRARY = Path.of("/cache/libopenblas-instance7.so.0");

    private final CountDownLatch inside = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);

    @Test
    void letsCallsThroughWithTheirArgumentsAndResults() throws Throwable {
        for (Thread owner : new @Nullable Thread[] {null, Thread.currentThread()}) {
            CallGuard guard = new CallGuard(LIBRARY, owner);
            MethodHandle twice = guard.guarded(function("twice", int.class, int.class));
            MethodHandle fails = guard.guarded(function("fails", void.class));

            assertThat((int) twice.invokeExact(21)).isEqualTo(42);
            assertThatThrownBy(() -> {
                        fails.invokeExact();
                    })
                    .hasMessage("of the function itself");

            assertThat(guard.close()).isTrue();
            assertThat(guard.close()).isFalse();
            assertThatThrownBy(() -> {
                        int _ = (int) twice.invokeExact(21);
                    })
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining(LIBRARY + " is closed")
                    .hasMessageContaining("OpenBlas.newInstance()");
            assertThatThrownBy(() -> guard.whileOpen(() -> 1)).hasMessageContaining("is closed");
            assertThatThrownBy(() -> guard.whileOpen(() -> 1)).hasMessageContaining("is closed");
            assertThat(guard.close()).isFalse();
        }
    }

    @Test
    void cannotBeClosedWhileACallRuns() throws Throwable {
        CallGuard guard = new CallGuard(LIBRARY, null);
        MethodHandle waits = guard.guarded(function("waits", void.class));
        FutureTask<Boolean> call = new FutureTask<>(() -> call(waits));
        Thread.ofPlatform().start(call);
        inside.await();

        assertThatThrownBy(guard::close)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("1 calls into it are running")
                .hasMessageContaining(LIBRARY.toString());
        assertThat(guard.whileOpen(() -> 1)).isEqualTo(1);

        goOn.countDown();
        assertThat(call.get()).isTrue();
        assertThat(guard.close()).isTrue();
    }

    @Test
    void refusesOtherThreadsThanItsOwner() throws Throwable {
        CallGuard guard = new CallGuard(LIBRARY, Thread.currentThread());
        MethodHandle twice = guard.guarded(function("twice", int.class, int.class));
        FutureTask<Throwable> foreign = new FutureTask<>(() -> refusal(twice));
        Thread.ofPlatform().name("foreign").start(foreign);

        assertThat(foreign.get())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll(
                        LIBRARY.toString(), "foreign", Thread.currentThread().getName())
                .hasMessageContaining("OpenBlas.ofWorker() inside each task");
    }

    private static boolean call(MethodHandle function) {
        try {
            function.invokeExact();
            return true;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static Throwable refusal(MethodHandle twice) {
        try {
            int _ = (int) twice.invokeExact(21);
            return new AssertionError("it was called");
        } catch (Throwable e) {
            return e;
        }
    }

    private MethodHandle function(String name, Class<?> result, Class<?>... arguments)
            throws ReflectiveOperationException {
        return MethodHandles.lookup()
                .findVirtual(CallGuardTest.class, name, MethodType.methodType(result, arguments))
                .bindTo(this);
    }

    int twice(int number) {
        return 2 * number;
    }

    void fails() {
        throw new IllegalArgumentException("of the function itself");
    }

    void waits() throws InterruptedException {
        inside.countDown();
        goOn.await();
    }
}
