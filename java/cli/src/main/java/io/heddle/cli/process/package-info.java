/** What {@code /proc} tells of a running process. Reading and parsing are apart, so that the parsers are tested on captured text. */
package io.heddle.cli.process;
