package io.heddle.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.heddle.dispatch.Budget.Share;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BudgetTest {
    private final Budget eight = Budget.of(8);

    private static List<Integer> parts(Share share, int workers) {
        return IntStream.range(0, workers).mapToObj(share::ofWorker).toList();
    }

    @Test
    void givesTheRemainderOut() {
        assertThat(parts(eight.share(8, 3, true, 0), 3)).containsExactly(3, 3, 2);
        assertThat(parts(eight.share(8, 8, true, 0), 8)).containsOnly(1);
        assertThat(parts(eight.share(8, 1, true, 0), 1)).containsExactly(8);
    }

    @Test
    void givesEveryWorkerACpu() {
        assertThat(parts(eight.share(8, 20, true, 0), 20)).containsOnly(1);
    }

    @Test
    void isATree() {
        Share outer = eight.share(8, 3, true, 0);
        assertThat(IntStream.range(0, 3).map(worker -> outer.place(worker).cpus()))
                .containsExactly(3, 3, 2);
        Share inner = outer.place(0).share(3, 2, true, 0);
        assertThat(parts(inner, 2)).containsExactly(2, 1);
        assertThat(inner.place(0).share(2, 2, true, 0).ofWorker(0)).isOne();
    }

    @Test
    void isSharedFairlyByCallsAtOnePlace() {
        Share first = eight.share(8, 8, false, 0);
        Share second = eight.share(8, 8, false, 0);
        first.enterAnyway();
        assertThat(first.cpus()).isEqualTo(8);
        second.enterAnyway();
        assertThat(first.cpus()).isEqualTo(4);
        assertThat(second.cpus()).isEqualTo(4);
        Share third = eight.share(8, 8, false, 0);
        third.enterAnyway();
        assertThat(List.of(first.cpus(), second.cpus(), third.cpus())).containsExactly(3, 3, 2);
        first.exit();
        assertThat(List.of(second.cpus(), third.cpus())).containsOnly(4);
    }

    @Test
    void givesOthersWhatACallCannotUse() {
        Share modest = eight.share(8, 2, true, 2);
        Share all = eight.share(8, 8, false, 0);
        modest.enterAnyway();
        all.enterAnyway();
        assertThat(modest.cpus()).isEqualTo(2);
        assertThat(all.cpus()).isEqualTo(6);
    }

    @Test
    void letsNoMoreWorkersInThanTheShareHasCpus() {
        Share first = eight.share(8, 8, false, 0);
        IntStream.range(0, 8).forEach(_ -> assertThat(first.enter(() -> true)).isTrue());
        assertThat(first.isOverdrawn()).isFalse();
        Share second = eight.share(8, 8, false, 0);
        assertThat(second.enter(() -> true)).as("one worker gets in at least").isTrue();
        assertThat(first.isOverdrawn()).isTrue();
        IntStream.range(0, 4).forEach(_ -> first.exit());
        assertThat(first.isOverdrawn()).isFalse();
        assertThat(first.enter(() -> true)).as("a fifth worker").isFalse();
        IntStream.range(0, 4).forEach(_ -> first.exit());
        IntStream.range(0, 7).forEach(_ -> assertThat(second.enter(() -> true)).isTrue());
    }

    @Test
    void wakesWaitingWorkersWhenCpusGetFree() throws InterruptedException {
        Share first = eight.share(8, 8, false, 0);
        IntStream.range(0, 4).forEach(_ -> first.enterAnyway());
        Share second = eight.share(8, 8, false, 0);
        second.enterAnyway();
        AtomicBoolean in = new AtomicBoolean();
        Thread waiting = Thread.ofPlatform().start(() -> in.set(first.enter(() -> false)));
        await().until(() -> waiting.getState() == Thread.State.WAITING);
        second.exit();
        waiting.join();
        assertThat(in).isTrue();
    }

    @Test
    void wakesWaitingWorkersWhenTheirCallIsOver() throws InterruptedException {
        Share first = eight.share(8, 8, false, 0);
        IntStream.range(0, 8).forEach(_ -> first.enterAnyway());
        AtomicBoolean over = new AtomicBoolean();
        AtomicBoolean in = new AtomicBoolean(true);
        Thread waiting = Thread.ofPlatform().start(() -> in.set(first.enter(over::get)));
        await().until(() -> waiting.getState() == Thread.State.WAITING);
        over.set(true);
        Budget.changed();
        waiting.join();
        assertThat(in).isFalse();
    }

    @Test
    void letsAllWorkersInThatTheUserAskedFor() {
        Share explicit = eight.share(8, 20, true, 0);
        IntStream.range(0, 20)
                .forEach(_ -> assertThat(explicit.enter(() -> true)).isTrue());
        assertThat(explicit.isOverdrawn()).isFalse();
    }
}
