package io.heddle.processes.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.heddle.processes.fixture.Children;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LeashTest {
    private static final Duration HANG = Duration.ofSeconds(30);

    private final Set<ProcessHandle> childrenBefore = Children.now();

    @BeforeEach
    void shell() {
        assumeFalse(Leash.prefix().isEmpty(), "there is no /bin/sh");
    }

    @AfterEach
    void nothingIsLeft() {
        Children.awaitNoneBut(childrenBefore);
    }

    private static Process start(String... command) throws IOException {
        List<String> all = new ArrayList<>(Leash.prefix());
        all.addAll(List.of(command));
        return new ProcessBuilder(all)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private static void awaitProgram(Process process) {
        await().atMost(HANG)
                .until(() -> process.descendants()
                        .anyMatch(each -> each.info().command().orElse("").contains("sleep")
                                || each.info()
                                        .arguments()
                                        .map(List::of)
                                        .orElse(List.of())
                                        .contains("1000")));
    }

    private void assertNothingOfItIsLeft(Process process) throws InterruptedException {
        assertThat(process.waitFor(HANG.toSeconds(), TimeUnit.SECONDS)).isTrue();
        Children.awaitNoneBut(childrenBefore);
    }

    /** The kernel closes what a process has open, however it ends. */
    @Test
    void theProgramEndsWithWhoHoldsItsStandardInput() throws Exception {
        Process process = start("sleep", "1000");
        awaitProgram(process);
        process.getOutputStream().close();

        assertNothingOfItIsLeft(process);
    }

    @Test
    void theProgramIsEndedByAWord() throws Exception {
        Process process = start("sleep", "1000");
        awaitProgram(process);
        Leash.end(process);

        assertNothingOfItIsLeft(process);
    }

    @Test
    void aProgramThatEndsByItselfSaysHow() throws Exception {
        Process process = start("sh", "-c", "exit 7");

        assertNothingOfItIsLeft(process);
        assertThat(process.exitValue()).isEqualTo(7);
    }

    @Test
    void theProgramCannotReadWhatHoldsIt() throws Exception {
        Process process = start("sh", "-c", "cat; [ ! -e /proc/self/fd/3 ]");

        assertNothingOfItIsLeft(process);
        assertThat(process.exitValue()).isZero();
    }
}
