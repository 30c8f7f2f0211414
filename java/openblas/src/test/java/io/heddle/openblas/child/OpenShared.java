package io.heddle.openblas.child;

import io.heddle.openblas.OpenBlas;
import io.heddle.openblas.OpenBlasException;

/**
 * Main class of the child JVMs of the tests: opens the embedded OpenBLAS and prints its path. In a package of its own, so that it
 * can run beside the module.
 */
public final class OpenShared {
    static final int REFUSED = 3;

    private OpenShared() {}

    public static void main(String[] arguments) {
        try {
            System.out.println(OpenBlas.shared().path());
        } catch (OpenBlasException e) {
            System.out.println(e.getMessage());
            System.exit(REFUSED);
        }
    }
}
