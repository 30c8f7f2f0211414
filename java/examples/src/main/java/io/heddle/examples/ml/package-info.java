/**
 * A small machine learning library as others write them: it calls {@code Parallel.create()} and knows nothing of backends, of
 * workers or of inner limits. Its caller decides those with a {@code ParallelConfig}. What it is made of is serialisable, as it would be to
 * be stored: that is all it takes to run elsewhere.
 */
package io.heddle.examples.ml;
