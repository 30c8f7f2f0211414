package io.heddle.cli.stress;

import io.heddle.cli.library.RuntimeFamily;
import io.heddle.ffi.NativeLibrary;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Calls OpenBLAS' own setter while others compute, as Heddle never does: it shows that the stress sees what goes wrong. */
final class UnsafeSetter implements Runnable {
    private static final int MOST_THREADS = 8;
    private static final long PAUSE_NANOS = 20_000;

    private final MethodHandle set;
    private final BooleanSupplier isOn;

    UnsafeSetter(NativeLibrary library, BooleanSupplier isOn) {
        String name = RuntimeFamily.affixed("openblas_set_num_threads").stream()
                .filter(symbol -> library.find(symbol).isPresent())
                .findFirst()
                .orElseThrow(() -> new NoSuchElementException(library.path() + " exports no openblas_set_num_threads"));
        this.set = library.downcall(name, FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT));
        this.isOn = isOn;
    }

    @Override
    public void run() {
        Random random = new Random(1);
        while (isOn.getAsBoolean()) {
            try {
                set.invokeExact(random.nextInt(1, MOST_THREADS + 1));
            } catch (Throwable e) {
                throw new AssertionError("a downcall throws nothing", e);
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }
}
