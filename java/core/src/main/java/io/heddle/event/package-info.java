/** What Heddle tells the JDK Flight Recorder. A runtime without the module {@code jdk.jfr} works too, and records nothing. */
package io.heddle.event;
