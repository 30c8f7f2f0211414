package io.heddle.processes;

import java.util.List;

/** A worker process and the native libraries in it, as it said itself when it was asked. Immutable; later versions may tell more. */
public final class WorkerInfo {
    private final long pid;
    private final int environmentLimit;
    private final long residentBytes;
    private final List<Library> libraries;

    WorkerInfo(long pid, int environmentLimit, long residentBytes, List<Library> libraries) {
        this.pid = pid;
        this.environmentLimit = environmentLimit;
        this.residentBytes = residentBytes;
        this.libraries = List.copyOf(libraries);
    }

    /**
     * Which process.
     *
     * @return its process number
     */
    public long pid() {
        return pid;
    }

    /**
     * What its environment has held its native libraries to from the start.
     *
     * @return the number of threads; 0 where variables of your own differ
     */
    public int environmentLimit() {
        return environmentLimit;
    }

    /**
     * Its resident memory.
     *
     * @return in bytes; 0 for a worker that did not answer within 10 s
     */
    public long residentBytes() {
        return residentBytes;
    }

    /**
     * The native libraries that it has loaded.
     *
     * @return unmodifiable; empty for a worker that did not answer within 10 s
     */
    public List<Library> libraries() {
        return libraries;
    }

    @Override
    public String toString() {
        return "worker process " + pid + ": environment limit " + environmentLimit + ", resident "
                + (residentBytes >> 20) + " MB, libraries " + libraries;
    }

    /** A native library in a worker. Immutable; later versions may tell more. */
    public static final class Library {
        private final String description;
        private final String file;
        private final int numThreads;

        Library(String description, String file, int numThreads) {
            this.description = description;
            this.file = file;
            this.numThreads = numThreads;
        }

        /**
         * What it is.
         *
         * @return prefix, version, threading layer and whom a limit affects, in words
         */
        public String description() {
            return description;
        }

        /**
         * Where it is.
         *
         * @return its file
         */
        public String file() {
            return file;
        }

        /**
         * The threads that it would use now.
         *
         * @return the number, read back from it
         */
        public int numThreads() {
            return numThreads;
        }

        @Override
        public String toString() {
            return description + " (" + numThreads + " threads)";
        }
    }
}
