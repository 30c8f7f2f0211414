package io.heddle.processes.pool;

import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.ProtocolException;
import java.util.ArrayList;
import java.util.List;

/**
 * What a worker process says of itself.
 *
 * @param pid its process number
 * @param environmentLimit the number of threads that its environment holds native libraries to; 0 for none
 * @param residentBytes its resident memory; 0 where it did not answer
 * @param libraries the native libraries that it has loaded
 */
public record WorkerInfo(long pid, int environmentLimit, long residentBytes, List<Library> libraries) {
    private static final int MOST_LIBRARIES = 10_000;

    /**
     * A native library of a worker.
     *
     * @param text all about it, in words
     * @param file its file
     * @param numThreads the number of threads that it would use now
     */
    public record Library(String text, String file, int numThreads) {}

    static WorkerInfo silent(long pid) {
        return new WorkerInfo(pid, 0, 0, List.of());
    }

    WorkerInfo ofProcess(long known) {
        return new WorkerInfo(known, environmentLimit, residentBytes, libraries);
    }

    static WorkerInfo read(FrameInput frame) throws ProtocolException {
        int limit = frame.getInt();
        long bytes = frame.getLong();
        int count = frame.getInt();
        if (count < 0 || count > MOST_LIBRARIES) {
            throw new ProtocolException("an INFO frame of " + count + " libraries");
        }
        List<Library> libraries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            libraries.add(new Library(frame.getText(), frame.getText(), frame.getInt()));
        }
        return new WorkerInfo(0, limit, bytes, List.copyOf(libraries));
    }
}
