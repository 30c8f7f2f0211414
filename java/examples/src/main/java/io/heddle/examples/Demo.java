package io.heddle.examples;

import io.heddle.Parallel;
import io.heddle.examples.blas.Blas;
import io.heddle.examples.data.Digits;
import io.heddle.examples.ml.Classifier;
import io.heddle.examples.ml.Dataset;
import io.heddle.examples.ml.KernelRidge;
import io.heddle.examples.ml.Nystroem;
import io.heddle.openblas.OpenBlas;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;

/** The command {@code heddle demo}. */
@Command(
        name = "heddle demo",
        description = "A grid search on real data with a real BLAS: plain threads against Heddle, in turns.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:done", "1:failed, with a message", "2:wrong usage", "130:interrupted"})
final class Demo implements Callable<Integer> {
    private static final int INTERRUPTED = 130;
    private static final int QUICK_SAMPLES = 900;
    private static final int LEAST_SAMPLES = 100;
    private static final int LANDMARKS = 200;

    @Option(names = "--quick", description = "Fewer samples and turns: under 30 s.")
    private boolean quick;

    @Option(
            names = "--library",
            defaultValue = "openblas",
            description =
                    "openblas (embedded, the default), openblas-pthreads or openblas-openmp (Debian's, from the cache folder),"
                            + " or the path of an OpenBLAS.")
    private String library = "openblas";

    @Option(names = "--jobs", defaultValue = "-1", description = "Outer threads; -1, the default: all usable CPUs.")
    private int jobs = -1;

    @Option(names = "--samples", description = "How many of the 1797 digits to take; default: all, with --quick 900.")
    private @Nullable Integer samples;

    @Option(
            names = "--fail-at",
            defaultValue = "-1",
            description = "Let this fit fail, to see what a failure looks like.")
    private int failAt = -1;

    @Option(names = "--verbose", description = "Show the stack trace of a failure.")
    private boolean verbose;

    private Demo() {}

    /** Runs the demo and exits. */
    public static void main(String[] arguments) {
        Interruption interruption = Interruption.ofCurrentThread(System.err);
        Demo demo = new Demo();
        CommandLine commandLine = new CommandLine(demo).setExecutionExceptionHandler(demo::report);
        commandLine
                .getCommandSpec()
                .addOption(OptionSpec.builder("-h", "--help")
                        .usageHelp(true)
                        .description("Show this help.")
                        .build());
        int status;
        try {
            status = commandLine.execute(arguments);
        } finally {
            interruption.end();
        }
        System.exit(status);
    }

    @Override
    public Integer call() throws Exception {
        PrintWriter out = new PrintWriter(System.out, true, System.out.charset());
        OpenBlas openBlas = LibraryChoice.open(library);
        Blas blas = new Blas(openBlas);
        DemoSettings settings = settings();
        out.printf(
                "Heddle demo: %d usable CPUs, %d outer threads. Plain: a fixed pool, the library unlimited. Heddle: inner limit %d.%n",
                Parallel.usableCpus(), settings.jobs(), Math.max(Parallel.usableCpus() / settings.jobs(), 1));
        out.printf("Computing with %s. Libraries found:%n%s%n", openBlas.path(), Limits.show());

        Dataset data = data();
        List<Classifier> classifiers = List.of(new KernelRidge(blas), new Nystroem(blas, LANDMARKS));
        Limits before = Limits.now();
        try {
            new GridScene(settings, failAt, out).play(data, classifiers);
            new LatencyScene(settings, out, blas, LibraryChoice.isEmbedded(library)).play();
        } catch (InterruptedException | CancellationException e) {
            before.awaitRestored();
            System.err.println(
                    "heddle demo: interrupted. The workers have stopped and every limit is what it was before.");
            return INTERRUPTED;
        }
        return CommandLine.ExitCode.OK;
    }

    private Dataset data() {
        Dataset all = Digits.load();
        int count = samples != null ? samples : quick ? QUICK_SAMPLES : all.size();
        if (count < LEAST_SAMPLES || count > all.size()) {
            throw new DemoException("--samples " + count + ": give " + LEAST_SAMPLES + " to " + all.size()
                    + ", the number of digits there are.");
        }
        return all.first(count);
    }

    private DemoSettings settings() throws Exception {
        int effective;
        try (var _ = DemoSettings.config(jobs).open()) {
            effective = Parallel.create().effectiveJobs();
        }
        return new DemoSettings(effective, quick ? 2 : 3, quick ? Duration.ofMillis(700) : Duration.ofMillis(1400));
    }

    private int report(Exception e, CommandLine commandLine, ParseResult parsed) {
        String message = e.getMessage() == null ? e.toString() : e.getMessage();
        System.err.println("heddle demo: " + message);
        if (verbose) {
            e.printStackTrace();
        }
        return CommandLine.ExitCode.SOFTWARE;
    }
}
