package io.heddle.limit.internal;

import static io.heddle.fixture.FakeLibrary.DEFAULT_THREADS;
import static io.heddle.fixture.NativeFiles.built;
import static io.heddle.fixture.NativeWork.onThread;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.NativeThreads;
import io.heddle.control.LibraryInfo;
import io.heddle.control.LimitScope;
import io.heddle.ffi.NativeLibrary;
import io.heddle.fixture.ChildJvm;
import io.heddle.fixture.FakeLibrary;
import io.heddle.limit.ThreadLimit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A library opened for one owner: whose limits reach it, and that it can be closed under them. */
class PrivateLibraryTest {
    @TempDir
    Path folder;

    private Path copy(String name) throws IOException {
        return Files.copy(built("libopenblas_fake.so"), folder.resolve(name));
    }

    @Test
    void onlyItsOwnersLimitsReachAnOwnedLibrary() throws Exception {
        ChildJvm.of(Owned.class, copy("libopenblas_private.so"), copy("libopenblas_found.so"))
                .succeeds();
    }

    static final class Owned {
        public static void main(String[] args) throws Exception {
            FakeLibrary found = FakeLibrary.open(Path.of(args[1]));
            try (PrivateLibrary own = PrivateLibrary.open(Path.of(args[0]), Thread.currentThread())) {
                FakeLibrary fake = FakeLibrary.of(own.library());
                assertThat(own.info().limitScope()).isEqualTo(LimitScope.CURRENT_THREAD);
                onThread("other", () -> {
                    try (ThreadLimit limit = NativeThreads.limit(1)) {
                        assertThat(limit.applied())
                                .extracting(applied -> applied.library().path())
                                .containsExactly(Path.of(args[1]));
                        limit.refresh();
                        assertThat(found.works()).isEqualTo(1);
                        assertThat(fake.works()).isEqualTo(DEFAULT_THREADS);
                    }
                    assertThatThrownBy(() -> own.limit(1))
                            .isInstanceOf(IllegalStateException.class)
                            .hasMessageContainingAll("limit(1)", "native-other", "main", "own instance");
                    return null;
                });
                try (ThreadLimit limit = NativeThreads.limit(3)) {
                    assertThat(limit.applied()).hasSize(2);
                    assertThat(fake.works()).isEqualTo(3);
                    try (ThreadLimit inner = own.limit(2)) {
                        assertThat(inner.applied()).hasSize(1);
                        assertThat(fake.works()).isEqualTo(2);
                        assertThat(found.works()).isEqualTo(3);
                        onThread("other", () -> {
                            NativeThreads.limit(1).close();
                            return null;
                        });
                        assertThat(fake.works()).isEqualTo(2);
                    }
                    assertThat(fake.works()).isEqualTo(3);
                }
                assertThat(fake.works()).isEqualTo(DEFAULT_THREADS);
                assertThat(found.works()).isEqualTo(DEFAULT_THREADS);
            }
        }
    }

    @Test
    void withoutAnOwnerEveryThreadsLimitsReachIt() throws Exception {
        ChildJvm.of(Ownerless.class, copy("libopenblas_private.so")).succeeds();
    }

    static final class Ownerless {
        public static void main(String[] args) throws Exception {
            try (PrivateLibrary library = PrivateLibrary.open(Path.of(args[0]), null)) {
                FakeLibrary fake = FakeLibrary.of(library.library());
                assertThat(library.info().limitScope()).isEqualTo(LimitScope.PROCESS);
                onThread("other", () -> {
                    try (ThreadLimit limit = library.limit(2)) {
                        assertThat(limit.applied()).hasSize(1);
                        assertThat(fake.works()).isEqualTo(2);
                    }
                    try (ThreadLimit limit = NativeThreads.limit(1)) {
                        assertThat(limit.applied()).hasSize(1);
                        assertThat(fake.works()).isEqualTo(1);
                    }
                    return null;
                });
                assertThat(fake.works()).isEqualTo(DEFAULT_THREADS);
            }
        }
    }

