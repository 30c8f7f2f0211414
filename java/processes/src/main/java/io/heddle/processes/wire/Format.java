package io.heddle.processes.wire;

import io.heddle.processes.codec.Codec;
import io.heddle.processes.codec.JdkCodec;
import java.io.IOException;
import java.io.InputStream;
import java.io.InvalidClassException;
import java.io.ObjectInputFilter;
import java.io.OutputStream;
import java.util.Iterator;
import java.util.ServiceLoader;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** How objects are written and read on a connection: a codec, what may be read, and what is only referred to. */
public final class Format {
    private final Codec codec;
    private final @Nullable ObjectInputFilter said;
    private final ClassNames names;
    private final @Nullable References references;

    private Format(Codec codec, @Nullable ObjectInputFilter said, ClassNames names, @Nullable References references) {
        this.codec = codec;
        this.said = said;
        this.names = names;
        this.references = references;
    }

    /**
     * The format of a codec and a filter pattern.
     *
     * @param codec the codec's name
     * @param serialFilter as {@link ObjectInputFilter.Config#createFilter} takes it; empty for none
     * @param loader where codecs are looked for: in a worker one that asks the parent for what the worker lacks
     * @throws IllegalArgumentException if there is no such codec, or the pattern is none
     */
    public static Format of(String codec, String serialFilter, ClassLoader loader) {
        ObjectInputFilter said = serialFilter.isEmpty() ? null : pattern(serialFilter);
        return new Format(codec(codec, loader), said, new ClassNames(serialFilter), null);
    }

    /** Asked for where something is read: before a program's first worker starts, it would cost 10 ms. */
    private @Nullable ObjectInputFilter ofProcessToo() {
        ObjectInputFilter ofProcess =
                ObjectInputFilter.Config.getSerialFilter(); // one set on a stream would replace it
        if (said == null || ofProcess == null) {
            return said == null ? ofProcess : said;
        }
        return ObjectInputFilter.merge(said, ofProcess);
    }

    private static ObjectInputFilter pattern(String serialFilter) {
        try {
            return ObjectInputFilter.Config.createFilter(serialFilter);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "serialFilter = " + serialFilter + " is no filter pattern: " + e.getMessage()
                            + ". Write it as for the system property jdk.serialFilter, for instance com.acme.**;java.base/*;!*",
                    e);
        }
    }

    private static Codec codec(String name, ClassLoader loader) {
        if (name.equals(JdkCodec.INSTANCE.name())) {
            return JdkCodec.INSTANCE;
        }
        TreeSet<String> known = new TreeSet<>();
        known.add(JdkCodec.INSTANCE.name());
        Iterator<Codec> codecs = ServiceLoader.load(Codec.class, loader).iterator();
        while (codecs.hasNext()) {
            Codec codec = codecs.next();
            if (codec.name().equals(name)) {
                return codec;
            }
            known.add(codec.name());
        }
        throw new IllegalArgumentException("codec = " + name + " is not known. Known here: " + known
                + ". One of another artifact is found once that is on the class path or module path");
    }

    /** The same, but for some values that are only referred to. */
    public Format referringTo(References values) {
        return new Format(codec, said, names, values);
    }

    /** What writes and reads objects. */
    public Codec codec() {
        return codec;
    }

    /** The values that are only referred to. */
    @Nullable
    References references() {
        return references;
    }

    /** A stream of objects to be written. */
    Codec.Writer writer(OutputStream out) throws IOException {
        References values = references;
        return values == null ? codec.writer(out) : codec.writer(out, values::standIn);
    }

    /**
     * A stream of objects to be read.
     *
     * @param bytes how many there are: arrays of more are not in them, whatever they say
     */
    Codec.Reader reader(InputStream in, ClassLoader loader, long bytes) throws IOException {
        Bound bound = new Bound(bytes, said, ofProcessToo(), names);
        References values = references;
        Codec.Reader reader = values == null
                ? codec.reader(in, loader, bound)
                : codec.reader(in, loader, bound, read -> {
                    if (!(read instanceof ValueReference reference)) {
                        return read;
                    }
                    Object value = values.value(reference.number());
                    bound.known = value;
                    return value;
                });
        return new TellingReader(reader, bound);
    }

    /** Says what was refused and by whom: the JDK says neither. */
    private static final class TellingReader implements Codec.Reader {
        private final Codec.Reader reader;
        private final Bound bound;

        TellingReader(Codec.Reader reader, Bound bound) {
            this.reader = reader;
            this.bound = bound;
        }

        @Override
        public @Nullable Object read() throws IOException, ClassNotFoundException {
            try {
                return reader.read();
            } catch (InvalidClassException e) {
                String why = bound.refusal;
                if (why == null) {
                    throw e;
                }
                InvalidClassException told = new InvalidClassException(bound.refused, why);
                told.initCause(e);
                throw told;
            }
        }
    }

    /*
     * An element takes a byte at least, of a primitive type its size, and arrays within arrays are all made before the end of the bytes is seen:
     * so all of them together are bounded. Collections ask in the same way for the table that they are about to make, of up to 16 places for
     * each of their elements.
     */
    private static final class Bound
            implements Codec.NameFilter { // no lambda: a new worker's first one costs it milliseconds
        private static final int PLACES = 16;

        private final long bytes;
        private final @Nullable ObjectInputFilter said;
        private final @Nullable ObjectInputFilter filter; // the one said among others
        private final ClassNames names;
        private @Nullable String refused; // the name of a class
        private @Nullable String refusal;
        private long claimed;
        private @Nullable Object known; // in the place of a reference: it was checked when it came itself

        Bound(long bytes, @Nullable ObjectInputFilter said, @Nullable ObjectInputFilter filter, ClassNames names) {
            this.bytes = bytes;
            this.said = said;
            this.filter = filter;
            this.names = names;
        }

        @Override
        public Status checkInput(FilterInfo info) {
            Class<?> type = info.serialClass();
            Object value = known;
            known = null;
            if (type == ValueReference.class || (value != null && type == value.getClass())) {
                return Status.ALLOWED;
            }
            long length = info.arrayLength();
            if (length > 0) {
                claimed += length * elementBytes(type);
                if (length > bytes || claimed > PLACES * bytes) {
                    return refuse(info, "arrays of so many elements are not in " + bytes + " bytes");
                }
            }
            Status status = filter == null ? Status.UNDECIDED : filter.checkInput(info);
            if (status != Status.REJECTED) {
                return status;
            }
            boolean bySaid = said != null && said.checkInput(info) == Status.REJECTED;
            return refuse(
                    info,
                    (bySaid ? "the serialFilter" : "the filter of this process (system property jdk.serialFilter)")
                            + (info.serialClass() == null ? " forbids what comes" : " forbids it,") + " at depth "
                            + info.depth() + ", with " + info.references() + " references and "
                            + info.streamBytes() + " bytes read");
        }

        private Status refuse(FilterInfo info, String why) {
            Class<?> type = info.serialClass();
            refused = type == null ? null : type.getTypeName();
            refusal = why;
            return Status.REJECTED;
        }

        private static int elementBytes(@Nullable Class<?> array) {
            Class<?> element = array == null ? null : array.getComponentType();
            if (element == long.class || element == double.class) {
                return Long.BYTES;
            }
            return element == int.class || element == float.class ? Integer.BYTES : 1;
        }

        @Override
        public boolean forbids(String className) {
            return !className.equals(ValueReference.class.getName()) && names.forbid(className);
        }
    }
}
