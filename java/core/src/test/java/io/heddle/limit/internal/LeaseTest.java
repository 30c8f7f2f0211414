package io.heddle.limit.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.control.LibraryController;
import io.heddle.control.LibraryInfo;
import io.heddle.control.LimitScope;
import io.heddle.control.ThreadingLayer;
import io.heddle.control.UserApi;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** One library's lease against a plain model of it: the least of what is open, else what was found. */
class LeaseTest {
    private static final int FOUND = 16;

    /** A library that keeps its number as a native one does: it cuts what is above its maximum. */
    private static final class Pool implements LibraryController {
        private static final int MAXIMUM = 24;
        private int threads = FOUND;
        private boolean failing;
        private boolean mute;

        @Override
        public LibraryInfo info() {
            return new LibraryInfo(
                    UserApi.BLAS,
                    "openblas",
                    Path.of("pool"),
                    "pool",
                    Optional.empty(),
                    ThreadingLayer.PTHREADS,
                    Optional.empty(),
                    OptionalInt.of(threads),
                    limitScope(),
                    Map.of());
        }

        @Override
        public LimitScope limitScope() {
            return LimitScope.PROCESS;
        }

        @Override
        public int threads() {
            if (mute) {
                throw new IllegalStateException("mute");
            }
            return threads;
        }

        @Override
        public int exchange(int value) {
            if (failing) {
                throw new IllegalStateException("refused");
            }
            int found = threads;
            threads = Math.min(value, MAXIMUM);
            return found;
        }

        @Override
        public void restore(int setting) {
            threads = setting;
        }
    }

    static LongStream seeds() {
        return LongStream.range(0, 200);
    }

    private record Ask(int threads, boolean cap) {}

    /** The least of all; where only caps are open, of those and what was found. */
    private static int expected(List<Ask> open) {
        int base = open.stream()
                .filter(ask -> !ask.cap)
                .mapToInt(Ask::threads)
                .min()
                .orElse(FOUND);
        return open.stream().filter(Ask::cap).mapToInt(Ask::threads).reduce(base, Math::min);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void theLeastOfAllOpenLimitsHoldsAndTheFoundNumberComesBack(long seed) {
        Random random = new Random(seed);
        Pool pool = new Pool();
        Lease lease = new Lease(pool);
        List<Ask> open = new ArrayList<>();
        for (int step = 0; step < 60 || !open.isEmpty(); step++) {
            if (open.isEmpty() || (step < 60 && random.nextBoolean())) {
                Ask ask = new Ask(1 + random.nextInt(30), random.nextBoolean());
                lease.acquire(ask.threads, ask.cap, null);
                open.add(ask);
            } else {
                Ask ask = open.remove(random.nextInt(open.size()));
                lease.release(ask.threads, ask.cap, null);
            }
            assertThat(pool.threads)
                    .as("seed %d, step %d, open %s", seed, step, open)
                    .isEqualTo(Math.min(expected(open), Pool.MAXIMUM));
        }
    }

    @Test
    void aCapNeverRaisesWhatWasFoundAndALimitMay() {
        Pool pool = new Pool();
        Lease lease = new Lease(pool);
        lease.acquire(FOUND + 2, true, null);
        assertThat(pool.threads).isEqualTo(FOUND);
        lease.release(FOUND + 2, true, null);
        lease.acquire(FOUND + 2, false, null);
        assertThat(pool.threads).isEqualTo(FOUND + 2);
        lease.acquire(FOUND + 4, true, null); // a cap lowers a limit that somebody asked for only below the cap
        assertThat(pool.threads).isEqualTo(FOUND + 2);
        lease.release(FOUND + 4, true, null);
        assertThat(pool.threads).isEqualTo(FOUND + 2);
        lease.release(FOUND + 2, false, null);
        assertThat(pool.threads).isEqualTo(FOUND);
    }

    @Test
    void theLimitOfAThreadThatEndedIsClosedByTheNext() throws Exception {
        Pool pool = new Pool();
        Lease lease = new Lease(pool);
        Thread gone = Thread.ofPlatform().start(() -> lease.acquire(1, false, Thread.currentThread()));
        gone.join();
        assertThat(pool.threads).isEqualTo(1);
        lease.acquire(FOUND + 2, false, Thread.currentThread());
        assertThat(pool.threads).isEqualTo(FOUND + 2);
        lease.release(FOUND + 2, false, Thread.currentThread());
        assertThat(pool.threads).isEqualTo(FOUND);
    }

    @Test
    void aNumberThatWasSetAndCannotBeReadIsTakenBack() {
        Pool pool = new Pool();
        Lease lease = new Lease(pool);
        pool.mute = true;
        assertThatThrownBy(() -> lease.acquire(1, false, null)).hasMessage("mute");
        assertThat(pool.threads).isEqualTo(FOUND);
    }

    @Test
    void aLimitThatCouldNotBeSetIsNotCounted() {
        Pool pool = new Pool();
        Lease lease = new Lease(pool);
        lease.acquire(5, false, null);
        pool.failing = true;
        assertThatThrownBy(() -> lease.acquire(2, false, null)).hasMessage("refused");
        assertThat(pool.threads).isEqualTo(5);
        lease.release(5, false, null);
        assertThat(pool.threads).isEqualTo(FOUND);

        assertThatThrownBy(() -> lease.acquire(2, false, null)).hasMessage("refused");
        pool.failing = false;
        pool.threads = 9;
        lease.acquire(3, false, null);
        lease.release(3, false, null);
        assertThat(pool.threads).isEqualTo(9);
    }

    @Test
    void aNewNumberFoundByTheNextFirstLimitIsTheOneThatComesBack() {
        Pool pool = new Pool();
        Lease lease = new Lease(pool);
        lease.acquire(2, false, null);
        lease.release(2, false, null);
        pool.threads = 7;
        lease.acquire(2, true, null);
        lease.release(2, true, null);
        assertThat(pool.threads).isEqualTo(7);
    }

    @Test
    void aForeignNumberIsLeftAloneUntilTheNextLimitIsOpened() {
        Pool pool = new Pool();
        Lease lease = new Lease(pool);
        lease.acquire(1, false, null);
        lease.acquire(2, false, null);
        lease.acquire(3, false, null);
        pool.threads = 8;
        lease.release(3, false, null);
        lease.release(1, false, null);
        assertThat(pool.threads).isEqualTo(8);
        lease.acquire(4, false, null);
        assertThat(pool.threads).isEqualTo(2);
        lease.release(4, false, null);
        lease.release(2, false, null);
        assertThat(pool.threads).isEqualTo(8);
    }

    @Test
    void aCapKeepsAForeignNumberThatIsLower() {
        Pool pool = new Pool();
        Lease lease = new Lease(pool);
        lease.acquire(4, true, null);
        pool.threads = 2;
        lease.acquire(4, true, null);
        assertThat(pool.threads).isEqualTo(2);
        lease.release(4, true, null);
        lease.release(4, true, null);
        assertThat(pool.threads).isEqualTo(2);
    }
}
