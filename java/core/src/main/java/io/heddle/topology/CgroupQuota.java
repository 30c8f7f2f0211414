package io.heddle.topology;

import io.heddle.topology.UsableCpus.Constraint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The CPU quotas of the process's own cgroup and of every cgroup above it, versions 1 and 2. A quota counts as quota / period, rounded
 * up (source: Linux kernel documentation, cgroup-v2 "CPU", and sched-bwc for version 1).
 */
public final class CgroupQuota {
    private CgroupQuota() {}

    /** The quotas of this process; none where there is no {@code /proc} or no quota. */
    static List<Constraint> ofProcess() {
        return parse(CgroupQuota::read);
    }

    /**
     * The quotas of another process, as seen from this one's mounts; none where there is no {@code /proc}, no right to read it or no quota.
     *
     * @param pid the process
     * @return one constraint for each cgroup with a quota
     */
    public static List<Constraint> ofProcess(long pid) {
        Path own = Path.of("/proc/self/cgroup");
        Path theirs = Path.of("/proc/" + pid + "/cgroup");
        return parse(file -> read(file.equals(own) ? theirs : file));
    }

    /**
     * The quotas that some files tell.
     *
     * @param read the text of a file, empty where it cannot be read
     */
    static List<Constraint> parse(Function<Path, Optional<String>> read) {
        List<Constraint> found = new ArrayList<>();
        List<Mount> mounts = new ArrayList<>();
        for (String line : lines(read, "/proc/self/mountinfo")) {
            Optional<Mount> mount = Mount.parse(line);
            if (mount.isPresent()) {
                mounts.add(mount.get());
            }
        }
        for (String line : lines(read, "/proc/self/cgroup")) {
            String[] parts = line.split(":", 3); // hierarchy:controllers:path
            if (parts.length < 3) {
                continue;
            }
            boolean unified = parts[1].isEmpty();
            if (unified || Arrays.asList(parts[1].split(",")).contains("cpu")) {
                for (Mount mount : mounts) {
                    if (unified ? mount.type.equals("cgroup2") : mount.hasController("cpu")) {
                        collect(mount, parts[2], unified, read, found);
                        break;
                    }
                }
            }
        }
        return List.copyOf(found);
    }

    /** No streams here nor lambdas below: every program's first call comes by, and each costs it a millisecond. */
    private static String[] lines(Function<Path, Optional<String>> read, String file) {
        return read.apply(Path.of(file)).orElse("").split("\n", -1);
    }

    private static void collect(
            Mount mount, String group, boolean unified, Function<Path, Optional<String>> read, List<Constraint> found) {
        Path top = Path.of(mount.point);
        Path folder = top;
        try {
            folder = top.resolve(mount.inside(group).replaceFirst("^/+", "")).normalize();
        } catch (InvalidPathException e) {
            // A locale without UTF-8 cannot spell the group's name; the groups above it count still.
        }
        if (!folder.startsWith(top)) {
            folder = top; // the group lies outside of what this mount shows
        }
        for (Path at = folder; at != null && at.startsWith(top); at = at.getParent()) {
            Path file = at.resolve(unified ? "cpu.max" : "cpu.cfs_quota_us");
            String quota = read.apply(file).orElse("");
            Optional<Integer> cpus = unified
                    ? unifiedQuota(quota)
                    : cpus(
                            quota.strip(),
                            read.apply(at.resolve("cpu.cfs_period_us"))
                                    .orElse("")
                                    .strip());
            if (cpus.isPresent()) {
                found.add(new Constraint("the cgroup quota in " + file, cpus.get()));
            }
        }
    }

    private static Optional<Integer> unifiedQuota(String text) {
        String[] parts = text.strip().split("\\s+", -1); // "max 100000" or "150000 100000"
        return parts.length == 2 ? cpus(parts[0], parts[1]) : Optional.empty();
    }

    private static Optional<Integer> cpus(String quota, String period) {
        try {
            long micros = Long.parseLong(quota);
            long each = Long.parseLong(period);
            return micros <= 0 || each <= 0
                    ? Optional.empty()
                    : Optional.of(Math.clamp(Math.ceilDiv(micros, each), 1, Integer.MAX_VALUE));
        } catch (NumberFormatException e) {
            return Optional.empty(); // "max": no quota
        }
    }

    private static Optional<String> read(Path file) {
        try {
            return Optional.of(
                    new String(Files.readAllBytes(file), StandardCharsets.UTF_8)); // any bytes, as names may have them
        } catch (IOException e) {
            return Optional.empty(); // no such controller or no /proc: no constraint from here
        }
    }

    private record Mount(String root, String point, String type, String options) {
        /** A line of mountinfo: {@code id parent major:minor root point options … - type source superOptions}. */
        static Optional<Mount> parse(String line) {
            String[] halves = line.split(" - ", 2);
            String[] head = halves[0].split(" ", -1);
            String[] tail = halves.length == 2 ? halves[1].split(" ", -1) : new String[0];
            if (head.length < 5 || tail.length < 3 || !tail[0].startsWith("cgroup")) {
                return Optional.empty();
            }
            try {
                String point = Path.of(head[4]).toString();
                return Optional.of(new Mount(head[3].equals("/") ? "" : head[3], point, tail[0], tail[2]));
            } catch (InvalidPathException e) {
                return Optional.empty();
            }
        }

        /** In a container the mount may show a subtree only: its root is cut from the group's path. */
        String inside(String group) {
            return group.equals(root) || group.startsWith(root + "/") ? group.substring(root.length()) : group;
        }

        boolean hasController(String name) {
            return type.equals("cgroup") && Arrays.asList(options.split(",")).contains(name);
        }
    }
}
