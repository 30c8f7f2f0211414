package io.heddle;

import static io.heddle.fixture.Eventually.eventually;
import static io.heddle.fixture.FakeLibrary.DEFAULT_THREADS;
import static io.heddle.fixture.NativeFiles.built;
import static io.heddle.fixture.NativeWork.onThread;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.control.LibraryController;
import io.heddle.control.LibraryFamily;
import io.heddle.control.LibraryInfo;
import io.heddle.control.LimitScope;
import io.heddle.control.LoadedLibrary;
import io.heddle.control.Registration;
import io.heddle.control.ThreadingLayer;
import io.heddle.control.UserApi;
import io.heddle.fixture.ChildJvm;
import io.heddle.fixture.FakeLibrary;
import io.heddle.fixture.Warnings;
import io.heddle.limit.AppliedLimit;
import io.heddle.limit.ThreadLimit;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ojalgo.OjAlgoUtils;
import org.ojalgo.machine.VirtualMachine;
import org.ojalgo.matrix.store.R064Store;
import org.ojalgo.random.Uniform;

/** What users register: kinds of native libraries, and pools of libraries in Java. */
class RegistrationTest {
    /** A library that no family of Heddle's own knows: its one setter is the process's. */
    private static final String UNKNOWN_LIBRARY = "libmkl_rt_fake_no_local.so";

    @TempDir
    Path folder;

    private Path unknown(String name) throws IOException {
        return Files.copy(built(UNKNOWN_LIBRARY), folder.resolve(name));
    }

    /** As a user writes one. */
    public static class ThingFamily implements LibraryFamily {
        private final List<String> prefixes;
        private final List<String> symbols;

        public ThingFamily() {
            this(List.of("libthing"), List.of());
        }

        ThingFamily(List<String> prefixes, List<String> symbols) {
            this.prefixes = prefixes;
            this.symbols = symbols;
        }

        @Override
        public List<String> prefixes() {
            return prefixes;
        }

        @Override
        public List<String> symbols() {
            return symbols;
        }

        @Override
        public Optional<LibraryController> bind(LoadedLibrary library) {
            assertThat(library.address("malloc")).isEmpty(); // of a library that it depends on
            OptionalLong get = library.address("MKL_Get_Max_Threads");
            OptionalLong set = library.address("MKL_Set_Num_Threads");
            return get.isPresent() && set.isPresent()
                    ? Optional.of(new ThingController(library, get.getAsLong(), set.getAsLong()))
                    : Optional.empty();
        }
    }

    private static final class ThingController implements LibraryController {
        private final LoadedLibrary library;
        private final MethodHandle get;
        private final MethodHandle set;

        ThingController(LoadedLibrary library, long get, long set) {
            this.library = library;
            Linker linker = Linker.nativeLinker();
            this.get = linker.downcallHandle(MemorySegment.ofAddress(get), FunctionDescriptor.of(ValueLayout.JAVA_INT));
            this.set = linker.downcallHandle(
                    MemorySegment.ofAddress(set), FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT));
        }

        @Override
        public LibraryInfo info() {
            return new LibraryInfo(
                    UserApi.OTHER,
                    "thing",
                    library.file(),
                    library.prefix(),
                    Optional.of("2.0"),
                    ThreadingLayer.PTHREADS,
                    Optional.empty(),
                    OptionalInt.of(threads()),
                    limitScope(),
                    Map.of("colour", "green"));
        }

        @Override
        public LimitScope limitScope() {
            return LimitScope.PROCESS;
        }

