/** The data set that ships with the demo. */
package io.heddle.examples.data;
