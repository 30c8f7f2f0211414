package io.heddle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.heddle.CallStatus.State;
import io.heddle.fixture.ChildJvm;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What is shown of calls, on a terminal and elsewhere, by a clock of the test's. */
class ProgressBarTest {
    private static final Duration NEVER = Duration.ofDays(1);
    private static final int WIDTH = 80;

    private final StringWriter out = new StringWriter();
    private long nowNanos = Duration.ofHours(5).toNanos();

    private ProgressBar bar(boolean terminal) {
        return new ProgressBar(() -> out, terminal, WIDTH, () -> nowNanos, NEVER);
    }

    private void pass(double seconds) {
        nowNanos += (long) (seconds * 1e9);
    }

    private static CallStatus status(long call, long total, long completed, double elapsedSeconds, State state) {
        return status(call, 0, OptionalLong.of(total), completed, 0, elapsedSeconds, state);
    }

    private static CallStatus status(
            long call, int level, OptionalLong total, long completed, long failed, double elapsedSeconds, State state) {
        return new CallStatus(
                call,
                "threads",
                2,
                1,
                level,
                total,
                completed,
                failed,
                completed > 0 ? 2 : 0,
                Duration.ofNanos((long) (elapsedSeconds * 1e9)),
                state);
    }

    private static CallStatus running(long call, long total, long completed, double elapsedSeconds) {
        return status(call, total, completed, elapsedSeconds, State.RUNNING);
    }

    private String written() {
        String text = out.toString();
        out.getBuffer().setLength(0);
        return text;
    }

    /** The lines that a terminal shows at the end of a text: what a carriage return goes back over is overwritten. */
    private static List<String> screen(String text) {
        List<String> lines = new ArrayList<>();
        for (String line : text.split(System.lineSeparator(), -1)) {
            StringBuilder shown = new StringBuilder();
            for (String over : line.split("\r", -1)) {
                shown.replace(0, Math.min(over.length(), shown.length()), over);
            }
            lines.add(shown.toString().stripTrailing());
        }
        return lines;
    }

    @Test
    void aTerminalShowsOneLineDrawnAnewAndTheEnd() {
        ProgressBar bar = bar(true);
        bar.callStarted(running(3, 1000, 0, 0));
        pass(0.2);
        bar.show();
        assertThat(written()).isEqualTo("\r[" + "-".repeat(40) + "]    0 %  0/1000 tasks  0.2 s");
        pass(9.8);
        bar.progressed(running(3, 1000, 450, 10));
        bar.show();
        assertThat(written())
                .isEqualTo("\r[" + "#".repeat(9) + "-".repeat(11)
                        + "]   45 %  450/1000 tasks  45.0/s  0:10  ETA 0:12  2/2 busy");
        pass(10);
        bar.callEnded(status(3, 1000, 1000, 20, State.DONE));
        String end = written();
        assertThat(end).endsWith(System.lineSeparator());
        assertThat(screen(end)).containsExactly("heddle call 3: 1000/1000 tasks in 0:20, 50.0/s", "");
    }

    @Test
    void whileOneTaskRunsTheTimeGoesOnAndTheTimeLeftGoesDown() {
        ProgressBar bar = bar(true);
        bar.callStarted(running(1, 4, 0, 0));
        pass(60);
        bar.progressed(running(1, 4, 2, 60));
        bar.show();
        assertThat(written()).contains("  2.0/min  1:00  ETA 1:00  ");
        pass(50);
        bar.show();
        assertThat(written()).contains("  2.0/min  1:50  ETA 0:10  ");
        pass(3600);
        bar.show();
        assertThat(written()).contains("  1:01:50  ETA 0.0 s  ");
        bar.callEnded(status(1, 4, 2, 3710, State.CANCELLED));
    }

    @Test
    void theRateIsThatOfTheLastSecondsAndNoneIsForgottenAtTheStart() {
        ProgressBar bar = bar(true);
        bar.callStarted(running(1, 1_000_000, 0, 0));
        pass(1);
        bar.progressed(running(1, 1_000_000, 100, 1));
        bar.show();
        assertThat(written()).contains(" 100.0/s ");
        pass(100);
        bar.progressed(running(1, 1_000_000, 200_100, 101));
        bar.show();
        assertThat(written()).contains(" 2.0 k/s ");
        bar.callEnded(status(1, 1_000_000, 200_100, 101, State.CANCELLED));
    }

