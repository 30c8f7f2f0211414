package io.heddle.ffi;

import io.heddle.bindings.LibC;
import io.heddle.bindings.heddle_pthread_attr;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.OptionalLong;

/** The calling thread's stack. */
public final class ThreadStack {
    private ThreadStack() {}

    /**
     * {@code pthread_getattr_np} and {@code pthread_attr_getstack}.
     *
     * @return the size in bytes; empty if the C library does not tell
     */
    public static OptionalLong bytes() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = heddle_pthread_attr.allocate(arena);
            if (LibC.pthread_getattr_np(LibC.pthread_self(), attributes) != 0) {
                return OptionalLong.empty();
            }
            MemorySegment lowest = arena.allocate(ValueLayout.ADDRESS);
            MemorySegment bytes = arena.allocate(ValueLayout.JAVA_LONG);
            int status = LibC.pthread_attr_getstack(attributes, lowest, bytes);
            LibC.pthread_attr_destroy(attributes);
            return status == 0 ? OptionalLong.of(bytes.get(ValueLayout.JAVA_LONG, 0)) : OptionalLong.empty();
        }
    }
}
