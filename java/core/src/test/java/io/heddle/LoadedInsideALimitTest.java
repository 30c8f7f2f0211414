package io.heddle;

import static io.heddle.fixture.FakeLibrary.DEFAULT_THREADS;
import static io.heddle.fixture.NativeFiles.built;
import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.fixture.ChildJvm;
import io.heddle.fixture.FakeLibrary;
import io.heddle.limit.ThreadLimit;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A library that is loaded while limits are open comes under each of them. */
class LoadedInsideALimitTest {
    @TempDir
    Path folder;

    @Test
    void everyOpenLimitOfTheThreadTakesItIn() throws Exception {
        Path fake = built("libopenblas_fake.so");
        ChildJvm.of(
                        Limits.class,
                        Files.copy(fake, folder.resolve("libfirst.so")),
                        Files.copy(fake, folder.resolve("libsecond.so")),
                        Files.copy(fake, folder.resolve("libthird.so")))
                .succeeds();
    }

    static final class Limits {
        public static void main(String[] args) {
            ThreadLimit four = NativeThreads.limit(4);
            ThreadLimit two = NativeThreads.limit(2);
            FakeLibrary first = FakeLibrary.open(Path.of(args[0]));
            NativeThreads.limit(3).close(); // the next limit of the thread
            assertThat(first.works()).isEqualTo(2);

            FakeLibrary second = FakeLibrary.open(Path.of(args[1]));
            two.refresh();
            assertThat(second.works()).isEqualTo(2);

            FakeLibrary third = FakeLibrary.open(Path.of(args[2]));
            assertThat(third.works()).isEqualTo(DEFAULT_THREADS);
            NativeThreads.refreshLimits();
            assertThat(third.works()).isEqualTo(2);
            assertThat(two.applied()).hasSize(3);
            assertThat(four.applied()).hasSize(3);
            two.close();
            assertThat(List.of(first.works(), second.works(), third.works())).containsOnly(4);
            four.close();
            assertThat(List.of(first.works(), second.works(), third.works())).containsOnly(DEFAULT_THREADS);
        }
    }

    @Test
    void oneThatIsRefreshedAloneDoesNotHideItFromTheOthers() throws Exception {
        ChildJvm.of(OuterAlone.class, built("libopenblas_fake.so")).succeeds();
    }

    static final class OuterAlone {
        public static void main(String[] args) {
            ThreadLimit outer = NativeThreads.limit(4);
            ThreadLimit inner = NativeThreads.limit(2);
            FakeLibrary fake = FakeLibrary.open(Path.of(args[0]));
            outer.refresh();
            assertThat(fake.works()).isEqualTo(4);
            NativeThreads.refreshLimits();
            assertThat(fake.works()).isEqualTo(2);
            inner.close();
            assertThat(fake.works()).isEqualTo(4);
            outer.close();
            assertThat(fake.works()).isEqualTo(DEFAULT_THREADS);
        }
    }

    @Test
    void theNextTasksOfAParallelCallAreLimited() throws Exception {
        ChildJvm.of(InATask.class, built("libopenblas_fake.so")).succeeds();
    }

    static final class InATask {
        public static void main(String[] args) {
            for (String backend : List.of("threads", "sequential")) {
                List<Integer> threads = Parallel.builder()
                        .backend(backend)
                        .jobs(1)
                        .innerMaxNumThreads(3)
                        .build()
                        .range(5, index -> {
                            FakeLibrary fake = FakeLibrary.open(Path.of(args[0])); // first loaded by the first task
                            if (index == 4) {
                                NativeThreads.refreshLimits();
                            }
                            return fake.works();
                        });
                assertThat(threads.subList(1, 5)).containsOnly(3);
            }
            FakeLibrary fake = FakeLibrary.open(Path.of(args[0]));
            assertThat(fake.works()).isEqualTo(DEFAULT_THREADS);
        }
    }

    @Test
    void aTaskThatUsesItAtOnceTakesItInByItself() throws Exception {
        ChildJvm.of(AtOnce.class, built("libopenblas_fake.so")).succeeds();
    }

    static final class AtOnce {
        public static void main(String[] args) {
            assertThat(Parallel.builder()
                            .backend("threads")
                            .jobs(1)
                            .innerMaxNumThreads(1)
                            .build()
                            .range(1, _ -> {
                                FakeLibrary fake = FakeLibrary.open(Path.of(args[0]));
                                NativeThreads.refreshLimits();
                                return fake.works();
                            }))
                    .containsExactly(1);
            assertThat(FakeLibrary.open(Path.of(args[0])).works()).isEqualTo(DEFAULT_THREADS);
        }
    }
}
