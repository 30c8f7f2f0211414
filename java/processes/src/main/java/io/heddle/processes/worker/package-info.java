/** What runs in a worker, whether the process is its own or not: reads frames, runs tasks, sends what came of them. */
package io.heddle.processes.worker;
