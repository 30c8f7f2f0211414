package io.heddle.cli;

import io.heddle.ffi.NativeLibrary;
import io.heddle.ffi.NativeLibraryException;
import io.heddle.openblas.OpenBlas;
import io.heddle.openblas.OpenBlasException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code --load}: what to open in this JVM before it is looked at. */
final class LoadOption {
    static final String EMBEDDED = "openblas";

    @Option(
            names = "--load",
            paramLabel = "FILE|openblas",
            description =
                    "Open a library in this JVM first, locally (RTLD_LOCAL); openblas is the embedded one. May be repeated:"
                            + " what a library needs and the system does not find goes before it.")
    private List<String> names = List.of();

    void open() {
        for (String name : names) {
            if (name.equals(EMBEDDED)) {
                openEmbedded();
            } else {
                openFile(name);
            }
        }
    }

    void refuseWith(CommandSpec spec, String other) {
        if (!names.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--load opens a library in this JVM and says nothing of " + other + ": give one of both.");
        }
    }

    private static void openEmbedded() {
        try {
            OpenBlas.shared();
        } catch (OpenBlasException e) {
            throw new CliException("--load openblas: " + e.getMessage(), e);
        }
    }

    private static void openFile(String name) {
        try {
            Path file = Path.of(name);
            if (!Files.isRegularFile(file)) {
                throw new CliException("--load " + name
                        + ": there is no such file. Name a library file, or openblas for the embedded one.");
            }
            NativeLibrary.open(file);
        } catch (InvalidPathException e) {
            throw new CliException("--load: the name cannot be a file: " + e.getMessage(), e);
        } catch (NativeLibraryException e) {
            throw new CliException("--load: " + e.getMessage(), e);
        }
    }
}
