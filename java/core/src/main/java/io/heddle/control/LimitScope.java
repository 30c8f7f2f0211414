package io.heddle.control;

/** Whom a thread limit affects, by use and not by what the library's getter says. */
public enum LimitScope {
    /** The thread that sets it, and no other. */
    CURRENT_THREAD,
    /** Every thread of the process. */
    PROCESS
}
