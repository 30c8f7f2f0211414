package io.heddle.limit.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.control.LibraryController;
import io.heddle.control.LibraryInfo;
import io.heddle.control.LimitScope;
import io.heddle.control.ThreadingLayer;
import io.heddle.control.UserApi;
import io.heddle.fixture.Recorded;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import jdk.jfr.consumer.RecordedEvent;
import org.junit.jupiter.api.Test;

/** A recording is told of each number that a limit sets, and of no other. */
class LimitChangeEventTest {
    private static final int FOUND = 8;
    private static final int MAXIMUM = 6;

    /** A library that cuts what is above its maximum. */
    private static final class Pool implements LibraryController {
        private int threads = FOUND;
        private boolean nameless;

        @Override
        public LibraryInfo info() {
            if (nameless) {
                throw new IllegalStateException("nameless");
            }
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
            return threads;
        }

        @Override
        public int exchange(int value) {
            int found = threads;
            threads = Math.min(value, MAXIMUM);
            return found;
        }

        @Override
        public void restore(int setting) {
            threads = setting;
        }
    }

    private static String told(RecordedEvent event) {
        return event.getString("library") + " " + event.getString("internalApi") + " " + event.getString("limitScope")
                + (event.getBoolean("opened") ? " opened " : " closed ") + event.getInt("asked") + "/"
                + event.getInt("inForce");
    }

    @Test
    void eachChangeIsToldWithWhatWasAskedAndReadBack() throws Exception {
        Lease lease = new Lease(new Pool());
        List<RecordedEvent> events = Recorded.during(() -> {
            lease.acquire(7, false, null);
            lease.acquire(2, false, null);
            lease.acquire(4, false, null); // 2 holds: no change
            lease.release(4, false, null);
            lease.release(2, false, null);
            lease.release(7, false, null);
        });
        assertThat(events.stream().map(LimitChangeEventTest::told))
                .containsExactly(
                        "pool openblas PROCESS opened 7/6",
                        "pool openblas PROCESS opened 2/2",
                        "pool openblas PROCESS closed 7/6",
                        "pool openblas PROCESS closed 8/8");
    }

    @Test
    void aLibraryThatCannotBeDescribedIsLimitedAllTheSame() throws Exception {
        Pool pool = new Pool();
        pool.nameless = true;
        Lease lease = new Lease(pool);
        List<RecordedEvent> events = Recorded.during(() -> {
            lease.acquire(2, false, null);
            assertThat(pool.threads).isEqualTo(2);
            lease.release(2, false, null);
        });
        assertThat(events).isEmpty();
        assertThat(pool.threads).isEqualTo(FOUND);
    }

    @Test
    void aNumberOfOtherCodeThatIsLeftAloneIsNoChange() throws Exception {
        Pool pool = new Pool();
        Lease lease = new Lease(pool);
        List<RecordedEvent> events = Recorded.during(() -> {
            lease.acquire(2, false, null);
            pool.threads = 5;
            lease.release(2, false, null);
        });
        assertThat(events.stream().map(LimitChangeEventTest::told)).containsExactly("pool openblas PROCESS opened 2/2");
    }
}
