package io.heddle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.backend.Backend;
import io.heddle.backend.CallSettings;
import io.heddle.backend.Execution;
import io.heddle.backend.SequentialBackend;
import io.heddle.backend.Work;
import io.heddle.topology.UsableCpus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ParallelTest {
    private static final int CPUS = UsableCpus.now().count();

    // number of jobs

    @Test
    void takesAllUsableCpusWhenNothingIsSaid() {
        assertThat(Parallel.create().effectiveJobs()).isEqualTo(CPUS);
    }

    @Test
    void countsNegativeJobsFromAllCpusDown() {
        assertThat(Parallel.jobs(-1).effectiveJobs()).isEqualTo(CPUS);
        assertThat(Parallel.jobs(-2).effectiveJobs()).isEqualTo(Math.max(CPUS - 1, 1));
        assertThat(Parallel.jobs(-1000).effectiveJobs()).isEqualTo(1);
    }

    @Test
    void allowsMoreJobsThanCpus() {
        assertThat(Parallel.jobs(3 * CPUS).effectiveJobs()).isEqualTo(3 * CPUS);
    }

    @Test
    void refusesZeroJobsAndSaysWhatIsAllowed() {
        assertThatThrownBy(() -> Parallel.jobs(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("jobs = 0")
                .hasMessageContaining("-1 for all");
    }

    @Test
    void runsOneJobOnTheCallingThread() {
        Thread caller = Thread.currentThread();
        assertThat(Parallel.jobs(1).range(3, index -> Thread.currentThread() == caller))
                .containsOnly(true);
    }

    // bad input

    @Test
    void refusesAnInnerLimitBelowOne() {
        assertThatThrownBy(() -> Parallel.builder().innerMaxNumThreads(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("innerMaxNumThreads = 0");
    }

    @Test
    void namesTheKnownBackendsForAnUnknownOne() {
        assertThatThrownBy(() -> Parallel.builder().backend("threds").build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'threds'")
                .hasMessageContaining("sequential")
                .hasMessageContaining("threads");
    }

    @Test
    void namesTheKnownOptionsForAnUnknownOne() {
        assertThatThrownBy(() -> Parallel.builder()
                        .backend("threads")
                        .option("stackByte", 1)
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'stackByte'")
                .hasMessageContaining("stackBytes");
    }

    @Test
    void refusesOptionsWithoutABackendAndWithAnInstance() {
        assertThatThrownBy(() -> Parallel.builder().option("stackBytes", 1).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("without a backend");
        assertThatThrownBy(() -> Parallel.builder()
                        .backend(SequentialBackend.INSTANCE)
                        .option("stackBytes", 1)
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("together with a backend instance");
    }

    @Test
    void refusesANegativeCount() {
        assertThatThrownBy(() -> Parallel.create().range(-1, index -> index))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("count = -1");
    }

    @Test
    void boundsTheInputShownInAMessageAndSurvivesItsToString() {
        assertThatThrownBy(() -> Parallel.jobs(2).map(List.of("x".repeat(10_000), "y"), input -> {
                    throw new IllegalStateException("no");
                }))
                .isInstanceOf(TaskFailedException.class)
                .satisfies(failure -> assertThat(failure.getMessage()).hasSizeLessThan(500));
        Object spiteful = new Object() {
            @Override
            public String toString() {
                throw new IllegalStateException("no string");
            }
        };
        assertThatThrownBy(() -> Parallel.jobs(1).map(List.of(spiteful), input -> {
                    throw new IllegalStateException("the task");
                }))
                .isInstanceOf(TaskFailedException.class)
                .hasMessageContaining("toString failed")
                .hasMessageContaining("the task");
    }

    // backends by name, from outside core

    @Test
    void findsABackendOfAnotherArtifactByItsName() {
        Parallel parallel = Parallel.builder()
                .backend("serializing")
                .option("flavour", "any")
                .jobs(2)
                .build();
        assertThat(parallel.range(5, index -> index)).containsExactly(0, 1, 2, 3, 4);
    }

    @Test
    void failsTheCallNotTheCallersTrustWhenABackendLosesTasks() {
        Backend forgetful = new FaultyBackend(true) {
            @Override
            public Execution start(Work work, CallSettings settings) {
                work.take(2);
                work.end();
                return () -> {};
            }
        };
        assertThatThrownBy(() ->
                        Parallel.builder().backend(forgetful).jobs(2).build().range(5, index -> index))
                .isInstanceOf(ParallelException.class)
                .hasMessageContaining("0 of 5 tasks done");
    }

    @Test
    void refusesAnInnerLimitThatTheBackendCannotHold() {
        Backend unable = new FaultyBackend(false);
        Parallel explicit =
                Parallel.builder().backend(unable).innerMaxNumThreads(2).build();
        assertThatThrownBy(() -> explicit.range(5, index -> index))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("innerMaxNumThreads = 2")
                .hasMessageContaining("'faulty'");
    }

    @Test
    void tellsTheFailureOfABackendThatCannotStart() {
        Parallel parallel =
                Parallel.builder().backend(new FaultyBackend(true)).jobs(2).build();
        assertThatThrownBy(() -> parallel.range(5, index -> index))
                .isInstanceOf(ParallelException.class)
                .hasMessageContaining("could not be run")
                .hasRootCauseMessage("cannot start");
    }

    @Test
    void countsOneDeliveryOfATaskOnly() {
        Backend repeating = new FaultyBackend(true) {
            @Override
            public Execution start(Work work, CallSettings settings) {
                work.take(2);
                work.succeed(0, "first");
                work.succeed(0, "again");
                work.end();
                return () -> {};
            }
        };
        assertThatThrownBy(() ->
                        Parallel.builder().backend(repeating).jobs(2).build().range(2, index -> index))
                .isInstanceOf(ParallelException.class)
                .hasMessageContaining("1 of 2 tasks done");
    }

    @Test
    void refusesMoreJobsThanAnyMachineRuns() {
        assertThatThrownBy(() -> Parallel.jobs(Integer.MAX_VALUE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at most 32768");
    }

    @Test
    void keepsTheFailureOfATaskWhoseMessageCannotBeBuilt() {
        IllegalStateException failure = new IllegalStateException() {
            @Override
            public String getMessage() {
                throw new UnsupportedOperationException("no message");
            }
        };
        assertThatThrownBy(() -> Parallel.jobs(2).range(2, index -> {
                    throw failure;
                }))
                .isInstanceOf(TaskFailedException.class)
                .extracting(Throwable::getCause)
                .isSameAs(failure);
        List<Object> itself = new ArrayList<>();
        List<Object> other = new ArrayList<>(List.of(itself));
        itself.add(other);
        assertThatThrownBy(() -> Parallel.jobs(1).map(List.of((Object) itself), input -> {
                    throw new IllegalStateException("the task");
                }))
                .isInstanceOf(TaskFailedException.class)
                .hasMessageContaining("the task");
    }

    @Test
    void takesNullInputsAndKeepsCallsApart() {
        Parallel parallel = Parallel.jobs(2);
        assertThat(parallel.map(Arrays.asList(1, null), input -> input)).containsExactly(1, null);
        assertThat(parallel.range(3, index -> index)).containsExactly(0, 1, 2);
    }

    private static class FaultyBackend implements Backend {
        private final boolean holdsInnerLimit;

        FaultyBackend(boolean holdsInnerLimit) {
            this.holdsInnerLimit = holdsInnerLimit;
        }

        @Override
        public String name() {
            return "faulty";
        }

        @Override
        public boolean sharesMemory() {
            return false;
        }

        @Override
        public boolean holdsInnerLimit() {
            return holdsInnerLimit;
        }

        @Override
        public int effectiveJobs(int jobs) {
            return jobs;
        }

        @Override
        public Execution start(Work work, CallSettings settings) {
            throw new IllegalStateException("cannot start");
        }
    }

    @Test
    void tellsTheFailureThoughTheUsersOwnTextFails() {
        Object input = new Object() {
            @Override
            public String toString() {
                throw new AssertionError("text");
            }
        };
        assertThatThrownBy(() -> Parallel.jobs(2).map(List.of(input), _ -> {
                    throw new IllegalStateException("boom");
                }))
                .isInstanceOf(TaskFailedException.class)
                .hasMessageContaining("toString failed: java.lang.AssertionError")
                .hasRootCauseMessage("boom");
        class Untold extends RuntimeException {
            private static final long serialVersionUID = 1L;

            @Override
            public String getMessage() {
                throw new ExceptionInInitializerError("text");
            }
        }
        assertThatThrownBy(() -> Parallel.jobs(2).range(1, _ -> {
                    throw new Untold();
                }))
                .isInstanceOf(TaskFailedException.class)
                .hasMessageContaining("getMessage failed: java.lang.ExceptionInInitializerError")
                .hasCauseInstanceOf(Untold.class);
        Parallel limited = Parallel.builder()
                .jobs(2)
                .retries(1)
                .timeLimit(Duration.ofMillis(50))
                .build();
        assertThatThrownBy(() -> limited.range(1, _ -> {
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                        throw new Untold();
                    }
                    return null;
                }))
                .isInstanceOf(TaskFailedException.class)
                .hasCauseInstanceOf(TimeoutException.class);
    }
}
