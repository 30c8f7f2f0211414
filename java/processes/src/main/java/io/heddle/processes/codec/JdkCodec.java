package io.heddle.processes.codec;

import java.io.IOException;
import java.io.InputStream;
import java.io.InvalidClassException;
import java.io.ObjectInputFilter;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.OutputStream;
import java.io.StreamCorruptedException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The JDK's own serialisation: every serialisable object, lambdas included. */
public final class JdkCodec implements Codec {
    /** The one instance that is needed. */
    public static final JdkCodec INSTANCE = new JdkCodec();

    /** For the service loader. */
    public JdkCodec() {}

    @Override
    public String name() {
        return "jdk";
    }

    @Override
    public Writer writer(OutputStream out) throws IOException {
        return new JdkWriter(new DescribingOutputStream(out, null));
    }

    @Override
    public Writer writer(OutputStream out, UnaryOperator<Object> standIn) throws IOException {
        return new JdkWriter(new DescribingOutputStream(out, standIn));
    }

    @Override
    public Reader reader(InputStream in, ClassLoader loader, ObjectInputFilter filter) throws IOException {
        return new JdkReader(new LoadingInputStream(in, loader, filter, null), filter);
    }

    @Override
    public Reader reader(InputStream in, ClassLoader loader, ObjectInputFilter filter, UnaryOperator<Object> original)
            throws IOException {
        return new JdkReader(new LoadingInputStream(in, loader, filter, original), filter);
    }

    private static final class JdkWriter implements Writer {
        private final DescribingOutputStream out;
        private boolean first = true;

        JdkWriter(DescribingOutputStream to) {
            out = to;
        }

        @Override
        public void write(@Nullable Object object) throws IOException {
            if (!first) {
                out.reset(); // what it shares with one before may have changed since; the stream would only refer
                // to what it was
            }
            first = false;
            out.writeObject(object);
        }

        @Override
        public void flush() throws IOException {
            out.flush();
        }
    }

    /** Describes each class once, though the stream is reset between objects; then a number stands for it. */
    private static final class DescribingOutputStream extends ObjectOutputStream {
        private final IdentityHashMap<ObjectStreamClass, Integer> described = new IdentityHashMap<>();
        private final @Nullable UnaryOperator<Object> standIn;

        DescribingOutputStream(OutputStream to, @Nullable UnaryOperator<Object> standIn) throws IOException {
            super(to);
            this.standIn = standIn;
            if (standIn != null) {
                enableReplaceObject(true);
            }
        }

        @Override
        protected @Nullable Object replaceObject(@Nullable Object object) {
            UnaryOperator<Object> replace = standIn;
            if (replace == null || object == null) {
                return object;
            }
            return object.getClass() == Object[].class
                    ? replaceElements((Object[]) object, replace)
                    : replace.apply(object);
        }

        /** The stream asks for an element only after its writeReplace; these arrays hold what lambdas capture. */
        @SuppressWarnings("ReferenceEquality") // an object is replaced or is not
        private static Object replaceElements(@Nullable Object[] array, UnaryOperator<Object> replace) {
            Object whole = replace.apply(array);
            if (whole != array) {
                return whole;
            }
            @Nullable Object[] replaced = array;
            for (int i = 0; i < array.length; i++) {
                Object element = array[i];
                Object instead = element == null ? null : replace.apply(element);
                if (instead != element) {
                    replaced = replaced == array ? array.clone() : replaced;
                    replaced[i] = instead;
                }
            }
            return replaced;
        }

        @Override
        protected void writeClassDescriptor(ObjectStreamClass type) throws IOException {
            Integer number = described.putIfAbsent(type, described.size());
            writeInt(number == null ? -1 : number);
            if (number == null) {
                super.writeClassDescriptor(type);
            }
        }
    }

    private static final class JdkReader implements Reader {
        private final ObjectInputStream in;

        JdkReader(LoadingInputStream from, ObjectInputFilter filter) {
            in = from;
            in.setObjectInputFilter(filter);
        }

        @Override
        public @Nullable Object read() throws IOException, ClassNotFoundException {
            return in.readObject();
        }
    }

    private static final class LoadingInputStream extends ObjectInputStream {
        private final ClassLoader loader;
        private final ObjectInputFilter filter;
        private final @Nullable UnaryOperator<Object> original;
        private final List<ObjectStreamClass> described = new ArrayList<>();

        LoadingInputStream(
                InputStream in, ClassLoader loader, ObjectInputFilter filter, @Nullable UnaryOperator<Object> original)
                throws IOException {
            super(in);
            this.loader = loader;
            this.filter = filter;
            this.original = original;
            if (original != null) {
                enableResolveObject(true);
            }
        }

        @Override
        protected @Nullable Object resolveObject(@Nullable Object read) {
            UnaryOperator<Object> resolve = original;
            return resolve == null || read == null ? read : resolve.apply(read);
        }

        @Override
        protected ObjectStreamClass readClassDescriptor() throws IOException, ClassNotFoundException {
            int number = readInt();
            if (number == -1) {
                ObjectStreamClass type = super.readClassDescriptor();
                described.add(type);
                return type;
            }
            if (number < 0 || number >= described.size()) {
                throw new StreamCorruptedException(
                        "a class of the number " + number + ", where " + described.size() + " have been described");
            }
            return described.get(number);
        }

        /** The JDK asks the filter for a class that it has loaded. */
        private void allow(String name) throws InvalidClassException {
            if (filter instanceof NameFilter names && names.forbids(name)) {
                throw new InvalidClassException(name, "the serialFilter forbids it");
            }
        }

        @Override
        protected Class<?> resolveClass(ObjectStreamClass type) throws IOException, ClassNotFoundException {
            allow(type.getName());
            try {
                return Class.forName(type.getName(), false, loader);
            } catch (ClassNotFoundException e) {
                return super.resolveClass(type); // primitive types
            }
        }

        @Override
        protected Class<?> resolveProxyClass(String[] names) throws IOException, ClassNotFoundException {
            Class<?>[] interfaces = new Class<?>[names.length];
            for (int i = 0; i < names.length; i++) {
                allow(names[i]);
                interfaces[i] = Class.forName(names[i], false, loader);
            }
            try {
                @SuppressWarnings("deprecation") // makes no instance, as ObjectInputStream itself does it
                Class<?> proxy = Proxy.getProxyClass(loader, interfaces);
                return proxy;
            } catch (IllegalArgumentException e) {
                throw new ClassNotFoundException(null, e);
            }
        }
    }
}
