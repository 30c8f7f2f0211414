package io.heddle.ffi;

import io.heddle.bindings.LibC;
import io.heddle.bindings.link_map;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The dynamic linker's record of one loaded library. The linker appends the record of a newly loaded library to the last one and puts none
 * in between. So one read from memory tells whether anything was loaded after a library, and the records after it are all that was. A
 * record may be read only while its library is held open: that of one that is unloaded is freed. Whoever held it open
 * {@linkplain #letGo() lets it go} first.
 *
 * <p>Thread-safe.
 */
public final class LinkMap {
    private static final VarHandle ADDRESS = ValueLayout.JAVA_LONG.varHandle();
    private static final long NAME = link_map.l_name$offset();
    private static final long NEXT = link_map.l_next$offset();
    private static final long PREVIOUS = link_map.l_prev$offset();
    private static final int ATTEMPTS = 100;

    private final MemorySegment record;
    private final @Nullable Arena readable; // null for a record that is read only while its library is known to be open

    private LinkMap(MemorySegment record, @Nullable Arena readable) {
        this.record = record;
        this.readable = readable;
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
                    : Optional.of(new LinkMap(record.reinterpret(link_map.sizeof()), null));
        }
    }

    /**
     * The record of the program itself, the first of all; it is never unloaded.
     *
     * @return the record, or empty where the C library has no such list
     */
    public static Optional<LinkMap> ofProgram() {
        return of(LibC.dlopen(MemorySegment.NULL, LibC.RTLD_LAZY()));
    }

    /**
     * A library that was in the list.
     *
     * @param address of its record, which is not to be read
     * @param previous the address of the record before it
     * @param name by which the linker lists it, one character for each byte
     */
    public record Listed(long address, long previous, String name) {}

    /**
     * The libraries that were loaded after this one, whose library is held open. Those that are closed at the same time may be among them;
     * none is missing that stays.
     *
     * @return the libraries in load order; empty where this process may not read its own memory through the kernel, or while libraries
     *     come and go too fast
     */
    public Optional<List<Listed>> after() {
        try (UnsureMemory memory = new UnsureMemory()) {
            for (int i = 0; i < ATTEMPTS && memory.read(record.address(), link_map.sizeof()); i++) {
                List<Listed> found = walk(memory);
                if (found != null) {
                    return Optional.of(found);
                }
            }
            return Optional.empty();
        }
    }

    /**
     * Null if a record on the way was not one any more. A freed record that still looks like one leads on to what followed it, but what
     * followed it points back to another one by then.
     */
    private @Nullable List<Listed> walk(UnsureMemory memory) {
        List<Long> records = new ArrayList<>();
        List<Long> names = new ArrayList<>();
        long at = record.address();
        long next = next();
        while (next != 0) {
            if (!memory.read(next, link_map.sizeof()) || memory.word(PREVIOUS) != at) {
                return null;
            }
            at = next;
            next = memory.word(NEXT);
            records.add(at);
            names.add(memory.word(NAME));
        }
        List<Listed> found = new ArrayList<>();
        List<@Nullable String> texts = memory.strings(names);
        for (int i = 0; i < records.size(); i++) {
            String name = texts.get(i);
            if (name == null) {
                return null;
            }
            found.add(new Listed(records.get(i), i == 0 ? record.address() : records.get(i - 1), name));
        }
        return found;
    }

    /** The library's dynamic section, an address inside its file. */
    MemorySegment dynamicSection() {
        return link_map.l_ld(record);
    }

    /** The name by which the linker lists the library: the one it was first opened by, one character for each byte. */
    String name() {
        return link_map.l_name(record).getString(0, StandardCharsets.ISO_8859_1);
    }

    /**
     * Whether no library was loaded after this one.
     *
     * @return true if it is the last in load order; false if that is not known any more, as it was let go
     */
    public boolean isLast() {
        try {
            return next() == 0;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    /**
     * The same record for other threads to read, until it is {@linkplain #letGo() let go}.
     *
     * @return the record
     */
    @SuppressWarnings("MustBeClosedChecker") // letGo() closes it; what nobody reads is left to the garbage collection
    public LinkMap shared() {
        Arena arena = Arena.ofShared(); // closed, it waits for those who are reading
        return new LinkMap(
                MemorySegment.ofAddress(record.address()).reinterpret(link_map.sizeof(), arena, null), arena);
    }

    /** Ends the reading of a {@linkplain #shared() shared} record by every thread: once it returns, the library may be closed. */
    public void letGo() {
        if (readable != null) {
            readable.close();
        }
    }

    /**
     * Whether this is a certain library's record, with the same one before it: not of one that was closed and loaded again after another.
     *
     * @param listed a library of the list
     * @return true if the record lies at that address and after that one
     */
    public boolean is(Listed listed) {
        return record.address() == listed.address() && (long) ADDRESS.getAcquire(record, PREVIOUS) == listed.previous();
    }

    private long next() {
        return (long) ADDRESS.getAcquire(record, NEXT);
    }
}
