package io.heddle.ray.harness;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs test classes in a JVM beside a cluster, and says on standard output how each test went. */
public final class ClusterMain {
    static final String MARK = "@heddle@";

    private ClusterMain() {}

    /** The names of the classes. */
    public static void main(String[] classes) {
        PrintStream out = System.out;
        Thread.ofPlatform().daemon().name("parent-watch").start(ClusterMain::endWithParent);
        var request = LauncherDiscoveryRequestBuilder.request()
                .selectors(Arrays.stream(classes).map(name -> selectClass(name)).toList())
                .build();
        LauncherFactory.create().execute(request, new Teller(out));
        out.println(MARK + "end");
        out.flush();
        System.exit(0);
    }

    private static void endWithParent() {
        try {
            while (System.in.read() >= 0) {
                // nothing is said
            }
        } catch (IOException e) {
            // as good as the end
        }
        Runtime.getRuntime().halt(1);
    }

    private record Teller(PrintStream out) implements TestExecutionListener {
        @Override
        public void executionSkipped(TestIdentifier test, String reason) {
            tell(test, "skipped", reason);
        }

        @Override
        public void executionStarted(TestIdentifier test) {
            if (test.isTest()) {
                out.println(test.getParentId().orElse("") + " " + test.getDisplayName());
            }
        }

        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            switch (result.getStatus()) {
                case SUCCESSFUL -> {
                    if (test.isTest()) {
                        tell(test, "passed", "");
                    }
                }
                case ABORTED ->
                    tell(
                            test,
                            "skipped",
                            result.getThrowable().map(Throwable::getMessage).orElse("no reason given"));
                case FAILED ->
                    tell(
                            test,
                            "failed",
                            result.getThrowable().map(Teller::trace).orElse("no reason given"));
            }
        }

        private void tell(TestIdentifier test, String how, String text) {
            String type =
                    test.getUniqueId().replaceAll(".*\\[class:([^]]*)].*", "$1").replaceAll(".*\\.", "");
            String name = test.isTest() ? test.getDisplayName().replaceAll("\\(.*", "") : "the class";
            synchronized (out) {
                out.println();
                out.println(MARK + String.join(" ", how, encoded(type + "." + name), encoded(text)));
                out.flush();
            }
        }

        private static String trace(Throwable failure) {
            StringWriter text = new StringWriter();
            failure.printStackTrace(new PrintWriter(text));
            return text.toString();
        }

        private static String encoded(String text) {
            return Base64.getEncoder().encodeToString((text + " ").getBytes(StandardCharsets.UTF_8));
        }
    }
}
