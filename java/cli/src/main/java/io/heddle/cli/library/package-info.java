/** Native libraries that start threads, in this process or in another's memory, and what their files tell. */
package io.heddle.cli.library;
