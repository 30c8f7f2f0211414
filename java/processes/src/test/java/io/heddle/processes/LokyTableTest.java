package io.heddle.processes;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.fixture.TheirTests;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** {@code LOKY.md}, read as what it claims. */
class LokyTableTest {
    private static final int LOKY = 163;
    private static final int JOBLIB = 25;

    private final TheirTests table = TheirTests.of("LOKY.md");

    LokyTableTest() throws IOException {}

    @Test
    void everyTestOfTheirsHasOneRowWithAVerdict() {
        table.assertOneRowWithAVerdictForEachOf(LOKY + JOBLIB);
    }

    @Test
    void everyRowNamesATestUnlessItIsDeclined() {
        assertThat(table.rows())
                .allSatisfy(row -> assertThat(row.namesATest() || row.isDeclined())
                        .as(row.theirs())
                        .isTrue());
    }

    /** In any module: the executor's, for instance, are in the core. */
    @Test
    void everyTestThatARowNamesExists() throws IOException {
        table.assertNamedTestsExistIn(Path.of(".."));
    }
}
