/**
 * The only place, beside the generated bindings, that touches {@code java.lang.foreign}: opening libraries, listing what the process
 * has loaded, and typed functions of the thread pools.
 */
package io.heddle.ffi;
