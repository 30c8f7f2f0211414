package io.heddle.cli;

import io.heddle.cli.library.SeenLibrary;
import io.heddle.cli.process.RunningProcess;
import io.heddle.cli.process.Sampling;
import io.heddle.cli.process.ThreadUse;
import io.heddle.control.LimitScope;
import io.heddle.topology.UsableCpus;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/** The tables of {@code info}. */
final class InfoText {
    private static final String UNKNOWN = "-";

    private InfoText() {}

    static String of(UsableCpus cpus, List<SeenLibrary> libraries) {
        return String.join("\n", cpus(cpus), libraries(libraries));
    }

    static String of(RunningProcess process) {
        Sampling sampling = process.sampling();
        return String.join(
                "\n",
                "process " + process.pid() + ": " + process.command(),
                cpus(process.cpus()),
                environment(process),
                libraries(process.libraries()),
                copies(process.libraries()),
                threads(sampling));
    }

    private static String cpus(UsableCpus cpus) {
        Table table = new Table();
        cpus.constraints().forEach(constraint -> table.row(Integer.toString(constraint.cpus()), constraint.source()));
        return "usable CPUs: " + cpus.count() + (cpus.constraints().isEmpty() ? "" : "\n" + table.show());
    }

    private static String environment(RunningProcess process) {
        if (process.environment().isEmpty()) {
            return "environment: may not be read (another user's process)";
        }
        Map<String, String> variables = process.environment().get();
        return variables.isEmpty()
                ? "environment: nothing about threads"
                : variables.entrySet().stream()
                        .map(each -> "  " + each.getKey() + "=" + each.getValue())
                        .collect(Collectors.joining("\n", "environment:\n", ""));
    }

    private static String libraries(List<SeenLibrary> libraries) {
        if (libraries.isEmpty()) {
            return "native libraries that start threads: none";
        }
        Table table = new Table()
                .row("user API", "library", "version", "layer", "architecture", "threads", "a limit affects", "file");
        for (SeenLibrary library : libraries) {
            table.row(
                    library.userApi().name().toLowerCase(Locale.ROOT),
                    library.internalApi(),
                    library.version().orElse(UNKNOWN),
                    library.threadingLayer()
                            .map(layer -> layer.name().toLowerCase(Locale.ROOT))
                            .orElse(UNKNOWN),
                    library.architecture().orElse(UNKNOWN),
                    number(library.threads()),
                    library.limitScope().map(InfoText::affected).orElse(UNKNOWN),
                    library.shownPath());
        }
        return "native libraries that start threads:\n" + table.show();
    }

    private static String affected(LimitScope scope) {
        return scope == LimitScope.PROCESS ? "the whole process" : "the calling thread";
    }

    private static String copies(List<SeenLibrary> libraries) {
        return libraries.stream()
                .collect(Collectors.groupingBy(SeenLibrary::internalApi, Collectors.counting()))
                .entrySet()
                .stream()
                .filter(entry -> entry.getValue() > 1)
                .map(entry -> entry.getValue() + " " + entry.getKey())
                .sorted()
                .collect(Collectors.collectingAndThen(
                        Collectors.joining(", "),
                        all -> "several copies of one library: " + (all.isEmpty() ? "none" : all)));
    }

    private static String threads(Sampling sampling) {
        Table table = new Table().row("thread", "name", "CPU", "run delay", "kind");
        for (ThreadUse thread : sampling.threads()) {
            table.row(
                    Long.toString(thread.id()),
                    thread.name(),
                    percent(thread.cpuShare()),
                    thread.runDelayShare().isPresent()
                            ? percent(thread.runDelayShare().getAsDouble())
                            : UNKNOWN,
                    thread.jvmInternal() ? "of the JVM" : "computes");
        }
        String lost = sampling.coresLost().isPresent()
                ? String.format(
                        Locale.ROOT,
                        "cores lost to oversubscription: %.2f (run delay of the threads that compute)",
                        sampling.coresLost().getAsDouble())
                : "cores lost to oversubscription: unknown, this kernel writes no schedstat (it is built without CONFIG_SCHED_INFO)";
        return String.format(
                        Locale.ROOT,
                        "threads that compute: %d, on %.2f CPUs, watched for %.2f s",
                        sampling.computeThreads().size(),
                        sampling.cpusUsed(),
                        sampling.seconds())
                + (sampling.threads().isEmpty() ? "" : "\n" + table.show())
                + "\n"
                + lost;
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.0f %%", 100 * share);
    }

    private static String number(OptionalInt value) {
        return value.isPresent() ? Integer.toString(value.getAsInt()) : UNKNOWN;
    }
}
