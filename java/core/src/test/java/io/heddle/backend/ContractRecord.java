package io.heddle.backend;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * Writes down how each test of the contract ended, for {@link ContractTable}: a file for each suite in {@code target/contract} of its module.
 * Surefire's reports know neither the backend nor the area.
 */
public final class ContractRecord implements BeforeEachCallback, TestWatcher, AfterAllCallback {
    private static final Path FOLDER = Path.of("target", "contract");

    /** What one suite showed so far. The suites of a module may run at the same time, the tests of one do not. */
    private static final class Lines {
        @Nullable
        String backend;

        final List<String> tests = new ArrayList<>();
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        Lines lines = lines(context);
        if (lines.backend == null
                && context.getRequiredTestInstance() instanceof BackendContract contract
                && !isOfTests(contract.backend())) {
            Backend backend = contract.backend();
            lines.backend =
                    "backend " + backend.name() + " " + backend.holdsInnerLimit() + " " + backend.holdsTimeLimit();
        }
    }

    @Override
    public void testSuccessful(ExtensionContext context) {
        ended(context, "passed");
    }

    @Override
    public void testFailed(ExtensionContext context, @Nullable Throwable cause) {
        ended(context, "failed");
    }

    @Override
    public void testAborted(ExtensionContext context, @Nullable Throwable cause) {
        ended(context, "skipped");
    }

    @Override
    public void testDisabled(ExtensionContext context, Optional<String> reason) {
        ended(context, "skipped");
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        Lines lines = lines(context);
        if (lines.backend != null) {
            Files.createDirectories(FOLDER);
            Path file = FOLDER.resolve(context.getRequiredTestClass().getSimpleName() + ".txt");
            List<String> all = new ArrayList<>(List.of(lines.backend));
            all.addAll(earlier(file, lines.tests));
            all.addAll(lines.tests);
            Files.write(file, all);
        }
    }

    /** Whether no user can have it: it shows that the suite, or what backends share, is right. */
    private static boolean isOfTests(Backend backend) {
        return backend.getClass()
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath()
                .contains("test-classes");
    }

    /** What was written of other tests: those that failed are run again by themselves where the build says so. */
    private static List<String> earlier(Path file, List<String> now) throws IOException {
        if (!Files.exists(file)) {
            return List.of();
        }
        Set<String> again = now.stream().map(ContractRecord::test).collect(Collectors.toSet());
        return Files.readAllLines(file).stream()
                .skip(1)
                .filter(line -> !again.contains(test(line)))
                .toList();
    }

    /** A line without how the test ended. */
    private static String test(String line) {
        return line.substring(0, line.lastIndexOf(' '));
    }

    private static void ended(ExtensionContext context, String how) {
        Method test = context.getRequiredTestMethod();
        area(test).ifPresent(area -> lines(context).tests.add(area + " " + test.getName() + " " + how));
    }

    /** The area that a test shows; empty for a test that one backend has of its own. */
    static Optional<Area> area(Method test) {
        return Stream.of(test, test.getDeclaringClass())
                .map(place -> place.getAnnotation(InArea.class))
                .filter(Objects::nonNull)
                .findFirst()
                .map(InArea::value);
    }

    private static Lines lines(ExtensionContext context) {
        Store store = context.getRoot().getStore(Namespace.create(ContractRecord.class));
        return store.computeIfAbsent(context.getRequiredTestClass(), _ -> new Lines(), Lines.class);
    }
}
