package io.heddle.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.openjdk.jcstress.Main;

/**
 * Runs every stress test of this module in JVMs of its own, each for 0.4 s or what {@code -Dheddle.jcstress.seconds} says. The console and
 * the report with each outcome's number are kept in {@code target/jcstress}.
 */
class JcstressTest {
    private static final double SECONDS = Double.parseDouble(System.getProperty("heddle.jcstress.seconds", "0.4"));
    /** What starting a JVM for a test takes on a busy machine, at most. */
    private static final double MOST_SECONDS_OF_START = 10;

    private static final int CPUS = 2;
    private static final Pattern TEST = Pattern.compile("JCTEST(\\d+)S(.*)");
    private static final Pattern TOTALS = Pattern.compile(
            "Results: (\\d+) planned; (\\d+) passed, (\\d+) failed, (\\d+) soft errs, (\\d+) hard errs");

    private final Path folder = Path.of("target", "jcstress").toAbsolutePath();

    @AfterEach
    void leavesNoProcess() {
        assertThat(ProcessHandle.current().children()).isEmpty();
    }

    @Test
    void everyOutcomeOfEveryTestIsExpected() throws IOException, InterruptedException {
        assumeTrue(
                Runtime.getRuntime().availableProcessors() >= CPUS,
                "two threads that run at once need two usable CPUs");
        List<String> tests = tests();
        assertThat(tests).isNotEmpty();

        String console = run(tests.size());

        String totals = TOTALS.matcher(console)
                .results()
                .map(match -> match.group())
                .reduce((_, last) -> last)
                .orElse("");
        Matcher counts = TOTALS.matcher(totals);
        assertThat(counts.matches()).as("%s", end(console)).isTrue();
        assertThat(counts.group(2)).as("%s", end(console)).isEqualTo(counts.group(1));
        for (String test : tests) {
            assertThat(Pattern.compile("\\[OK] " + Pattern.quote(test) + "\\R")
                            .matcher(console)
                            .find())
                    .as("%s passed%n%s", test, end(console))
                    .isTrue();
        }
    }

    /** What the annotation processor wrote down, a line for each test: its name comes first, after its length. */
    private static List<String> tests() throws IOException {
        try (InputStream list = Objects.requireNonNull(JcstressTest.class.getResourceAsStream("/META-INF/TestList"))) {
            return new String(list.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .map(TEST::matcher)
                    .filter(Matcher::lookingAt)
                    .map(line -> line.group(2).substring(0, Integer.parseInt(line.group(1))))
                    .toList();
        }
    }

    private String run(int tests) throws IOException, InterruptedException {
        Files.createDirectories(folder);
        Path console = folder.resolve("console.txt");
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                classPath(),
                Main.class.getName(),
                "-c",
                Integer.toString(CPUS),
                "-f",
                "1",
                "-fsm",
                "0",
                "-strideSize",
                "32",
                "-strideCount",
                "8",
                "-iters",
                "1",
                "-time",
                Long.toString(Math.round(SECONDS * 1000)),
                "-af", // threads are the system's to place: other builds run here, too
                "NONE",
                "-v",
                "-sc",
                "false",
                "-jvmArgs",
                "-Xmx256m -XX:+UseSerialGC",
                "-r",
                folder.resolve("report").toString());
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(console.toFile())
                .start();
        boolean ended;
        try {
            process.getOutputStream().close();
            ended = process.waitFor(Math.round(tests * (SECONDS + MOST_SECONDS_OF_START)), TimeUnit.SECONDS);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
        }
        String text = Files.readString(console);
        assertThat(ended)
                .as(
                        "ended in time, so that no wake-up was lost (a test without an [OK] in the console hangs):%n%s",
                        end(text))
                .isTrue();
        assertThat(process.exitValue()).as("%s", end(text)).isZero();
        return text;
    }

    /** Where jcstress says what was wrong. */
    private String end(String console) {
        return "All of it in " + folder + ". The end:\n" + console.substring(Math.max(console.length() - 4000, 0));
    }

    private static String classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
    }
}