        @Override
        public int threads() {
            try {
                return (int) get.invokeExact();
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public int exchange(int threads) {
            int found = threads();
            restore(threads);
            return found;
        }

        @Override
        public void restore(int setting) {
            try {
                set.invokeExact(setting);
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        }
    }

    @Test
    void aFamilyOfAUserIsControlledWhetherItsLibraryWasLoadedBeforeOrIsLoadedLater() throws Exception {
        ChildJvm.of(OwnFamily.class, unknown("libthing.so.1"), unknown("libthing_later.so"), unknown("libbundled.so"))
                .succeeds();
    }

    static final class OwnFamily {
        public static void main(String[] args) throws IOException {
            FakeLibrary before = FakeLibrary.open(Path.of(args[0]));
            assertThat(NativeThreads.info()).isEmpty();
            try (ThreadLimit limit = NativeThreads.limit(1)) {
                assertThat(limit.applied()).isEmpty();
            }

            Registration registration = NativeThreads.register(new ThingFamily());
            assertThat(NativeThreads.info()).singleElement().satisfies(info -> {
                assertThat(info.internalApi()).isEqualTo("thing");
                assertThat(info.prefix()).isEqualTo("libthing");
                assertThat(info.path()).isEqualTo(Path.of(args[0]).toRealPath());
                assertThat(info.version()).hasValue("2.0");
                assertThat(info.threads()).hasValue(DEFAULT_THREADS);
                assertThat(info.details()).containsEntry("colour", "green");
            });
            FakeLibrary later = FakeLibrary.open(Path.of(args[1]));
            try (ThreadLimit limit = NativeThreads.limit(1)) {
                assertThat(limit.applied()).hasSize(2);
                assertThat(before.works()).isEqualTo(1);
                assertThat(later.works()).isEqualTo(1);
            }
            try (ThreadLimit limit =
                    NativeThreads.limits().ofPrefix("libthing", 2).open()) {
                assertThat(limit.applied()).extracting(AppliedLimit::inForce).containsExactly(2, 2);
            }
            try (ThreadLimit limit = NativeThreads.select(UserApi.OTHER).limit(3)) {
                assertThat(limit.applied()).hasSize(2);
            }
            assertThat(before.works()).isEqualTo(DEFAULT_THREADS);

            FakeLibrary bundled = FakeLibrary.open(Path.of(args[2]));
            assertThat(NativeThreads.info()).hasSize(2);
            try (Registration bySymbol =
                    NativeThreads.register(new ThingFamily(List.of(), List.of("heddle_fake_work")))) {
                assertThat(bySymbol).isNotNull();
                assertThat(NativeThreads.info())
                        .hasSize(3)
                        .last()
                        .satisfies(info -> assertThat(info.prefix()).isEmpty());
            }
            registration.close();
            registration.close();
            assertThatThrownBy(() -> NativeThreads.selectPrefix("libthing")).hasMessageContaining("libthing");
            try (ThreadLimit limit = NativeThreads.limit(1)) {
                assertThat(limit.applied()).hasSize(3); // what was bound stays so
                assertThat(bundled.works()).isEqualTo(1);
            }
            assertThat(bundled.works()).isEqualTo(DEFAULT_THREADS);
        }
    }

    /** The folder is appended to the boot class path, where a service file is found as in any jar. */
    @Test
    void aFamilyThatAJarProvidesNeedsNoCallAndABrokenOneIsLeftOut() throws Exception {
        Path jar = folder.resolve("jar");
        Path services = Files.createDirectories(jar.resolve("META-INF/services"));
        Files.writeString(
                services.resolve(LibraryFamily.class.getName()),
                "org.example.Missing\n" + EmptyFamily.class.getName() + "\n" + ThingFamily.class.getName() + "\n");
        ChildJvm.of(Provided.class, unknown("libthing.so"))
                .option("-Xbootclasspath/a:" + jar)
                .succeeds();
    }

    static final class Provided {
        public static void main(String[] args) {
            Warnings warnings = Warnings.collect();
            FakeLibrary fake = FakeLibrary.open(Path.of(args[0]));
            try (ThreadLimit limit = NativeThreads.limit(1)) {
                assertThat(limit.applied())
                        .extracting(applied -> applied.library().internalApi())
                        .containsExactly("thing");
                assertThat(fake.works()).isEqualTo(1);
            }
            assertThat(NativeThreads.selectPrefix("libthing").info()).hasSize(1);
            assertThat(warnings.with("is left out"))
                    .hasSize(2)
                    .allSatisfy(warning ->
                            assertThat(warning).contains(LibraryFamily.class.getName(), "META-INF/services"));
        }
    }

    @Test
    void aFamilyThatFailsIsToldOnceAndLeavesEveryOtherLibraryLimited() throws Exception {
        ChildJvm.of(FailingFamily.class, built("libopenblas_fake.so"), unknown("libthing.so"))
                .succeeds();
    }

    static final class FailingFamily {
        public static void main(String[] args) {
            Warnings warnings = Warnings.collect();
            FakeLibrary fake = FakeLibrary.open(Path.of(args[0]));
            FakeLibrary.open(Path.of(args[1]));
            LibraryFamily failing = new ThingFamily() {
                @Override
                public Optional<LibraryController> bind(LoadedLibrary library) {
                    throw new UnsupportedOperationException("a user's mistake");
                }

                @Override
                public String toString() {
                    return "failing family";
                }
            };
            try (Registration registration = NativeThreads.register(failing)) {
                assertThat(registration).isNotNull();
                for (int round = 0; round < 2; round++) {
                    try (ThreadLimit limit = NativeThreads.limit(1)) {
                        assertThat(limit.applied()).hasSize(1);
                        assertThat(fake.works()).isEqualTo(1);
                    }
                    assertThat(NativeThreads.info()).hasSize(1);
                    assertThat(Parallel.jobs(1).range(1, index -> index)).containsExactly(0);
                }
            }
            assertThat(fake.works()).isEqualTo(DEFAULT_THREADS);
            assertThat(warnings.with("failing family"))
                    .singleElement()
                    .asString()
                    .contains(args[1], "bind failed");
        }
    }

    /** Recognises nothing. */
    public static final class EmptyFamily implements LibraryFamily {
        @Override
        public List<String> prefixes() {
            return List.of();
        }

        @Override
        public List<String> symbols() {
            return List.of();
        }

        @Override
        public Optional<LibraryController> bind(LoadedLibrary library) {
            return Optional.empty();
        }
    }

    /** A pool in Java of which nothing is known but its number. */
    private static class Pool implements LibraryController {
        private final AtomicInteger threads = new AtomicInteger(6);

        @Override
        public LibraryInfo info() {
            return new LibraryInfo(
                    UserApi.JAVA,
                    "pool",
                    Path.of("pool.jar"),
                    "",
                    Optional.empty(),
                    ThreadingLayer.UNKNOWN,
                    Optional.empty(),
                    OptionalInt.of(threads()),
                    limitScope(),
                    Map.of());
        }

        @Override
        public LimitScope limitScope() {
            return LimitScope.PROCESS;
        }

        @Override
        public int threads() {
            return threads.get();
        }

        @Override
        public int exchange(int number) {
            return threads.getAndSet(number);
        }

        @Override
        public void restore(int setting) {
            threads.set(setting);
        }
    }

    @Test
    void aRegistrationThatEndsUnderALimitGivesBackWhatWasFound() throws Exception {
        ChildJvm.of(EndsUnderALimit.class).succeeds();
    }

    static final class EndsUnderALimit {
        public static void main(String[] args) throws Exception {
            Pool pool = new Pool();
            Registration registration = NativeThreads.register(pool);
            ThreadLimit outer = NativeThreads.limit(3);
            ThreadLimit inner = NativeThreads.limit(1);
            assertThat(pool.threads()).isEqualTo(1);
            registration.close();
            registration.close();
            assertThat(NativeThreads.info()).isEmpty();
            onThread("other", () -> {
                try (ThreadLimit limit = NativeThreads.limit(2)) {
                    assertThat(limit.applied()).isEmpty(); // opened from now on
                }
                return null;
            });
            inner.refresh();
            assertThat(pool.threads()).isEqualTo(1);
            inner.close();
            assertThat(pool.threads()).isEqualTo(3);
            outer.close();
            assertThat(pool.threads()).isEqualTo(6);
        }
    }

    @Test
    void aControllerIsRegisteredOnceAtATime() throws Exception {
        ChildJvm.of(Twice.class).succeeds();
    }

    static final class Twice {
        public static void main(String[] args) {
            Pool pool = new Pool();
            for (int round = 0; round < 2; round++) {
                try (Registration registration = NativeThreads.register(pool)) {
                    assertThat(registration).isNotNull();
                    assertThatThrownBy(() -> NativeThreads.register(pool))
                            .isInstanceOf(IllegalArgumentException.class)
                            .hasMessageContainingAll("controller = ", "registered already", "another instance");
                    try (Registration another = NativeThreads.register(new Pool());
                            ThreadLimit limit = NativeThreads.limit(2)) {
                        assertThat(another).isNotNull();
                        assertThat(limit.applied()).hasSize(2);
                    }
                    assertThat(pool.threads()).isEqualTo(6);
                }
            }
        }
    }

    @Test
    void oneRegisteredAgainUnderALimitEndsAtWhatWasFoundFirst() throws Exception {
        ChildJvm.of(Again.class).succeeds();
    }

    static final class Again {
        public static void main(String[] args) {
            Warnings warnings = Warnings.collect();
            Pool pool = new Pool();
            Registration first = NativeThreads.register(pool);
            ThreadLimit outer = NativeThreads.limit(3);
            first.close();
            Registration second = NativeThreads.register(pool);
            ThreadLimit inner = NativeThreads.limit(2);
            assertThat(pool.threads()).isEqualTo(2);
            inner.close();
            outer.close();
            second.close();
            assertThat(pool.threads()).isEqualTo(6);

            Registration third = NativeThreads.register(pool);
            outer = NativeThreads.limit(3);
            third.close();
            Registration fourth = NativeThreads.register(pool);
            inner = NativeThreads.limit(4);
            assertThat(pool.threads()).isEqualTo(3); // the least of both, before and after
            outer.close();
            assertThat(pool.threads()).isEqualTo(4);
            inner.close();
            fourth.close();
            assertThat(pool.threads()).isEqualTo(6);
            assertThat(warnings.with("other code")).isEmpty();
        }
    }

    @Test
    void controllersThatAreEqualAreTwoPoolsAllTheSame() throws Exception {
        ChildJvm.of(Twins.class).succeeds();
    }

    static final class Twins {
        public static void main(String[] args) {
            Pool one = new EqualPool();
            Pool other = new EqualPool();
            assertThat(one).isEqualTo(other);
            try (var _ = NativeThreads.register(one);
                    var _ = NativeThreads.register(other);
                    ThreadLimit limit = NativeThreads.limit(1)) {
                assertThat(limit.applied()).hasSize(2);
                assertThat(one.threads()).isEqualTo(1);
                assertThat(other.threads()).isEqualTo(1);
            }
            assertThat(other.threads()).isEqualTo(6);
        }
    }

    private static final class EqualPool extends Pool {
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof EqualPool;
        }

        @Override
        public int hashCode() {
            return 1;
        }
    }

    /** ojAlgo: a public variable holds what its tasks may use, and its own method makes a smaller one of it. */
    private static final class OjAlgo implements LibraryController {
        private @Nullable VirtualMachine found;

        @Override
        public LibraryInfo info() {
            return new LibraryInfo(
                    UserApi.JAVA,
                    "ojalgo",
                    Path.of("ojalgo.jar"),
                    "",
                    Optional.of(OjAlgoUtils.getVersion()),
                    ThreadingLayer.UNKNOWN,
                    Optional.empty(),
                    OptionalInt.of(threads()),
                    limitScope(),
                    Map.of());
        }

        @Override
        public LimitScope limitScope() {
            return LimitScope.PROCESS;
        }

        @Override
        public int threads() {
            return OjAlgoUtils.ENVIRONMENT.threads;
        }

        @Override
        public int exchange(int threads) {
            int before = threads();
            if (found == null) {
                found = OjAlgoUtils.ENVIRONMENT;
            }
            OjAlgoUtils.ENVIRONMENT = found;
            OjAlgoUtils.limitThreadsTo(threads);
            return before;
        }

        @Override
        public void restore(int setting) {
            if (found != null) {
                OjAlgoUtils.ENVIRONMENT = found;
                found = null;
            }
        }
    }

    @Test
    void ojAlgoIsLimitedByUse() throws Exception {
        ChildJvm.of(OjAlgoByUse.class)
                .option("-Dshut.up.ojAlgo")
                .option("-XX:ActiveProcessorCount=2")
                .succeeds();
    }

    static final class OjAlgoByUse {
        public static void main(String[] args) throws Exception {
            R064Store matrix = R064Store.FACTORY.makeFilled(600, 600, new Uniform());
            VirtualMachine before = OjAlgoUtils.ENVIRONMENT;
            assertThat(before.threads).isEqualTo(2);
            try (Registration registration = NativeThreads.register(new OjAlgo())) {
                assertThat(registration).isNotNull();
                try (ThreadLimit two = NativeThreads.limit(2)) {
                    assertThat(eventually(2, () -> two.countWorking(() -> multiply(matrix))))
                            .isEqualTo(2);
                    try (ThreadLimit one = NativeThreads.limit(1)) {
                        assertThat(one.applied())
                                .extracting(AppliedLimit::inForce)
                                .containsExactly(1);
                        assertThat(eventually(1, () -> one.countWorking(() -> multiply(matrix))))
                                .isEqualTo(1);
                    }
                    assertThat(OjAlgoUtils.ENVIRONMENT.threads).isEqualTo(2);
                }
            }
            assertThat(OjAlgoUtils.ENVIRONMENT).isSameAs(before);
        }

        private static void multiply(R064Store matrix) {
            for (int i = 0; i < 6; i++) {
                assertThat(matrix.multiply(matrix).countRows()).isEqualTo(600);
            }
        }
    }
}
