package io.heddle.benchmarks;

import io.heddle.openblas.OpenBlas;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** The peers that run in Python, in an environment of their own in the cache folder, made at the first use. */
final class Python {
    private static final List<String> PACKAGES = List.of("joblib==1.6.0", "threadpoolctl==3.8.0", "numpy==2.4.6");
    private static final long INSTALL_MINUTES = 5;
    private static final long MEASURE_MINUTES = 2;

    private Python() {}

    /** A peer that could not be measured; the message says why. */
    static final class PeerException extends Exception {
        private static final long serialVersionUID = 1L;

        PeerException(String message) {
            super(message);
        }
    }

    /** A peer's name and the arguments that measure it. */
    record Peer(String name, Supplier<List<String>> arguments) {
        /** Adds the peer's figure, or to the notes why there is none. */
        void addTo(Map<String, Double> figures, List<String> notes) {
            try {
                figures.put(name, measure(arguments.get()));
            } catch (PeerException e) {
                notes.add("no " + name + ": " + e.getMessage());
            }
        }
    }

    /** Runs the peers' script and gives the number it prints. */
    private static double measure(List<String> arguments) throws PeerException {
        try (InputStream script = Objects.requireNonNull(Python.class.getResourceAsStream("peers.py"))) {
            List<String> command = new ArrayList<>(List.of(environment().toString(), "-"));
            command.addAll(arguments);
            String printed = run(command, script.readAllBytes(), MEASURE_MINUTES);
            return Double.parseDouble(printed.strip());
        } catch (IOException e) {
            throw new PeerException(e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PeerException("interrupted");
        }
    }

    /** The interpreter of the environment; a folder is complete once it has its final name. */
    private static Path environment() throws PeerException, IOException, InterruptedException {
        Path parent = Files.createDirectories(OpenBlas.cacheFolder().resolve("python"));
        Path folder = parent.resolve(String.join("-", PACKAGES).replace("==", ""));
        Path interpreter = Path.of("bin", "python");
        if (!Files.isExecutable(folder.resolve(interpreter))) {
            Path fresh = Files.createTempDirectory(parent, ".new");
            try {
                System.err.println("bench: installing " + PACKAGES + " below " + parent);
                run(List.of("python3", "-m", "venv", fresh.toString()), new byte[0], INSTALL_MINUTES);
                List<String> install = new ArrayList<>(List.of(
                        fresh.resolve(interpreter).toString(),
                        "-m",
                        "pip",
                        "install",
                        "--quiet",
                        "--disable-pip-version-check"));
                install.addAll(PACKAGES);
                run(install, new byte[0], INSTALL_MINUTES);
                Files.move(fresh, folder, StandardCopyOption.ATOMIC_MOVE);
            } catch (FileAlreadyExistsException | DirectoryNotEmptyException e) {
                System.err.println("bench: another process made " + folder);
            } finally {
                deleteAll(fresh);
            }
        }
        return folder.resolve(interpreter);
    }

    private static String run(List<String> command, byte[] input, long minutes)
            throws PeerException, IOException, InterruptedException {
        File errors = File.createTempFile("heddle-bench", ".log");
        File output = File.createTempFile("heddle-bench", ".out");
        try {
            Process process;
            try {
                process = new ProcessBuilder(command)
                        .redirectError(errors)
                        .redirectOutput(output)
                        .start();
            } catch (IOException e) {
                throw new PeerException(command.getFirst() + " cannot be run: " + e.getMessage());
            }
            try (var stdin = process.getOutputStream()) {
                stdin.write(input);
            }
            if (!process.waitFor(minutes, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new PeerException("'" + String.join(" ", command) + "' did not end within " + minutes + " min");
            }
            if (process.exitValue() != 0) {
                List<String> said = Files.readAllLines(errors.toPath(), StandardCharsets.UTF_8);
                throw new PeerException("'" + String.join(" ", command) + "' failed with status " + process.exitValue()
                        + (said.isEmpty() ? "" : ": " + said.getLast()));
            }
            return Files.readString(output.toPath());
        } finally {
            Files.deleteIfExists(errors.toPath());
            Files.deleteIfExists(output.toPath());
        }
    }

    private static void deleteAll(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
