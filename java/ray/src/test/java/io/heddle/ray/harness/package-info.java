/** Runs tests beside a cluster of their own. */
@NullMarked
package io.heddle.ray.harness;

import org.jspecify.annotations.NullMarked;
