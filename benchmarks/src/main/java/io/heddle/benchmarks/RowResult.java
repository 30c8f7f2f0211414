package io.heddle.benchmarks;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;

/**
 * The figures of a row, from one run, in one unit.
 *
 * @param name the row
 * @param unit the unit of every figure
 * @param figures by contender: {@value #HEDDLE}; {@value #FLOOR}, the plain-JDK or raw-native one, where there is one; else a peer
 * @param higherIsBetter whether a greater figure is the better one
 * @param note what a reader must know, or an empty text
 */
record RowResult(String name, String unit, SequencedMap<String, Double> figures, boolean higherIsBetter, String note) {
    static final String HEDDLE = "heddle";
    static final String FLOOR = "floor";

    private static final MathContext DIGITS = new MathContext(4);

    RowResult {
        if (!figures.containsKey(HEDDLE)) {
            throw new IllegalArgumentException(name + " has no figure of Heddle: " + figures);
        }
    }

    Optional<Double> figure(String contender) {
        return Optional.ofNullable(figures.get(contender));
    }

    double heddle() {
        return figure(HEDDLE).orElseThrow();
    }

    JsonObject toJson() {
        JsonObject row = new JsonObject();
        row.addProperty("name", name);
        row.addProperty("unit", unit);
        row.addProperty(HEDDLE, rounded(heddle()));
        row.add(FLOOR, JsonNull.INSTANCE);
        figure(FLOOR).ifPresent(floor -> row.addProperty(FLOOR, rounded(floor)));
        JsonObject peers = new JsonObject();
        peers().forEach((peer, figure) -> peers.addProperty(peer, rounded(figure)));
        row.add("peers", peers);
        if (higherIsBetter) {
            row.addProperty("higherIsBetter", true);
        }
        row.addProperty("note", note);
        return row;
    }

    private Map<String, Double> peers() {
        Map<String, Double> peers = new LinkedHashMap<>(figures);
        peers.keySet().removeAll(Set.of(HEDDLE, FLOOR));
        return peers;
    }

    /** One line for people. */
    String toText() {
        StringBuilder text = new StringBuilder(String.format("%-38s", name));
        figures.forEach((contender, figure) -> text.append("  ")
                .append(contender)
                .append(' ')
                .append(rounded(figure).toPlainString()));
        text.append("  ").append(unit).append(higherIsBetter ? ", higher is better" : "");
        return note.isEmpty() ? text.toString() : text + "  (" + note + ")";
    }

    private static BigDecimal rounded(double figure) {
        BigDecimal rounded = new BigDecimal(figure).round(DIGITS).stripTrailingZeros();
        return rounded.scale() < 0 ? rounded.setScale(0) : rounded; // 4712000, not 4.712E+6
    }
}
