package io.heddle.processes.pool;

import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameType;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/*
 * A worker on this machine has the parent's class path. Classes of other loaders (an application server's, a fat jar's, JShell's) it asks for
 * one by one; a worker elsewhere asks for those of the class path, too.
 */
/** The class loaders of this process by the numbers that workers know them by. Holds none of them. Thread-safe. */
@SuppressWarnings("ReferenceEquality") // a class loader is itself only
final class CallerClasses {
    private static final int NONE = 0;
    private static final int YOURS = 1;
    private static final int BYTES = 2;

    private static final Map<ClassLoader, Integer> NUMBERS = new WeakHashMap<>(); // guarded by itself
    private static final Map<Integer, WeakReference<ClassLoader>> LOADERS = new ConcurrentHashMap<>();

    private CallerClasses() {}

    /**
     * The number of a loader; 0 for one whose classes a worker has itself.
     *
     * @param classPath whether the worker has the class path
     */
    static int number(@Nullable ClassLoader loader, boolean classPath) {
        if (isWorkersOwn(loader, classPath)) {
            return 0;
        }
        synchronized (NUMBERS) {
            return NUMBERS.computeIfAbsent(loader, made -> {
                LOADERS.values().removeIf(each -> each.get() == null);
                int number = NextNumber.next();
                LOADERS.put(number, new WeakReference<>(made));
                return number;
            });
        }
    }

    private static final class NextNumber {
        private static int last; // guarded by NUMBERS

        static int next() {
            return ++last;
        }
    }

    private static boolean isWorkersOwn(@Nullable ClassLoader loader, boolean classPath) {
        return loader == null
                || loader == ClassLoader.getPlatformClassLoader()
                || (classPath && loader == ClassLoader.getSystemClassLoader());
    }

    /** Answers a worker that wants a class or a resource. */
    static FrameOutput answer(FrameInput question, boolean classPath) throws IOException {
        int request = question.getInt();
        int number = question.getInt();
        boolean resource = question.getByte() != 0;
        String name = question.getText();
        FrameOutput answer = new FrameOutput(FrameType.CLASS_FOUND);
        answer.putInt(request);
        WeakReference<ClassLoader> known = LOADERS.get(number);
        ClassLoader loader = known == null ? null : known.get();
        byte[] bytes = null;
        boolean yours = false;
        if (loader != null) {
            try {
                if (resource) {
                    bytes = read(loader, name);
                } else {
                    ClassLoader owner = Class.forName(name, false, loader).getClassLoader();
                    yours = isWorkersOwn(owner, classPath);
                    bytes = yours || owner == null ? null : read(owner, name.replace('.', '/') + ".class");
                }
            } catch (ClassNotFoundException | IOException | LinkageError | RuntimeException e) {
                bytes = null; // then the worker has none either
            }
        }
        answer.write(yours ? YOURS : bytes == null ? NONE : BYTES);
        if (bytes != null) {
            answer.putBytes(bytes);
        }
        return answer;
    }

    private static byte @Nullable [] read(ClassLoader loader, String name) throws IOException {
        try (InputStream in = loader.getResourceAsStream(name)) {
            return in == null ? null : in.readAllBytes();
        }
    }
}
