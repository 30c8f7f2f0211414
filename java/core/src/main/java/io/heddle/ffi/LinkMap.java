package io.heddle.ffi;

import io.heddle.bindings.LibC;
import io.heddle.bindings.link_map;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The dynamic linker's record of one loaded library. The linker appends the record of a newly loaded library to the last one, so the last
 * record tells by one read from memory whether anything was loaded after it. The read is safe only while the library is held open: the
 * record of one that is unloaded is freed.
 *
 * <p>Thread-safe.
 */
public final class LinkMap {
    private static final VarHandle ADDRESS = ValueLayout.JAVA_LONG.varHandle();
    private static final long NEXT = link_map.l_next$offset();

    private final MemorySegment record;

    private LinkMap(MemorySegment record) {
        this.record = record;
    }

    /** The record behind a handle of {@code dlopen}, or empty where the C library has no such list. */
    static Optional<LinkMap> of(MemorySegment handle) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pointer = arena.allocate(ValueLayout.ADDRESS);
            if (LibC.dlinfo(handle, LibC.RTLD_DI_LINKMAP(), pointer) != 0) {
                return Optional.empty();
            }
            MemorySegment record = pointer.get(ValueLayout.ADDRESS, 0);
            return record.address() == 0
                    ? Optional.empty()
                    : Optional.of(new LinkMap(record.reinterpret(link_map.sizeof())));
        }
    }

    /** The name by which the linker lists the library: the one it was first opened by, one character for each byte. */
    String name() {
        return link_map.l_name(record).getString(0, StandardCharsets.ISO_8859_1);
    }

    /**
     * Whether no library was loaded after this one.
     *
     * @return true if it is the last in load order
     */
    public boolean isLast() {
        return (long) ADDRESS.getAcquire(record, NEXT) == 0;
    }
}
