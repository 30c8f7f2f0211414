/**
 * The embedded default BLAS. {@link io.heddle.openblas.OpenBlas#shared()} needs nothing installed: the library comes out of
 * the jar {@code org.bytedeco:openblas}, classifier {@code linux-x86_64}, of which only the native files are used.
 */
package io.heddle.openblas;
