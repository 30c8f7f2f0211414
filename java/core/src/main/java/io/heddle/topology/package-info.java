/** How many CPUs this process may use, and why. */
package io.heddle.topology;
