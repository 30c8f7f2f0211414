package io.heddle.ray.harness;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Spliterators;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;

/** A cluster in namespaces of its own and a JVM beside it that runs test classes; each of their tests is a dynamic test here. */
public final class ClusterRun implements AutoCloseable {
    private final Process process;
    private final BufferedReader lines;

    private ClusterRun(Process process) {
        this.process = process;
        this.lines = process.inputReader(StandardCharsets.UTF_8);
    }

    /** Starts a cluster; skips where there is no Ray or no namespace to be had. */
    public static ClusterRun start(List<String> clusterOptions, Class<?>... tests) throws IOException {
        return start(clusterOptions, Map.of(), tests);
    }

    /** The same with more variables in the environment of the tests. */
    public static ClusterRun start(List<String> clusterOptions, Map<String, String> environment, Class<?>... tests)
            throws IOException {
        String venv = System.getenv("HEDDLE_RAY");
        assumeTrue(
                venv != null && !venv.isEmpty() && Files.isExecutable(Path.of(venv, "bin", "python")),
                "HEDDLE_RAY is no virtual environment with Ray: ./heddle test --all makes one");
        assumeTrue(
                hasNamespaces(),
                "no network namespace of its own can be had here (unshare, setpriv), in which Ray may listen");
        List<String> command =
                new ArrayList<>(List.of(cluster().toAbsolutePath().toString()));
        command.addAll(clusterOptions);
        command.addAll(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp", classPath()));
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add(ClusterMain.class.getName());
        for (Class<?> test : tests) {
            command.add(test.getName());
        }
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().putAll(environment);
        return new ClusterRun(builder.start());
    }

    /** The script; tests run in the folder of their module. */
    private static Path cluster() {
        Path here = Path.of("cluster");
        return Files.exists(here) ? here : Path.of("..", "ray", "cluster");
    }

    private static boolean hasNamespaces() throws IOException {
        try {
            Process probe = new ProcessBuilder(
                            "setpriv",
                            "--pdeathsig",
                            "KILL",
                            "unshare",
                            "--map-root-user",
                            "--net",
                            "--pid",
                            "--mount-proc",
                            "--fork",
                            "--kill-child",
                            "ip",
                            "link",
                            "set",
                            "lo",
                            "up")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return probe.waitFor(30, TimeUnit.SECONDS) && probe.exitValue() == 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** The cluster's own jar first, without the one that is compiled against. */
    private static String classPath() {
        String jar = Path.of(System.getenv("HEDDLE_RAY")).resolve("lib").toString();
        try (Stream<Path> found =
                Files.find(Path.of(jar), 6, (path, _) -> path.endsWith(Path.of("ray", "jars", "ray_dist.jar")))) {
            String own = found.findFirst()
                    .map(Path::toString)
                    .orElseThrow(() -> new IOException("no ray_dist.jar in " + jar));
            return own + ":"
                    + Stream.of(System.getProperty("java.class.path").split(":"))
                            .filter(entry -> !entry.contains("ray-api"))
                            .collect(Collectors.joining(":"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Each test as it ends; the last one is that the run came to its end. */
    public Stream<DynamicTest> tests() {
        Iterator<DynamicTest> tests = new Iterator<>() {
            private boolean over;

            @Override
            public boolean hasNext() {
                return !over;
            }

            @Override
            public DynamicTest next() {
                if (over) {
                    throw new NoSuchElementException();
                }
                String line = nextMark();
                if (line == null || line.equals("end")) {
                    over = true;
                    return theEnd(line);
                }
                return test(line);
            }
        };
        return StreamSupport.stream(Spliterators.spliteratorUnknownSize(tests, 0), false)
                .onClose(this::close);
    }

    private @Nullable String nextMark() {
        try {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith(ClusterMain.MARK)) {
                    return line.substring(ClusterMain.MARK.length());
                }
                System.out.println("  " + line);
            }
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static DynamicTest test(String line) {
        String[] parts = line.split(" ", -1);
        String text = decoded(parts[2]);
        return DynamicTest.dynamicTest(decoded(parts[1]), () -> {
            switch (parts[0]) {
                case "passed" -> {}
                case "skipped" -> abort(text);
                default -> fail(text);
            }
        });
    }

    private DynamicTest theEnd(@Nullable String line) {
        return DynamicTest.dynamicTest("the run comes to its end and leaves no process", () -> {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                fail("the cluster did not end");
            }
            if (line == null) { // whatever its status: code that calls Ray after Ray's shutdown hook changes it
                fail("the JVM beside the cluster ended with status " + process.exitValue() + ": its output is above");
            }
        });
    }

    private static String decoded(String text) {
        return new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8).strip();
    }

    /** Ends the cluster and all that was started beside it. */
    @Override
    public void close() {
        try {
            process.getOutputStream().close();
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
