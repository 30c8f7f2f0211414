package io.heddle.cli;

import io.heddle.cli.doctor.Doctor;
import io.heddle.cli.doctor.Finding;
import io.heddle.cli.doctor.Situation;
import io.heddle.cli.process.RunningProcess;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code heddle doctor}: what to do. */
@Command(
        name = "doctor",
        description =
                "What slows a process down or endangers its results, and what to do about it. Without PID: this machine,"
                        + " environment and the libraries that --load names.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:nothing found", "1:the look failed", "2:wrong usage", "3:there is advice"})
final class DoctorCommand implements Callable<Integer> {
    private static final int ADVICE = 3;

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
        List<Finding> findings = Doctor.examine(running.map(Situation::of).orElseGet(Situation::ofCurrentProcess));
        PrintWriter out = new PrintWriter(System.out, true, System.out.charset());
        if (json) {
            out.println(InfoJson.of(findings));
        } else if (findings.isEmpty()) {
            out.println("nothing found");
        } else {
            for (Finding finding : findings) {
                out.println(finding.name() + ": " + finding.what() + " " + finding.why() + " " + finding.advice());
            }
        }
        return findings.isEmpty() ? ExitCode.OK : ADVICE;
    }
}
