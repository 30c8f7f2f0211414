/** What the backends of this module and of the clusters' have alike in how they are set. */
package io.heddle.processes.setting;
