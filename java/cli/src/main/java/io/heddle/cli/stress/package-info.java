/** Checked work on a real library while limits come and go, each library in a JVM of its own. */
package io.heddle.cli.stress;
