package io.heddle;

import static io.heddle.JoblibCases.on;
import static io.heddle.JoblibCases.squaresUpTo;
import static io.heddle.fixture.Inputs.upTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.heddle.backend.ThreadsBackend;
import io.heddle.fixture.ChildJvm;
import io.heddle.fixture.RecordedCalls;
import io.heddle.fixture.Warnings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** joblib's cases of plain calls: results, inputs, and what the tasks see. */
@Timeout(60)
class JoblibParallelCasesTest {
    private static final String BACKENDS = "io.heddle.JoblibCases#backends";
    private static final String BACKENDS_AND_A_SENDING_ONE = "io.heddle.JoblibCases#backendsAndASendingOne";

    private static int setting;

    @Test
    void thereIsAtLeastOneUsableCpu() {
        assertThat(Parallel.usableCpus()).isPositive();
    }

    @ParameterizedTest
    @MethodSource(BACKENDS)
    void aCallCouldHaveAtLeastOneWorker(String backend) {
        assertThat(Parallel.builder().backend(backend).build().effectiveJobs()).isPositive();
        for (int jobs : new int[] {1, 2, -1, -2, -1000}) {
            assertThat(on(backend, jobs).effectiveJobs()).isPositive();
        }
    }

    @ParameterizedTest
    @MethodSource(BACKENDS)
    void twoJobsAreTwoWorkersAndGiveTheSameResults(String backend) {
        Parallel two = on(backend, 2);
        assertThat(two.effectiveJobs()).isEqualTo(backend.equals("sequential") ? 1 : 2);
        assertThat(two.map(upTo(10), JoblibCases::square)).isEqualTo(squaresUpTo(10));
    }

    @ParameterizedTest
    @MethodSource(BACKENDS)
    void anyJobsAndAnyVerbosityGiveTheSameResults(String backend) {
        for (int jobs : new int[] {1, 2, -1, -2}) {
            for (int verbosity : new int[] {0, 2, 11, 100}) {
                Parallel parallel = Parallel.builder()
                        .backend(backend)
                        .jobs(jobs)
                        .verbosity(verbosity)
                        .build();
                String told = onStandardErrorDuring(() -> {
                    assertThat(parallel.map(upTo(5), JoblibCases::square)).isEqualTo(squaresUpTo(5));
                    assertThat(parallel.map(upTo(5).iterator(), JoblibCases::square))
                            .isEqualTo(squaresUpTo(5));
                });
                assertThat(told.isEmpty()).as(told).isEqualTo(verbosity == 0);
            }
        }
    }

