package io.heddle.dispatch;

/**
 * The inner limit of a call's workers.
 *
 * @param maxNumThreads the native threads in each worker, at least 1
 * @param explicit whether the user said it; a default is a cap and raises no library above what its own variables or setters say
 */
record InnerLimit(int maxNumThreads, boolean explicit) {}
