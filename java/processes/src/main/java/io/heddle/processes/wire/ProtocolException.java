package io.heddle.processes.wire;

import java.io.IOException;

/** The other side sent what no worker and no parent sends. The connection is of no use any more. */
public final class ProtocolException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Made with what is wrong. */
    public ProtocolException(String message) {
        super("The connection to a worker carried " + message);
    }
}
