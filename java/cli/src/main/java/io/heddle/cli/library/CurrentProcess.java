package io.heddle.cli.library;

import io.heddle.NativeThreads;
import io.heddle.control.LibraryInfo;
import io.heddle.ffi.NativeLibrary;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** The native libraries of this process. */
public final class CurrentProcess {
    private CurrentProcess() {}

    /** What is loaded now. */
    public static List<SeenLibrary> libraries() {
        return NativeThreads.info().stream()
                .map(info -> SeenLibrary.of(info, processors(info)))
                .toList();
    }

    /** Whether MKL answers for every library that looks up a BLAS function in the global scope. */
    public static boolean mklIsGlobal() {
        return NativeLibrary.findGlobal("MKL_Get_Max_Threads").isPresent();
    }

    private static OptionalInt processors(LibraryInfo info) {
        if (!info.internalApi().equals("openblas")) {
            return OptionalInt.empty();
        }
        String bytes = new String(info.path().toString().getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        Optional<NativeLibrary> library = NativeLibrary.loaded(bytes);
        try {
            return library.map(CurrentProcess::openBlasProcessors).orElse(OptionalInt.empty());
        } finally {
            library.ifPresent(NativeLibrary::release);
        }
    }

    private static OptionalInt openBlasProcessors(NativeLibrary library) {
        Optional<String> name = RuntimeFamily.affixed("openblas_get_num_procs").stream()
                .filter(symbol -> library.findOwn(symbol).isPresent())
                .findFirst();
        if (name.isEmpty()) {
            return OptionalInt.empty();
        }
        MethodHandle function = library.downcall(name.get(), FunctionDescriptor.of(ValueLayout.JAVA_INT));
        try {
            return OptionalInt.of((int) function.invokeExact());
        } catch (Throwable e) {
            throw new AssertionError("int " + name.get() + "(void) throws nothing", e);
        }
    }
}
