package io.heddle.ffi;

/** A native library could not be opened. The message has the path and the dynamic linker's own words. */
public final class NativeLibraryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NativeLibraryException(String message) {
        super(message);
    }
}
