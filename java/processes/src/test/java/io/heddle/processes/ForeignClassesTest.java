package io.heddle.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.heddle.Parallel;
import io.heddle.TaskFailedException;
import io.heddle.fixture.ChildJvm;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tasks, inputs, results and exceptions whose classes the workers' class path has not. */
@Timeout(120)
class ForeignClassesTest {
    private static final String SOURCE = """
            package com.acme;

            import io.heddle.Parallel;
            import io.heddle.TaskFunction;
            import java.io.Serializable;
            import java.util.List;
            import java.util.ResourceBundle;
            import java.util.logging.Logger;

            public final class Job {
                public static final int VERSION = 1;

                public record Input(int number) implements Serializable {}

                public record Output(int number, int version, Kind kind, Input of) implements Serializable {}

                public enum Kind { EVEN, ODD { @Override public String toString() { return "odd"; } } }

                public static final class Failure extends Exception {
                    private static final long serialVersionUID = 1L;
                    public final Input input;
                    Failure(Input input) { super("no good: " + input.number()); this.input = input; }
                }

                public static final class Task implements TaskFunction<Input, Output> {
                    private static final long serialVersionUID = 1L;
                    @Override public Output apply(Input input) throws Failure { return work(input); }
                }

                static Output work(Input input) throws Failure {
                    if (input.number() < 0) {
                        throw new Failure(input);
                    }
                    return new Output(Deep.twice(input.number()), VERSION, input.number() % 2 == 0 ? Kind.EVEN : Kind.ODD, input);
                }

                static final class Deep {
                    static int twice(int number) { return 2 * number; }
                }

                public static List<Output> byLambda(Parallel parallel, int count) {
                    List<Input> inputs = java.util.stream.IntStream.range(0, count).mapToObj(Input::new).toList();
                    int one = 1;
                    return parallel.map(inputs, input -> { Output output = work(new Input(input.number() + one)); return output; });
                }

                public static List<Output> byReference(Parallel parallel, int count) {
                    List<Input> inputs = java.util.stream.IntStream.range(0, count).mapToObj(Input::new).toList();
                    return parallel.map(inputs, Job::work);
                }

                public static List<Output> byClass(Parallel parallel, int number) {
                    return parallel.map(List.of(new Input(number)), new Task());
                }

                public static List<Boolean> scattered(Parallel.Builder builder) {
                    Input input = new Input(5);
                    return builder.scatter(input).build().map(List.of(input, new Input(5)), each -> each == input);
                }

                public static List<Integer> withReflection(Parallel parallel) {
                    return parallel.range(2, index -> {
                        ClassLoader loader = Thread.currentThread().getContextClassLoader();
                        int version = (int) Class.forName("com.acme.Job", true, loader).getField("VERSION").get(null);
                        if (loader.getResource("com/acme/Job.class") == null || loader.getResource("no/such") != null) {
                            throw new IllegalStateException("resources");
                        }
                        return version;
                    });
                }
            }
            """;

    @TempDir
    Path folder;

    private @Nullable JavaCompiler compiler;

    @BeforeEach
    void findACompiler() {
        compiler = ToolProvider.getSystemJavaCompiler();
        assumeTrue(compiler != null, "this JVM has no compiler");
    }

    /** Compiles source files, by their paths, and returns the folder of the classes. */
    private Path compiled(String name, Map<String, String> sources, String... options) throws IOException {
        Path from = folder.resolve(name + "-source");
        Path to = Files.createDirectories(folder.resolve(name));
        List<String> arguments = new ArrayList<>(List.of(options));
        arguments.addAll(List.of("-d", to.toString(), "--release", "25"));
        for (Map.Entry<String, String> source : sources.entrySet()) {
            Path file = from.resolve(source.getKey());
            Files.createDirectories(file.getParent());
            arguments.add(Files.writeString(file, source.getValue()).toString());
        }
        assertThat(compiler.run(null, null, null, arguments.toArray(new String[0])))
                .isZero();
        return to;
    }

    private Path job(int version) throws IOException {
        return compiled(
                "job" + version,
                Map.of("com/acme/Job.java", SOURCE.replace("VERSION = 1", "VERSION = " + version)),
                "-cp",
                System.getProperty("java.class.path"));
    }

    private static ClassLoader byUrl(Path classes) throws IOException {
        return new URLClassLoader(new URL[] {classes.toUri().toURL()}, ForeignClassesTest.class.getClassLoader());
    }

    private static Object call(ClassLoader loader, String method, Object... arguments) throws Exception {
        Class<?> type = loader.loadClass("com.acme.Job");
        var found = Arrays.stream(type.getMethods())
                .filter(each -> each.getName().equals(method))
                .findFirst()
                .orElseThrow();
        try {
            return found.invoke(null, arguments);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw e;
        }
    }

