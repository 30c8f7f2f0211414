package io.heddle.processes.launch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/*
 * Source: Linux kernel documentation, cgroup-v2 "memory.events", "memory.max"; cgroup-v1 "memory.oom_control", "memory.limit_in_bytes". The
 * kernel counts a process that it kills in the group that the process is in, whichever group's limit was hit, before the signal is sent.
 */
/** The cgroup that holds this process, and thus its workers, to an amount of memory. Thread-safe. */
final class MemoryGroup {
    static final MemoryGroup OWN = of(MemoryGroup::read);

    private final Function<Path, Optional<String>> read;
    private final @Nullable Path folder;
    private final boolean unified;

    /** Kills that were said to be a worker's; guarded by this. */
    private long told;

    private MemoryGroup(Function<Path, Optional<String>> read, @Nullable Path folder, boolean unified) {
        this.read = read;
        this.folder = folder;
        this.unified = unified;
    }

    /**
     * The group that files tell of.
     *
     * @param read the text of a file; empty where it cannot be read
     */
    static MemoryGroup of(Function<Path, Optional<String>> read) {
        for (String line :
                read.apply(Path.of("/proc/self/cgroup")).orElse("").lines().toList()) {
            String[] parts = line.split(":", 3); // hierarchy:controllers:path
            if (parts.length < 3) {
                continue;
            }
            boolean unified = parts[1].isEmpty();
            if (!unified && !Arrays.asList(parts[1].split(",")).contains("memory")) {
                continue;
            }
            Path top = Path.of(unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory");
            String file = unified ? "memory.events" : "memory.oom_control";
            for (Path folder = inside(top, parts[2]); folder != null; folder = folder.equals(top) ? null : top) {
                if (read.apply(folder.resolve(file)).isPresent()) {
                    return new MemoryGroup(read, folder, unified);
                }
            }
        }
        return new MemoryGroup(read, null, false);
    }

    private static Path inside(Path top, String group) {
        try {
            Path folder = top.resolve(group.replaceFirst("^/+", "")).normalize();
            return folder.startsWith(top) ? folder : top;
        } catch (InvalidPathException e) {
            return top; // a locale without UTF-8 cannot spell the group's name
        }
    }

    /** How many processes of the group the kernel has killed for want of memory; 0 if unknown. */
    long kills() {
        if (folder == null) {
            return 0;
        }
        String file = unified ? "memory.events" : "memory.oom_control";
        return read.apply(folder.resolve(file))
                .orElse("")
                .lines()
                .filter(line -> line.startsWith("oom_kill "))
                .mapToLong(line -> number(line.substring("oom_kill ".length()), 0))
                .findFirst()
                .orElse(0);
    }

    /** Whether one of the kills since a count is a worker's that no other worker's death was laid to. */
    synchronized boolean killedSince(long before) {
        long now = kills();
        if (now > Math.max(before, told)) {
            told = Math.max(before, told) + 1;
            return true;
        }
        return false;
    }

    /** The least of the machine's memory and the limits of the group and those above it; {@link Long#MAX_VALUE} if unknown. */
    long memoryBytes() {
        long least = read.apply(Path.of("/proc/meminfo"))
                .orElse("")
                .lines()
                .filter(line -> line.startsWith("MemTotal:"))
                .mapToLong(line -> number(line.replaceAll("\\D", ""), Long.MAX_VALUE >> 10) << 10)
                .findFirst()
                .orElse(Long.MAX_VALUE);
        String file = unified ? "memory.max" : "memory.limit_in_bytes";
        for (Path at = folder; at != null && at.startsWith("/sys/fs/cgroup"); at = at.getParent()) {
            least = Math.min(least, number(read.apply(at.resolve(file)).orElse(""), Long.MAX_VALUE));
        }
        return least;
    }

    private static long number(String text, long otherwise) {
        try {
            return Long.parseLong(text.strip());
        } catch (NumberFormatException e) { // "max"
            return otherwise;
        }
    }

    private static Optional<String> read(Path file) {
        try {
            return Optional.of(Files.readString(file, StandardCharsets.ISO_8859_1));
        } catch (IOException | SecurityException e) {
            return Optional.empty();
        }
    }
}
