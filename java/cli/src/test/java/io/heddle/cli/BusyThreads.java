package io.heddle.cli;

import io.heddle.openblas.OpenBlas;
import java.io.IOException;

/** A JVM that oversubscribes: as many threads that compute as its argument says, until its standard input closes. */
final class BusyThreads {
    private BusyThreads() {}

    public static void main(String[] arguments) throws IOException {
        OpenBlas.shared();
        for (int i = 0; i < Integer.parseInt(arguments[0]); i++) {
            Thread.ofPlatform().daemon().name("busy-" + i).start(() -> {
                while (true) {
                    Thread.onSpinWait();
                }
            });
        }
        System.out.println("busy");
        while (System.in.read() >= 0) {
            // nothing is sent
        }
    }
}
