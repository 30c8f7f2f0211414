package io.heddle.backend;

import java.util.Map;
import java.util.Set;

/** Runs every task on the calling thread, one after the other. Thread-safe. */
public final class SequentialBackend implements Backend {
    /** The only instance that is needed: it has no state. */
    public static final SequentialBackend INSTANCE = new SequentialBackend();

    private SequentialBackend() {}

    @Override
    public String name() {
        return "sequential";
    }

    @Override
    public boolean sharesMemory() {
        return true;
    }

    @Override
    public boolean holdsInnerLimit() {
        return true;
    }

    @Override
    public int effectiveJobs(int jobs) {
        return 1;
    }

    @Override
    public Execution start(Work work, CallSettings settings) {
        try {
            work.runHere(0);
        } finally {
            work.end();
        }
        return () -> {};
    }

    /** Provides {@code sequential}. */
    public static final class Provider implements BackendProvider {
        /** For the service loader. */
        public Provider() {}

        @Override
        public String name() {
            return INSTANCE.name();
        }

        @Override
        public Set<String> options() {
            return Set.of();
        }

        @Override
        public Backend create(Map<String, Object> options) {
            return INSTANCE;
        }
    }
}
