/** How each family of libraries is recognised and bound, and the registry of those that are loaded. */
package io.heddle.control.internal;
