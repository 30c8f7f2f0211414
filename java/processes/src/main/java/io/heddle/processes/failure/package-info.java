/** What goes wrong with worker processes; the cause of what a call throws. */
package io.heddle.processes.failure;
