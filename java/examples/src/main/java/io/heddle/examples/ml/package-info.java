/**
 * A small machine learning library as others write them: it calls {@code Parallel.create()} and knows nothing of backends, of
 * workers or of inner limits. Its caller decides those with a {@code ParallelConfig}.
 */
package io.heddle.examples.ml;
