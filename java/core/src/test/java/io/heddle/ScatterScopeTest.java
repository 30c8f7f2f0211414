package io.heddle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.heddle.backend.CallSettings;
import io.heddle.backend.Scattered;
import io.heddle.control.Registration;
import io.heddle.fixture.CountingBackend;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which scattered values a call has, and until when. */
@Timeout(60)
final class ScatterScopeTest {
    private static final Duration HANG = Duration.ofSeconds(30);

    private final CountingBackend backend = CountingBackend.separate("counting", 1);
    private final double[] x = {1, 2, 3};
    private final AtomicInteger freed = new AtomicInteger();

    private ParallelConfig config() {
        return ParallelConfig.backend(backend).jobs(2);
    }

    private List<Scattered> scatteredIn(int call) {
        CallSettings settings = backend.calls().get(call);
        return settings.scattered();
    }

    @Test
    void theCallsOfAScopeHaveTheSameValues() {
        try (var _ = config().scatter(x, "y").open()) {
            Parallel.create().range(2, index -> index);
            Parallel.create().range(2, index -> index);
            assertThat(scatteredIn(0)).extracting(Scattered::value).containsExactly(x, "y");
            assertThat(scatteredIn(0).getFirst().value()).isSameAs(x);
            assertThat(scatteredIn(1)).isEqualTo(scatteredIn(0));
        }
        Parallel.builder().backend(backend).jobs(2).build().range(2, index -> index);
        assertThat(scatteredIn(2)).isEmpty();
    }

    @Test
    void aValueIsFreedWhenItsScopeIsClosedAndNotBefore() {
        Scattered value;
        try (var _ = config().scatter(x).open()) {
            Parallel.create().range(2, index -> index);
            value = scatteredIn(0).getFirst();
            value.onFree(freed::incrementAndGet);
            Parallel.create().range(2, index -> index);
            assertThat(freed.get()).isZero();
        }
        await().atMost(HANG).until(() -> freed.get() == 1); // the last call's workers may still be leaving
        assertThatThrownBy(value::value).isInstanceOf(IllegalStateException.class);
        value.onFree(freed::incrementAndGet);
        assertThat(freed.get()).as("told at once").isEqualTo(2);
    }

    @Test
    void aValueSaidOfACallIsFreedWithEachCallAlsoOneThatFails() {
        Parallel parallel =
                Parallel.builder().backend(backend).jobs(2).scatter(x).build();
        parallel.range(2, index -> index);
        assertThatThrownBy(() -> parallel.range(2, index -> 1 / index)).isInstanceOf(TaskFailedException.class);
        Scattered first = scatteredIn(0).getFirst();
        Scattered second = scatteredIn(1).getFirst();
        assertThat(first.number()).isNotEqualTo(second.number());
        first.onFree(freed::incrementAndGet);
        second.onFree(freed::incrementAndGet);
        await().atMost(HANG).until(() -> freed.get() == 2);
    }

    @Test
    void aCallThatHasNoRoomForItsResultsHoldsNoValue() {
        Scattered value;
        try (var _ = config().scatter(x).open()) {
            Parallel.create().range(2, index -> index);
            value = scatteredIn(0).getFirst();
            assertThatThrownBy(() -> Parallel.create().range(Integer.MAX_VALUE, index -> index))
                    .isInstanceOf(OutOfMemoryError.class);
        }
        value.onFree(freed::incrementAndGet);
        await().atMost(HANG).until(() -> freed.get() == 1);
    }

    @Test
    void aRunningCallKeepsTheValuesOfAScopeThatIsClosedMeanwhile() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        try (var threads = Executors.newSingleThreadExecutor()) {
            Future<List<Integer>> running;
            try (var _ = config().scatter(x).open()) {
                running = threads.submit(ParallelConfig.capture()
                        .wrap(() -> Parallel.create().range(2, index -> {
                            begun.countDown();
                            goOn.await();
                            return index;
                        })));
                begun.await();
                scatteredIn(0).getFirst().onFree(freed::incrementAndGet);
            }
            assertThat(freed.get()).isZero();
            assertThat(scatteredIn(0).getFirst().value()).isSameAs(x);
            goOn.countDown();
            assertThat(running.get(HANG.toSeconds(), TimeUnit.SECONDS)).containsExactly(0, 1);
            await().atMost(HANG).until(() -> freed.get() == 1);
        }
    }

    @Test
    void aCallUnderAClosedScopeThatWasCapturedScattersNothing() {
        ParallelConfig.Captured captured;
        try (var _ = config().scatter(x).open()) {
            captured = ParallelConfig.capture();
        }
        try (var _ = captured.open()) {
            Parallel.create().range(2, index -> index);
        }
        assertThat(scatteredIn(0)).isEmpty();
    }

    @Test
    void anObjectIsScatteredOnceHoweverOftenItIsSaid() {
        try (var _ = config().scatter(x, x).open();
                var _ = ParallelConfig.create().scatter(x, "y").open()) {
            Parallel.builder().scatter(x, "z", x).build().range(2, index -> index);
        }
        assertThat(scatteredIn(0)).hasSize(3);
    }

    @Test
    void anInnerScopeFreesWhatItAloneScatters() {
        try (var _ = config().scatter(x).open()) {
            try (var _ = ParallelConfig.create().scatter(x, "y").open()) {
                Parallel.create().range(2, index -> index);
                scatteredIn(0).forEach(each -> each.onFree(freed::incrementAndGet));
            }
            await().atMost(HANG).until(() -> freed.get() == 1);
            assertThat(scatteredIn(0).getFirst().value()).isSameAs(x);
        }
        await().atMost(HANG).until(() -> freed.get() == 2);
    }

    @Test
    void aMatrixOfRowsIsOneValue() {
        double[][] rows = {{1}, {2}};
        String[] labels = {"a", "b"};
        try (var _ = config().scatter(rows).scatter(labels, rows).open()) {
            Parallel.create().range(2, index -> index);
        }
        assertThat(scatteredIn(0)).hasSize(2);
    }

    @Test
    void theCallsThatTasksMakeHaveTheValuesToo() {
        for (String outer : List.of("threads", "sequential")) {
            int before = backend.calls().size();
            try (var _ = ParallelConfig.backend(outer).scatter(x).open()) {
                Parallel.builder()
                        .scatter("of the call")
                        .build()
                        .range(
                                1,
                                _ -> Parallel.builder()
                                        .backend(backend)
                                        .jobs(2)
                                        .build()
                                        .range(2, index -> index));
            }
            assertThat(scatteredIn(before)).as(outer).hasSize(2);
        }
    }

    @Test
    void anInstalledConfigurationScattersUntilItIsTakenBack() {
        Registration installed = config().scatter(x).install();
        try {
            Parallel.create().range(2, index -> index);
            assertThatThrownBy(() -> config().scatter("y").install()).isInstanceOf(IllegalStateException.class);
            scatteredIn(0).getFirst().onFree(freed::incrementAndGet);
        } finally {
            installed.close();
        }
        await().atMost(HANG).until(() -> freed.get() == 1);
    }
}
