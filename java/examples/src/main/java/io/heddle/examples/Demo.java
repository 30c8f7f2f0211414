package io.heddle.examples;

import io.heddle.Parallel;
import io.heddle.examples.blas.Blas;
import io.heddle.examples.data.Digits;
import io.heddle.examples.ml.Classifier;
import io.heddle.examples.ml.Dataset;
import io.heddle.examples.ml.KernelRidge;
import io.heddle.examples.ml.Nystroem;
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
        description = {
            "A grid search on real data with a real BLAS.",
            "On threads, the default: plain threads against Heddle, in turns.",
            "With --backend: threads against that backend, the same library called in another context."
        },
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

    @Option(
            names = "--backend",
            paramLabel = "NAME",
            defaultValue = BackendChoice.THREADS,
            description = {
                "threads (the default), processes or fresh-processes (worker JVMs), sequential, ray, dask, or one that another artifact"
                        + " on the module path provides.",
                "ray joins the cluster that runs at --address, at RAY_ADDRESS or on this machine; dask that of --address or"
                        + " DASK_SCHEDULER_ADDRESS, else it starts one here."
            })
    private String backend = BackendChoice.THREADS;

    @Option(
            names = "--address",
            paramLabel = "ADDRESS",
            description = "The cluster for ray (host:port) or dask (tcp://host:port).")
    private @Nullable String address;

    @Option(names = "--jobs", defaultValue = "-1", description = "Workers; -1, the default: one for each usable CPU.")
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
        BackendChoice choice = new BackendChoice(backend, address);
        choice.requireAvailable(jobs);
        Blas blas = new Blas(LibraryChoice.source(library));
        DemoSettings settings = settings(choice);
        out.println(headline(choice, settings));
        out.printf("Computing with %s. Libraries found:%n%s%n", blas.library().path(), Limits.show());

        Dataset data = data();
        List<Classifier> classifiers = List.of(new KernelRidge(blas), new Nystroem(blas, LANDMARKS));
        Limits before = Limits.now();
        try {
            if (choice.isThreads()) {
                new GridScene(settings, failAt, out).play(data, classifiers);
                new LatencyScene(settings, out, blas, LibraryChoice.isEmbedded(library)).play();
            } else {
                new BackendScene(settings, failAt, out).play(data, classifiers, blas);
            }
        } catch (InterruptedException | CancellationException e) {
            before.awaitRestored();
            System.err.println(
                    "heddle demo: interrupted. The workers have stopped and every limit is what it was before.");
            return INTERRUPTED;
        }
        return CommandLine.ExitCode.OK;
    }

    private static String headline(BackendChoice choice, DemoSettings settings) {
        int cpus = Parallel.usableCpus();
        return choice.isThreads()
                ? String.format(
                        "Heddle demo: %d usable CPUs, %d outer threads. Plain: a fixed pool, the library unlimited."
                                + " Heddle: inner limit %d.",
                        cpus, settings.jobs(), Math.max(cpus / settings.jobs(), 1))
                : String.format(
                        "Heddle demo: %d usable CPUs here, %d workers of the backend '%s'.",
                        cpus, settings.jobs(), choice.name());
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

    private DemoSettings settings(BackendChoice choice) {
        int effective;
        try (var _ = choice.config(jobs).open()) {
            effective = Parallel.create().effectiveJobs();
        }
        return new DemoSettings(
                choice, effective, quick ? 2 : 3, quick ? Duration.ofMillis(700) : Duration.ofMillis(1400));
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
