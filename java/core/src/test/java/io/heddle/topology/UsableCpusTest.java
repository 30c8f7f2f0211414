package io.heddle.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class UsableCpusTest {
    @AfterEach
    void noCap() {
        System.clearProperty(UsableCpus.CAP_PROPERTY);
    }

    @Test
    void isTheLeastOfItsConstraints() {
        UsableCpus cpus = UsableCpus.now();
        assertThat(cpus.constraints()).isNotEmpty();
        assertThat(cpus.count()).isBetween(1, Runtime.getRuntime().availableProcessors());
    }

    @Test
    void heedsTheUsersCap() {
        System.setProperty(UsableCpus.CAP_PROPERTY, "1");
        assertThat(UsableCpus.now().count()).isEqualTo(1);
        assertThat(UsableCpus.now().constraints())
                .anyMatch(constraint -> constraint.source().contains(UsableCpus.CAP_PROPERTY));
    }

    @Test
    void doesNotGrowByACapAboveTheMachine() {
        System.setProperty(UsableCpus.CAP_PROPERTY, "100000");
        assertThat(UsableCpus.now().count())
                .isLessThanOrEqualTo(Runtime.getRuntime().availableProcessors());
    }

    @Test
    void refusesACapThatIsNoNumberOfCpus() {
        for (String cap : new String[] {"0", "-3", "many"}) {
            System.setProperty(UsableCpus.CAP_PROPERTY, cap);
            assertThatThrownBy(UsableCpus::now)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(UsableCpus.CAP_PROPERTY)
                    .hasMessageContaining("\"" + cap + "\"");
        }
    }
}