    private static void assertWorks(ClassLoader loader, Parallel parallel, int version) throws Exception {
        String expected = "Output[number=2, version=" + version + ", kind=odd, of=Input[number=1]]";
        assertThat((List<?>) call(loader, "byLambda", parallel, 300))
                .hasSize(300)
                .first()
                .hasToString(expected);
        List<?> outputs = (List<?>) call(loader, "byReference", parallel, 300);
        assertThat(outputs).hasSize(300);
        assertThat(outputs.get(1)).hasToString(expected);
        assertThat(outputs.get(1).getClass().getClassLoader()).isSameAs(loader);
        assertThat((List<?>) call(loader, "byClass", parallel, 1))
                .singleElement()
                .hasToString(expected);
        assertThat((List<?>) call(loader, "withReflection", parallel)).allMatch(each -> each.equals(version));
    }

    @Test
    void classesOfAnotherLoaderAreTasksInputsAndResults() throws Exception {
        try (OwnWorkers workers = OwnWorkers.create()) {
            assertWorks(byUrl(job(1)), workers.jobs(2), 1);
        }
    }

    @Test
    void objectsOfAnotherLoaderAreScattered() throws Exception {
        ClassLoader one = byUrl(job(1));
        ClassLoader two = byUrl(job(2));
        try (OwnWorkers workers = OwnWorkers.create()) {
            assertThat((List<?>) call(one, "scattered", workers.call(1))).isEqualTo(List.of(true, false));
            assertThat((List<?>) call(two, "scattered", workers.call(1))).isEqualTo(List.of(true, false));
        }
    }

    @Test
    void anExceptionOfAnotherLoaderComesBackAsItself() throws Exception {
        ClassLoader loader = byUrl(job(1));
        try (OwnWorkers workers = OwnWorkers.create()) {
            assertThatThrownBy(() -> call(loader, "byClass", workers.jobs(1), -5))
                    .isInstanceOf(TaskFailedException.class)
                    .cause()
                    .hasMessage("no good: -5")
                    .satisfies(cause -> {
                        assertThat(cause.getClass().getName()).isEqualTo("com.acme.Job$Failure");
                        assertThat(cause.getClass().getClassLoader()).isSameAs(loader);
                        assertThat(cause).hasStackTraceContaining("com.acme.Job.work");
                    });
        }
    }

    @Test
    void twoVersionsOfAClassStayApartInTheSameWorkers() throws Exception {
        ClassLoader one = byUrl(job(1));
        ClassLoader two = byUrl(job(2));
        try (OwnWorkers workers = OwnWorkers.create()) {
            for (int call = 0; call < 2; call++) {
                assertWorks(one, workers.jobs(1), 1);
                assertWorks(two, workers.jobs(1), 2);
            }
            assertThat(workers.living()).hasSize(1);
        }
    }

    /** As a fat jar's loader or a server's: the classes are in no file that another JVM could read. */
    @Test
    void classesThatALoaderMakesOfBytesAreTasks() throws Exception {
        ClassLoader loader = new OfBytes(bytes(job(1)), ForeignClassesTest.class.getClassLoader());
        try (OwnWorkers workers = OwnWorkers.create()) {
            assertWorks(loader, workers.jobs(2), 1);
        }
    }

    @Test
    void aLoaderThatKeepsItsClassFilesToItselfSaysWhichClassIsMissing() throws Exception {
        ClassLoader loader = new OfBytes(bytes(job(1)), ForeignClassesTest.class.getClassLoader()) {
            @Override
            public @Nullable InputStream getResourceAsStream(String name) {
                return name.startsWith("com/acme") ? null : super.getResourceAsStream(name);
            }
        };
        try (OwnWorkers workers = OwnWorkers.create()) {
            assertThatThrownBy(() -> call(loader, "byClass", workers.jobs(1), 1))
                    .hasStackTraceContaining("ClassNotFoundException: com.acme.Job");
            assertThat(workers.jobs(1).range(2, index -> index)).containsExactly(0, 1);
        }
    }

    @Test
    void theInitializerMayBeOfAnotherLoader() throws Exception {
        Path classes = compiled(
                "initializer", Map.of("com/acme/Begin.java", """
                        package com.acme;
                        public final class Begin implements io.heddle.processes.WorkerInitializer {
                            private static final long serialVersionUID = 1L;
                            @Override public void run() { System.setProperty("begun.by", getClass().getName()); }
                        }
                        """), "-cp", System.getProperty("java.class.path"));
        WorkerInitializer begin = (WorkerInitializer) byUrl(classes)
                .loadClass("com.acme.Begin")
                .getDeclaredConstructor()
                .newInstance();
        try (OwnWorkers workers = OwnWorkers.of(OwnWorkers.settings().initializer(begin))) {
            assertThat(workers.jobs(1).range(1, _ -> System.getProperty("begun.by")))
                    .containsExactly("com.acme.Begin");
        }
    }

