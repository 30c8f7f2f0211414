package io.heddle.cli.doctor;

import io.heddle.cli.library.CurrentProcess;
import io.heddle.cli.library.SeenLibrary;
import io.heddle.cli.process.JvmFacts;
import io.heddle.cli.process.RunningProcess;
import io.heddle.cli.process.Sampling;
import io.heddle.topology.UsableCpus;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What the rules look at.
 *
 * @param cpus the CPUs that the process may use
 * @param libraries the native libraries in it that start threads
 * @param environment the variables that those read
 * @param mklIsGlobal whether MKL is known to answer other libraries' calls
 * @param sampling what its threads did; empty for a process that has not begun to compute
 * @param jvm how its JVM was started; empty where that says nothing about the user's program
 */
public record Situation(
        UsableCpus cpus,
        List<SeenLibrary> libraries,
        Map<String, String> environment,
        boolean mklIsGlobal,
        Optional<Sampling> sampling,
        Optional<JvmFacts> jvm) {

    /** This process: the machine, the environment and what was just loaded, but no work. */
    public static Situation ofCurrentProcess() {
        return new Situation(
                UsableCpus.now(),
                CurrentProcess.libraries(),
                RunningProcess.relevant(System.getenv()),
                CurrentProcess.mklIsGlobal(),
                Optional.empty(),
                Optional.empty());
    }

    /** Another process. */
    public static Situation of(RunningProcess process) {
        Map<String, String> environment = process.environment().orElse(Map.of());
        return new Situation(
                process.cpus(),
                process.libraries(),
                environment,
                environment.getOrDefault("LD_PRELOAD", "").contains("libmkl_rt"),
                Optional.of(process.sampling()),
                process.jvm());
    }

    boolean hasRuntime(String prefix) {
        return libraries.stream().anyMatch(library -> library.isRuntime(prefix));
    }

    List<SeenLibrary> of(String internalApi) {
        return select(library -> library.internalApi().equals(internalApi));
    }

    List<SeenLibrary> select(Predicate<SeenLibrary> filter) {
        return libraries.stream().filter(filter).toList();
    }

    /** How many threads compute; 0 where nobody looked. */
    int computeThreads() {
        return sampling.map(seen -> seen.computeThreads().size()).orElse(0);
    }
}
