package io.heddle.cli.doctor;

import io.heddle.cli.process.Sampling;
import io.heddle.cli.process.ThreadUse;
import io.heddle.control.UserApi;
import io.heddle.topology.UsableCpus.Constraint;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Rules on variables, JVM options and quotas. */
final class SettingRules {
    static final List<Rule> ALL = List.of(
            SettingRules::smallStack,
            SettingRules::spinning,
            SettingRules::quotaBelowCpus,
            SettingRules::nativeAccess,
            SettingRules::oldJdk);

    private static final long STACK_BYTES = 16L << 20;
    private static final String WORKER_PREFIX = "heddle-";
    private static final int FIRST_WITH_FFM = 22;
    private static final int FIRST_WITH_HEDDLE = 25;
    private static final int FIRST_WITH_WARNING = 24;

    /** Under this the threads of LLVM's and Intel's runtime sleep soon enough, in milliseconds; their default is 200. */
    private static final int SHORT_BLOCKTIME_MILLIS = 200;

    private SettingRules() {}

    static Optional<Finding> smallStack(Situation situation) {
        return situation
                .jvm()
                .filter(_ -> hasBlas(situation) && !onlyHeddleComputes(situation))
                .filter(jvm -> jvm.stackBytes().orElse(0) < STACK_BYTES
                        && (jvm.complete() || jvm.stackBytes().isPresent()))
                .map(jvm -> new Finding(
                        "small-stack",
                        "Java threads have a stack of "
                                + (jvm.stackBytes().isPresent()
                                        ? (jvm.stackBytes().getAsLong() >> 10) + " KB"
                                        : "the default size, 1 MB on Linux")
                                + ", and a BLAS with LAPACK is loaded.",
                        "LAPACK keeps large buffers on its caller's stack. On 1 MB some builds of OpenBLAS write beyond it: the JVM ends"
                                + " without a word, or solutions are wrong.",
                        "Call LAPACK in Heddle's workers (Parallel gives them 16 MB), or start with -Xss16m, or give threads the size:"
                                + " Thread's constructor takes it."));
    }

    /** Heddle's workers have a stack of the right size, whatever the default is. */
    private static boolean onlyHeddleComputes(Situation situation) {
        List<ThreadUse> computing =
                situation.sampling().map(Sampling::computeThreads).orElse(List.of());
        return !computing.isEmpty()
                && computing.stream().allMatch(thread -> thread.name().startsWith(WORKER_PREFIX));
    }

    private static boolean hasBlas(Situation situation) {
        return !situation.select(library -> library.userApi() == UserApi.BLAS).isEmpty();
    }

    static Optional<Finding> spinning(Situation situation) {
        Map<String, String> environment = situation.environment();
        String policy = environment.getOrDefault("OMP_WAIT_POLICY", "").toLowerCase(Locale.ROOT);
        boolean llvm = situation.hasRuntime("libomp") || situation.hasRuntime("libiomp");
        boolean active = policy.equals("active") && !situation.of("openmp").isEmpty();
        String blocktime = environment.getOrDefault("KMP_BLOCKTIME", "");
        boolean longBlocktime = llvm && isLong(blocktime);
        return active || longBlocktime
                ? Optional.of(new Finding(
                        "spinning",
                        (active ? "OMP_WAIT_POLICY=" + policy : "KMP_BLOCKTIME=" + blocktime)
                                + " makes OpenMP threads spin after a parallel region.",
                        "A spinning thread holds its CPU while it has nothing to do, and other outer threads get none.",
                        active
                                ? "Unset OMP_WAIT_POLICY, or set it to passive, wherever more than one thread makes native calls."
                                : "Set KMP_BLOCKTIME=0 wherever more than one thread makes native calls."))
                : Optional.empty();
    }

    private static boolean isLong(String blocktime) {
        if (blocktime.equalsIgnoreCase("infinite")) {
            return true;
        }
        try {
            return Integer.parseInt(blocktime.replaceFirst("(?i)ms$", "")) > SHORT_BLOCKTIME_MILLIS;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    static Optional<Finding> quotaBelowCpus(Situation situation) {
        int visible = situation.cpus().constraints().stream()
                .filter(constraint -> !isQuota(constraint))
                .mapToInt(Constraint::cpus)
                .min()
                .orElse(Integer.MAX_VALUE);
        return situation.cpus().constraints().stream()
                .filter(SettingRules::isQuota)
                .filter(constraint -> constraint.cpus() < visible && visible != Integer.MAX_VALUE)
                .findFirst()
                .map(quota -> new Finding(
                        "quota-below-cpus",
                        quota.source() + " allows " + quota.cpus() + " CPUs, and " + visible + " can be seen.",
                        "Native libraries count the CPUs they see: with a thread for each, the quota is used up early in every period and all"
                                + " threads stand still until the next.",
                        "Set OMP_NUM_THREADS=" + quota.cpus() + " and OPENBLAS_NUM_THREADS=" + quota.cpus()
                                + ", or open NativeThreads.limit(" + quota.cpus()
                                + "), or give the container whole CPUs (cpuset) rather than a quota."));
    }

    private static boolean isQuota(Constraint constraint) {
        return constraint.source().contains("cgroup");
    }

    static Optional<Finding> nativeAccess(Situation situation) {
        return situation
                .jvm()
                // a jar's manifest may hold the flag
                .filter(jvm -> !situation.libraries().isEmpty() && jvm.complete() && !jvm.has("-jar"))
                .filter(jvm -> jvm.version().orElse(0) >= FIRST_WITH_WARNING && !jvm.has("--enable-native-access"))
                .map(jvm -> new Finding(
                        "native-access",
                        "JDK " + jvm.version().orElse(0) + " runs native code without --enable-native-access.",
                        "The JVM prints a warning, and a later JDK will refuse the call.",
                        "Start with --enable-native-access=io.heddle on the module path, --enable-native-access=ALL-UNNAMED on the class"
                                + " path, or put Enable-Native-Access: ALL-UNNAMED into the jar's manifest."));
    }

    static Optional<Finding> oldJdk(Situation situation) {
        return situation
                .jvm()
                .filter(jvm -> jvm.version().isPresent() && jvm.version().getAsInt() < FIRST_WITH_HEDDLE)
                .map(
                        jvm -> new Finding(
                                "old-jdk",
                                "The process runs on JDK " + jvm.version().getAsInt() + ".",
                                jvm.version().getAsInt() < FIRST_WITH_FFM
                                        ? "Java's interface to native code (FFM) is final since JDK " + FIRST_WITH_FFM
                                                + ": Heddle cannot limit this process's libraries from inside."
                                        : "Heddle is built for JDK " + FIRST_WITH_HEDDLE + ".",
                                "Run it on JDK " + FIRST_WITH_HEDDLE
                                        + " or newer; until then set OMP_NUM_THREADS and OPENBLAS_NUM_THREADS before the start."));
    }
}
