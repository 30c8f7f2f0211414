package io.heddle.ffi;

import io.heddle.bindings.LibC;
import io.heddle.bindings.heddle_iovec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads memory of this process that another thread may free meanwhile. The kernel copies it ({@code process_vm_readv} on the own process,
 * which needs no right), so that memory that is gone is an answer and not a crash. What it holds may be stale: the reader has to check.
 *
 * <p>Confined to the thread that opened it.
 */
final class UnsureMemory implements AutoCloseable {
    private static final int LONGEST_BYTES = 4096; // PATH_MAX
    private static final int USUAL_BYTES = 256;
    private static final int AT_ONCE = 64;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment buffer = arena.allocate(AT_ONCE * USUAL_BYTES, Long.BYTES);
    private final MemorySegment local = heddle_iovec.allocate(arena);
    private final MemorySegment remote = heddle_iovec.allocateArray(AT_ONCE, arena);
    private final int process = LibC.getpid();

    UnsureMemory() {
        heddle_iovec.iov_base(local, buffer);
    }

    /** Fills the buffer; false if not every byte is there. */
    boolean read(long address, long bytes) {
        return copy(address, bytes) == bytes;
    }

    /** A field of what was read last. */
    long word(long offset) {
        return buffer.get(ValueLayout.JAVA_LONG, offset);
    }

    /** Strings, one character for each byte; null for one that is not all there. Overwrites the buffer. */
    List<@Nullable String> strings(List<Long> addresses) {
        List<@Nullable String> found = new ArrayList<>();
        for (int from = 0; from < addresses.size(); from += AT_ONCE) {
            strings(addresses.subList(from, Math.min(from + AT_ONCE, addresses.size())), found);
        }
        return found;
    }

    /** The usual lengths by one call; one that is longer, or lies at the end of the memory, alone after it. */
    private void strings(List<Long> addresses, List<@Nullable String> found) {
        heddle_iovec.iov_len(local, (long) addresses.size() * USUAL_BYTES);
        for (int i = 0; i < addresses.size(); i++) {
            MemorySegment each = heddle_iovec.asSlice(remote, i);
            heddle_iovec.iov_base(each, MemorySegment.ofAddress(addresses.get(i)));
            heddle_iovec.iov_len(each, USUAL_BYTES);
        }
        long copied = LibC.process_vm_readv(process, local, 1, remote, addresses.size(), 0);
        List<@Nullable String> usual = new ArrayList<>();
        for (long i = 0; i < addresses.size(); i++) {
            usual.add(terminated(i * USUAL_BYTES, Math.min((i + 1) * USUAL_BYTES, copied)));
        }
        for (int i = 0; i < addresses.size(); i++) {
            String name = usual.get(i);
            found.add(name != null ? name : longString(addresses.get(i)));
        }
    }

    private @Nullable String longString(long address) {
        return terminated(0, copy(address, LONGEST_BYTES));
    }

    private @Nullable String terminated(long from, long to) {
        for (long i = from; i < to; i++) {
            if (buffer.get(ValueLayout.JAVA_BYTE, i) == 0) {
                return buffer.getString(from, StandardCharsets.ISO_8859_1);
            }
        }
        return null;
    }

    private long copy(long address, long bytes) {
        heddle_iovec.iov_len(local, bytes);
        heddle_iovec.iov_base(remote, MemorySegment.ofAddress(address));
        heddle_iovec.iov_len(remote, bytes);
        return LibC.process_vm_readv(process, local, 1, remote, 1, 0);
    }

    @Override
    public void close() {
        arena.close();
    }
}
