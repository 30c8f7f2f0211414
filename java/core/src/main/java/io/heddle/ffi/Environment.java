package io.heddle.ffi;

import io.heddle.bindings.LibC;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** The process's real environment: {@code System.getenv} is a copy made at start and misses what native code sets later. */
public final class Environment {
    private Environment() {}

    /**
     * {@code char *getenv(const char *)}.
     *
     * @param name the variable's name
     * @return its value now, or empty
     */
    public static Optional<String> get(String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = LibC.getenv(arena.allocateFrom(name));
            return value.address() == 0 ? Optional.empty() : Optional.of(value.getString(0));
        }
    }
}
