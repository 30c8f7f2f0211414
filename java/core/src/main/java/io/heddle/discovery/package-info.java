/** Which libraries are loaded in this process, and which of them are new since the last look. */
package io.heddle.discovery;
