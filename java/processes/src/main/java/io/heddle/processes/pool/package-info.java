/** Workers, wherever they come from: kept and lent to calls; and the calls that run on them. */
package io.heddle.processes.pool;
