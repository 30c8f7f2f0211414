/**
 * What is known of each native thread pool and how its size is read and set: one {@link io.heddle.control.LibraryController} for each
 * loaded library, and the words for what a user sees of it.
 */
package io.heddle.control;
