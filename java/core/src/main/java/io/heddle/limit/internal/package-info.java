/** Leases, and the limits that hold them. */
package io.heddle.limit.internal;
