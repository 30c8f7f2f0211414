package io.heddle.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AttendanceTest {
    private final Attendance two = new Attendance(2);

    @Test
    void isGivenUpWhenAllThatAreLeftAre() {
        two.enter();
        two.enter();
        two.abandon();
        two.leave();
        assertThat(two.lastOneGoes()).isFalse();
        assertThat(two.isGivenUp()).as("one is at work").isFalse();
        two.leave();
        assertThat(two.isGivenUp()).as("one may still take tasks").isFalse();
        assertThat(two.lastOneGoes()).isTrue();
        assertThat(two.isGivenUp()).isTrue();
        two.comeBack();
        assertThat(two.isGivenUp()).as("it is back").isFalse();
    }

    @Test
    void isNotGivenUpWhereEverybodyLeft() {
        two.enter();
        two.leave();
        two.lastOneGoes();
        two.lastOneGoes();
        assertThat(two.isGivenUp()).isFalse();
    }
}
