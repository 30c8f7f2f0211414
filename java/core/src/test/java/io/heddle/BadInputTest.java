package io.heddle;

import static io.heddle.fixture.FakeLibrary.DEFAULT_THREADS;
import static io.heddle.fixture.NativeFiles.built;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.heddle.control.LibraryController;
import io.heddle.control.LibraryFamily;
import io.heddle.control.LibraryInfo;
import io.heddle.control.LoadedLibrary;
import io.heddle.control.UserApi;
import io.heddle.fixture.ChildJvm;
import io.heddle.fixture.FakeLibrary;
import io.heddle.limit.ThreadLimit;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is refused, and that each refusal names the argument, what was given, what is allowed and what to do. */
class BadInputTest {
    private static final Class<? extends Exception> ARGUMENT = IllegalArgumentException.class;
    private static final Class<? extends Exception> STATE = IllegalStateException.class;
    private static final Class<? extends Exception> MISSING = NullPointerException.class;

    @TempDir
    static Path folder;

    private record Family(List<String> prefixes, List<String> symbols) implements LibraryFamily {
        @Override
        public Optional<LibraryController> bind(LoadedLibrary library) {
            return Optional.empty();
        }
    }

    private static Arguments refused(
            String call, Class<? extends Exception> type, ThrowingCallable made, String... parts) {
        return arguments(call, type, made, List.of(parts));
    }

    private static Stream<Arguments> numbers() {
        String[] toDo = {"1 (no inner parallelism) or more", "open no limit"};
        NativeSelection blas = NativeThreads.select(UserApi.BLAS);
        return Stream.of(0, -1, Integer.MIN_VALUE)
                .flatMap(number -> Stream.of(
                                refused("limit", ARGUMENT, () -> NativeThreads.limit(number), toDo),
                                refused("select(…).limit", ARGUMENT, () -> blas.limit(number), toDo),
                                refused(
                                        "limits().of(UserApi)",
                                        ARGUMENT,
                                        () -> NativeThreads.limits().of(UserApi.BLAS, number),
                                        toDo),
                                refused(
                                        "limits().of(Predicate)",
                                        ARGUMENT,
                                        () -> NativeThreads.limits().of(_ -> true, number),
                                        toDo),
                                refused(
                                        "limits().ofPrefix",
                                        ARGUMENT,
                                        () -> NativeThreads.limits().ofPrefix("libblis", number),
                                        toDo),
                                refused(
                                        "limits().ofFile",
                                        ARGUMENT,
                                        () -> NativeThreads.limits().ofFile(Path.of("/proc/self/exe"), number),
                                        toDo),
                                refused("wrap(Callable)", ARGUMENT, () -> NativeThreads.wrap(number, () -> 1), toDo),
                                refused(
                                        "wrap(TaskFunction)",
                                        ARGUMENT,
                                        () -> NativeThreads.wrap(number, input -> input),
                                        toDo))
                        .map(row -> {
                            Object[] with = row.get().clone();
                            with[0] = with[0] + " " + number;
                            with[3] = Stream.concat(Stream.of("threads = " + number), Stream.of(toDo))
                                    .toList();
                            return Arguments.of(with);
                        }));
    }

