package io.heddle.benchmarks;

import com.google.gson.Gson;
import com.google.gson.reflect.TypeToken;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The committed bounds on ratios of two figures of one run, which hold on any machine better than figures do.
 *
 * @param bounds all of them
 */
record Bounds(List<Bound> bounds) {
    /**
     * One bound.
     *
     * @param row the row
     * @param over the figure that Heddle's is divided by: {@code floor} or a peer; null where Heddle's figure is itself a ratio of one run,
     *     or hardly depends on the machine
     * @param atMost the greatest ratio allowed
     * @param atLeast the least ratio allowed
     * @param why where the number comes from
     */
    record Bound(
            String row,
            @Nullable String over,
            @Nullable Double atMost,
            @Nullable Double atLeast,
            String why) {
        /** What is wrong, or empty. A figure that is not there is wrong: a guard that does not guard. */
        Optional<String> violation(RowResult result) {
            Optional<Double> reference = over == null ? Optional.of(1.0) : result.figure(over);
            if (reference.isEmpty()) {
                return Optional.of(row + ": no figure " + over + " to compare with");
            }
            double ratio = result.heddle() / reference.get();
            if (atMost != null && !(ratio <= atMost)) {
                return Optional.of(message(ratio, "at most", atMost));
            }
            if (atLeast != null && !(ratio >= atLeast)) {
                return Optional.of(message(ratio, "at least", atLeast));
            }
            return Optional.empty();
        }

        private String message(double ratio, String how, double bound) {
            return String.format(
                    Locale.ROOT,
                    "%s: heddle is %.2f%s, %s %.2f is allowed",
                    row,
                    ratio,
                    over == null ? "" : " of " + over,
                    how,
                    bound);
        }
    }

    static Bounds committed() {
        try (InputStream stream = Objects.requireNonNull(Bounds.class.getResourceAsStream("bounds.json"));
                InputStreamReader reader = new InputStreamReader(stream, StandardCharsets.UTF_8)) {
            return new Bounds(new Gson().fromJson(reader, new TypeToken<List<Bound>>() {}.getType()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean guards(String row) {
        return bounds.stream().anyMatch(bound -> bound.row().equals(row));
    }

    /** What is wrong with a row, a line each. */
    List<String> violations(RowResult result) {
        return bounds.stream()
                .filter(bound -> bound.row().equals(result.name()))
                .flatMap(bound -> bound.violation(result).stream())
                .toList();
    }
}
