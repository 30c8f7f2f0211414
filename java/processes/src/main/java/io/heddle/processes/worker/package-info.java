/** What runs in a worker process: reads frames, runs tasks, sends what came of them. */
package io.heddle.processes.worker;
