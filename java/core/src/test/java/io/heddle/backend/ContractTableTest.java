package io.heddle.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's table of backends is what a test run showed. */
class ContractTableTest {
    private static final String HEAD =
            "| backend | results | order | errors | cancellation | time limit | nesting | inner limit | scatter | progress | context |";

    @TempDir
    Path folder;

    @Test
    void everyTestOfTheContractHasAnArea() {
        assertThat(tests().filter(test -> ContractRecord.area(test).isEmpty()))
                .as("tests to be annotated with @InArea")
                .isEmpty();
        assertThat(tests().flatMap(test -> ContractRecord.area(test).stream())).contains(Area.values());
    }

    @Test
    void tellsWhatPassedFailedAndWasRefused() throws IOException {
        Path record = record(
                "backend threads false true",
                "RESULTS a passed",
                "RESULTS b passed",
                "ERRORS c failed",
                "INNER_LIMIT d passed");

        assertThat(readme().after(List.of(record)).lines())
                .startsWith(HEAD)
                .contains(
                        "| `threads` | yes | not run | no | not run | not run | not run | refused | not run | not run | not run |");
    }

    @Test
    void leavesWhatDidNotRun() throws IOException {
        ContractTable told = readme(
                HEAD,
                "|---|---|---|---|---|---|---|---|---|---|---|",
                "| `ray` | yes | yes | yes | yes | yes | yes | yes | yes | yes | yes |",
                "| `threads` | yes | yes | yes | yes | yes | yes | yes | yes | yes | yes |");
        ContractTable seen = told.after(List.of(record(
                "backend threads true true", "RESULTS a passed", "INNER_LIMIT b passed", "INNER_LIMIT c skipped")));

        assertThat(seen.lines()).isEqualTo(told.lines());
        assertThat(told.differencesTo(seen)).isEmpty();
    }

    @Test
    void namesWhatDiffers() throws IOException {
        ContractTable told = readme(
                HEAD,
                "|---|---|---|---|---|---|---|---|---|---|---|",
                "| `ray` | yes | yes | yes | yes | yes | yes | yes | yes | yes | yes |");
        ContractTable seen = told.after(List.of(record("backend ray true true", "ORDER a failed")));

        assertThat(told.differencesTo(seen)).containsExactly("backend ray, order: it says yes, the run no");
    }

    @Test
    void namesABackendWithoutARow() throws IOException {
        ContractTable told = readme();

        assertThat(told.differencesTo(told.after(List.of(record("backend ray true true", "ORDER a passed")))))
                .containsExactly("backend ray: it has no row");
        assertThat(told.differencesTo(told.after(List.of(record("backend ray true true", "ORDER a skipped")))))
                .isEmpty();
    }

    @Test
    void saysWhichMarksAReadmeWants() {
        assertThatThrownBy(() -> ContractTable.inReadme(List.of("# Heddle")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(ContractTable.BEGIN);
    }

    private static Stream<Method> tests() {
        return Stream.of(ScatterContract.class, BackendContract.class, InnerLimitContract.class)
                .flatMap(contract -> Arrays.stream(contract.getDeclaredMethods()))
                .filter(method -> method.isAnnotationPresent(Test.class));
    }

    private static ContractTable readme(String... table) {
        return ContractTable.inReadme(Stream.of(
                        Stream.of("# Heddle", ContractTable.BEGIN),
                        Stream.of(table),
                        Stream.of(ContractTable.END, "more"))
                .flatMap(lines -> lines)
                .toList());
    }

    private Path record(String... lines) throws IOException {
        return Files.write(folder.resolve("Suite.txt"), List.of(lines));
    }
}
