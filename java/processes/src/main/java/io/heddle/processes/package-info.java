/**
 * Worker JVMs: tasks in processes of their own, for native code that crashes, leaks, holds global state, or can be limited per process only.
 */
package io.heddle.processes;
