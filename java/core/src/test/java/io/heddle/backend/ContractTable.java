package io.heddle.backend;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The README's table of what each backend was seen to do, made of what {@link ContractRecord} wrote in a test run. The rows of backends that
 * did not run, and the cells whose tests were skipped, stay as the README has them.
 */
public final class ContractTable {
    static final String BEGIN = "<!-- contract table, made by ./heddle test -->";
    static final String END = "<!-- end of the contract table -->";

    /** A cell that this run says nothing about. */
    private static final String NOT_RUN = "not run";

    /** Where the first line of a record has what. */
    private static final int NAME = 1;

    private static final int HOLDS_INNER_LIMIT = 2;
    private static final int HOLDS_TIME_LIMIT = 3;

    private final Map<String, Map<Area, String>> rows;

    private ContractTable(Map<String, Map<Area, String>> rows) {
        this.rows = rows;
    }

    /**
     * Writes the table of a run, and fails where the README has another one.
     *
     * @param arguments the README, the file to write, the files of the run
     */
    public static void main(String[] arguments) throws IOException {
        Path readme = Path.of(arguments[0]);
        Path output = Path.of(arguments[1]);
        List<Path> records = Stream.of(arguments).skip(2).map(Path::of).toList();
        ContractTable told = inReadme(Files.readAllLines(readme));
        ContractTable seen = told.after(records);
        Files.write(output, seen.lines());
        List<String> differences = told.differencesTo(seen);
        if (!differences.isEmpty()) {
            System.err.println("The contract table in " + readme + " is not what this run showed:");
            differences.forEach(difference -> System.err.println("  " + difference));
            System.err.println(
                    "Mend what fails, or put the lines of " + output + " between '" + BEGIN + "' and '" + END + "'.");
            System.exit(1);
        }
    }

    /** The table between the marks. */
    static ContractTable inReadme(List<String> lines) {
        int begin = lines.indexOf(BEGIN);
        int end = lines.indexOf(END);
        if (begin < 0 || end < begin) {
            throw new IllegalArgumentException(
                    "The README has no lines '" + BEGIN + "' and '" + END + "' in this order");
        }
        List<String> table = lines.subList(begin + 1, end).stream()
                .filter(line -> line.startsWith("|"))
                .toList();
        Map<String, Map<Area, String>> rows = new LinkedHashMap<>();
        if (!table.isEmpty()) {
            List<String> titles = cells(table.getFirst());
            for (String line : table.subList(2, table.size())) {
                List<String> cells = cells(line);
                Map<Area, String> row = new EnumMap<>(Area.class);
                for (Area area : Area.values()) {
                    int column = titles.indexOf(area.title());
                    row.put(area, column < 0 ? NOT_RUN : cells.get(column));
                }
                rows.put(cells.getFirst().replace("`", ""), row);
            }
        }
        return new ContractTable(rows);
    }

    /** This table with what a run showed in place of what it said. */
    ContractTable after(List<Path> records) throws IOException {
        Map<String, Map<Area, String>> merged = new LinkedHashMap<>();
        rows.forEach((backend, row) -> merged.put(backend, new EnumMap<>(row)));
        for (Path record : records) {
            List<String> lines = Files.readAllLines(record);
            String[] head = lines.getFirst().split(" ", -1);
            Map<Area, String> seen = row(
                    lines, Boolean.parseBoolean(head[HOLDS_INNER_LIMIT]), Boolean.parseBoolean(head[HOLDS_TIME_LIMIT]));
            if (!seen.isEmpty()) {
                merged.computeIfAbsent(head[NAME], _ -> new EnumMap<>(Area.class))
                        .putAll(seen);
            }
        }
        return new ContractTable(merged);
    }

    private static Map<Area, String> row(List<String> lines, boolean holdsInnerLimit, boolean holdsTimeLimit) {
        Map<Area, String> row = new EnumMap<>(Area.class);
        for (Area area : Area.values()) {
            String cell = cell(
                    area,
                    lines.stream()
                            .filter(line -> line.startsWith(area + " "))
                            .map(line -> line.substring(line.lastIndexOf(' ') + 1))
                            .toList(),
                    holdsInnerLimit,
                    holdsTimeLimit);
            if (!cell.equals(NOT_RUN)) {
                row.put(area, cell);
            }
        }
        return row;
    }

    private static String cell(Area area, List<String> ends, boolean holdsInnerLimit, boolean holdsTimeLimit) {
        if (ends.contains("failed")) {
            return "no";
        }
        if (ends.isEmpty() || ends.contains("skipped")) {
            return NOT_RUN;
        }
        boolean refused =
                (area == Area.INNER_LIMIT && !holdsInnerLimit) || (area == Area.TIME_LIMIT && !holdsTimeLimit);
        return refused ? "refused" : "yes";
    }

    /** The table in Markdown. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add(line(
                Stream.concat(Stream.of("backend"), Arrays.stream(Area.values()).map(Area::title))));
        lines.add("|" + "---|".repeat(Area.values().length + 1));
        rows.forEach((backend, row) -> lines.add(line(Stream.concat(
                Stream.of("`" + backend + "`"),
                Arrays.stream(Area.values()).map(area -> row.getOrDefault(area, NOT_RUN))))));
        return lines;
    }

    /** What this table says and the other does not. */
    List<String> differencesTo(ContractTable seen) {
        List<String> differences = new ArrayList<>();
        seen.rows.forEach((backend, row) -> {
            if (!rows.containsKey(backend)) {
                differences.add("backend " + backend + ": it has no row");
                return;
            }
            Map<Area, String> told = rows.getOrDefault(backend, Map.of());
            row.forEach((area, cell) -> {
                String cellTold = told.getOrDefault(area, NOT_RUN);
                if (!cellTold.equals(cell)) {
                    differences.add(
                            "backend " + backend + ", " + area.title() + ": it says " + cellTold + ", the run " + cell);
                }
            });
        });
        return differences;
    }

    private static List<String> cells(String line) {
        return Arrays.stream(line.split("\\|", -1)).skip(1).map(String::strip).toList();
    }

    private static String line(Stream<String> cells) {
        return cells.collect(Collectors.joining(" | ", "| ", " |"));
    }
}