    private static String onStandardErrorDuring(Runnable body) {
        PrintStream before = System.err;
        ByteArrayOutputStream told = new ByteArrayOutputStream();
        System.setErr(new PrintStream(told, true, StandardCharsets.UTF_8));
        try {
            body.run();
        } finally {
            System.setErr(before);
        }
        return told.toString(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @MethodSource(BACKENDS)
    void progressIsToldInNumbersThatOnlyGrow(String backend) {
        for (int jobs : new int[] {1, 2}) {
            RecordedCalls calls = new RecordedCalls();
            Parallel.builder()
                    .backend(backend)
                    .jobs(jobs)
                    .listener(calls)
                    .build()
                    .map(upTo(100), JoblibCases::square);
            assertThat(calls.started()).singleElement().satisfies(status -> {
                assertThat(status.total()).hasValue(100);
                assertThat(status.completed()).isZero();
                assertThat(status.state()).isEqualTo(CallStatus.State.RUNNING);
            });
            assertThat(calls.progress()).extracting(CallStatus::completed).isSorted();
            assertThat(calls.progress()).allSatisfy(status -> {
                assertThat(status.total()).hasValue(100);
                assertThat(status.completed()).isBetween(0L, 100L);
            });
            assertThat(calls.ended()).singleElement().satisfies(status -> {
                assertThat(status.completed()).isEqualTo(100);
                assertThat(status.failed()).isZero();
                assertThat(status.state()).isEqualTo(CallStatus.State.DONE);
            });
        }
    }

    @ParameterizedTest
    @MethodSource(BACKENDS)
    void aCallerIsServedWithoutAWarningWhateverItsThreadIsNamed(String backend) {
        Thread caller = Thread.currentThread();
        String name = caller.getName();
        caller.setName("some name that says nothing");
        try {
            assertThat(Warnings.during(() -> assertThat(on(backend, -1).map(upTo(3), JoblibCases::square))
                            .isEqualTo(squaresUpTo(3))))
                    .isEmpty();
        } finally {
            caller.setName(name);
        }
    }

    @ParameterizedTest
    @MethodSource(BACKENDS)
    void aThreadInTheBackgroundMakesCallsWithoutAWarning(String backend) throws Exception {
        CompletableFuture<List<Integer>> results = new CompletableFuture<>();
        List<String> warnings = Warnings.during(() -> {
            Thread.ofPlatform()
                    .daemon()
                    .start(() -> results.complete(on(backend, -1).map(upTo(4), JoblibCases::square)));
            assertThat(results.orTimeout(30, TimeUnit.SECONDS).join()).isEqualTo(squaresUpTo(4));
        });
        assertThat(warnings).isEmpty();
    }

    @ParameterizedTest
    @MethodSource(BACKENDS)
    void tasksSeeTheCallersOwnObjects(String backend) {
        ArrayBlockingQueue<Integer> queue = new ArrayBlockingQueue<>(5);
        on(backend, 2).range(5, queue::offer);
        assertThat(queue.remainingCapacity()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void whatATaskCapturesComesWithIt(int jobs) {
        int y = 1;
        assertThat(Parallel.jobs(jobs).map(upTo(10), x -> x * x + y))
                .isEqualTo(IntStream.range(0, 10).mapToObj(x -> x * x + 1).toList());
    }

    @Test
    void oneParallelServesManyCallsOnTheSameWorkersUntilTheyAreClosed() {
        Parallel parallel;
        try (ThreadsBackend workers = new ThreadsBackend()) {
            parallel = Parallel.builder().backend(workers).jobs(4).build();
            for (int call = 0; call < 3; call++) {
                assertThat(parallel.map(upTo(10), JoblibCases::square)).isEqualTo(squaresUpTo(10));
            }
        }
        assertThatThrownBy(() -> parallel.map(upTo(10), JoblibCases::square))
                .isInstanceOf(ParallelException.class)
                .cause()
                .hasMessageContaining("it was closed");
        assertThat(Parallel.jobs(4).map(upTo(10), JoblibCases::square)).isEqualTo(squaresUpTo(10));
    }

    // functions as tasks

    @ParameterizedTest
    @MethodSource(BACKENDS_AND_A_SENDING_ONE)
    void aLambdaIsATask(String backend) {
        assertThat(on(backend, 2).map(upTo(10), x -> x * x)).isEqualTo(squaresUpTo(10));
        assertThat(on(backend, 2).range(10, x -> x * x)).isEqualTo(squaresUpTo(10));
    }

    @ParameterizedTest
    @MethodSource(BACKENDS_AND_A_SENDING_ONE)
    void aFunctionIsATaskOrPartOfItsInputOrCapturedByIt(String backend) {
        TaskFunction<Integer, Integer> local = x -> x * x;
        TaskFunction<Integer, Integer> ofAMethod = JoblibCases::square;
        for (TaskFunction<Integer, Integer> function : List.of(local, ofAMethod)) {
            assertThat(on(backend, 2).map(upTo(5), function)).isEqualTo(squaresUpTo(5));
            assertThat(on(backend, 2).map(upTo(5), x -> function.apply(x))).isEqualTo(squaresUpTo(5));
            assertThat(on(backend, 2).map(Collections.nCopies(5, function), given -> given.apply(3)))
                    .containsOnly(9)
                    .hasSize(5);
        }
    }

    /** One session of JShell for all of them: it takes seconds to start. */
    @Test
    void functionsAndClassesTypedIntoJShellAreTasks(@TempDir Path folder) throws Exception {
        Path jshell = Path.of(System.getProperty("java.home"), "bin", "jshell");
        assumeTrue(Files.isExecutable(jshell), "this JDK has no jshell");
        Path script = Files.writeString(folder.resolve("typed.jsh"), """
                import io.heddle.Parallel;
                int square(int x) { return x * x; }
                record Value(int number) {}
                int squareOf(Value value, String unused) { return value.number() * value.number(); }
                List<Integer> collected = Collections.synchronizedList(new ArrayList<>());
                System.out.println("functions " + Parallel.jobs(2).map(List.of(0, 1, 2, 3, 4), x -> square(x)));
                System.out.println("classes " + Parallel.jobs(2).range(5, i -> squareOf(new Value(i), "partly applied")));
                System.out.println("methods " + Parallel.jobs(2).map(List.of(0, 1, 2), collected::add));
                /exit
                """);
        Path out = folder.resolve("out");
        Process process = new ProcessBuilder(
                        jshell.toString(),
                        "--feedback",
                        "silent",
                        "--class-path",
                        ChildJvm.absoluteClassPath(),
                        "-R--enable-native-access=ALL-UNNAMED",
                        script.toString())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        try {
            process.getOutputStream().close();
            assertThat(process.waitFor(50, TimeUnit.SECONDS)).as("jshell ended").isTrue();
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
        }
        assertThat(Files.readString(out, StandardCharsets.UTF_8))
                .contains("functions [0, 1, 4, 9, 16]", "classes [0, 1, 4, 9, 16]", "methods [true, true, true]");
    }

    @ParameterizedTest
    @MethodSource(BACKENDS)
    void aStaticFieldThatChangesBetweenTwoCallsIsSeenByTheSecond(String backend) {
        for (int value : new int[] {1, 2}) {
            setting = value;
            assertThat(on(backend, 2).range(2, _ -> setting)).containsOnly(value);
        }
    }

    // inputs

    @ParameterizedTest
    @MethodSource(BACKENDS)
    void aProducerThatIsExhaustedGivesNoResult(String backend) {
        Iterator<Integer> exhausted = List.of(1).iterator();
        exhausted.next();
        assertThat(on(backend, 2).map(exhausted, JoblibCases::square)).isEmpty();
        assertThat(on(backend, 2).map(IntStream.empty().boxed(), JoblibCases::square))
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource(BACKENDS)
    void arraysThatTheProducerMakesArriveAsTheyWereAlsoWithMoreWorkers(String backend) {
        for (int jobs : new int[] {2, 4}) {
            List<double[]> copies = on(backend, jobs)
                    .map(IntStream.range(0, 100).mapToObj(JoblibParallelCasesTest::filledWith), double[]::clone);
            assertThat(copies).hasSize(100);
            for (int i = 0; i < 100; i++) {
                assertThat(copies.get(i)).isEqualTo(filledWith(i));
            }
        }
    }

    private static double[] filledWith(double value) {
        double[] array = new double[10];
        Arrays.fill(array, value);
        return array;
    }

    @ParameterizedTest
    @MethodSource(BACKENDS)
    void aSliceFarInsideAMappedFileReachesTheTasks(String backend, @TempDir Path folder) throws IOException {
        int apart = 1 << 16; // a multiple of every page size there is
        byte[] content = new byte[2 * apart];
        Arrays.fill(content, apart, content.length, (byte) 1);
        Path file = Files.write(folder.resolve("mapped"), content);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MappedByteBuffer ones = channel.map(FileChannel.MapMode.READ_ONLY, 0, content.length)
                    .slice(apart, apart);
            List<Integer> sums = on(backend, 2)
                    .range(
                            4,
                            i -> IntStream.range(i * apart / 4, (i + 1) * apart / 4)
                                    .map(ones::get)
                                    .sum());
            assertThat(sums).containsOnly(apart / 4).hasSize(4);
        }
    }
}