    private static Stream<Arguments> selections() {
        Path nowhere = folder.resolve("libopenblas.so");
        return Stream.of(
                refused(
                        "selectPrefix unknown",
                        ARGUMENT,
                        () -> NativeThreads.selectPrefix("libblas5"),
                        "prefix = \"libblas5\"",
                        "libopenblas",
                        "libmkl_rt",
                        "libblis",
                        "libflexiblas",
                        "libgomp",
                        "by its file",
                        "LibraryFamily"),
                refused(
                        "ofPrefix empty",
                        ARGUMENT,
                        () -> NativeThreads.limits().ofPrefix("", 1),
                        "prefix = \"\"",
                        "libopenblas"),
                refused(
                        "selectFile unknown",
                        ARGUMENT,
                        () -> NativeThreads.selectFile(nowhere),
                        "file = " + nowhere,
                        "does not exist",
                        "Loaded are"),
                refused(
                        "ofFile unknown",
                        ARGUMENT,
                        () -> NativeThreads.limits().ofFile(nowhere, 1),
                        "file = " + nowhere,
                        "does not exist"),
                refused(
                        "selectFile folder",
                        ARGUMENT,
                        () -> NativeThreads.selectFile(folder),
                        "file = " + folder,
                        "is a folder",
                        "give the library's file"),
                refused(
                        "UserApi unknown",
                        ARGUMENT,
                        () -> UserApi.of("blass"),
                        "\"blass\"",
                        "blas, openmp, java, other"),
                refused("UserApi empty", ARGUMENT, () -> UserApi.of(""), "\"\"", "blas, openmp, java, other"),
                refused(
                        "limits without a library",
                        STATE,
                        () -> NativeThreads.limits().open(),
                        "open()",
                        "of(…), ofPrefix(…) or ofFile(…)",
                        "NativeThreads.limit"),
                refused(
                        "family of nothing",
                        ARGUMENT,
                        () -> NativeThreads.register(new Family(List.of(), List.of())),
                        "family = Family",
                        "prefixes []",
                        "symbols []",
                        "at least one"),
                refused(
                        "family of everything",
                        ARGUMENT,
                        () -> NativeThreads.register(new Family(List.of("libfoo", ""), List.of())),
                        "prefixes [libfoo, ]",
                        "no empty one"));
    }

