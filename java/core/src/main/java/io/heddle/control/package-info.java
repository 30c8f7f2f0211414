/**
 * What is known of each thread pool and how its size is read and set: one {@link io.heddle.control.LibraryController} for each loaded
 * library, {@link io.heddle.control.LibraryFamily} for kinds of libraries that Heddle does not know, and the words for what a user sees.
 */
package io.heddle.control;
