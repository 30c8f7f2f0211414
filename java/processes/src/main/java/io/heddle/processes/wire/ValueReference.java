package io.heddle.processes.wire;

import java.io.Serializable;

/** Stands for a scattered value, which the other side has. Immutable. */
public final class ValueReference implements Serializable { // no record: a new worker's first one costs it milliseconds
    private static final long serialVersionUID = 1L;

    private final long number;

    /** Stands for the value of a number. */
    public ValueReference(long number) {
        this.number = number;
    }

    /** The value's number. */
    public long number() {
        return number;
    }
}
