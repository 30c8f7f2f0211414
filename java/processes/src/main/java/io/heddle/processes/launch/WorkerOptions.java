package io.heddle.processes.launch;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The JVM options of workers: Heddle's, the parent's, the user's; the later ones win.
 *
 * @param parent what the parent passes on
 * @param user what the user wants
 * @param maxHeapBytes the largest heap; 0 for Heddle's policy
 * @param modular whether Heddle is in the module path
 */
record WorkerOptions(List<String> parent, List<String> user, long maxHeapBytes, boolean modular) {
    private static final Pattern COLLECTOR = Pattern.compile("-XX:\\+Use\\w+GC");

    /** Of the largest heap, the size where it is one. */
    private static final Pattern MOST_HEAP = Pattern.compile(
            "(?:-Xmx|-XX:MaxHeapSize=)(.*)|-XX:M(?:ax|in)RAM(?:Percentage|Fraction)?=.*", Pattern.DOTALL);

    /** Of the heap that a worker begins with. */
    private static final Pattern FIRST_HEAP = Pattern.compile(
            "(?:-Xms|-XX:(?:Initial|Min)HeapSize=)(.*)|-XX:InitialRAM(?:Percentage|Fraction)=.*", Pattern.DOTALL);

    private static final Pattern SIZE = Pattern.compile("(\\d{1,15})([kKmMgGtT]?)");
    private static final Pattern FREE_RATIO = Pattern.compile("-XX:M(in|ax)HeapFreeRatio=.*");
    private static final Pattern LOGGING =
            Pattern.compile("-Djava\\.util\\.logging\\.(config\\.(class|file)|manager)=.*", Pattern.DOTALL);

    /** Properties that are early enough once the JVM runs; the others it reads, or may read, while it starts. */
    private static final Pattern HIDEABLE = Pattern.compile(
            "-D(?!(java|jdk|sun|file|user|os|line|path|native|stdin|stdout|stderr)\\.).*", Pattern.DOTALL);

    /** What decides nothing about an AOT cache: sizes, properties, where a report goes. */
    private static final Pattern IRRELEVANT = Pattern.compile(
            "-D.*|-X(m[xsn]|ss).*|-XX:(ErrorFile|MaxHeapSize|InitialHeapSize|ActiveProcessorCount)=.*|-(ea|da|esa|dsa|enable|disable).*",
            Pattern.DOTALL);

    /** What no cache goes with, or what a cache is not to be recorded under. */
    private static final Pattern NO_CACHE = Pattern.compile(
            "@.*|-(agentlib|agentpath|javaagent):.*|-Xrun.*|-Xdebug.*|-Xshare.*|-Xint|-XX:.*(AOT|SharedArchive|SharedClassList|ArchiveClasses"
                    + "|FlightRecord|VMOptionsFile|Flags=).*",
            Pattern.DOTALL);

    /** The heap that a worker begins with: the least with which its start needs no collection. */
    private static final int INITIAL_HEAP_MB = 16;

    /**
     * All options but the class path.
     *
     * @param shown those that the process list may show
     * @param hidden properties that it is not to show; they win over the others
     */
    record Sorted(List<String> shown, List<String> hidden) {
        static Sorted allShown(List<String> options) {
            return new Sorted(options, List.of());
        }
    }

    /** Properties that only this process knows (from a file, a variable, or its code) may be secrets. */
    Sorted sorted(int cpus, List<String> cache, boolean parentHidesAny) {
        List<String> shown = beforeParents(cpus, cache);
        List<String> hidden = new ArrayList<>();
        parent.forEach(option -> (parentHidesAny && HIDEABLE.matcher(option).matches() ? hidden : shown).add(option));
        user.forEach(option -> (HIDEABLE.matcher(option).matches() ? hidden : shown).add(option));
        return new Sorted(shown, hidden);
    }

    private List<String> beforeParents(int cpus, List<String> cache) {
        List<String> options = new ArrayList<>(own());
        options.addAll(heap(cpus));
        options.add("-XX:ActiveProcessorCount=" + cpus);
        options.add("-XX:ErrorFile=" + reportHere());
        options.add("-Dstdout.encoding=UTF-8"); // what it prints is read here, whatever the two locales are
        options.add("-Dstderr.encoding=UTF-8");
        options.addAll(cache);
        return options;
    }

