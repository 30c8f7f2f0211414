package io.heddle.examples;

import io.heddle.NativeThreads;
import io.heddle.Parallel;
import io.heddle.control.UserApi;
import io.heddle.openblas.OpenBlas;
import java.util.Set;
import java.util.TreeSet;

/** Main class of a child JVM in which the first tasks load the library: prints the limits that tasks saw, and the one afterwards. */
final class LateLibrary {
    private LateLibrary() {}

    public static void main(String[] arguments) {
        Set<Integer> seen = new TreeSet<>(
                Parallel.builder().jobs(2).innerMaxNumThreads(1).build().range(100, _ -> {
                    OpenBlas.shared();
                    return threads();
                }));
        System.out.println("in the tasks: " + seen);
        System.out.println("afterwards: " + threads());
    }

    private static int threads() {
        return NativeThreads.info().stream()
                .filter(library -> library.userApi() == UserApi.BLAS)
                .findFirst()
                .orElseThrow()
                .threads()
                .orElseThrow();
    }
}
