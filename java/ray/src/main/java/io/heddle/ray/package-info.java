/** Tasks on a Ray cluster. */
package io.heddle.ray;
