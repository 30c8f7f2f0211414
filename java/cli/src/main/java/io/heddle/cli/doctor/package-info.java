/** Advice: what is known of a process is data, each rule looks at one thing in it, each finding says what, why and what to do. */
package io.heddle.cli.doctor;
