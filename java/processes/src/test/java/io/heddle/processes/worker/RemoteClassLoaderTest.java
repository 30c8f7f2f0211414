package io.heddle.processes.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.backend.SharedFunction;
import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameType;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Classes that the worker's class path does not have. */
@Timeout(60)
class RemoteClassLoaderTest {
    private static final String SOURCE = """
            package elsewhere;

            public class Maker {
                public static io.heddle.backend.SharedFunction function() {
                    return (index, argument) -> switch ((int) index) {
                        case 0 -> new Used().toString();
                        case 1 -> new String(Maker.class.getResourceAsStream("data.txt").readAllBytes());
                        case 2 -> String.valueOf(Maker.class.getResource("missing.txt"));
                        case 3 -> Class.forName("elsewhere.Missing");
                        case 4 -> Class.forName("elsewhere.Missing");
                        case 5 -> Thread.currentThread().getContextClassLoader() == Maker.class.getClassLoader();
                        case 6 -> { Thread.currentThread().interrupt(); Class.forName("elsewhere.Late"); yield Thread.interrupted(); }
                        default -> Class.forName("io.heddle.processes.worker.WorkerTest") != null;
                    };
                }
            }

            class Used {
                @Override
                public String toString() {
                    return "used";
                }
            }

            class Late {}
            """;

    @TempDir
    Path folder;

    private final List<String> asked = new ArrayList<>();

    @Test
    void theParentIsAskedForClassesAndResourcesOnce() throws Exception {
        Path source = Files.createDirectories(folder.resolve("elsewhere")).resolve("Maker.java");
        Files.writeString(source, SOURCE);
        Files.writeString(folder.resolve("elsewhere/data.txt"), "data");
        int result = ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        null,
                        null,
                        "-d",
                        folder.toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        source.toString());
        assertThat(result).isZero();
        try (URLClassLoader loader =
                        new URLClassLoader(new URL[] {folder.toUri().toURL()});
                ChildWorker worker = ChildWorker.ready()) {
            SharedFunction function = (SharedFunction)
                    loader.loadClass("elsewhere.Maker").getMethod("function").invoke(null);
            worker.call(1, 3, false, function);
            worker.tasks(1, 0, 8);
            List<Object> results = new ArrayList<>();
            List<Throwable> failures = new ArrayList<>();
            while (results.size() + failures.size() < 8) {
                FrameInput frame = worker.connection.read();
                switch (frame.type()) {
                    case CLASS_WANTED -> answer(worker, frame, loader);
                    case RESULTS -> {
                        frame.getLong();
                        frame.getInt();
                        frame.getLong();
                        int count = frame.getInt();
                        frame.getLong();
                        var values = new io.heddle.processes.wire.ValueReader(frame, ChildWorker.FORMAT, loader);
                        for (int i = 0; i < count; i++) {
                            results.add(values.read());
                        }
                    }
                    case FAILED -> {
                        frame.getLong();
                        frame.getLong();
                        frame.getByte();
                        failures.add(ChildWorker.failure(frame));
                    }
                    default -> throw new AssertionError(frame.type() + " " + worker.errorText());
                }
            }
            assertThat(results).containsExactly("used", "data", "null", true, true, true);
            assertThat(failures).hasSize(2).allMatch(ClassNotFoundException.class::isInstance);
            assertThat(asked)
                    .containsExactly(
                            "elsewhere.Maker",
                            "elsewhere.Used",
                            "elsewhere/data.txt",
                            "elsewhere/missing.txt",
                            "elsewhere.Missing",
                            "elsewhere.Late");
        }
    }

    private void answer(ChildWorker worker, FrameInput frame, ClassLoader loader) throws Exception {
        int requestId = frame.getInt();
        assertThat(frame.getInt()).isEqualTo(3);
        boolean isClass = frame.getByte() == 0;
        String name = frame.getText();
        asked.add(name);
        FrameOutput reply = new FrameOutput(FrameType.CLASS_FOUND).putInt(requestId);
        String path = isClass ? name.replace('.', '/') + ".class" : name;
        try (InputStream in = loader.getResourceAsStream(path)) {
            if (in == null) {
                reply.write(0);
            } else {
                reply.write(2);
                reply.putBytes(in.readAllBytes());
            }
        }
        worker.send(reply);
    }

    @Test
    void aClassThatTheWorkerHasIsItsOwn() throws Exception {
        try (ChildWorker worker = ChildWorker.ready()) {
            RemoteByName function = new RemoteByName();
            worker.call(1, 3, false, function);
            worker.tasks(1, 0, 1);
            assertThat(worker.results(1).values()).containsExactly("app"); // Heddle's packages are not asked for
        }
    }

    static final class RemoteByName implements SharedFunction {
        private static final long serialVersionUID = 1L;

        @Override
        public Object apply(long index, Object argument) {
            return getClass().getClassLoader().getName();
        }
    }
}
