/** What the parent and its workers say to each other, and how it becomes bytes. */
package io.heddle.processes.wire;
