package io.heddle.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PreDispatchTest {
    @ParameterizedTest
    @CsvSource({
        "2*n_jobs, 8",
        "2 * n_jobs, 8",
        "n_jobs, 4",
        "1.5*n_jobs, 6",
        "n_jobs**2, 16",
        "2**-1*n_jobs, 2",
        "-n_jobs + 10, 6",
        "2 + 3 * 4 - 1, 13",
        "(2 + 3) * 4, 20",
        "7 // 2, 3",
        "7 % 4, 3",
        "-7 // 2 + 10, 6",
        "-7 % 4, 1",
        "2**3**2, 512",
        "-2**2 + 10, 6",
        "10 / 4, 2",
        "12, 12",
    })
    void isWorkedOutAsPythonDoes(String text, int tasks) {
        assertThat(PreDispatch.parse(text).tasks(4)).isEqualTo(tasks);
    }

    @Test
    void takesAllWhereItSaysSo() {
        assertThat(PreDispatch.parse("all").tasks(4)).isEqualTo(Integer.MAX_VALUE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "two",
                "2*",
                "(2",
                "2)",
                "2 n_jobs",
                "exit()",
                "n_jobs.x",
                "2;3",
                "1..2",
                "1/0",
                "9**9**9",
                "10000000",
                "1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1",
            })
    void refusesWhatItDoesNotKnow(String text) {
        assertThatThrownBy(() -> PreDispatch.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("preDispatch = \"" + text + "\"")
                .hasMessageContaining("n_jobs");
    }

    @Test
    void refusesLessThanOneTask() {
        assertThatThrownBy(() -> PreDispatch.of(0)).hasMessageContaining("preDispatch = 0");
        assertThatThrownBy(() -> PreDispatch.parse("n_jobs - 4").tasks(4)).hasMessageContaining("n_jobs = 4");
    }

    @Test
    void refusesAValueOnlyForTheJobsThatMakeIt() {
        PreDispatch parsed = PreDispatch.parse("4//(n_jobs-1)");
        assertThat(parsed.tasks(2)).isEqualTo(4);
        assertThatThrownBy(() -> parsed.tasks(1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("divides by 0 (with n_jobs = 1)");
        assertThatThrownBy(() -> PreDispatch.parse("n_jobs**7").tasks(100))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("larger than 1000000");
    }
}
