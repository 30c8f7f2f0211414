package io.heddle.cli.stress;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What one stress run is to do.
 *
 * @param library what to call
 * @param dependencies what to open before it
 * @param seconds how long
 * @param threads how many Java threads
 * @param hangSeconds how long a thread may go without progress
 * @param unsafeSetter whether a further thread calls the library's own setter meanwhile, which no user of Heddle does
 */
public record StressSettings(
        String library,
        List<Path> dependencies,
        double seconds,
        int threads,
        double hangSeconds,
        boolean unsafeSetter) {
    /** The library that comes with Heddle; any other is named by its path. */
    public static final String EMBEDDED = "openblas";

    List<String> toArguments() {
        List<String> arguments = new ArrayList<>(List.of(
                library,
                Double.toString(seconds),
                Integer.toString(threads),
                Double.toString(hangSeconds),
                Boolean.toString(unsafeSetter)));
        dependencies.forEach(file -> arguments.add(file.toString()));
        return arguments;
    }

    static StressSettings of(List<String> arguments) {
        return new StressSettings(
                arguments.get(0),
                arguments.subList(5, arguments.size()).stream().map(Path::of).toList(),
                Double.parseDouble(arguments.get(1)),
                Integer.parseInt(arguments.get(2)),
                Double.parseDouble(arguments.get(3)),
                Boolean.parseBoolean(arguments.get(4)));
    }
}