    @Test
    void noLineIsAsWideAsTheTerminalAndAShorterOneLeavesNothingBehind() {
        ProgressBar bar = bar(true);
        OptionalLong total = OptionalLong.of(Long.MAX_VALUE);
        bar.callStarted(status(1, 0, total, 0, 0, 0, State.RUNNING));
        pass(100_000);
        bar.progressed(status(1, 0, total, Long.MAX_VALUE / 2, Long.MAX_VALUE / 4, 100_000, State.RUNNING));
        bar.show();
        String longest = written();
        assertThat(longest).hasSize("\r".length() + WIDTH - 1);
        bar.progressed(status(1, 0, OptionalLong.empty(), 1, 0, 100_000, State.RUNNING));
        bar.show();
        bar.callEnded(status(1, 0, OptionalLong.empty(), 1, 0, 100_000, State.CANCELLED));
        assertThat(screen(longest + written()))
                .containsExactly("heddle call 1 cancelled: 1 tasks in 27:46:40, 0.9/d", "");
    }

    @Test
    void ofCallsAtOnceTheOldestIsShownAndTheOthersSayThatTheyEnded() {
        ProgressBar bar = bar(true);
        bar.callStarted(running(2, 10, 0, 0));
        bar.callStarted(running(1, 20, 0, 0));
        bar.callStarted(running(3, 30, 0, 0));
        bar.progressed(running(2, 10, 5, 1));
        pass(1);
        bar.show();
        assertThat(written()).contains(" 0/20 tasks ");
        bar.callEnded(status(2, 10, 10, 1, State.DONE));
        assertThat(screen(written())).containsExactly("heddle call 2: 10/10 tasks in 1.0 s, 10.0/s", "");
        bar.callEnded(status(1, 20, 3, 1, State.FAILED));
        bar.show();
        assertThat(screen(written()))
                .satisfiesExactly(
                        end -> assertThat(end).isEqualTo("heddle call 1 failed: 3/20 tasks in 1.0 s, 3.0/s"),
                        next -> assertThat(next).contains(" 0/30 tasks "));
        bar.callEnded(status(3, 30, 30, 2, State.DONE));
        bar.show();
        assertThat(screen(written()).getLast()).isEmpty();
    }

    @Test
    void nestedCallsAreNotShown() {
        for (boolean terminal : new boolean[] {true, false}) {
            ProgressBar bar = bar(terminal);
            CallStatus nested = status(1, 1, OptionalLong.of(10), 1, 0, 40, State.DONE);
            bar.callStarted(nested);
            pass(40);
            bar.progressed(nested);
            bar.show();
            bar.callEnded(nested);
            assertThat(written()).isEmpty();
        }
    }

    @Test
    void aCallThatIsToldTwiceIsShownOnce() {
        ProgressBar bar = bar(false);
        bar.callStarted(running(1, 10, 0, 0));
        bar.callStarted(running(1, 10, 0, 0));
        bar.callEnded(status(1, 10, 10, 1, State.DONE));
        bar.callEnded(status(1, 10, 10, 1, State.DONE));
        assertThat(written().lines()).hasSize(1);
    }

    @Test
    void elsewhereAFewWholeLinesAreWrittenWithoutControlCharacters() {
        ProgressBar bar = bar(false);
        bar.callStarted(running(1, 1000, 0, 0));
        for (int i = 1; i <= 1000; i++) {
            pass(0.1);
            bar.progressed(running(1, 1000, i, i / 10.0));
            bar.show();
        }
        bar.callEnded(status(1, 0, OptionalLong.of(1000), 1000, 4, 100, State.DONE));
        String text = written();
        assertThat(text).endsWith(System.lineSeparator());
        assertThat(text.replace(System.lineSeparator(), "").chars().anyMatch(Character::isISOControl))
                .isFalse();
        List<String> lines = text.lines().toList();
        assertThat(lines).hasSize(11);
        assertThat(lines.getFirst())
                .isEqualTo("heddle call 1: 100/1000 tasks (10 %), 10.0/s, 0:10, ETA 1:30, 2/2 busy");
        assertThat(lines.getLast()).isEqualTo("heddle call 1: 1000/1000 tasks in 1:40, 10.0/s, 4 failed");
    }

