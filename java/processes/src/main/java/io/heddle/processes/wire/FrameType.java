package io.heddle.processes.wire;

/** What a frame says. The order is the protocol: a number of each. */
public enum FrameType {
    /** To a new worker: how it is to be. */
    WELCOME,
    /** From a worker: its initializer has run, tasks may come. */
    READY,
    /** From a worker: its initializer threw, it ends. */
    INITIALIZER_FAILED,
    /** To a worker: the tasks that follow are of this call. */
    CALL,
    /** To a worker: a batch of tasks of its call. */
    TASKS,
    /** From a worker: it begins with a task of a call that has a time limit. */
    STARTED,
    /** From a worker: the results of the next tasks of its oldest batch. */
    RESULTS,
    /** From a worker: the next task of its oldest batch failed. */
    FAILED,
    /** From a worker: what is left of its oldest batch could not be read; to be sent again one by one. */
    UNREADABLE,
    /** To a worker: the results of a frame could not be read from one on; send those one by one. */
    RESULTS_AGAIN,
    /** To a worker: the call is over, forget it; a task that runs is interrupted. */
    END_CALL,
    /** From a worker: no task of the call runs here any more; only where one had to be interrupted. */
    CALL_ENDED,
    /** From a worker: a class or resource of the caller's is wanted. */
    CLASS_WANTED,
    /** To a worker: the answer. */
    CLASS_FOUND,
    /** From a worker: a log record. */
    LOG,
    /** From a worker: its memory has grown too much, give it no further task. */
    GROWN,
    /** To a worker: tell what you are; from a worker: the answer. */
    INFO,
    /** To a worker: end. */
    EXIT,
    /** To a worker: a value that is referred to from now on. */
    SCATTER,
    /** To a worker: that value is not referred to any more. */
    FREE,
    /** To a new worker, before its welcome: a system property that its command line does not show. */
    PROPERTY;

    private static final FrameType[] ALL = values();

    static FrameType of(int number) throws ProtocolException {
        if (number < 0 || number >= ALL.length) {
            throw new ProtocolException("a frame of the unknown type " + number);
        }
        return ALL[number];
    }
}
