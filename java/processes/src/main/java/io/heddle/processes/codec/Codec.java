package io.heddle.processes.codec;

import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectInputFilter;
import java.io.OutputStream;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How objects become bytes on their way to a worker process and back: the user's function, and those inputs, results and exceptions that
 * are not null, a box, a text or an array of primitives, which Heddle writes itself.
 *
 * <p>An implementation with a public constructor of no arguments is found by {@link java.util.ServiceLoader}, in the parent and in the
 * worker, and chosen by the option {@code codec} of the backend. Thread-safe: one instance serves many connections.
 */
public interface Codec {
    /**
     * The name to choose it by.
     *
     * @return for instance {@code jdk}
     */
    String name();

    /**
     * A stream of objects to be written.
     *
     * @param out where the bytes go
     * @return where the objects go
     * @throws IOException if the stream cannot be opened
     */
    Writer writer(OutputStream out) throws IOException;

    /**
     * A stream of objects to be read.
     *
     * @param in where the bytes come from; all of them are there
     * @param loader who loads the objects' classes
     * @param filter what may be read; to be asked for each class before it is initialised, and by its name before it is loaded if it is a
     *     {@link NameFilter}
     * @return where the objects come from
     * @throws IOException if the stream cannot be opened
     */
    Reader reader(InputStream in, ClassLoader loader, ObjectInputFilter filter) throws IOException;

    /**
     * As {@link #writer(OutputStream)}, for a call that scatters values. A codec that does not have this method refers to those that are the
     * function, an input or a result themselves; within other objects it writes them out.
     *
     * @param out where the bytes go
     * @param standIn gives what is to be written in the place of an object that is come across, mostly the object itself; to be asked for each
     * @return where the objects go
     * @throws IOException if the stream cannot be opened
     */
    default Writer writer(OutputStream out, UnaryOperator<Object> standIn) throws IOException {
        return writer(out);
    }

    /**
     * As {@link #reader(InputStream, ClassLoader, ObjectInputFilter)}, of what {@link #writer(OutputStream, UnaryOperator)} wrote.
     *
     * @param in where the bytes come from; all of them are there
     * @param loader who loads the objects' classes
     * @param filter what may be read
     * @param original gives what an object that was read stands for, mostly the object itself; to be asked for each, before another one is
     *     made to refer to it. The filter allows what it gives
     * @return where the objects come from
     * @throws IOException if the stream cannot be opened
     */
    default Reader reader(InputStream in, ClassLoader loader, ObjectInputFilter filter, UnaryOperator<Object> original)
            throws IOException {
        return reader(in, loader, filter);
    }

    /** A filter that forbids some classes by their names alone, so that they need not be loaded for it. */
    interface NameFilter extends ObjectInputFilter {
        /**
         * Whether a class is forbidden whatever else it is.
         *
         * @param className its binary name, or that of an array of it as {@link Class#getName} gives it
         * @return false if it is allowed, or if only the class itself can tell
         */
        boolean forbids(String className);
    }

    /** Objects that are being written. Not thread-safe. */
    interface Writer {
        /**
         * Writes the state that an object has now.
         *
         * @param object any object, null included
         * @throws IOException if it, or something that it refers to, cannot be serialised; more objects are then written to a new stream
         */
        void write(@Nullable Object object) throws IOException;

        /**
         * Passes on what is still held back; asked for after each object, so that the bytes of one can be told from those of the next.
         *
         * @throws IOException from where the bytes go
         */
        void flush() throws IOException;
    }

    /** Objects that are being read. Not thread-safe. */
    interface Reader {
        /**
         * Reads the next object.
         *
         * @return the object
         * @throws IOException if the bytes are wrong or the filter forbids them; nothing more can be read then
         * @throws ClassNotFoundException if there is no such class here
         */
        @Nullable
        Object read() throws IOException, ClassNotFoundException;
    }
}