    /** What the user says of one of the two replaces that one; the JVM starts with no first heap above the largest. */
    private List<String> heap(int cpus) {
        Matcher most = last(MOST_HEAP);
        Matcher first = last(FIRST_HEAP);
        List<String> options = new ArrayList<>();
        long mostBytes = bytes(most);
        if (most == null) {
            mostBytes = maxHeapBytes == 0 ? Math.max(HeapPolicy.maxHeapBytes(cpus), bytes(first)) : maxHeapBytes;
        }
        if (first == null && mostBytes > 0) {
            options.add("-Xms" + Math.min((long) INITIAL_HEAP_MB << 20, mostBytes));
        }
        if (most == null) {
            options.add("-Xmx" + mostBytes);
        }
        return options;
    }

    private @Nullable Matcher last(Pattern pattern) {
        return user.reversed().stream()
                .map(pattern::matcher)
                .filter(Matcher::matches)
                .findFirst()
                .orElse(null);
    }

    /** The size in an option; 0 if there is none. */
    private static long bytes(@Nullable Matcher option) {
        Matcher size = SIZE.matcher(option == null || option.group(1) == null ? "" : option.group(1));
        if (!size.matches()) {
            return 0;
        }
        int power =
                " kmgt".indexOf(size.group(2).isEmpty() ? " " : size.group(2).toLowerCase(Locale.ROOT));
        return Long.parseLong(size.group(1)) << (10 * power);
    }

    /** Heddle's own, the same for each worker. */
    List<String> own() {
        List<String> options = new ArrayList<>();
        if (user.stream().noneMatch(option -> COLLECTOR.matcher(option).matches())) {
            options.add("-XX:+UseSerialGC");
        }
        if (user.stream().noneMatch(option -> FREE_RATIO.matcher(option).matches())) {
            options.add("-XX:MinHeapFreeRatio=10"); // memory goes back to the system after work
            options.add("-XX:MaxHeapFreeRatio=30");
            options.add("-XX:-ShrinkHeapInSteps"); // at the first collection, not at the fourth
        }
        options.add(
                "-XX:UserThreadWaitAttemptsAtExit=0"); // else a halt waits 300 ms for threads that read from sockets
        options.add("-XX:-UsePerfData"); // no file that a kill would leave
        options.add("-XX:-CreateCoredumpOnCrash");
        options.add("-XX:+DisplayVMOutputToStderr"); // standard output is the tasks'
        options.add("-Xlog:disable");
        options.add("-Xlog:all=warning:stderr");
        options.add("-Xlog:aot*=off:stderr"); // a cache that does not fit is nobody's business
        options.add("-Xlog:cds*=off:stderr");
        options.add("--enable-native-access=" + (modular ? "io.heddle" : "ALL-UNNAMED"));
        if (user.stream().noneMatch(option -> LOGGING.matcher(option).matches())) {
            options.add("-Djava.util.logging.config.class=" + Program.WORKER_PACKAGE + ".LogForwarding");
        }
        return options;
    }

    /** Those that a cache depends on, and is recorded with; null if there can be none. */
    @Nullable
    List<String> forCache() {
        if (user.stream().anyMatch(option -> NO_CACHE.matcher(option).matches())) {
            return null;
        }
        List<String> options = new ArrayList<>(own());
        options.addAll(parent);
        options.addAll(user);
        options.removeIf(option -> IRRELEVANT.matcher(option).matches());
        return options;
    }

    private static String reportHere() {
        Path here = Path.of("").toAbsolutePath();
        Path folder = Files.isWritable(here) ? here : Path.of(System.getProperty("java.io.tmpdir", "/tmp"));
        return folder.toString().replace("%", "%%") + "/hs_err_pid%p.log";
    }

    /**
     * The charset of what a JVM with some options prints.
     *
     * @param property {@code stdout.encoding} or {@code stderr.encoding}
     */
    static Charset charset(List<String> options, String property) {
        String name = "-D" + property + "=";
        for (String option : options.reversed()) {
            if (option.startsWith(name)) {
                return Charset.forName(option.substring(name.length()), Charset.defaultCharset());
            }
        }
        return StandardCharsets.UTF_8;
    }
}
