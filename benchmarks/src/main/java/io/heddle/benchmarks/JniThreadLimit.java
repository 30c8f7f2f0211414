package io.heddle.benchmarks;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The JNI comparator of a limit: calls a library's getter and setter by their addresses ({@code native/src/thread_limit_jni.c}). */
final class JniThreadLimit {
    static {
        library().ifPresent(file -> System.load(file.toString())); // its rows are left out without it
    }

    private JniThreadLimit() {}

    static Optional<Path> library() {
        return Optional.ofNullable(System.getenv("HEDDLE_NATIVE_BUILD"))
                .map(build -> Path.of(build, "lib", "libheddle_thread_limit_jni.so"))
                .filter(Files::isRegularFile);
    }

    /** {@code dlopen}: the handle. */
    static native long open(String path);

    /** {@code dlsym}: the address. */
    static native long symbol(long library, String name);

    /** {@code ((int (*)(void)) getter)()}. */
    static native int get(long getter);

    /** {@code ((void (*)(int)) setter)(threads)}. */
    static native void set(long setter, int threads);
}
