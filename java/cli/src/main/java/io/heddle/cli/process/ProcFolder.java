package io.heddle.cli.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One process's folder in {@code /proc}: reading only. A process may end between two reads, its threads all the more. */
public final class ProcFolder {
    private final long pid;
    private final Path folder;
    private final long startTicks;

    private ProcFolder(long pid, Path folder) {
        this.pid = pid;
        this.folder = folder;
        this.startTicks = startTicks()
                .orElseThrow(() -> new ProcessException("there is no process " + pid
                        + (Files.isDirectory(folder.resolveSibling("self"))
                                ? ". List those there are with: ps -e"
                                : ": " + folder.getParent() + " is not mounted, and it needs Linux")));
    }

    /**
     * The folder of a process.
     *
     * @throws ProcessException if there is no such process
     */
    public static ProcFolder of(long pid) {
        return of(Path.of("/proc"), pid);
    }

    static ProcFolder of(Path proc, long pid) {
        return new ProcFolder(pid, proc.resolve(Long.toString(pid)));
    }

    long pid() {
        return pid;
    }

    /** Whether the process is still there, and its number was not given to another. */
    boolean isAlive() {
        return startTicks().equals(Optional.of(startTicks));
    }

    private Optional<Long> startTicks() {
        return text("stat").flatMap(ProcText::startTicks);
    }

    /** A file that a look cannot do without. */
    String required(String file) {
        try {
            return read(file);
        } catch (AccessDeniedException e) {
            throw new ProcessException("no permission to read " + folder.resolve(file)
                    + ": the process belongs to another user. Run this as that user or as root");
        } catch (IOException e) {
            throw new ProcessException(
                    isAlive() ? folder.resolve(file) + " cannot be read: " + e : "process " + pid + " has ended");
        }
    }

    /** A file that may be missing or not be for us. */
    Optional<String> text(String file) {
        try {
            return Optional.of(read(file));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Arguments or variables, each closed by a zero byte; empty where they may not be read. */
    Optional<List<String>> strings(String file) {
        return text(file).map(ProcText::strings);
    }

    /** Where a link leads; empty where that may not be read. */
    Optional<Path> link(String file) {
        try {
            return Optional.of(Files.readSymbolicLink(folder.resolve(file)));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The numbers of its threads now; none once it has ended. */
    List<Long> threads() {
        List<Long> threads = new ArrayList<>();
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(folder.resolve("task"))) {
            for (Path task : tasks) {
                threads.add(Long.valueOf(String.valueOf(task.getFileName())));
            }
        } catch (IOException | DirectoryIteratorException e) {
            return isAlive() ? threads : List.of();
        }
        return threads;
    }

    /** A file of the process as this process can open it: it may live in another root folder. */
    Path insideRoot(Path path) {
        Path seen = folder.resolve("root").resolve(Path.of("/").relativize(path));
        return Files.exists(seen) ? seen : path;
    }

    /** Any bytes: names of threads and files may have them. */
    private String read(String file) throws IOException {
        return new String(Files.readAllBytes(folder.resolve(file)), StandardCharsets.UTF_8);
    }
}
