package io.heddle.control;

/** What a library starts its threads with. */
public enum ThreadingLayer {
    /** POSIX threads of its own. */
    PTHREADS,
    /** An OpenMP runtime. */
    OPENMP,
    /** oneAPI Threading Building Blocks. */
    TBB,
    /** MKL on Intel's OpenMP runtime. */
    INTEL,
    /** MKL on libgomp. */
    GNU,
    /** None: every call runs on the thread that makes it. */
    SEQUENTIAL,
    /** Built without threads. */
    DISABLED,
    /** The library does not tell. */
    UNKNOWN
}
