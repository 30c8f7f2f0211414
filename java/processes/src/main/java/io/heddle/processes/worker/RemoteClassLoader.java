package io.heddle.processes.worker;

import io.heddle.processes.worker.ClassRequests.Answer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Stands for a class loader of the parent that is not its application loader, such as a server's or a fat jar's: asks the parent for each
 * class once. The JDK's classes and Heddle's own are never asked for: there must be one of each here.
 */
final class RemoteClassLoader extends ClassLoader {
    private static final String OWN_PACKAGES = "io.heddle.";

    static {
        registerAsParallelCapable();
    }

    private final int loaderId;
    private final ClassRequests requests;
    private final Set<String> unknown = ConcurrentHashMap.newKeySet();

    RemoteClassLoader(int loaderId, ClassRequests requests) {
        super("heddle-" + loaderId, ClassLoader.getPlatformClassLoader());
        this.loaderId = loaderId;
        this.requests = requests;
    }

    /** After the platform loader did not find it. */
    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        if (unknown.contains(name)) {
            throw new ClassNotFoundException(name);
        }
        if (name.startsWith(OWN_PACKAGES)) {
            try {
                return ClassRequests.own().loadClass(name);
            } catch (ClassNotFoundException e) {
                // a user's in our name space, or a module that the parent alone has
            }
        }
        Answer answer = requests.ask(loaderId, ClassRequests.CLASS, name);
        return switch (answer.kind()) {
            case Answer.OWN -> ClassRequests.own().loadClass(name);
            case Answer.BYTES -> defineClass(name, answer.bytes(), 0, answer.bytes().length);
            default -> {
                unknown.add(name);
                throw new ClassNotFoundException(name + " (neither this worker nor its caller has it)");
            }
        };
    }

    @Override
    protected @Nullable URL findResource(String name) {
        Answer answer = requests.ask(loaderId, ClassRequests.RESOURCE, name);
        return switch (answer.kind()) {
            case Answer.OWN -> ClassRequests.own().getResource(name);
            case Answer.BYTES -> inMemory(name, answer.bytes());
            default -> null;
        };
    }

    /** The first of that name: the parent sends no more. */
    @Override
    protected Enumeration<URL> findResources(String name) {
        URL found = findResource(name);
        return Collections.enumeration(found == null ? List.of() : List.of(found));
    }

    private static URL inMemory(String name, byte[] bytes) {
        try {
            return URL.of(new URI("heddle", null, "/" + name, null), new InMemory(bytes));
        } catch (URISyntaxException | MalformedURLException e) {
            throw new IllegalArgumentException("The name of the resource " + name + " cannot be part of a URL", e);
        }
    }

    private static final class InMemory extends URLStreamHandler {
        private final byte[] bytes;

        InMemory(byte[] bytes) {
            this.bytes = bytes;
        }

        @Override
        protected URLConnection openConnection(URL url) {
            return new URLConnection(url) {
                @Override
                public void connect() {}

                @Override
                public InputStream getInputStream() throws IOException {
                    return new ByteArrayInputStream(bytes);
                }

                @Override
                public long getContentLengthLong() {
                    return bytes.length;
                }
            };
        }
    }
}
