package io.heddle.processes.wire;

/** Which objects are not written where they are referred to, because the other side has them. */
public interface References {
    /** What is written in an object's place: a {@link ValueReference}, or the object itself. */
    Object standIn(Object object);

    /**
     * The value of a number.
     *
     * @throws UnknownReferenceException if it is not here
     */
    Object value(long number);
}
