/** What runs in an actor: Ray's own worker JVMs load these classes. */
package io.heddle.ray.actor;
