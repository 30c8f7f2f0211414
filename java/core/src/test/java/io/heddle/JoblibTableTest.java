package io.heddle;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.fixture.TheirTests;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** {@code JOBLIB.md}, read as what it claims. */
class JoblibTableTest {
    private static final int THEIR_TESTS = 80 + 10;
    private static final int LEAST_CARRIED_OVER = 75;

    private final TheirTests table = TheirTests.of("JOBLIB.md");

    JoblibTableTest() throws IOException {}

    @Test
    void everyTestOfTheirsHasOneRowWithAVerdict() {
        table.assertOneRowWithAVerdictForEachOf(THEIR_TESTS);
    }

    @Test
    void enoughOfThemAreCarriedOverOrBetter() {
        assertThat(table.rows()).filteredOn(row -> !row.isDeclined()).hasSizeGreaterThanOrEqualTo(LEAST_CARRIED_OVER);
    }

    @Test
    void everyRowNamesATestUnlessItIsDeclined() {
        assertThat(table.rows())
                .allSatisfy(row -> assertThat(row.namesATest()).as(row.theirs()).isEqualTo(!row.isDeclined()));
    }

    @Test
    void everyTestThatARowNamesExists() throws IOException {
        table.assertNamedTestsExistIn(Path.of("src/test/java"));
    }
}
