package io.heddle.cli.stress;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A check that cannot fail is none: each sees a result that is slightly wrong. */
class ChecksTest {
    private final Arena arena = Arena.ofAuto();

    @Test
    void seesOneWrongBitInAProduct() {
        Product product = Product.random(new Random(1), 20, 30, 40);
        MemorySegment result = arena.allocate(product.resultBytes() + 8);
        result.copyFrom(product.expected());

        assertThat(product.isResult(result)).isTrue();
        long at = product.resultBytes() - 8;
        result.set(JAVA_BYTE, at, (byte) (result.get(JAVA_BYTE, at) ^ 1));
        assertThat(product.isResult(result)).isFalse();
    }

    @Test
    void computesTheProductThatADefinitionGives() {
        Product product = Product.random(new Random(2), 3, 4, 5);

        double sum = 0;
        for (int inner = 0; inner < 5; inner++) {
            sum += product.a().getAtIndex(JAVA_DOUBLE, inner * 3L + 2)
                    * product.b().getAtIndex(JAVA_DOUBLE, 3 * 5L + inner);
        }
        assertThat(product.expected().getAtIndex(JAVA_DOUBLE, 3 * 3L + 2)).isEqualTo(sum);
    }

    @Test
    void seesASolutionThatIsSlightlyWrong() {
        int n = 50;
        double[] identity = new double[n * n];
        double[] rightSide = new double[n];
        for (int i = 0; i < n; i++) {
            identity[i * n + i] = 1;
            rightSide[i] = i + 1;
        }
        LinearSystem system = new LinearSystem(
                n, arena.allocateFrom(JAVA_DOUBLE, identity), arena.allocateFrom(JAVA_DOUBLE, rightSide));
        MemorySegment solution = arena.allocateFrom(JAVA_DOUBLE, rightSide);

        assertThat(system.isSolution(solution)).isTrue();
        solution.setAtIndex(JAVA_DOUBLE, 7, 8 + 1e-8);
        assertThat(system.isSolution(solution)).isFalse();
        solution.setAtIndex(JAVA_DOUBLE, 7, Double.NaN);
        assertThat(system.isSolution(solution)).isFalse();
    }

    static Stream<StressRow> uncleanRows() {
        return Stream.of(
                row(0, 0, 0, 0, "ok"),
                row(9, 1, 0, 0, "ok"),
                row(9, 0, 1, 0, "ok"),
                row(9, 0, 0, 1, "ok"),
                row(9, 0, 0, 0, "hang: stress-1 made no progress for 60 s"));
    }

    @ParameterizedTest
    @MethodSource("uncleanRows")
    void isNotCleanWithAnythingWrong(StressRow row) {
        assertThat(row.isClean()).isFalse();
    }

    static Stream<Arguments> outcomes() {
        return Stream.of(
                arguments(row(9, 0, 0, 0, "ok"), "ok"),
                arguments(row(9, 1, 0, 0, "ok"), "wrong results"),
                arguments(row(9, 0, 1, 0, "ok"), "limit not held"),
                arguments(row(9, 0, 0, 1, "ok"), "limit left changed"),
                arguments(row(9, 1, 1, 1, "hang"), "hang; wrong results; limit not held; limit left changed"));
    }

    @ParameterizedTest
    @MethodSource("outcomes")
    void saysWhatWasCounted(StressRow row, String outcome) {
        assertThat(row.withWhatWasCounted()).isEqualTo(row.withOutcome(outcome));
    }

    @Test
    void isCleanWithNothingWrong() {
        assertThat(row(9, 0, 0, 0, "ok").isClean()).isTrue();
    }

    @Test
    void readsTheSignalOutOfTheJvmsReport() {
        String report = """
                #
                # A fatal error has been detected by the Java Runtime Environment:
                #
                #  SIGSEGV (0xb) at pc=0x00007f6a0d2bb2c0, pid=4711, tid=4712
                #
                # JRE version: OpenJDK Runtime Environment Temurin-25 (25.0.1+8) (build 25.0.1+8-LTS)
                # Problematic frame:
                # C  [libopenblas.so.0+0x2bb2c0]  dgetrf_parallel+0x10
                #
                """;

        assertThat(Stress.crash(report))
                .isEqualTo("crash: SIGSEGV in C  [libopenblas.so.0+0x2bb2c0]  dgetrf_parallel+0x10");
        assertThat(Stress.crash("")).isEqualTo("crash: of the JVM");
    }

    private static StressRow row(long dgemm, long wrong, long notHeld, long leftChanged, String outcome) {
        return new StressRow("lib", null, null, null, true, 4, dgemm, 0, 5, 0, wrong, notHeld, leftChanged, 1, outcome);
    }
}
