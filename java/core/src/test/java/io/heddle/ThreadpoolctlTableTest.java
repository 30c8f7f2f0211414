package io.heddle;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.fixture.TheirTests;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** {@code THREADPOOLCTL.md}, read as what it claims. */
class ThreadpoolctlTableTest {
    private static final int THEIR_TESTS = 32;

    private final TheirTests table = TheirTests.of("THREADPOOLCTL.md");

    ThreadpoolctlTableTest() throws IOException {}

    @Test
    void everyTestOfTheirsHasOneRowWithAVerdict() {
        table.assertOneRowWithAVerdictForEachOf(THEIR_TESTS);
    }

    @Test
    void everyRowNamesATest() {
        assertThat(table.rows()).allMatch(TheirTests.Row::namesATest);
    }

    /** In any module: the command line's tests are in one of its own. */
    @Test
    void everyTestThatARowNamesExists() throws IOException {
        table.assertNamedTestsExistIn(Path.of(".."));
    }
}