    @Test
    void elsewhereAShortCallSaysItsEndOnlyAndALongOneTellsThatItStillRuns() {
        ProgressBar bar = bar(false);
        bar.callStarted(running(1, 10, 0, 0));
        for (int i = 1; i <= 10; i++) {
            pass(0.1);
            bar.progressed(running(1, 10, i, i / 10.0));
            bar.show();
        }
        bar.callEnded(status(1, 10, 10, 1, State.DONE));
        assertThat(written().lines()).hasSize(1);

        bar.callStarted(running(2, 10, 0, 0));
        for (int i = 0; i < 24 * 60 * 60; i++) {
            pass(1);
            bar.show();
        }
        List<String> lines = written().lines().toList();
        assertThat(lines.getFirst()).isEqualTo("heddle call 2: 0/10 tasks (0 %), 0:30");
        assertThat(lines).hasSizeBetween(20, 100);
        bar.callEnded(status(2, 10, 0, 86_400, State.CANCELLED));
    }

    @Test
    void lineBreaksAndEscapesInAMessageStayInItsLine() {
        ProgressBar bar = bar(true);
        ProgressLog log = new ProgressLog(bar);
        log.callStarted(running(1, 10, 0, 0));
        pass(1);
        bar.show();
        CallStatus status = status(1, 0, OptionalLong.of(10), 1, 1, 1, State.RUNNING);
        log.taskFailed(status, 4, new IllegalStateException("a\r\n\u001b[2Jb" + "c".repeat(1000)), false);
        log.taskFailed(status, 5, new IllegalStateException(), true);
        bar.show();
        log.callEnded(status(1, 10, 10, 2, State.DONE));
        List<String> lines = screen(written());
        assertThat(lines).hasSize(5);
        assertThat(lines.getFirst()).isEqualTo("heddle call 1: backend threads, 2 jobs, inner limit 1, 10 tasks");
        assertThat(lines.get(1))
                .startsWith("heddle call 1: task 4 failed: java.lang.IllegalStateException: a   [2Jbcc")
                .hasSizeLessThan(300);
        assertThat(lines.get(2))
                .isEqualTo("heddle call 1: task 5 failed and is tried again: java.lang.IllegalStateException");
        assertThat(lines.get(3)).isEqualTo("heddle call 1: 10/10 tasks in 2.0 s, 5.0/s");
    }

    /** An output that nobody reads any more. */
    private record Closed(boolean unchecked) implements Appendable {
        @Override
        public Appendable append(CharSequence text) throws IOException {
            IOException failure = new IOException("Broken pipe");
            if (unchecked) {
                throw new UncheckedIOException(failure);
            }
            throw failure;
        }

        @Override
        public Appendable append(CharSequence text, int start, int end) throws IOException {
            return append(text);
        }

        @Override
        public Appendable append(char character) throws IOException {
            return append("");
        }
    }

    @Test
    void anOutputThatFailsStopsNothing() {
        for (boolean unchecked : new boolean[] {true, false}) {
            ProgressBar bar = new ProgressBar(() -> new Closed(unchecked), true, WIDTH, () -> nowNanos, NEVER);
            bar.callStarted(running(1, 10, 0, 0));
            bar.show();
            bar.callEnded(status(1, 10, 10, 1, State.DONE));
        }
    }

