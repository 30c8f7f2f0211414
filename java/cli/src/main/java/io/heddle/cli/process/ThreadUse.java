package io.heddle.cli.process;

import java.util.OptionalDouble;

/**
 * What a thread did while it was watched.
 *
 * @param id its number
 * @param name its name, at most 15 characters; a native thread has that of the thread that started it
 * @param jvmInternal whether it is one of the JVM's own: garbage collector, compiler, VM thread
 * @param cpuShare its CPU time as a part of the time it was watched: 1 is a whole CPU
 * @param runDelayShare the time it was runnable and had no CPU, as a part of the same time
 */
public record ThreadUse(long id, String name, boolean jvmInternal, double cpuShare, OptionalDouble runDelayShare) {}
