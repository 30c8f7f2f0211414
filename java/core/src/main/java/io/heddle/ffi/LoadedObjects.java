package io.heddle.ffi;

import io.heddle.bindings.LibC;
import io.heddle.bindings.dl_iterate_phdr$callback;
import io.heddle.bindings.dl_phdr_info;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/*
 * Both callbacks run under the loader's lock, which a thread inside dlopen needs as well. So they touch nothing that could wait for
 * such a thread: no class is initialised in them (each has run once on a made-up record before its first native use), nothing is
 * allocated, nothing is logged, and nothing is thrown (an exception that leaves an upcall ends the JVM).
 *
 * The link map would answer "was anything loaded?" without an upcall, but its tail may be freed by dlclose while it is read.
 * The early-stopped walk takes the lock, reads the first record only and costs about 50 ns (LimitBenchmark.loadCheck).
 */
/**
 * The shared objects that are loaded in this process, as {@code dl_iterate_phdr} lists them.
 *
 * <p>Thread-safe.
 */
public final class LoadedObjects {
    private static final int FIRST_BUFFER_BYTES = 1 << 16;
    private static final long USED = 0; // the buffer: bytes used, bytes in all, then the names, each ended by a zero
    private static final long CAPACITY = Long.BYTES;
    private static final long NAMES = 2L * Long.BYTES;

    private static final MemorySegment COUNT_LOADS;
    private static final MemorySegment COPY_NAMES;

    static {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment record = dl_phdr_info.allocate(arena);
            dl_phdr_info.dlpi_name(record, arena.allocateFrom("warm-up"));
            countLoads(record, record.byteSize(), MemorySegment.NULL);
            copyName(record, record.byteSize(), newBuffer(arena, NAMES + 64));
        }
        COUNT_LOADS = dl_iterate_phdr$callback.allocate(LoadedObjects::countLoads, Arena.global());
        COPY_NAMES = dl_iterate_phdr$callback.allocate(LoadedObjects::copyName, Arena.global());
    }

    private LoadedObjects() {}

    /**
     * A number that changes whenever a library was loaded: the dynamic linker's count of loads so far, cut to 31 bits.
     *
     * @return the count
     */
    public static int generation() {
        return LibC.dl_iterate_phdr(COUNT_LOADS, MemorySegment.NULL);
    }

    /**
     * The names of all shared objects loaded now, as they were opened (not resolved: a link stays a link), in load order.
     *
     * @return the names; the main program, whose name is empty, is left out
     */
    public static List<String> names() {
        for (long size = FIRST_BUFFER_BYTES; ; size *= 2) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment buffer = newBuffer(arena, size);
                if (LibC.dl_iterate_phdr(COPY_NAMES, buffer) == 0) {
                    return decode(buffer);
                }
            }
        }
    }

    private static MemorySegment newBuffer(Arena arena, long bytes) {
        MemorySegment buffer = arena.allocate(bytes, Long.BYTES);
        buffer.set(ValueLayout.JAVA_LONG, USED, NAMES);
        buffer.set(ValueLayout.JAVA_LONG, CAPACITY, bytes);
        return buffer;
    }

    private static List<String> decode(MemorySegment buffer) {
        List<String> names = new ArrayList<>();
        long used = buffer.get(ValueLayout.JAVA_LONG, USED);
        for (long at = NAMES; at < used; ) {
            String name = buffer.getString(at);
            names.add(name);
            at += name.getBytes(StandardCharsets.UTF_8).length + 1L;
        }
        return names;
    }

    private static int countLoads(MemorySegment info, long size, MemorySegment unused) {
        return (int) dl_phdr_info.dlpi_adds(info) & Integer.MAX_VALUE;
    }

    private static int copyName(MemorySegment info, long size, MemorySegment buffer) {
        MemorySegment name = dl_phdr_info.dlpi_name(info);
        long used = buffer.get(ValueLayout.JAVA_LONG, USED);
        long room = buffer.get(ValueLayout.JAVA_LONG, CAPACITY) - used;
        long length = 0;
        byte next;
        do {
            if (length == room) {
                return 1;
            }
            next = name.get(ValueLayout.JAVA_BYTE, length);
            buffer.set(ValueLayout.JAVA_BYTE, used + length, next);
            length++;
        } while (next != 0);
        if (length > 1) {
            buffer.set(ValueLayout.JAVA_LONG, USED, used + length);
        }
        return 0;
    }
}
