package io.heddle.processes.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.processes.failure.BrokenPoolException;
import io.heddle.processes.setting.ThreadVariables;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class WorkerEnvironmentTest {
    private static final String OMP = "OMP_NUM_THREADS";

    static Stream<Arguments> precedence() {
        return Stream.of( // parent, user, limit, explicit, OMP, OPENBLAS, in force
                Arguments.of(Map.of(), Map.of(), 2, false, "2", "2", 2),
                Arguments.of(Map.of(), Map.of(), 2, true, "2", "2", 2),
                Arguments.of(Map.of(), Map.of(), 0, false, null, null, 0),
                Arguments.of(Map.of(OMP, "3"), Map.of(), 2, false, "3", "2", 0),
                Arguments.of(Map.of(OMP, "2"), Map.of(), 2, false, "2", "2", 2),
                Arguments.of(Map.of(OMP, "3"), Map.of(), 2, true, "2", "2", 2),
                Arguments.of(Map.of(OMP, "3"), Map.of(), 0, false, "3", null, 0),
                Arguments.of(Map.of(OMP, ""), Map.of(), 2, false, "2", "2", 2),
                Arguments.of(Map.of(OMP, "3,2"), Map.of(), 2, false, "3,2", "2", 0),
                Arguments.of(Map.of(), Map.of(OMP, "4"), 2, true, "4", "2", 0),
                Arguments.of(Map.of(OMP, "3"), Map.of(OMP, "4"), 2, false, "4", "2", 0),
                Arguments.of(Map.of(OMP, "3"), Map.of(OMP, "2"), 2, false, "2", "2", 2),
                Arguments.of(Map.of("MKL_DOMAIN_NUM_THREADS", "MKL_BLAS=4"), Map.of(), 2, true, "2", "2", 0),
                Arguments.of(Map.of("BLIS_IC_NT", "4"), Map.of(), 2, true, "2", "2", 0));
    }

    @ParameterizedTest
    @MethodSource("precedence")
    void variablesOfNativeLibraries(
            Map<String, String> parent,
            Map<String, String> user,
            int limit,
            boolean explicit,
            String openMp,
            String openBlas,
            int inForce) {
        WorkerEnvironment environment = WorkerEnvironment.of(parent, user, limit, explicit);

        assertThat(environment.variables().get(OMP)).isEqualTo(openMp);
        assertThat(environment.variables().get("OPENBLAS_NUM_THREADS")).isEqualTo(openBlas);
        assertThat(environment.limit()).isEqualTo(inForce);
    }

    @Test
    void allVariablesOfTheListAreSet() {
        assertThat(WorkerEnvironment.of(Map.of(), Map.of(), 3, false).variables())
                .containsKeys(ThreadVariables.NAMES.toArray(String[]::new))
                .containsEntry("ENABLE_IPC", "1");
    }

    @Test
    void whatTheUserSaysOfOtherThingsStays() {
        assertThat(WorkerEnvironment.of(Map.of("ENABLE_IPC", "0", "A", "1", "B", "1"), Map.of("B", "2"), 1, false)
                        .variables())
                .containsEntry("ENABLE_IPC", "0")
                .containsEntry("A", "1")
                .containsEntry("B", "2");
    }

    @Test
    void theJvmTakesNoOptionsFromTheParentsVariables() {
        Map<String, String> parent = Map.of(
                "JAVA_TOOL_OPTIONS", "a", "JDK_JAVA_OPTIONS", "b", "_JAVA_OPTIONS", "c", "CLASSPATH", "d", "PATH", "e");

        assertThat(WorkerEnvironment.of(parent, Map.of(), 0, false).variables())
                .containsOnlyKeys("PATH", "ENABLE_IPC", WorkerEnvironment.DEPTH);
    }

    @Test
    void theDepthIsCountedAndBounded() {
        assertThat(WorkerEnvironment.of(Map.of(), Map.of(), 0, false).variables())
                .containsEntry(WorkerEnvironment.DEPTH, "1");
        assertThat(WorkerEnvironment.of(Map.of(WorkerEnvironment.DEPTH, "9"), Map.of(), 0, false)
                        .variables())
                .containsEntry(WorkerEnvironment.DEPTH, "10");
        assertThatThrownBy(() -> WorkerEnvironment.of(Map.of(WorkerEnvironment.DEPTH, "10"), Map.of(), 0, false))
                .isInstanceOf(BrokenPoolException.class)
                .hasMessageContainingAll("10", WorkerEnvironment.DEPTH);
    }

    /** A string may not have them: in the locale C, what is not ASCII. */
    @Test
    void whatIsNotChangedKeepsItsBytes() {
        WorkerEnvironment environment =
                WorkerEnvironment.of(Map.of("A", "decoded", "JAVA_TOOL_OPTIONS", "x"), Map.of("B", "2"), 0, false);
        Map<String, String> inherited = new HashMap<>(Map.of("A", "bytes", "JAVA_TOOL_OPTIONS", "x", "B", "1"));
        environment.applyTo(inherited);

        assertThat(inherited)
                .containsEntry("A", "bytes")
                .containsEntry("B", "2")
                .containsOnlyKeys("A", "B", "ENABLE_IPC", WorkerEnvironment.DEPTH);
    }
}
