package io.heddle.processes.launch;

import io.heddle.processes.worker.HiddenProperties;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/*
 * Source: "The java Command" (JDK 25), its argument files and JDK_JAVA_OPTIONS; "JVM Tool Interface", JAVA_TOOL_OPTIONS. java.lang.management
 * would tell the options too, and takes 50 ms to load.
 */
/** The options that this JVM was started with, and which of them its workers get. */
final class ParentOptions {
    /** Options whose value may be the next argument. */
    private static final Set<String> WITH_VALUE = Set.of(
            "--add-modules",
            "--add-exports",
            "--add-opens",
            "--add-reads",
            "--enable-native-access",
            "--limit-modules",
            "--patch-module",
            "--module-path",
            "-p",
            "--upgrade-module-path",
            "-cp",
            "-classpath",
            "--class-path",
            "--source");

    private static final Pattern PASSED_ON = Pattern.compile(
            "-D(?!com\\.sun\\.management\\.|java\\.class\\.path=|jdk\\.module\\.|sun\\.java\\.|java\\.util\\.logging\\.(manager|config\\.class)=|io\\.heddle\\.worker\\.).*"
                    + "|--(add-modules|add-exports|add-opens|add-reads|enable-native-access|limit-modules|patch-module|upgrade-module-path"
                    + "|sun-misc-unsafe-memory-access|illegal-native-access)=.*"
                    + "|--enable-preview"
                    + "|-(ea|da|enableassertions|disableassertions)(:.*)?"
                    + "|-(esa|dsa|enablesystemassertions|disablesystemassertions)"
                    + "|-Xbootclasspath/a:.*"
                    + "|-XX:ErrorFile=.*%p.*", // without %p two processes would write one file
            Pattern.DOTALL);

    private ParentOptions() {}

    private static final class Own {
        static final List<String> LINE = commandLine();
        static final List<String> OPTIONS = ofThisProcess();
        static final boolean HIDDEN = hidesAny(OPTIONS, LINE);

        private static List<String> ofThisProcess() {
            List<String> options = new ArrayList<>(passedOn(ofThisJvm()));
            options.addAll(HiddenProperties.ofThisProcess());
            return options;
        }

        private static List<String> ofThisJvm() {
            List<String> options = new ArrayList<>(
                    ofManifest(System.getProperty("sun.java.command", ""), System.getProperty("java.class.path", "")));
            options.addAll(said());
            return options;
        }

        private static List<String> said() {
            if (!isJavaLauncher(program(LINE))) { // one with a JVM in it, which has its options from anywhere
                return toldByTheJvm();
            }
            try {
                List<String> options = options(LINE, System::getenv, ParentOptions::readArgumentFile);
                return options.stream().anyMatch(option -> option.startsWith("-XX:VMOptionsFile="))
                        ? toldByTheJvm()
                        : options;
            } catch (UncheckedIOException e) { // gone, or a pipe, as a worker's own are
                return toldByTheJvm();
            }
        }
    }

