package io.heddle.openblas.child;

import io.heddle.openblas.CheckedProduct;
import io.heddle.openblas.OpenBlas;
import io.heddle.openblas.OpenBlasException;

/** Main class of the child JVMs of the tests: opens two instances at once, computes with both and prints their paths. */
public final class OpenInstances {
    private OpenInstances() {}

    public static void main(String[] arguments) {
        try (OpenBlas one = OpenBlas.newInstance();
                OpenBlas two = OpenBlas.newInstance()) {
            for (OpenBlas each : new OpenBlas[] {one, two}) {
                if (!new CheckedProduct(each, 200).multipliesRight()) {
                    throw new AssertionError("wrong product by " + each);
                }
                System.out.println(each.path());
            }
        } catch (OpenBlasException e) {
            System.out.println(e.getMessage());
            System.exit(OpenShared.REFUSED);
        }
    }
}
