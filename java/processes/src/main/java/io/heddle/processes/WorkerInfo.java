package io.heddle.processes;

import java.util.List;

/**
 * A worker process and the native libraries in it, as it says itself. Immutable.
 *
 * @param pid its process number
 * @param environmentLimit the number of threads that its environment has held its libraries to from the start; 0 where variables of your own
 *     differ
 * @param residentBytes its resident memory; 0 for a worker that did not answer within 10 s
 * @param libraries the native libraries that it has loaded
 */
public record WorkerInfo(long pid, int environmentLimit, long residentBytes, List<Library> libraries) {
    /**
     * A native library in a worker.
     *
     * @param description prefix, version, threading layer and whom a limit affects, in words
     * @param file its file
     * @param numThreads the number of threads that it would use now, read back from it
     */
    public record Library(String description, String file, int numThreads) {}
}
