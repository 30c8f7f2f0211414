/** The caller's side of a Ray cluster: the connection, what is sent there, the actors. */
package io.heddle.ray.cluster;