    @Test
    void oneThatIsOpenedUnderALimitIsHeldFromItsFirstCallOn() throws Exception {
        ChildJvm.of(OpenedUnderALimit.class, copy("libopenblas_private.so")).succeeds();
    }

    static final class OpenedUnderALimit {
        public static void main(String[] args) {
            try (ThreadLimit limit = NativeThreads.limit(2)) {
                try (PrivateLibrary own = PrivateLibrary.open(Path.of(args[0]), Thread.currentThread())) {
                    assertThat(FakeLibrary.of(own.library()).works()).isEqualTo(2);
                    assertThat(limit.applied()).hasSize(1);
                }
            }
        }
    }

    @Test
    void closedUnderLimitsItIsUnloadedAndNotCalledAnyMore() throws Exception {
        ChildJvm.of(Closed.class, copy("libopenblas_private.so"), copy("libopenblas_found.so"))
                .succeeds();
    }

    static final class Closed {
        public static void main(String[] args) throws IOException {
            for (int round = 0; round < 3; round++) {
                PrivateLibrary own = PrivateLibrary.open(Path.of(args[0]), Thread.currentThread());
                LibraryInfo info = own.info();
                ThreadLimit all = NativeThreads.limit(2);
                ThreadLimit only = own.limit(1);
                own.close();
                own.close();
                assertThat(Files.readString(Path.of("/proc/self/maps"))).doesNotContain(args[0]);
                all.refresh();
                only.refresh();
                assertThat(only.threads()).isEqualTo(1);
                only.close(); // a call of an unloaded function would end the JVM
                all.close();
                assertThat(NativeThreads.info()).isEmpty();
                assertThat(own.info().path()).isEqualTo(info.path());
                assertThatThrownBy(() -> own.limit(1))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContainingAll("limit(1)", args[0], "closed", "open a new instance");
            }
            FakeLibrary found = FakeLibrary.open(Path.of(args[0])); // now anybody's
            assertThat(NativeThreads.info()).hasSize(1);
            assertThat(found.works()).isEqualTo(DEFAULT_THREADS);
        }
    }

    @Test
    void aFileThatIsOpenAlreadyIsRefused() throws Exception {
        Path plain = Files.copy(built("libheddle_openmp_probe_gomp.so"), folder.resolve("libplain.so"));
        ChildJvm.of(OpenAlready.class, copy("libopenblas_private.so"), copy("libopenblas_found.so"), plain)
                .succeeds();
    }

    static final class OpenAlready {
        public static void main(String[] args) {
            FakeLibrary found = FakeLibrary.open(Path.of(args[1]));
            assertThatThrownBy(() -> PrivateLibrary.open(Path.of(args[1]), null))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll(args[1], "open in this process already", "copy of the file");
            try (PrivateLibrary own = PrivateLibrary.open(Path.of(args[0]), null)) {
                assertThatThrownBy(() -> PrivateLibrary.open(Path.of(args[0]), Thread.currentThread()))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContainingAll(args[0], "open in this process already");
                assertThat(own.info().threads()).hasValue(DEFAULT_THREADS);
            }
            try (ThreadLimit limit = NativeThreads.limit(1)) {
                assertThat(limit.applied()).hasSize(1);
                assertThat(found.works()).isEqualTo(1); // the refusal took nothing from it
            }
            assertThatThrownBy(() -> PrivateLibrary.open(Path.of(args[2]), null))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll(args[2], "no threads of its own", "OpenBLAS");
            assertThatThrownBy(() -> PrivateLibrary.open(Path.of(args[0] + ".missing"), null))
                    .isInstanceOf(RuntimeException.class)
                    .hasMessageContaining(args[0] + ".missing");
            NativeLibrary.open(Path.of(args[2])); // what was refused is not kept hidden
        }
    }
}
