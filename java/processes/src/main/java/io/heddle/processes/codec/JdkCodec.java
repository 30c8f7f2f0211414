package io.heddle.processes.codec;

import java.io.IOException;
import java.io.InputStream;
import java.io.InvalidClassException;
import java.io.ObjectInputFilter;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.OutputStream;
import java.lang.reflect.Proxy;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
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
        return new JdkWriter(out);
    }

    @Override
    public Reader reader(InputStream in, ClassLoader loader, ObjectInputFilter filter) throws IOException {
        return new JdkReader(in, loader, filter);
    }

    private static final class JdkWriter implements Writer {
        private final ObjectOutputStream out;
        private final Set<Object> written = Collections.newSetFromMap(new IdentityHashMap<>());

        JdkWriter(OutputStream to) throws IOException {
            out = new ObjectOutputStream(to);
        }

        @Override
        public void write(@Nullable Object object) throws IOException {
            if (object != null && !written.add(object)) {
                out.reset(); // it may have changed since; the stream would only refer to what it was
                written.clear();
                written.add(object);
            }
            out.writeObject(object);
        }

        @Override
        public void flush() throws IOException {
            out.flush();
        }
    }

    private static final class JdkReader implements Reader {
        private final ObjectInputStream in;

        JdkReader(InputStream from, ClassLoader loader, ObjectInputFilter filter) throws IOException {
            in = new LoadingInputStream(from, loader, filter);
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

        LoadingInputStream(InputStream in, ClassLoader loader, ObjectInputFilter filter) throws IOException {
            super(in);
            this.loader = loader;
            this.filter = filter;
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
