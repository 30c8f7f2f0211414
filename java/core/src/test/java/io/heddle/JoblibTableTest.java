package io.heddle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code JOBLIB.md}, read as what it claims. */
class JoblibTableTest {
    private static final Path TABLE = Path.of("JOBLIB.md"); // Maven runs the tests in their module's folder
    private static final int THEIR_TESTS = 80 + 10;
    private static final int LEAST_CARRIED_OVER = 75;
    private static final Pattern NAMED = Pattern.compile("`([A-Z]\\w*Test)\\.(\\w+)`");

    private record Row(String theirs, String verdict, String here) {
        boolean declined() {
            return verdict.startsWith("declined");
        }
    }

    private static List<Row> rows() throws IOException {
        return Files.readAllLines(TABLE).stream()
                .filter(line -> line.startsWith("| `test_"))
                .map(line -> line.split("\\|", -1))
                .map(cells -> new Row(cells[1].strip(), cells[3].strip(), cells[4].strip()))
                .toList();
    }

    @Test
    void everyTestOfTheirsHasOneRowWithAVerdict() throws IOException {
        assertThat(rows()).hasSize(THEIR_TESTS);
        assertThat(rows()).extracting(Row::theirs).doesNotHaveDuplicates();
        assertThat(rows())
                .allSatisfy(row -> assertThat(row.verdict()).matches("carried over.*|better: .+|declined: .+"));
    }

    @Test
    void enoughOfThemAreCarriedOverOrBetter() throws IOException {
        assertThat(rows()).filteredOn(row -> !row.declined()).hasSizeGreaterThanOrEqualTo(LEAST_CARRIED_OVER);
    }

    @Test
    void everyTestThatARowNamesExists() throws IOException {
        Map<String, String> sources = sources();
        for (Row row : rows()) {
            List<MatchResult> named = NAMED.matcher(row.here()).results().toList();
            assertThat(named.isEmpty()).as("no test named for %s", row.theirs()).isEqualTo(row.declined());
            for (MatchResult test : named) {
                assertThat(sources).as("class named for %s", row.theirs()).containsKey(test.group(1));
                assertThat(isTest(sources.getOrDefault(test.group(1), ""), test.group(2)))
                        .as("test %s named for %s", test.group(), row.theirs())
                        .isTrue();
            }
        }
    }

    private static boolean isTest(String source, String method) {
        return Pattern.compile(
                        "@(?:Parameterized)?Test\\b(?:(?!\\bvoid\\b).)*\\bvoid " + method + "\\(", Pattern.DOTALL)
                .matcher(source)
                .find();
    }

    private static Map<String, String> sources() throws IOException {
        Map<String, String> sources = new HashMap<>();
        try (Stream<Path> files = Files.find(
                Path.of("src/test/java"),
                Integer.MAX_VALUE,
                (path, attributes) ->
                        attributes.isRegularFile() && path.toString().endsWith("Test.java"))) {
            for (Path file : files.toList()) {
                String name = String.valueOf(file.getFileName());
                sources.put(name.substring(0, name.length() - ".java".length()), Files.readString(file));
            }
        }
        return sources;
    }
}
