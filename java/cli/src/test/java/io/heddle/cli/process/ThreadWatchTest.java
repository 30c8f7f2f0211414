package io.heddle.cli.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ThreadWatchTest {
    private static final long SECOND = 1_000_000_000;

    private final ThreadWatch watch = new ThreadWatch(true);

    private static ThreadSnapshot thread(String name, long start, double cpuSeconds, double delaySeconds) {
        return new ThreadSnapshot(
                name, start, (long) (cpuSeconds * SECOND), OptionalLong.of((long) (delaySeconds * SECOND)));
    }

    @Test
    void addsUpWhatEachThreadDidMeanwhile() {
        watch.add(Map.of(1L, thread("main", 5, 10, 3), 2L, thread("idle", 5, 7, 0)));
        watch.add(Map.of(1L, thread("main", 5, 11, 4), 2L, thread("idle", 5, 7, 0)));

        Sampling sampling = watch.result(2 * SECOND);

        assertThat(sampling.threads()).singleElement().satisfies(main -> {
            assertThat(main.name()).isEqualTo("main");
            assertThat(main.cpuShare()).isEqualTo(0.5, within(1e-9));
        });
        assertThat(sampling.coresLost().orElseThrow()).isEqualTo(0.5, within(1e-9));
    }

    @Test
    void countsThreadsThatComeAndGo() {
        watch.add(Map.of(1L, thread("early", 5, 10, 0)));
        watch.add(Map.of(1L, thread("early", 5, 10.5, 0), 2L, thread("late", 9, 0.1, 0)));
        watch.add(Map.of(2L, thread("late", 9, 0.6, 0)));

        Sampling sampling = watch.result(SECOND);

        assertThat(sampling.cpusUsed()).isEqualTo(1.1, within(1e-9));
        assertThat(sampling.threads()).extracting(ThreadUse::name).containsExactly("late", "early");
    }

    @Test
    void takesAThreadWithAnEarlierOnesNumberForAnother() {
        watch.add(Map.of(1L, thread("first", 5, 10, 0)));
        watch.add(Map.of(1L, thread("first", 5, 10.2, 0)));
        watch.add(Map.of(1L, thread("second", 8, 0.3, 0)));

        Sampling sampling = watch.result(SECOND);

        assertThat(sampling.cpusUsed()).isEqualTo(0.5, within(1e-9));
        assertThat(sampling.threads()).hasSize(2);
    }

    @Test
    void countsAThreadThatGetsNoCpuAtAll() {
        watch.add(Map.of(1L, thread("starved", 5, 10, 3)));
        watch.add(Map.of(1L, thread("starved", 5, 10, 4)));

        assertThat(watch.result(SECOND).coresLost().orElseThrow()).isEqualTo(1, within(1e-9));
    }

    @Test
    void doesNotTellLostCoresWhereTheKernelDoesNot() {
        watch.add(Map.of(1L, new ThreadSnapshot("main", 5, 0, OptionalLong.empty())));
        watch.add(Map.of(1L, new ThreadSnapshot("main", 5, SECOND, OptionalLong.empty())));

        assertThat(watch.result(SECOND).coresLost()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GC Thread#0",
                "G1 Conc#0",
                "G1 Service",
                "VM Thread",
                "VM Periodic Tas",
                "C2 CompilerThre",
                "C1 CompilerThre",
                "Reference Handl",
                "Finalizer",
                "Signal Dispatch",
                "Monitor Deflati",
                "Notification Th",
                "Common-Cleaner",
                "ZWorker#1"
            })
    void knowsTheJvmsOwnThreads(String name) {
        assertThat(ThreadWatch.isJvmInternal(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"main", "java", "stress-0", "ForkJoinPool-1-", "pool-1-thread-1", "Gauss", "C1", "V"})
    void doesNotTakeWorkersForTheJvmsOwn(String name) {
        assertThat(ThreadWatch.isJvmInternal(name)).isFalse();
    }

    @Test
    void knowsNoJvmThreadsWhereThereIsNoJvm() {
        ThreadWatch plain = new ThreadWatch(false);
        plain.add(Map.of(1L, thread("VM Thread", 5, 0, 0)));
        plain.add(Map.of(1L, thread("VM Thread", 5, 1, 0)));

        assertThat(plain.result(SECOND).computeThreads()).hasSize(1);
    }
}
