package io.heddle.event;

import java.util.Optional;
import java.util.OptionalLong;
import jdk.jfr.FlightRecorder;

/*
 * No signature here names a class of jdk.jfr. The event classes are touched only where that module is there and a recording was begun in
 * this JVM, since loading the first of them sets up the recorder, which takes some 200 ms. What begins while nobody records is one shared
 * object that does nothing: asking reads one or two static fields and allocates nothing.
 */
/** Begins events and records them. Thread-safe; what has begun belongs to the thread that began it, save a call, which any thread may end. */
public final class Events {
    private static final boolean AVAILABLE = available();
    private static final Nothing NOTHING = new Nothing();

    private Events() {}

    private static boolean available() {
        Optional<Module> recorder = ModuleLayer.boot().findModule("jdk.jfr");
        return recorder.isPresent() && Events.class.getModule().canRead(recorder.get());
    }

    private static boolean inUse() {
        return AVAILABLE && FlightRecorder.isInitialized();
    }

    /** A call that has begun. */
    public interface Call {
        /**
         * It is over.
         *
         * @param tasks the number of its tasks; empty where the producer never came to its end
         * @param completed the tasks that are done, failed ones included
         * @param failed the tasks that failed for good
         * @param state how it ended
         */
        void ended(OptionalLong tasks, long completed, long failed, Enum<?> state);
    }

    /** The time that a thread or process is a worker of a call. */
    public interface Worker {
        /**
         * It is over.
         *
         * @param tasks the tasks that it ran
         */
        void ended(long tasks);
    }

    /** A batch that runs. */
    public interface Batch {
        /** It is over. */
        void ended();
    }

    /** A task that runs. */
    public interface Task {
        /**
         * It is over.
         *
         * @param failed whether it threw
         */
        void ended(boolean failed);
    }

    /**
     * A call begins.
     *
     * @param call its number
     * @param backend the name of the backend
     * @param jobs its workers
     * @param innerMaxNumThreads the most native threads of one worker; 0 where the backend holds no inner limit
     * @param nestingLevel 0 outside of tasks
     * @param usableCpus the CPUs that it may share out
     * @return to be told of its end
     */
    public static Call callBegins(
            long call, String backend, int jobs, int innerMaxNumThreads, int nestingLevel, int usableCpus) {
        return inUse() && CallEvent.TYPE.isEnabled()
                ? CallEvent.begun(call, backend, jobs, innerMaxNumThreads, nestingLevel, usableCpus)
                : NOTHING;
    }

    /**
     * The calling thread becomes a worker.
     *
     * @param call the number of the call
     * @param worker which of its workers
     * @param innerMaxNumThreads the most native threads that it may have; 0 where the backend holds no inner limit
     * @return to be told of its end
     */
    public static Worker workerBegins(long call, int worker, int innerMaxNumThreads) {
        return inUse() && WorkerEvent.TYPE.isEnabled() ? WorkerEvent.begun(call, worker, innerMaxNumThreads) : NOTHING;
    }

    /**
     * A worker begins a batch. Recorded if it takes 1 ms or more, unless the recording says another threshold.
     *
     * @param call the number of the call
     * @param worker which of its workers
     * @param from the index of the first task
     * @param to the index after the last task
     * @return to be told of its end
     */
    public static Batch batchBegins(long call, int worker, long from, long to) {
        return inUse() && BatchEvent.TYPE.isEnabled() ? BatchEvent.begun(call, worker, from, to) : NOTHING;
    }

    /**
     * Whether tasks are recorded: off unless a recording asks for them. To be asked once for a batch.
     *
     * @return false where {@link #taskBegins} would do nothing
     */
    public static boolean tasksAreRecorded() {
        return inUse() && TaskEvent.TYPE.isEnabled();
    }

    /**
     * A worker begins a task.
     *
     * @param call the number of the call
     * @param worker which of its workers
     * @param index which task
     * @return to be told of its end
     */
    public static Task taskBegins(long call, int worker, long index) {
        return tasksAreRecorded() ? TaskEvent.begun(call, worker, index) : NOTHING;
    }

    /**
     * Whether changes of a library's number of threads are recorded, so that what is told of one has to be looked up.
     *
     * @return false where {@link #limitChanged} would do nothing
     */
    public static boolean limitChangesAreRecorded() {
        return inUse() && LimitChangeEvent.TYPE.isEnabled();
    }

    /**
     * A limit changed the number of threads of a library.
     *
     * @param library its file
     * @param internalApi what it is
     * @param limitScope whom the change affects
     * @param opened whether a limit was opened; otherwise one was closed
     * @param asked the number it was set to
     * @param inForce the number read back
     */
    public static void limitChanged(
            String library, String internalApi, Enum<?> limitScope, boolean opened, int asked, int inForce) {
        if (limitChangesAreRecorded()) {
            LimitChangeEvent.record(library, internalApi, limitScope, opened, asked, inForce);
        }
    }

    /** What is not recorded. */
    private static final class Nothing implements Call, Worker, Batch, Task {
        @Override
        public void ended(OptionalLong tasks, long completed, long failed, Enum<?> state) {}

        @Override
        public void ended(long tasks) {}

        @Override
        public void ended() {}

        @Override
        public void ended(boolean failed) {}
    }
}