    @SuppressWarnings("NullAway") // what a caller without a checker can do
    private static Stream<Arguments> nothing() {
        return Stream.of(
                refused("UserApi", MISSING, () -> NativeThreads.select((UserApi) null), "userApi"),
                refused("filter", MISSING, () -> NativeThreads.select((Predicate<LibraryInfo>) null), "filter"),
                refused("limits userApi", MISSING, () -> NativeThreads.limits().of((UserApi) null, 1), "userApi"),
                refused(
                        "limits filter",
                        MISSING,
                        () -> NativeThreads.limits().of((Predicate<LibraryInfo>) null, 1),
                        "filter"),
                refused("prefix", ARGUMENT, () -> NativeThreads.selectPrefix(null), "prefix = \"null\"", "libopenblas"),
                refused("file", MISSING, () -> NativeThreads.selectFile(null), "file"),
                refused("callable", MISSING, () -> NativeThreads.wrap(1, (Callable<Integer>) null), "callable"),
                refused(
                        "function",
                        MISSING,
                        () -> NativeThreads.wrap(1, (TaskFunction<Integer, Integer>) null),
                        "function"),
                refused("family", MISSING, () -> NativeThreads.register((LibraryFamily) null), "family"),
                refused("controller", MISSING, () -> NativeThreads.register((LibraryController) null), "controller"),
                refused(
                        "work",
                        MISSING,
                        () -> {
                            try (ThreadLimit limit = NativeThreads.limit(1)) {
                                limit.countWorking(null);
                            }
                        },
                        "work"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"numbers", "selections", "nothing"})
    void isRefusedWithWhatToDo(
            String call, Class<? extends Exception> type, ThrowingCallable made, List<String> parts) {
        assertThat(catchThrowable(made))
                .as(call)
                .isInstanceOf(type)
                .hasMessageContainingAll(parts.toArray(new String[0]));
    }

    private static Stream<Arguments> uses() {
        return Stream.of(
                arguments("applied()", (Use) ThreadLimit::applied),
                arguments("refresh()", (Use) ThreadLimit::refresh),
                arguments("countWorking(work)", (Use) limit -> limit.countWorking(() -> {})));
    }

    /** A call on a limit. */
    interface Use {
        void of(ThreadLimit limit);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("uses")
    void aClosedLimitIsNotUsed(String call, Use use) {
        ThreadLimit limit = NativeThreads.limit(2);
        limit.close();
        limit.close();
        assertThat(catchThrowable(() -> use.of(limit)))
                .isInstanceOf(STATE)
                .hasMessageContainingAll(call, "2 threads", "closed", "NativeThreads.limit");
        assertThat(limit.threads()).isEqualTo(2);
        assertThat(limit).asString().contains("closed");
    }

    private static Stream<Arguments> usesAndClose() {
        return Stream.concat(uses(), Stream.of(arguments("close()", (Use) ThreadLimit::close)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("usesAndClose")
    void aLimitOfAnotherThreadIsNotUsed(String call, Use use) throws Exception {
        try (ThreadLimit limit = NativeThreads.limit(2)) {
            FutureTask<Throwable> refusal = new FutureTask<>(() -> catchThrowable(() -> use.of(limit)));
            Thread.ofPlatform().name("stranger").start(refusal);
            assertThat(refusal.get())
                    .isInstanceOf(STATE)
                    .hasMessageContainingAll(
                            call, "stranger", Thread.currentThread().getName(), "try-with-resources");
            assertThat(limit.applied())
                    .allSatisfy(applied -> assertThat(applied.asked()).isEqualTo(2)); // still open
        }
    }

    private static Stream<Arguments> opens() {
        return Stream.of(
                arguments("limit", (ThrowingCallable) () -> NativeThreads.limit(1)),
                arguments("select", (ThrowingCallable)
                        () -> NativeThreads.select(UserApi.BLAS).limit(1)),
                arguments("limits", (ThrowingCallable)
                        () -> NativeThreads.limits().of(UserApi.BLAS, 1).open()),
                arguments("sequential", (ThrowingCallable) NativeThreads::limitSequentialBlasUnderOpenMp),
                arguments("wrap", (ThrowingCallable)
                        () -> NativeThreads.wrap(1, () -> 1).call()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("opens")
    void aVirtualThreadOpensNoLimit(String call, ThrowingCallable open) throws Exception {
        FutureTask<Throwable> refusal = new FutureTask<>(() -> catchThrowable(open));
        Thread.ofVirtual().name("virtual").start(refusal);
        assertThat(refusal.get())
                .as(call)
                .isInstanceOf(STATE)
                .hasMessageContainingAll("limit(1)", "virtual", "carrier", "Parallel", "platform thread");
    }

    @Test
    void refusalsLeaveEveryLibraryAsItWas() throws Exception {
        ChildJvm.of(Refusals.class, built("libopenblas_fake.so")).succeeds();
    }

    static final class Refusals {
        public static void main(String[] args) throws Exception {
            FakeLibrary fake = FakeLibrary.open(Path.of(args[0]));
            ThreadLimit limit = NativeThreads.limit(2);
            for (Arguments row : Stream.of(numbers(), opens().map(Refusals::onVirtual))
                    .flatMap(rows -> rows)
                    .toList()) {
                for (Object each : row.get()) {
                    if (each instanceof ThrowingCallable refused) {
                        assertThat(catchThrowable(refused)).isNotNull();
                    }
                }
            }
            assertThat(fake.works()).isEqualTo(2);
            limit.close();
            assertThat(fake.works()).isEqualTo(DEFAULT_THREADS);
            assertThat(catchThrowable(() -> NativeThreads.selectFile(Path.of("/nowhere"))))
                    .hasMessageContaining(args[0]); // what is loaded
        }

        private static Arguments onVirtual(Arguments row) {
            ThrowingCallable open = (ThrowingCallable) row.get()[1];
            return arguments((ThrowingCallable) () -> {
                FutureTask<Throwable> refusal = new FutureTask<>(() -> catchThrowable(open));
                Thread.ofVirtual().start(refusal);
                throw refusal.get();
            });
        }
    }

    @Test
    void moreResultsThanAnyHeapHasRoomForAreRefusedInWords() {
        assertThat(catchThrowable(() -> Parallel.jobs(2).range(Integer.MAX_VALUE, index -> index)))
                .isInstanceOf(OutOfMemoryError.class)
                .hasMessageContainingAll("the results of 2147483647 tasks", "-Xmx", "forEach")
                .hasCauseInstanceOf(OutOfMemoryError.class);
    }
}
