package io.heddle.cli.process;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The parsers of what the kernel writes (source of each form: proc(5)). What is not in that form is empty, never an error. */
final class ProcText {
    private static final Pattern STATUS_CPUS = Pattern.compile("^Cpus_allowed_list:\\s*(\\S+)$", Pattern.MULTILINE);
    private static final Pattern MAPPED_FILE =
            Pattern.compile("^\\S+ ....\\s\\S+ (\\S+ [1-9]\\d*) +(/.+)$", Pattern.MULTILINE | Pattern.UNIX_LINES);
    private static final Pattern LIBRARY = Pattern.compile(".*\\.so(\\.[^/]*)?", Pattern.DOTALL);
    private static final Pattern OCTAL = Pattern.compile("\\\\([0-7]{3})");
    private static final String DELETED = " (deleted)";

    /** More CPUs than any kernel is built for; a list that names more is not one of the kernel's. */
    private static final int MOST_CPUS = 1 << 16;

    private ProcText() {}

    /** A thread's CPU time and the time it was runnable without a CPU, in nanoseconds. */
    record CpuTimes(long cpuNanos, long runDelayNanos) {}

    /** {@code schedstat}: CPU time, run delay, turns. */
    static Optional<CpuTimes> schedstat(String text) {
        String[] fields = text.strip().split("\\s+", -1);
        try {
            return fields.length == 3
                    ? Optional.of(new CpuTimes(Long.parseLong(fields[0]), Long.parseLong(fields[1])))
                    : Optional.empty();
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** Field 22 of {@code stat}: when the process or thread started. Its second field, a name, may hold anything. */
    static Optional<Long> startTicks(String stat) {
        return afterName(stat, 22);
    }

    /** Fields 14 and 15 of {@code stat}: the CPU time in clock ticks. */
    static Optional<Long> cpuTicks(String stat) {
        return afterName(stat, 14).flatMap(user -> afterName(stat, 15).map(system -> user + system));
    }

    private static Optional<Long> afterName(String stat, int field) {
        int nameEnd = stat.lastIndexOf(')');
        if (nameEnd < 0 || nameEnd + 2 > stat.length()) {
            return Optional.empty();
        }
        String[] fields = stat.substring(nameEnd + 2).strip().split(" ", -1);
        try {
            return fields.length > field - 3 ? Optional.of(Long.valueOf(fields[field - 3])) : Optional.empty();
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** A list such as {@code 0-3,8}; empty if it is none. */
    static Optional<BitSet> cpuList(String text) {
        BitSet cpus = new BitSet();
        for (String range : text.strip().split(",", -1)) {
            String[] ends = range.split("-", 2);
            try {
                int first = Integer.parseInt(ends[0]);
                int last = Integer.parseInt(ends[ends.length - 1]);
                if (first < 0 || last < first || last >= MOST_CPUS) {
                    return Optional.empty();
                }
                cpus.set(first, last + 1);
            } catch (NumberFormatException e) {
                return Optional.empty();
            }
        }
        return Optional.of(cpus);
    }

    /** The affinity mask in {@code status}. */
    static Optional<BitSet> allowedCpus(String status) {
        Matcher line = STATUS_CPUS.matcher(status);
        return line.find() ? cpuList(line.group(1)) : Optional.empty();
    }

    /** Each file in {@code maps} that is named like a library, in the order of their addresses, once for each inode. */
    static List<String> mappedLibraries(String maps) {
        List<String> files = new ArrayList<>();
        Set<String> seen = new LinkedHashSet<>();
        Matcher line = MAPPED_FILE.matcher(maps);
        while (line.find()) {
            String name = line.group(2);
            String existing = name.endsWith(DELETED) ? name.substring(0, name.length() - DELETED.length()) : name;
            if (LIBRARY.matcher(existing).matches() && seen.add(line.group(1) + name)) {
                files.add(OCTAL.matcher(existing)
                        .replaceAll(match ->
                                Matcher.quoteReplacement(Character.toString(Integer.parseInt(match.group(1), 8)))));
            }
        }
        return files;
    }

    /** Texts that each end in a zero byte. */
    static List<String> strings(String text) {
        return text.isEmpty()
                ? List.of()
                : Arrays.asList(text.replaceFirst("\0+$", "").split("\0", -1));
    }
}
