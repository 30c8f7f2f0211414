package io.heddle.topology;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The CPUs that this process may use: the least of what the JDK counts (affinity mask and container included), the quota of the process's
 * own cgroup and every cgroup above it, and the user's cap.
 *
 * @param count the least of all constraints, at least 1
 * @param constraints every constraint that was found, the JDK's count always among them
 */
public record UsableCpus(int count, List<Constraint> constraints) {
    /** The system property of the user's cap. */
    public static final String CAP_PROPERTY = "heddle.maxCpus";

    /** The environment variable of the user's cap, where the property is not set. */
    public static final String CAP_VARIABLE = "HEDDLE_MAX_CPUS";

    /**
     * One reason why no more CPUs can be used.
     *
     * @param source who says so, for instance {@code cgroup cpu.max /user.slice}
     * @param cpus how many CPUs it allows, a quota rounded up
     */
    public record Constraint(String source, int cpus) {}

    private static final class Quota {
        private static final List<Constraint> OF_PROCESS = CgroupQuota.ofProcess();
    }

    /**
     * The CPUs usable now. The affinity mask is read at each call, the user's cap too, the cgroup's quota once in a process.
     *
     * @return the count and its reasons
     * @throws IllegalArgumentException if the user's cap is not a whole number of at least 1
     */
    public static UsableCpus now() {
        List<Constraint> constraints = new ArrayList<>();
        constraints.add(new Constraint(
                "the JDK (affinity mask, container)", Runtime.getRuntime().availableProcessors()));
        constraints.addAll(Quota.OF_PROCESS);
        userCap().ifPresent(constraints::add);
        int least = constraints.stream().mapToInt(Constraint::cpus).min().orElseThrow();
        return new UsableCpus(Math.max(1, least), List.copyOf(constraints));
    }

    /**
     * As {@link #now()}, only the count: for the path of every call.
     *
     * @return the CPUs, at least 1
     * @throws IllegalArgumentException if the user's cap is not a whole number of at least 1
     */
    public static int countNow() {
        int least = Runtime.getRuntime().availableProcessors();
        for (Constraint quota : Quota.OF_PROCESS) {
            least = Math.min(least, quota.cpus());
        }
        Optional<Constraint> cap = userCap();
        return Math.max(1, cap.isPresent() ? Math.min(least, cap.get().cpus()) : least);
    }

    private static Optional<Constraint> userCap() {
        String source = "the system property " + CAP_PROPERTY;
        String text = System.getProperty(CAP_PROPERTY);
        if (text == null) {
            source = "the environment variable " + CAP_VARIABLE;
            text = System.getenv(CAP_VARIABLE);
        }
        if (text == null || text.isBlank()) {
            return Optional.empty();
        }
        try {
            int cpus = Integer.parseInt(text.strip());
            if (cpus >= 1) {
                return Optional.of(new Constraint(source, cpus));
            }
        } catch (NumberFormatException e) {
            // the same error as for a number below 1
        }
        throw new IllegalArgumentException(source + " = \"" + text
                + "\" is not a number of CPUs: give a whole number of at least 1, or" + " leave it unset");
    }
}
