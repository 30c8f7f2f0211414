/** How worker JVMs come to be, how they end, and what is told of it. */
package io.heddle.processes.launch;
