package io.heddle.ffi;

import io.heddle.bindings.LibC;
import io.heddle.bindings.heddle_iovec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads memory of this process that another thread may free meanwhile. The kernel copies it ({@code process_vm_readv} on the own process,
 * which needs no right), so that memory that is gone is an answer and not a crash. What it holds may be stale: the reader has to check.
 *
 * <p>Confined to the thread that opened it.
 */
final class UnsureMemory implements AutoCloseable {
    private static final int BUFFER_BYTES = 4096; // PATH_MAX, the longest name
    private static final int FIRST_GUESS_BYTES = 256;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment buffer = arena.allocate(BUFFER_BYTES, Long.BYTES);
    private final MemorySegment local = heddle_iovec.allocate(arena);
    private final MemorySegment remote = heddle_iovec.allocate(arena);
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

    /** A string, one character for each byte; null if it is not all there. Overwrites the buffer. */
    @Nullable
    String string(long address) {
        for (int bytes = FIRST_GUESS_BYTES; bytes <= BUFFER_BYTES; bytes *= 4) {
            long copied = copy(address, bytes);
            for (int i = 0; i < copied; i++) {
                if (buffer.get(ValueLayout.JAVA_BYTE, i) == 0) {
                    return buffer.getString(0, StandardCharsets.ISO_8859_1);
                }
            }
            if (copied < bytes) {
                return null;
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
