package io.heddle.cli;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The {@code heddle} command. Results go to standard output, everything else to standard error. Exit status: 0 for success, 1 for a
 * failure, 2 for wrong usage, and what a verb says of its own.
 */
@Command(
        name = "heddle",
        description =
                "The native thread pools of a process: what they do, what to do about it, and whether limits on them hold.",
        subcommands = {InfoCommand.class, DoctorCommand.class, StressCommand.class})
public final class Heddle implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    private Heddle() {}

    /** Runs a verb and exits. */
    public static void main(String[] arguments) {
        // File names may have any character, whatever the locale.
        System.setOut(new PrintStream(System.out, true, StandardCharsets.UTF_8));
        int status = run(arguments);
        if (System.out.checkError()) {
            System.err.println(
                    "heddle: the result could not be written whole: standard output is closed, or its disk is full");
            status = CommandLine.ExitCode.SOFTWARE;
        }
        System.exit(status);
    }

    static int run(String... arguments) {
        CommandLine heddle = new CommandLine(new Heddle());
        addHelp(heddle);
        heddle.getSubcommands().values().forEach(Heddle::addHelp);
        return heddle.setParameterExceptionHandler((exception, _) -> refuse(exception))
                .setExecutionExceptionHandler((exception, command, _) -> report(exception, command))
                .execute(arguments);
    }

    private static void addHelp(CommandLine command) {
        command.getCommandSpec()
                .addOption(OptionSpec.builder("-h", "--help")
                        .usageHelp(true)
                        .description("Show this help.")
                        .build());
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Name a verb: info, doctor or stress.");
    }

    private static int refuse(ParameterException exception) {
        CommandLine command = exception.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        command.getErr().println(name + ": " + exception.getMessage() + " (" + name + " --help tells more)");
        return CommandLine.ExitCode.USAGE;
    }

    private static int report(Exception exception, CommandLine command) {
        if (exception instanceof InterruptedException) {
            Thread.currentThread().interrupt();
        }
        String message = exception.getMessage() == null ? exception.toString() : exception.getMessage();
        command.getErr().println(command.getCommandSpec().qualifiedName() + ": " + message);
        return CommandLine.ExitCode.SOFTWARE;
    }
}
