package io.heddle.limit;

import io.heddle.control.LibraryInfo;

/**
 * What a limit did to one library. Immutable.
 *
 * @param library the library, or the OpenMP runtime that a library uses
 * @param asked the number this limit asks for
 * @param inForce the number read back from the library now: lower than asked when another open limit asks for less or the library cuts
 *     it, higher when other code set it meanwhile
 */
public record AppliedLimit(LibraryInfo library, int asked, int inForce) {}
