/** Dense linear algebra on OpenBLAS: the only package of the demo that touches off-heap memory and native functions. */
package io.heddle.examples.blas;
