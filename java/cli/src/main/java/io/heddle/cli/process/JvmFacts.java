package io.heddle.cli.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a JVM was started.
 *
 * @param version the feature version of its JDK
 * @param options what stands before the main class, and the options in its environment
 * @param complete whether these are all: an argument file may hold more
 */
public record JvmFacts(OptionalInt version, List<String> options, boolean complete) {
    private static final Pattern RELEASE_VERSION =
            Pattern.compile("^JAVA_VERSION=\"(?:1\\.)?(\\d+)", Pattern.MULTILINE);
    private static final Pattern SIZE = Pattern.compile("(\\d+)([kKmMgG]?)");
    private static final List<String> TAKES_NEXT = List.of(
            "-cp",
            "-classpath",
            "--class-path",
            "-p",
            "--module-path",
            "--add-modules",
            "--add-exports",
            "--add-opens",
            "--add-reads",
            "--upgrade-module-path",
            "--patch-module",
            "--limit-modules",
            "--enable-native-access");

    static JvmFacts of(List<String> commandLine, Map<String, String> environment, Optional<Path> release) {
        List<String> options = new ArrayList<>();
        for (String variable : List.of("JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS")) {
            options.addAll(
                    List.of(environment.getOrDefault(variable, "").strip().split("\\s+", -1)));
        }
        for (int i = 1; i < commandLine.size() && commandLine.get(i).startsWith("-"); i++) {
            options.add(commandLine.get(i));
            if (TAKES_NEXT.contains(commandLine.get(i)) && i + 1 < commandLine.size()) {
                options.add(commandLine.get(++i));
            }
        }
        boolean complete = options.stream().noneMatch(option -> option.startsWith("@"))
                && commandLine.stream().noneMatch(argument -> argument.startsWith("@"));
        return new JvmFacts(version(release), List.copyOf(options), complete);
    }

    private static OptionalInt version(Optional<Path> release) {
        try {
            return release.isPresent()
                    ? version(Files.readString(release.get(), StandardCharsets.UTF_8))
                    : OptionalInt.empty();
        } catch (IOException e) {
            return OptionalInt.empty();
        }
    }

    static OptionalInt version(String release) {
        Matcher line = RELEASE_VERSION.matcher(release);
        return line.find() ? OptionalInt.of(Integer.parseInt(line.group(1))) : OptionalInt.empty();
    }

    /** Whether an option is there, alone or with a value behind an equals sign. */
    public boolean has(String option) {
        return options.stream().anyMatch(each -> each.equals(option) || each.startsWith(option + "="));
    }

    /** The value of an option of the form {@code NAMEvalue}, the last one given. */
    public Optional<String> value(String name) {
        return options.stream()
                .filter(option -> option.startsWith(name))
                .map(option -> option.substring(name.length()))
                .reduce((first, second) -> second);
    }

    /** The stack of new Java threads, in bytes; empty where it is the default. */
    public OptionalLong stackBytes() {
        Optional<OptionalLong> given = value("-Xss")
                .map(text -> bytes(text, 1))
                .or(() -> value("-XX:ThreadStackSize=").map(text -> bytes(text, 1024)));
        return given.orElse(OptionalLong.empty());
    }

    private static OptionalLong bytes(String text, long unit) {
        Matcher size = SIZE.matcher(text);
        if (!size.matches() || size.group(1).length() > 12) {
            return OptionalLong.empty();
        }
        long factor = switch (size.group(2)) {
            case "k", "K" -> 1L << 10;
            case "m", "M" -> 1L << 20;
            case "g", "G" -> 1L << 30;
            default -> unit;
        };
        return OptionalLong.of(Long.parseLong(size.group(1)) * factor);
    }
}
