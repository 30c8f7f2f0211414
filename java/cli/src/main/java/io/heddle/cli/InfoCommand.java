package io.heddle.cli;

import io.heddle.cli.library.CurrentProcess;
import io.heddle.cli.process.RunningProcess;
import io.heddle.topology.UsableCpus;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code heddle info}: what there is. */
@Command(
        name = "info",
        description =
                "Usable CPUs and why, and the native libraries that start threads: in a fresh JVM, or in a running process with"
                        + " what its threads do.")
final class InfoCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ProcessArgument process = new ProcessArgument();

    @Mixin
    private LoadOption load = new LoadOption();

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() throws InterruptedException {
        Optional<RunningProcess> running = process.look(spec, load);
        PrintWriter out = new PrintWriter(System.out, true, System.out.charset());
        if (running.isPresent()) {
            out.println(json ? InfoJson.of(running.get()) : InfoText.of(running.get()));
        } else if (json) {
            out.println(InfoJson.of(UsableCpus.now(), CurrentProcess.libraries()));
        } else {
            out.println(InfoText.of(UsableCpus.now(), CurrentProcess.libraries()));
        }
        return ExitCode.OK;
    }
}
