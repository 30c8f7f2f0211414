/** The demo's command and its scenes: what a Java program does today, beside the same work under Heddle. */
package io.heddle.examples;
