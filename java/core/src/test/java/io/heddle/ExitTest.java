package io.heddle;

import static io.heddle.fixture.NativeFiles.embeddedOpenBlas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.heddle.fixture.BlasCalls;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A JVM that is told to end while eight threads are in calls of OpenBLAS, each with eight threads, ends. */
class ExitTest {
    private static final int TURNS = 3;
    private static final int TURNS_OF_CONTROL = 8;
    private static final int SECONDS = 15;

    @TempDir
    Path folder;

    @Test
    void callsUnderWayAreDrainedBeforeTheLibraryEnds() throws Exception {
        Path[] files = embeddedOpenBlas(folder);
        for (int i = 0; i < TURNS; i++) {
            assertThat(endsInTime("heddle", files)).as("turn %d", i).isTrue();
        }
    }

    /** A shutdown hook that outlives the work sees that no limit stays. */
    @Test
    void theNumberComesBackWhenTheWorkEndsBeforeTheJvm() throws Exception {
        Process process = start("stopped", embeddedOpenBlas(folder));
        try (BufferedReader out = process.inputReader()) {
            assertThat(out.readLine()).isEqualTo("computing");
            process.toHandle().destroy(); // SIGTERM, its output stays open
            assertThat(out.readLine()).isEqualTo("3 threads");
            assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    /** The same with nothing of Heddle in it. */
    @Test
    void withoutHeddleItHangs() throws Exception {
        Path[] files = embeddedOpenBlas(folder);
        boolean hung = false;
        for (int i = 0; i < TURNS_OF_CONTROL && !hung; i++) {
            hung = !endsInTime("bare", files);
        }
        assumeTrue(hung, "the library's destructor did not hang here in " + TURNS_OF_CONTROL + " turns");
    }

    private static Process start(String how, Path[] files) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "--enable-native-access=ALL-UNNAMED",
                Busy.class.getName(),
                how));
        Arrays.stream(files).map(Path::toString).forEach(command::add);
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private static boolean endsInTime(String how, Path[] files) throws IOException, InterruptedException {
        Process process = start(how, files);
        try (BufferedReader out = process.inputReader()) {
            assertThat(out.readLine()).isEqualTo("computing");
            process.destroy(); // SIGTERM
            return process.waitFor(SECONDS, TimeUnit.SECONDS);
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    static final class Busy {
        private static final int CALLERS = 8;
        private static final int CALLS_BEFORE = 2;
        private static final int FOUND = 3;

        private static volatile boolean stopped;

        public static void main(String[] args) throws Exception {
            BlasCalls blas = BlasCalls.open(Arrays.copyOfRange(args, 1, args.length));
            if (args[0].equals("bare")) {
                blas.setNumThreads(CALLERS);
            }
            CountDownLatch computing = new CountDownLatch(CALLERS);
            List<Thread> callers = new ArrayList<>();
            if (args[0].equals("stopped")) {
                blas.setNumThreads(FOUND);
                Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(blas, callers)));
            }
            for (int i = 0; i < CALLERS; i++) {
                callers.add(Thread.ofPlatform().daemon().stackSize(16 << 20).start(() -> {
                    if (args[0].equals("bare")) {
                        compute(blas, computing);
                    } else {
                        try (var _ = NativeThreads.limit(CALLERS)) {
                            compute(blas, computing);
                        }
                    }
                }));
            }
            computing.await();
            System.out.println("computing");
            Thread.currentThread().join(); // until the signal
        }

        private static void stop(BlasCalls blas, List<Thread> callers) {
            stopped = true;
            try {
                for (Thread caller : callers) {
                    caller.join();
                }
                long start = System.nanoTime();
                while (blas.getNumThreads() != FOUND && System.nanoTime() - start < TimeUnit.SECONDS.toNanos(SECONDS)) {
                    Thread.sleep(10);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            System.out.println(blas.getNumThreads() + " threads");
        }

        private static void compute(BlasCalls blas, CountDownLatch computing) {
            BlasCalls.Product product = blas.product(300);
            for (long calls = 0; !stopped; calls++) {
                product.multiply();
                if (calls == CALLS_BEFORE) {
                    computing.countDown();
                }
            }
        }
    }
}
