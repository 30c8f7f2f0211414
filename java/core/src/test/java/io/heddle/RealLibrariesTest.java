package io.heddle;

import static io.heddle.fixture.NativeFiles.blis;
import static io.heddle.fixture.NativeFiles.built;
import static io.heddle.fixture.NativeFiles.currentOpenMpOpenBlas;
import static io.heddle.fixture.NativeFiles.embeddedOpenBlas;
import static io.heddle.fixture.NativeFiles.flexiblas;
import static io.heddle.fixture.NativeFiles.mkl;
import static io.heddle.fixture.NativeFiles.openBlas;
import static io.heddle.fixture.NativeWork.onThread;
import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.control.LibraryInfo;
import io.heddle.control.LimitScope;
import io.heddle.ffi.NativeLibrary;
import io.heddle.fixture.BlasCalls;
import io.heddle.fixture.ChildJvm;
import io.heddle.fixture.OpenMpRegion;
import io.heddle.limit.ThreadLimit;
import io.heddle.topology.WorkingThreads;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every real library in a JVM of its own: what is told of it, whether a limit holds by use in its own thread, whom else it affects by use,
 * and whether what was found comes back. The rows are printed as a table.
 */
class RealLibrariesTest {
    private static final List<String> TABLE = new ArrayList<>();

    @TempDir
    static Path folder;

    /** A library, and what a limit on it is to be. */
    enum Library {
        OPENBLAS_PTHREADS_JAR("openblas", "PTHREADS", LimitScope.PROCESS) {
            @Override
            Path[] files() {
                return embeddedOpenBlas(folder);
            }
        },
        OPENBLAS_PTHREADS_DEBIAN("openblas", "PTHREADS", LimitScope.PROCESS) {
            @Override
            Path[] files() {
                return openBlas("libopenblas0-pthread");
            }
        },
        OPENBLAS_OPENMP_DEBIAN("openblas", "OPENMP", LimitScope.CURRENT_THREAD) {
            @Override
            Path[] files() {
                return openBlas("libopenblas0-openmp");
            }
        },
        OPENBLAS_OPENMP_CURRENT("openblas", "OPENMP", LimitScope.CURRENT_THREAD) {
            @Override
            Path[] files() {
                return currentOpenMpOpenBlas();
            }
        },
        BLIS_PTHREADS("blis", "PTHREADS", LimitScope.PROCESS) {
            @Override
            Path[] files() {
                return blis("libblis4-pthread");
            }
        },
        BLIS_OPENMP("blis", "OPENMP", LimitScope.PROCESS) {
            @Override
            Path[] files() {
                return blis("libblis4-openmp");
            }
        },
        MKL_INTEL("mkl", "INTEL", LimitScope.CURRENT_THREAD) {
            @Override
            Path[] files() {
                return new Path[] {mkl()};
            }
        },
        MKL_GNU("mkl", "GNU", LimitScope.CURRENT_THREAD) {
            @Override
            Path[] files() {
                return new Path[] {openBlas("libopenblas0-openmp")[2], mkl()
                }; // libgomp first: it takes that layer then
            }
        },
        LIBGOMP("openmp", "OPENMP", LimitScope.CURRENT_THREAD) {
            @Override
            Path[] files() {
                return new Path[] {built("libheddle_openmp_probe_gomp.so")};
            }
        },
        LIBOMP("openmp", "OPENMP", LimitScope.CURRENT_THREAD) {
            @Override
            Path[] files() {
                return new Path[] {built("libheddle_openmp_probe_omp.so")};
            }
        },
        /** No package of the real one was to be had. */
        FLEXIBLAS_FAKE("flexiblas", "UNKNOWN", LimitScope.PROCESS) {
            @Override
            Path[] files() {
                return new Path[] {flexiblas()};
            }
        };

        private final String internalApi;
        private final String layer;
        private final LimitScope scope;

        Library(String internalApi, String layer, LimitScope scope) {
            this.internalApi = internalApi;
            this.layer = layer;
            this.scope = scope;
        }

        abstract Path[] files();
    }

    @ParameterizedTest
    @EnumSource
    void aLimitHoldsByUseAndGivesBackWhatItFound(Library library) throws Exception {
        Stream<Path> files = Arrays.stream(library.files());
        ChildJvm.Outcome outcome = ChildJvm.of(
                        OneLibrary.class,
                        Stream.concat(Stream.of(Path.of(library.name())), files).toArray(Path[]::new))
                .environment("OMP_NUM_THREADS", "2")
                .environment("OMP_DYNAMIC", "false")
                .environment("OMP_WAIT_POLICY", "passive")
                .environment("BLIS_NUM_THREADS", "2")
                .environment("OPENBLAS_NUM_THREADS", "2")
                .run();
        assertThat(outcome.status()).as("%s", outcome).isZero();
        TABLE.add(outcome.out().strip());
    }