    private static Stream<Thread> tickers() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("heddle-progress"));
    }

    @Test
    void oneDaemonDrawsWhileACallIsOpenAndNoneAfterwards() {
        await().until(() -> tickers().findAny().isEmpty()); // those of other tests
        ProgressBar bar = new ProgressBar(() -> out, true, WIDTH, System::nanoTime, Duration.ofMillis(1));
        bar.callStarted(running(1, 10, 0, 0));
        bar.callStarted(running(2, 10, 0, 0));
        assertThat(tickers()).hasSize(1).allMatch(Thread::isDaemon);
        await().until(() -> out.toString().split("\r", -1).length > 3);
        bar.callEnded(status(1, 10, 10, 1, State.DONE));
        assertThat(tickers()).hasSize(1);
        bar.callEnded(status(2, 10, 10, 1, State.DONE));
        await().until(() -> tickers().findAny().isEmpty());
        assertThat(out.toString()).endsWith(System.lineSeparator());

        bar.callStarted(running(3, 10, 0, 0));
        assertThat(tickers()).hasSize(1);
        bar.callEnded(status(3, 10, 10, 1, State.DONE));
        await().until(() -> tickers().findAny().isEmpty());
    }

    @Test
    void aFileAsStandardErrorGetsWholeLinesWhateverStandardInputIs() throws Exception {
        ChildJvm.Outcome outcome =
                ChildJvm.of(OneCall.class).environment("TERM", "xterm").run();
        assertThat(outcome.err()).isEqualTo("heddle call 1: 10/10 tasks in 1.0 s, 10.0/s" + System.lineSeparator());
        assertThat(outcome.out()).isEmpty();
    }

    static final class OneCall {
        /** Tells the bar of one call. */
        public static void main(String[] args) {
            ProgressBar bar = ProgressBar.onTerminal();
            bar.callStarted(running(1, 10, 0, 0));
            bar.show();
            bar.callEnded(status(1, 10, 10, 1, State.DONE));
        }
    }

    private static Stream<Arguments> environments() {
        return Stream.of(
                arguments(Map.of("TERM", "xterm"), true, true),
                arguments(Map.of(), true, true),
                arguments(Map.of("TERM", "xterm"), false, false),
                arguments(Map.of("TERM", "dumb"), true, false),
                arguments(Map.of("CI", "true"), true, false),
                arguments(Map.of("CI", "1"), true, false),
                arguments(Map.of("CI", ""), true, true),
                arguments(Map.of("CI", "False"), true, true));
    }

    @ParameterizedTest
    @MethodSource("environments")
    void aLineIsDrawnOnATerminalThatCanAndNobodyLogs(Map<String, String> environment, boolean terminal, boolean drawn) {
        assertThat(ProgressBar.drawsOn(environment, terminal)).isEqualTo(drawn);
    }

    @ParameterizedTest
    @CsvSource({"120, 120", "' 40 ', 40", "0, 80", "-3, 80", "wide, 80", "'', 80"})
    void theWidthIsWhatTheEnvironmentSaysOr80(String columns, int width) {
        assertThat(ProgressBar.width(Map.of("COLUMNS", columns))).isEqualTo(width);
        assertThat(ProgressBar.width(Map.of())).isEqualTo(WIDTH);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0.0 s",
        "9.94, 9.9 s",
        "9.96, 0:10",
        "59.6, 1:00",
        "3599.4, 59:59",
        "3599.6, 1:00:00",
        "3723, 1:02:03",
        "360000, 100:00:00"
    })
    void timesAreReadByPeople(double seconds, String shown) {
        assertThat(Progress.time(seconds)).isEqualTo(shown);
    }

    @ParameterizedTest
    @CsvSource({
        "12345, 12.3 k/s",
        "2500000, 2.5 M/s",
        "1, 1.0/s",
        "0.5, 30.0/min",
        "0.01, 36.0/h",
        "0.0001, 8.6/d",
        "0.016666666666666666, 1.0/min"
    })
    void ratesAreReadByPeople(double perSecond, String shown) {
        assertThat(Progress.rate(perSecond)).isEqualTo(shown);
    }

    @Test
    void verbosityChoosesTheListener() {
        assertThat(ProgressLog.ofVerbosity(0)).isEmpty();
        assertThat(ProgressLog.ofVerbosity(1)).containsSame(ProgressBar.onTerminal());
        assertThat(ProgressLog.ofVerbosity(2)).containsInstanceOf(ProgressLog.class);
        assertThat(ProgressLog.ofVerbosity(50)).isEqualTo(ProgressLog.ofVerbosity(2));
        assertThatThrownBy(() -> ProgressLog.ofVerbosity(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("verbosity = -1", "0 (nothing)", "1 (a progress bar)");
    }
}
