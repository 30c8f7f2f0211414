package io.heddle.processes.setting;

import java.util.List;
import java.util.Map;

/** The variables of a process's environment that hold native libraries to a number of threads. */
public final class ThreadVariables {
    /** What native libraries read when they are loaded (joblib's list). */
    public static final List<String> NAMES = List.of(
            "OMP_NUM_THREADS",
            "OPENBLAS_NUM_THREADS",
            "MKL_NUM_THREADS",
            "BLIS_NUM_THREADS",
            "VECLIB_MAXIMUM_THREADS",
            "NUMBA_NUM_THREADS",
            "NUMEXPR_NUM_THREADS");

    /** What wins over one of those in its library. */
    private static final List<String> STRONGER =
            List.of("MKL_DOMAIN_NUM_THREADS", "BLIS_JC_NT", "BLIS_PC_NT", "BLIS_IC_NT", "BLIS_JR_NT", "BLIS_IR_NT");

    private ThreadVariables() {}

    /** The number that an environment holds every native library to; 0 if it does not, or not all to the same. */
    public static int limitInForce(Map<String, String> variables) {
        String value = variables.getOrDefault(NAMES.getFirst(), "");
        boolean same = NAMES.stream().allMatch(name -> value.equals(variables.get(name)))
                && STRONGER.stream().noneMatch(variables::containsKey);
        try {
            return same ? Math.max(0, Integer.parseInt(value)) : 0;
        } catch (NumberFormatException e) { // a list for nested regions
            return 0;
        }
    }
}
