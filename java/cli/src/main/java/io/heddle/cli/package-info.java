/** The verbs of the {@code heddle} command and how they print. */
package io.heddle.cli;
