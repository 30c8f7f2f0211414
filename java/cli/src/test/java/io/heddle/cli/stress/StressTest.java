package io.heddle.cli.stress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.heddle.openblas.OpenBlas;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The stress on every real library that is there: 5 s each, or what {@code -Dheddle.stress.seconds} says. */
class StressTest {
    private static final double SECONDS = Double.parseDouble(System.getProperty("heddle.stress.seconds", "5"));
    private static final int THREADS = 8;
    private static final int ATTEMPTS = 5;

    private final StressLibraries known = StressLibraries.of(OpenBlas.cacheFolder(), System.getenv());
    private final ByteArrayOutputStream messages = new ByteArrayOutputStream();

    @AfterEach
    void leavesNoProcess() {
        assertThat(ProcessHandle.current().children()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "openblas",
                "libopenblas0-pthread",
                "libopenblas0-openmp",
                "openblas-current-openmp",
                "libblis4-pthread",
                "libblis4-openmp",
                "libmkl_rt"
            })
    void leavesEveryResultRightAndEveryLimitAsItWas(String library) throws Exception {
        StressRow row = run(settings(library, SECONDS, false));

        assertThat(row.isClean()).as("%s%n%s", row, messages).isTrue();
        assertThat(row.limits()).isPositive();
        assertThat(row.unrelated()).isPositive();
        assertThat(row.lapack()).isEqualTo(!library.startsWith("libblis"));
    }

    /** What Heddle never does is seen by the same checks. */
    @Test
    void seesWrongResultsOfASetterThatIsNotSafe() throws Exception {
        StressRow row = run(settings("libopenblas0-openmp", 5, true));
        for (int i = 1; i < ATTEMPTS && row.isClean(); i++) {
            row = run(settings("libopenblas0-openmp", 5, true));
        }

        assertThat(row.isClean()).as(row.toString()).isFalse();
        assertThat(row.outcome().startsWith("hang") || row.outcome().startsWith("crash") || row.wrong() > 0)
                .as(row.toString())
                .isTrue();
    }

    @Test
    void makesARowOfALibraryThatCannotBeRun() throws Exception {
        Path quadmath = OpenBlas.shared().path().resolveSibling("libquadmath.so.0");

        StressRow row = run(new StressSettings(quadmath.toString(), List.of(), 1, 4, 60, false));

        assertThat(row.isClean()).isFalse();
        assertThat(row.outcome()).startsWith("failed");
        assertThat(messages.toString(StandardCharsets.UTF_8)).contains("it is no BLAS");
    }

    private StressRow run(StressSettings settings) throws Exception {
        return Stress.run(settings, new PrintStream(messages, true, StandardCharsets.UTF_8));
    }

    private StressSettings settings(String library, double seconds, boolean unsafeSetter) {
        double hangSeconds = unsafeSetter ? 5 : 60;
        if (library.equals(StressSettings.EMBEDDED)) {
            return new StressSettings(library, List.of(), seconds, THREADS, hangSeconds, unsafeSetter);
        }
        List<Path> found = known.all().stream()
                .filter(file -> file.toString().contains("/" + library))
                .toList();
        assumeTrue(
                !found.isEmpty(),
                () -> "there is no " + library + " in the system's library folders, in HEDDLE_DEBIAN, HEDDLE_MKL or "
                        + OpenBlas.cacheFolder());
        Path file = found.getFirst();
        return new StressSettings(
                file.toString(), known.dependencies(file), seconds, THREADS, hangSeconds, unsafeSetter);
    }
}
