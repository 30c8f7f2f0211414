package io.heddle.cli.process;

import io.heddle.cli.library.ElfFile;
import io.heddle.cli.library.RuntimeFamily;
import io.heddle.cli.library.SeenLibrary;
import io.heddle.topology.CgroupQuota;
import io.heddle.topology.UsableCpus;
import io.heddle.topology.UsableCpus.Constraint;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A process as seen from outside, by reading alone.
 *
 * @param pid its number
 * @param command its first argument
 * @param cpus the CPUs it may use, and why
 * @param libraries the native libraries in its memory that start threads
 * @param environment the variables it was started with that matter here; empty if they may not be read
 * @param sampling what its threads did
 * @param jvm how its JVM was started, if it is one
 */
public record RunningProcess(
        long pid,
        String command,
        UsableCpus cpus,
        List<SeenLibrary> libraries,
        Optional<Map<String, String>> environment,
        Sampling sampling,
        Optional<JvmFacts> jvm) {
    private static final Pattern VARIABLE =
            Pattern.compile("(OMP|GOMP|KMP|OPENBLAS|GOTO|MKL|BLIS|FLEXIBLAS|VECLIB|NUMEXPR|NUMBA"
                    + "|HEDDLE)_.*|LD_PRELOAD|JDK_JAVA_OPTIONS|JAVA_TOOL_OPTIONS");

    /**
     * Looks at a process.
     *
     * @param span how long to watch its threads
     * @throws ProcessException if there is no such process, it ends meanwhile, or may not be looked at
     */
    public static RunningProcess look(long pid, Duration span) throws InterruptedException {
        ProcFolder folder = ProcFolder.of(pid);
        String maps = folder.required("maps");
        if (maps.isEmpty()) {
            throw new ProcessException(
                    "process " + pid + " has no memory of its own: it is a thread of the kernel, or has ended");
        }
        List<String> files = ProcText.mappedLibraries(maps);
        List<String> commandLine = folder.strings("cmdline").orElse(List.of());
        Optional<Map<String, String>> environment = folder.strings("environ").map(RunningProcess::variables);
        boolean isJvm = files.stream().anyMatch(file -> file.endsWith("/libjvm.so"));
        Optional<JvmFacts> jvm = isJvm
                ? Optional.of(JvmFacts.of(
                        commandLine,
                        environment.orElse(Map.of()),
                        folder.link("exe").flatMap(exe -> release(folder, exe))))
                : Optional.empty();
        UsableCpus cpus = cpus(folder, environment.orElse(Map.of()), jvm, onlineCpus());
        List<SeenLibrary> libraries = libraries(folder, files);
        Sampling sampling = new ThreadSampler(folder, isJvm).sample(span);
        String command = commandLine.isEmpty() ? "?" : commandLine.getFirst();
        return new RunningProcess(pid, command, cpus, libraries, environment, sampling, jvm);
    }

    /** A JVM that starts at its release file's sibling folder {@code bin}. */
    private static Optional<Path> release(ProcFolder folder, Path executable) {
        return Optional.ofNullable(executable.getParent())
                .map(bin -> folder.insideRoot(bin.resolveSibling("release")))
                .filter(Files::isRegularFile);
    }

    private static Optional<BitSet> onlineCpus() {
        try {
            return ProcText.cpuList(Files.readString(Path.of("/sys/devices/system/cpu/online")));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static UsableCpus cpus(
            ProcFolder folder, Map<String, String> environment, Optional<JvmFacts> jvm, Optional<BitSet> online) {
        List<Constraint> constraints = new ArrayList<>();
        online.ifPresent(cpus -> constraints.add(new Constraint("the CPUs that are online", cpus.cardinality())));
        ProcText.allowedCpus(folder.required("status")).ifPresent(allowed -> {
            online.ifPresent(allowed::and);
            constraints.add(new Constraint("the affinity mask (Cpus_allowed_list in status)", allowed.cardinality()));
        });
        constraints.addAll(CgroupQuota.ofProcess(folder.pid()));
        jvm.flatMap(facts -> facts.value("-XX:ActiveProcessorCount="))
                .flatMap(RunningProcess::count)
                .ifPresent(n ->
                        constraints.add(new Constraint("the option -XX:ActiveProcessorCount (Java code only)", n)));
        jvm.flatMap(facts -> facts.value("-D" + UsableCpus.CAP_PROPERTY + "="))
                .flatMap(RunningProcess::count)
                .map(n -> new Constraint("the system property " + UsableCpus.CAP_PROPERTY, n))
                .or(() -> Optional.ofNullable(environment.get(UsableCpus.CAP_VARIABLE))
                        .flatMap(RunningProcess::count)
                        .map(n -> new Constraint("the environment variable " + UsableCpus.CAP_VARIABLE, n)))
                .ifPresent(constraints::add);
        int least = constraints.stream().mapToInt(Constraint::cpus).min().orElse(1);
        return new UsableCpus(Math.max(1, least), List.copyOf(constraints));
    }

    private static Optional<Integer> count(String text) {
        try {
            return Optional.of(Integer.valueOf(text.strip())).filter(n -> n >= 1);
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static Map<String, String> variables(List<String> strings) {
        Map<String, String> all = new LinkedHashMap<>();
        for (String string : strings) {
            String[] parts = string.split("=", 2);
            if (parts.length == 2) {
                all.putIfAbsent(parts[0], parts[1]);
            }
        }
        return relevant(all);
    }

    /** Those variables that native libraries, the JVM or Heddle read, by name. */
    public static Map<String, String> relevant(Map<String, String> environment) {
        Map<String, String> found = new TreeMap<>(environment);
        found.keySet().removeIf(name -> !VARIABLE.matcher(name).matches());
        return found;
    }

    private static List<SeenLibrary> libraries(ProcFolder folder, List<String> files) {
        Map<String, SeenLibrary> found = new LinkedHashMap<>();
        for (String file : files) {
            Path path = path(file.replace('\0', '?'));
            RuntimeFamily.recognise(path, ElfFile.read(folder.insideRoot(path)))
                    // MKL is several files with the same functions in one folder: the front, else any of its layers,
                    // stands for all
                    .ifPresent(library -> found.merge(
                            library.internalApi().equals("mkl") ? String.valueOf(path.getParent()) : file,
                            library,
                            (first, second) -> second.fileName().startsWith("libmkl_rt") ? second : first));
        }
        return List.copyOf(found.values());
    }

    /** By its bytes where the locale cannot spell it. */
    private static Path path(String file) {
        try {
            return Path.of(file);
        } catch (InvalidPathException e) {
            StringBuilder uri = new StringBuilder("file://");
            for (byte each : file.getBytes(StandardCharsets.UTF_8)) {
                uri.append(each == '/' ? "/" : String.format(Locale.ROOT, "%%%02X", each));
            }
            return Path.of(URI.create(uri.toString()));
        }
    }
}