    private static Map<String, byte[]> bytes(Path classes) throws IOException {
        try (Stream<Path> files = Files.walk(classes)) {
            return files.filter(Files::isRegularFile)
                    .collect(Collectors.toMap(
                            file -> classes.relativize(file).toString().replace(File.separatorChar, '/'),
                            ForeignClassesTest::read));
        }
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static class OfBytes extends ClassLoader {
        private final Map<String, byte[]> files;

        OfBytes(Map<String, byte[]> files, ClassLoader parent) {
            super("of-bytes", parent);
            this.files = files;
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            byte[] bytes = files.get(name.replace('.', '/') + ".class");
            if (bytes == null) {
                throw new ClassNotFoundException(name);
            }
            return defineClass(name, bytes, 0, bytes.length);
        }

        @Override
        public @Nullable InputStream getResourceAsStream(String name) {
            byte[] bytes = files.get(name);
            return bytes == null ? super.getResourceAsStream(name) : new ByteArrayInputStream(bytes);
        }
    }

    // programs of other kinds

    @Test
    void classesTypedIntoJShellAreTasks() throws Exception {
        Path jshell = Path.of(System.getProperty("java.home"), "bin", "jshell");
        assumeTrue(Files.isExecutable(jshell), "this JDK has no jshell");
        Path script = Files.writeString(folder.resolve("typed.jsh"), """
                import io.heddle.Parallel;
                int square(int x) { return x * x; }
                record Value(int number) implements java.io.Serializable {}
                var parallel = Parallel.builder().backend("processes").option("spareWorkers", 0).jobs(2).build();
                System.out.println("functions " + parallel.map(List.of(0, 1, 2, 3, 4), x -> square(x)));
                int square(int x) { return -x; }
                System.out.println("changed " + parallel.map(List.of(0, 1, 2, 3, 4), x -> square(x)));
                System.out.println("classes " + parallel.range(2, i -> new Value(i)));
                /exit
                """);
        assertThat(output(List.of(
                        jshell.toString(),
                        "--execution",
                        "local",
                        "--feedback",
                        "silent",
                        "--class-path",
                        ChildJvm.absoluteClassPath(),
                        "-J--class-path=" + ChildJvm.absoluteClassPath(),
                        "-J--enable-native-access=ALL-UNNAMED",
                        script.toString())))
                .contains(
                        "functions [0, 1, 4, 9, 16]",
                        "changed [0, -1, -2, -3, -4]",
                        "classes [Value[number=0], Value[number=1]]");
    }

    @Test
    void aProgramOnTheModulePathHasWorkersOfItsModules() throws Exception {
        Path core = classes(Parallel.class);
        Path processes = classes(ProcessesBackend.class);
        Path annotations = classes(Nullable.class);
        Path own = compiled(
                "program",
                Map.of("module-info.java", """
                        module com.acme.program {
                            requires io.heddle.processes;
                            requires java.logging;
                        }
                        """, "com/acme/program/Main.java", """
                        package com.acme.program;

                        import io.heddle.Parallel;
                        import io.heddle.processes.ProcessesBackend;
                        import java.util.List;
                        import java.util.logging.Logger;

                        public final class Main {
                            record Input(int number) implements java.io.Serializable {}

                            public static void main(String[] args) throws Exception {
                                Parallel parallel = Parallel.builder().backend("processes").option("spareWorkers", 0).jobs(2).build();
                                System.out.println("results " + parallel.map(List.of(new Input(1), new Input(2)), input -> new Input(2 * input.number())));
                                System.out.println("modules " + parallel.range(1, i -> Main.class.getModule().getName() + " " + Parallel.class.getModule().getName()));
                                parallel.range(1, i -> { Logger.getLogger("com.acme").warning("logged there"); return i; });
                                Object lock = new Object();
                                try {
                                    parallel.range(1, i -> lock.hashCode());
                                } catch (RuntimeException e) {
                                    System.out.println("refused " + e.getCause().getMessage());
                                }
                                Thread.sleep(300);
                                System.exit(0);
                            }
                        }
                        """),
                "--module-path",
                String.join(File.pathSeparator, core.toString(), processes.toString(), annotations.toString()));
        String program = output(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--module-path",
                String.join(File.pathSeparator, core.toString(), processes.toString(), own.toString()),
                "--enable-native-access=io.heddle",
                "-m",
                "com.acme.program/com.acme.program.Main"));
        assertThat(program)
                .contains("results [Input[number=2], Input[number=4]]")
                .contains("modules [com.acme.program io.heddle]")
                .containsPattern("WARNING: \\[worker \\d+ heddle-worker] logged there")
                .containsPattern("refused .*java.lang.Object");
    }

    private static Path classes(Class<?> type) throws Exception {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI())
                .toAbsolutePath();
    }

    private String output(List<String> command) throws Exception {
        Path out = folder.resolve("out");
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        boolean ended;
        try {
            process.getOutputStream().close();
            ended = process.waitFor(60, TimeUnit.SECONDS);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
        }
        String text = Files.readString(out, StandardCharsets.UTF_8);
        assertThat(ended).as(text).isTrue();
        return text;
    }
}
