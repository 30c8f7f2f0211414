package io.heddle.ffi;

import io.heddle.bindings.LibC;
import io.heddle.bindings.dl_find_object;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The addresses that one loaded file takes. {@code dladdr} tells the file of an address too, but looks for the nearest symbol on the way,
 * one by one: 0.1 to 2 ms in an OpenBLAS.
 *
 * @param start the first address
 * @param end the first one after it
 */
record MappedRange(long start, long end) {
    private static final boolean KNOWN = isKnown();

    private static boolean isKnown() {
        try {
            return LibC._dl_find_object$address().address() != 0;
        } catch (LinkageError e) {
            return false; // a C library before glibc 2.35
        }
    }

    /** The range around an address, or null where the C library does not tell. */
    static @Nullable MappedRange around(MemorySegment address) {
        if (!KNOWN) {
            return null;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment found = dl_find_object.allocate(arena);
            return LibC._dl_find_object(address, found) != 0
                    ? null
                    : new MappedRange(
                            dl_find_object.dlfo_map_start(found).address(),
                            dl_find_object.dlfo_map_end(found).address());
        }
    }

    boolean contains(long address) {
        return start <= address && address < end;
    }
}