    @AfterAll
    static void printTable() {
        System.out.printf(
                "%-25s %-10s %-9s %-9s %-11s %-14s | own thread by use at 2, 1, after | another's at 2, 1%n",
                "library", "api", "version", "layer", "processor", "limit scope");
        TABLE.forEach(System.out::println);
    }

    static final class OneLibrary {
        private static final int FOUND = 2;

        public static void main(String[] args) throws Exception {
            Library expected = Library.valueOf(args[0]);
            String[] files = Arrays.copyOfRange(args, 1, args.length);
            IntSupplier workers = onThread("opener", () -> work(expected, files));
            onThread("owner", () -> {
                assertThat(share(workers, FOUND))
                        .isEqualTo(FOUND); // an LLVM runtime and MKL are asked once they were used
                List<LibraryInfo> before = NativeThreads.info();
                LibraryInfo info = before.stream()
                        .filter(each -> each.internalApi().equals(expected.internalApi))
                        .findFirst()
                        .orElseThrow();
                assertThat(info.threadingLayer().name()).isEqualTo(expected.layer);
                assertThat(info.limitScope()).isEqualTo(expected.scope);
                assertThat(info.path()).isAbsolute().exists();
                assertThat(info.threads()).hasValue(FOUND);
                if (!expected.internalApi.equals("openmp")) {
                    assertThat(info.version()).isPresent();
                }
                List<Integer> own = new ArrayList<>();
                List<Integer> others = new ArrayList<>();
                for (int threads : new int[] {2, 1}) { // more would leave threads in a pool that take turns later
                    try (ThreadLimit limit = NativeThreads.limit(threads)) {
                        own.add(share(workers, threads));
                        int there = expected.scope == LimitScope.PROCESS ? threads : FOUND;
                        others.add(onThread("other", () -> share(workers, there)));
                        assertThat(limit.applied()).allSatisfy(applied -> {
                            assertThat(applied.asked()).isEqualTo(threads);
                            assertThat(applied.inForce()).isEqualTo(threads);
                        });
                    }
                }
                assertThat(own).containsExactly(2, 1);
                assertThat(others).isEqualTo(expected.scope == LimitScope.PROCESS ? List.of(2, 1) : List.of(2, 2));
                own.add(share(workers, FOUND));
                assertThat(own.getLast()).isEqualTo(FOUND);
                assertThat(NativeThreads.info()).isEqualTo(before);
                System.out.printf(
                        Locale.ROOT,
                        "%-25s %-10s %-9s %-9s %-11s %-14s | %s | %s%n",
                        expected.name().toLowerCase(Locale.ROOT).replace('_', '-'),
                        info.internalApi(),
                        info.version().orElse("-"),
                        info.threadingLayer().name().toLowerCase(Locale.ROOT),
                        info.architecture().orElse("-"),
                        info.limitScope(),
                        own,
                        others);
                return null;
            });
        }

        /** How many share the work; on a busy machine one look may miss a thread, so it is repeated if it is not what is expected. */
        private static int share(IntSupplier workers, int expected) {
            int working = workers.getAsInt();
            for (int i = 0; i < 4 && working != expected; i++) {
                working = workers.getAsInt();
            }
            return working;
        }

        /** Native work of the calling thread, and how many threads share in it. */
        private static IntSupplier work(Library library, String[] files) {
            if (library.internalApi.equals("openmp")) {
                return OpenMpRegion.open(Path.of(files[0]))::threads;
            }
            if (library == Library.FLEXIBLAS_FAKE) {
                NativeLibrary fake = NativeLibrary.open(Path.of(files[0]));
                try {
                    fake.downcall("flexiblas_set_num_threads", FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT))
                            .invokeExact(FOUND);
                } catch (Throwable e) {
                    throw new AssertionError(e);
                }
                return () -> fakeThreads(fake);
            }
            BlasCalls.Product product = BlasCalls.open(files).product(1300);
            return () -> {
                product.multiply(); // whatever starts its threads does so now
                return WorkingThreads.count(product::multiply); // one call: a pool may give the next to other threads
            };
        }

        private static int fakeThreads(NativeLibrary fake) {
            try {
                return (int) fake.downcall("flexiblas_get_num_threads", FunctionDescriptor.of(ValueLayout.JAVA_INT))
                        .invokeExact();
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        }
    }
}
