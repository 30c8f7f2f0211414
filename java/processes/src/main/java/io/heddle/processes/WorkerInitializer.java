package io.heddle.processes;

import java.io.Serializable;

/**
 * What a new worker process runs before its first task: opens what its tasks share, loads a native library. A failure fails the call that
 * wanted the worker.
 */
@FunctionalInterface
public interface WorkerInitializer extends Runnable, Serializable {}