    /** What runs; the first word of a command line can be any (exec -a). */
    private static String program(List<String> commandLine) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/exe")).toString();
        } catch (IOException | UnsupportedOperationException e) { // no Linux: the command line was made of the program
            return commandLine.getFirst();
        }
    }

    /**
     * What the manifest of a jar says that java was started with (-jar).
     *
     * @param command the main class or the jar, and the program's arguments
     * @param classPath with -jar, the jar alone
     */
    static List<String> ofManifest(String command, String classPath) {
        if (classPath.isEmpty() || !(command.equals(classPath) || command.startsWith(classPath + " "))) {
            return List.of();
        }
        List<String> options = new ArrayList<>();
        try (JarFile jar = new JarFile(classPath, false)) {
            Manifest manifest = jar.getManifest();
            if (manifest == null) {
                return List.of();
            }
            for (String name : List.of("Add-Exports", "Add-Opens")) {
                for (String each : words(manifest.getMainAttributes().getValue(name))) {
                    options.add("--" + name.toLowerCase(Locale.ROOT) + "=" + each + "=ALL-UNNAMED");
                }
            }
            for (String modules : words(manifest.getMainAttributes().getValue("Enable-Native-Access"))) {
                options.add("--enable-native-access=" + modules);
            }
        } catch (IOException e) { // no jar, or one that is gone
            return List.of();
        }
        return options;
    }

    private static List<String> toldByTheJvm() {
        try {
            return ManagementFactory.getRuntimeMXBean().getInputArguments();
        } catch (NoClassDefFoundError e) { // a runtime image without java.management
            return List.of();
        }
    }

    /** What workers of this JVM get, in its order. */
    static List<String> ofThisJvm() {
        return Own.OPTIONS;
    }

    /** Whether one of them is a property that this JVM's command line, which every user can read, does not show. */
    static boolean hidesAny() {
        return Own.HIDDEN;
    }

    static boolean hidesAny(List<String> options, List<String> commandLine) {
        for (String option : options) {
            if (isProperty(option) && !commandLine.contains(option)) {
                return true;
            }
        }
        return false;
    }

    static boolean isProperty(String option) {
        return option.startsWith("-D");
    }

    /** Those of some options that workers get, each one text. */
    static List<String> passedOn(List<String> options) {
        return options.stream()
                .filter(option -> PASSED_ON.matcher(option).matches())
                .toList();
    }

    private static List<String> commandLine() {
        try {
            byte[] bytes = Files.readAllBytes(Path.of("/proc/self/cmdline"));
            Charset charset = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));
            return List.of(new String(bytes, charset).split("\0", -1));
        } catch (IOException e) { // no Linux
            ProcessHandle.Info info = ProcessHandle.current().info();
            List<String> line = new ArrayList<>(List.of(info.command().orElse("")));
            line.addAll(Arrays.asList(info.arguments().orElse(new String[0])));
            return line;
        }
    }

    /**
     * All options of a JVM, those that win last; "--option value" as "--option=value".
     *
     * @param commandLine of {@code java}
     * @param environment the value of a variable
     * @param file the text of an argument file
     * @throws UncheckedIOException by {@code file}
     */
    static List<String> options(
            List<String> commandLine, Function<String, @Nullable String> environment, Function<String, String> file) {
        List<String> options = new ArrayList<>(words(environment.apply("JAVA_TOOL_OPTIONS")));
        addUntilMain(words(environment.apply("JDK_JAVA_OPTIONS")), file, options);
        addUntilMain(commandLine.subList(1, commandLine.size()), file, options);
        options.addAll(words(environment.apply("_JAVA_OPTIONS")));
        return options;
    }

    static boolean isJavaLauncher(String program) {
        String name = program.substring(Math.max(program.lastIndexOf('/'), program.lastIndexOf('\\')) + 1);
        return Set.of("java", "java.exe", "javaw", "javaw.exe").contains(name.toLowerCase(Locale.ROOT));
    }

    private static void addUntilMain(List<String> arguments, Function<String, String> file, List<String> to) {
        List<String> expanded = new ArrayList<>();
        boolean files = true;
        for (String argument : arguments) {
            if (files && argument.startsWith("@@")) {
                expanded.add(argument.substring(1));
            } else if (files && argument.startsWith("@") && argument.length() > 1) {
                expanded.addAll(tokens(file.apply(argument.substring(1))));
            } else {
                files &= !argument.equals("--disable-@files");
                expanded.add(argument);
            }
        }
        for (String argument : joined(expanded)) {
            if (!argument.startsWith("-")
                    || argument.equals("-jar")
                    || argument.equals("-m")
                    || argument.equals("--module")
                    || argument.startsWith("--module=")) {
                return; // the main class and what it gets
            }
            to.add(argument);
        }
    }

    private static String readArgumentFile(String name) {
        try {
            Path file = Path.of(name);
            if (!Files.isRegularFile(file)) {
                throw new NoSuchFileException(name); // to read a pipe would take from the program what is its own
            }
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InvalidPathException e) {
            throw new UncheckedIOException(new IOException(e));
        }
    }

    /** Some options of a user's with those that stand in argument files, each one text, in place of the files; all unread files stay. */
    static List<String> expanded(List<String> options) {
        List<String> expanded = new ArrayList<>();
        for (String option : options) {
            List<String> inFile = List.of(option);
            if (option.startsWith("@") && !option.startsWith("@@")) {
                try {
                    inFile = joined(tokens(readArgumentFile(option.substring(1))));
                } catch (UncheckedIOException e) {
                    // java will say so
                }
            }
            expanded.addAll(inFile);
        }
        return expanded;
    }

    private static List<String> joined(List<String> arguments) {
        List<String> options = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            String option = arguments.get(i);
            boolean hasValue = WITH_VALUE.contains(option) && i + 1 < arguments.size();
            options.add(hasValue ? option + "=" + arguments.get(++i) : option);
        }
        return options;
    }

    /** The arguments in an argument file. */
    static List<String> tokens(String text) {
        return split(text, true);
    }

    /** The options in an environment variable. */
    static List<String> words(@Nullable String text) {
        return text == null ? List.of() : split(text, false);
    }

    private static List<String> split(String text, boolean argumentFile) {
        List<String> found = new ArrayList<>();
        StringBuilder token = new StringBuilder();
        boolean inToken = false;
        char quote = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quote != 0 && c == quote) {
                quote = 0;
            } else if (quote != 0 && argumentFile && c == '\\' && i + 1 < text.length()) {
                i = escape(text, i + 1, token);
            } else if (quote != 0) {
                token.append(c);
            } else if (c == '"' || c == '\'') {
                quote = c;
                inToken = true;
            } else if (Character.isWhitespace(c)) {
                if (inToken) {
                    found.add(token.toString());
                    token.setLength(0);
                }
                inToken = false;
            } else if (argumentFile && c == '#' && !inToken) {
                int end = text.indexOf('\n', i);
                i = end < 0 ? text.length() : end;
            } else {
                inToken = true;
                token.append(c);
            }
        }
        if (inToken) {
            found.add(token.toString());
        }
        return found;
    }

    /** Appends what a backslash before a place means; returns the last place that belongs to it. */
    private static int escape(String text, int at, StringBuilder token) {
        char c = text.charAt(at);
        switch (c) {
            case 'n' -> token.append('\n');
            case 'r' -> token.append('\r');
            case 't' -> token.append('\t');
            case 'f' -> token.append('\f');
            case '\r', '\n' -> { // the line goes on: without the white space that it begins with
                int next = at + 1;
                while (next < text.length() && Character.isWhitespace(text.charAt(next))) {
                    next++;
                }
                return next - 1;
            }
            default -> token.append(c);
        }
        return at;
    }

    /** Some options as a message may show them: without values whose names say that they are secret. */
    static List<String> shown(List<String> options) {
        UnaryOperator<String> hide =
                option -> option.replaceFirst("(?is)^(-D[^=]*(?:passw|secret|token|credential|key)[^=]*=).*", "$1...");
        return options.stream().map(hide).toList();
    }

    /** An option that is not to be seen, as a message may show it. */
    static String withoutValue(String option) {
        int value = isProperty(option) ? option.indexOf('=') : -1;
        return value < 0 ? option : option.substring(0, value + 1) + "...";
    }

    /** The text of an argument file with some options. */
    static String argumentFile(List<String> options) {
        StringBuilder text = new StringBuilder();
        for (String option : options) {
            text.append('"');
            for (int i = 0; i < option.length(); i++) {
                char c = option.charAt(i);
                switch (c) {
                    case '\\', '"' -> text.append('\\').append(c);
                    case '\n' -> text.append("\\n");
                    case '\r' -> text.append("\\r");
                    case '\t' -> text.append("\\t");
                    case '\f' -> text.append("\\f");
                    default -> text.append(c);
                }
            }
            text.append("\"\n");
        }
        return text.toString();
    }
}
