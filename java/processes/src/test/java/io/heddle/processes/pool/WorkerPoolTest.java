package io.heddle.processes.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.processes.fixture.LoopbackWorkers;
import io.heddle.processes.pool.WorkerPool.Place;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which worker a call is lent. */
@Timeout(60)
class WorkerPoolTest {
    private final LoopbackWorkers source = new LoopbackWorkers();
    private final WorkerPool pool =
            WorkerPool.own(new PoolSettings(source, null, "jdk", "", 0, Duration.ofMinutes(5), 0));

    @AfterEach
    void close() {
        pool.close();
    }

    private CompletableFuture<Worker> wish(int cpus) {
        CompletableFuture<Worker> wish = new CompletableFuture<>();
        pool.borrow(new Place(cpus, false, cpus), (worker, failure) -> {
            if (worker == null) {
                wish.completeExceptionally(failure);
            } else {
                wish.complete(worker);
            }
        });
        return wish;
    }

    private Worker borrow(int cpus) throws Exception {
        return wish(cpus).get(30, TimeUnit.SECONDS);
    }

    @Test
    void oneThatWasStartedForAsManyCpusComesFirst() throws Exception {
        Worker two = borrow(2);
        Worker eight = borrow(8);
        Worker four = borrow(4);
        pool.giveBack(four);
        pool.giveBack(eight);
        pool.giveBack(two);
        assertThat(borrow(4)).isSameAs(four);
        assertThat(borrow(2)).isSameAs(two);
        assertThat(borrow(8)).isSameAs(eight);
    }

    @Test
    void thenOneForMoreAndOnlyThenOneForFewer() throws Exception {
        Worker one = borrow(1);
        Worker two = borrow(2);
        Worker six = borrow(6);
        Worker nine = borrow(9);
        pool.giveBack(six);
        pool.giveBack(nine);
        pool.giveBack(one);
        pool.giveBack(two);
        assertThat(borrow(4)).isSameAs(six);
        assertThat(borrow(4)).isSameAs(nine);
        assertThat(borrow(4)).isSameAs(two);
        assertThat(borrow(4)).isSameAs(one);
        assertThat(source.links()).as("nothing was started for that").hasSize(4);
    }

    @Test
    void ofEqualsTheOneUsedLast() throws Exception {
        Worker first = borrow(3);
        Worker second = borrow(3);
        pool.giveBack(second);
        pool.giveBack(first);
        assertThat(borrow(3)).isSameAs(first);
    }

    @Test
    void oneWithFewerNeighboursComesFirst() throws Exception {
        Worker first = borrow(1);
        Worker second = borrow(1);
        pool.giveBack(second);
        pool.giveBack(first);
        source.links().getFirst().hasNeighbours(1);
        assertThat(borrow(1)).isSameAs(second);
        assertThat(borrow(1)).isSameAs(first);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aWishIsTakenBackWhileItsWorkerWaitsForItsPlace(boolean granted) throws Exception {
        Worker worker = borrow(1);
        CompletableFuture<Boolean> place = source.links().getFirst().waitsForItsPlace();
        pool.giveBack(worker);
        List<Object> lent = new CopyOnWriteArrayList<>();
        BiConsumer<@Nullable Worker, @Nullable Throwable> wish = (found, failure) -> lent.add(List.of());
        pool.borrow(new Place(1, false, 1), wish);

        assertThat(pool.noLongerWants(wish)).isTrue();
        place.complete(granted);

        assertThat(lent).isEmpty();
        assertThat(pool.idleWorkers()).isEqualTo(granted ? 1 : 0);
        assertThat(source.links()).as("nothing was started for that").hasSize(1);
        assertThat(borrow(1) == worker).as("the same one").isEqualTo(granted);
    }

    @Test
    void wishesGetTheWorkersThatWereStartedForThem() throws Exception {
        for (int round = 0; round < 20; round++) {
            CompletableFuture<Worker> large = wish(100 + round);
            CompletableFuture<Worker> small = wish(1);
            Worker forLarge = large.get(30, TimeUnit.SECONDS);
            Worker forSmall = small.get(30, TimeUnit.SECONDS);
            assertThat(forLarge.cpus()).isEqualTo(100 + round);
            assertThat(forSmall.cpus()).isEqualTo(1);
            forLarge.retire();
            forSmall.retire();
        }
    }
}
