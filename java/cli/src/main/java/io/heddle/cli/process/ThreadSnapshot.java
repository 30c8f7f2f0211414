package io.heddle.cli.process;

import java.util.OptionalLong;

/**
 * A thread at one moment.
 *
 * @param name its name, at most 15 characters
 * @param startTicks when it started, which tells it from a later one with its number
 * @param cpuNanos its CPU time so far
 * @param runDelayNanos how long it was runnable without a CPU so far; empty where the kernel does not count that
 */
record ThreadSnapshot(String name, long startTicks, long cpuNanos, OptionalLong runDelayNanos) {}
