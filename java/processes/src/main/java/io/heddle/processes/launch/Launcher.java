package io.heddle.processes.launch;

import io.heddle.backend.BackendUnavailableException;
import io.heddle.processes.failure.BrokenPoolException;
import io.heddle.processes.wire.Connection;
import java.io.File;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Starts worker JVMs.
 *
 * <p>Thread-safe: each start is its own, with its own socket and secret.
 */
public final class Launcher {
    /** Source: Linux, MAX_ARG_STRLEN is 128 KiB; a longer class path goes through a file. */
    private static final int MOST_ARGUMENT_CHARS = 100_000;

    private static final Duration LAST_WORDS = Duration.ofMillis(500);
    private static final Duration TRAINING_TIME = Duration.ofMinutes(2);

    private final LaunchSettings settings;
    private final Program program;
    private final WorkerOptions options;
    private final @Nullable AotCache cache;

    /** A start that came to nothing. */
    private static final class StartFailedException extends Exception {
        private static final long serialVersionUID = 1L;

        private final boolean ended;

        StartFailedException(String message, boolean ended) {
            super(message);
            this.ended = ended;
        }
    }

    Launcher(LaunchSettings settings, Program program, @Nullable Path cacheRoot, Consumer<Connection> training) {
        this.settings = settings;
        this.program = program;
        boolean modular = program.own().isEmpty();
        options = new WorkerOptions(ParentOptions.ofThisJvm(), settings.jvmOptions(), settings.maxHeapBytes(), modular);
        cache = cacheRoot == null ? null : cache(cacheRoot, training);
    }

    /**
     * For some settings.
     *
     * @throws BackendUnavailableException if no worker JVM can be started from this JVM
     */
    public static Launcher of(LaunchSettings settings) {
        return of(settings, TrainingSession::run);
    }

    /**
     * For some settings, with a session of its own to make the AOT cache by.
     *
     * @param training what a worker does whose loading of classes is recorded; it ends with EXIT
     * @throws BackendUnavailableException if no worker JVM can be started from this JVM
     */
    public static Launcher of(LaunchSettings settings, Consumer<Connection> training) {
        return new Launcher(settings, Program.ofThisJvm(), AotCache.root(), training);
    }

    private @Nullable AotCache cache(Path root, Consumer<Connection> training) {
        List<String> relevant = options.forCache();
        if (relevant == null || !program.isInJars()) {
            return null;
        }
        List<String> facts = new ArrayList<>(relevant);
        facts.addAll(program.moduleOptions());
        facts.addAll(program.main());
        try {
            return new AotCache(root, facts, program.own(), new Recording(relevant, training));
        } catch (IOException e) { // a jar that is being replaced
            return null;
        }
    }

    /**
     * Starts a worker; returns when it has connected. An interrupt does not end it.
     *
     * @param environmentLimit the number of threads that its environment is to hold native libraries to; 0 for none
     * @param explicit whether the user named that number: it then wins over the parent's variables
     * @param cpus the worker's share of the usable CPUs
     * @throws BrokenPoolException if it does not start, with what it said; nothing is left of it
     */
    public WorkerProcess launch(int environmentLimit, boolean explicit, int cpus) {
        WorkerEnvironment environment =
                WorkerEnvironment.of(System.getenv(), settings.environment(), environmentLimit, explicit);
        Path file = cache == null ? null : cache.file();
        try {
            WorkerProcess worker;
            try {
                worker = start(environment, cpus, file);
            } catch (StartFailedException e) {
                if (cache == null || file == null || !e.ended) {
                    throw e;
                }
                worker = start(environment, cpus, null);
                cache.discard(file);
            }
            if (cache != null && file == null) {
                cache.train();
            }
            return worker;
        } catch (StartFailedException e) {
            throw new BrokenPoolException(String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * Waits until this JVM's making of an AOT cache, which the first launch began, is over.
     *
     * @return whether there is a cache that the next launch uses
     */
    public boolean awaitAotCache(Duration limit) throws InterruptedException {
        return cache != null && cache.await(limit);
    }

    private WorkerProcess start(WorkerEnvironment environment, int cpus, @Nullable Path file)
            throws StartFailedException {
        List<String> cached = file == null ? List.of() : List.of("-XX:AOTCache=" + file);
        List<String> all = options.all(cpus, cached);
        return start(environment, all, program.classPath(), false);
    }

    /**
     * Starts a worker.
     *
     * @param recorded whether it does no work but records for the AOT cache, when nothing else is to be done
     */
    private WorkerProcess start(
            WorkerEnvironment environment, List<String> jvmOptions, String classPath, boolean recorded)
            throws StartFailedException {
        List<String> prefix = recorded ? nice() : List.of();
        List<String> shown = new ArrayList<>(prefix);
        shown.add(program.java().toString());
        shown.addAll(ParentOptions.shown(jvmOptions));
        shown.addAll(program.moduleOptions());
        shown.addAll(program.classPathOptions(classPath));
        shown.addAll(program.main());
        long killsBefore = MemoryGroup.OWN.kills();
        try (Rendezvous rendezvous = Rendezvous.open()) {
            List<String> command = command(jvmOptions, classPath, prefix, rendezvous);
            StartedProcess started =
                    StartedProcess.start(command, environment.variables(), WorkerOptions.report(jvmOptions), recorded);
            boolean connected = false;
            try {
                Process process = started.process();
                started.tell(List.of(rendezvous
                        .socket()
                        .toString())); // before it is there: the worker deletes what a dead parent left
                rendezvous.listen();
                var _ = started.ended().thenRun(rendezvous::wakeUp);
                started.tell(List.of(rendezvous.secret(), Integer.toString(settings.maxFrameBytes())));
                started.closeInput();
                SocketChannel channel = rendezvous.await(process.pid(), process::isAlive, settings.startTimeout());
                if (channel == null) {
                    throw failed(started, shown, rendezvous.refused());
                }
                connected = true;
                return new WorkerProcess(
                        new Connection(channel, settings.maxFrameBytes()), started, environment.limit(), killsBefore);
            } finally {
                if (!connected) {
                    started.kill();
                }
            }
        } catch (IOException e) {
            throw new StartFailedException(
                    "A worker JVM could not be started: " + e.getMessage()
                            + ". Choose the backend \"threads\" where this program may not"
                            + " start processes or make files in its temporary folder. " + shown(shown),
                    false);
        }
    }

    private List<String> command(List<String> jvmOptions, String classPath, List<String> prefix, Rendezvous rendezvous)
            throws IOException {
        List<String> command = new ArrayList<>(prefix);
        command.add(program.java().toString());
        command.addAll(jvmOptions);
        command.addAll(program.moduleOptions());
        if (classPath.length() > MOST_ARGUMENT_CHARS) {
            String text = "-cp \"" + classPath.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
            String charset = System.getProperty("sun.jnu.encoding", "UTF-8");
            rendezvous.makeFolder();
            Files.writeString(rendezvous.argumentFile(), text, Charset.forName(charset));
            command.add("@" + rendezvous.argumentFile());
        } else {
            command.addAll(program.classPathOptions(classPath));
        }
        command.addAll(program.main());
        return command;
    }

    private static List<String> nice() {
        Path nice = Path.of("/usr/bin/nice");
        return File.separatorChar == '/' && Files.isExecutable(nice) ? List.of(nice.toString(), "-n", "19") : List.of();
    }

    private StartFailedException failed(StartedProcess started, List<String> shown, int refused) {
        Process process = started.process();
        boolean ended = !process.isAlive();
        StringBuilder text = new StringBuilder("A worker JVM did not start: ");
        String tail;
        boolean hasReport = false;
        if (ended) {
            int status = process.exitValue();
            Death death = Death.of(status, started.report(), false);
            hasReport = death.report() != null;
            text.append(death.words());
            tail = started.tail(LAST_WORDS);
        } else {
            started.kill();
            tail = started.tail(LAST_WORDS);
            text.append("it had not connected after ")
                    .append(settings.startTimeout())
                    .append(" and was ended");
        }
        if (refused > 0) {
            text.append("; ").append(refused).append(" connections that were not the worker's were refused");
        }
        text.append(". ").append(shown(shown)).append(Death.printed(tail, hasReport));
        return new StartFailedException(text.toString(), ended);
    }

    private static String shown(List<String> command) {
        return "Command: "
                + command.stream()
                        .map(each -> each.length() > 500 ? each.substring(0, 500) + "..." : each)
                        .collect(Collectors.joining(" "));
    }

    /** How a cache for these workers is made: of Heddle's jars alone, the first part of every worker's class path. */
    private final class Recording implements AotCache.Recipe {
        private final List<String> relevant;
        private final Consumer<Connection> session;
        private volatile @Nullable Process running;
        private volatile boolean stopped;

        Recording(List<String> relevant, Consumer<Connection> session) {
            this.relevant = relevant;
            this.session = session;
        }

        @Override
        public void record(Path configuration) throws IOException, InterruptedException {
            List<String> jvmOptions = new ArrayList<>(relevant);
            jvmOptions.add("-Djava.util.logging.config.class=" + Program.WORKER_PACKAGE + ".LogForwarding");
            jvmOptions.add("-XX:AOTMode=record");
            jvmOptions.add("-XX:AOTConfiguration=" + configuration);
            WorkerEnvironment environment = WorkerEnvironment.of(System.getenv(), settings.environment(), 0, false);
            WorkerProcess worker;
            try {
                worker = start(environment, jvmOptions, program.ownClassPath(), true);
            } catch (StartFailedException e) {
                throw new IOException(e);
            }
            try {
                session.accept(worker.connection());
                worker.onExit()
                        .orTimeout(TRAINING_TIME.toMillis(), TimeUnit.MILLISECONDS)
                        .join();
            } finally {
                worker.kill();
            }
            if (!Files.exists(configuration)) {
                throw new IOException("The JVM has recorded nothing");
            }
        }

        @Override
        public void create(Path configuration, Path made) throws IOException, InterruptedException {
            List<String> command = new ArrayList<>(nice());
            command.add(program.java().toString());
            command.addAll(relevant);
            command.add("-XX:AOTMode=create");
            command.add("-XX:AOTConfiguration=" + configuration);
            command.add("-XX:AOTCache=" + made);
            command.addAll(program.moduleOptions());
            command.addAll(program.classPathOptions(program.ownClassPath()));
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD);
            WorkerEnvironment environment = WorkerEnvironment.of(System.getenv(), settings.environment(), 0, false);
            builder.environment().clear();
            builder.environment().putAll(environment.variables());
            Process process = builder.start();
            running = process;
            try {
                if (stopped || !process.waitFor(TRAINING_TIME.toSeconds(), TimeUnit.SECONDS)) {
                    throw new IOException("The JVM did not make an AOT cache in time");
                }
            } finally {
                process.destroyForcibly();
                running = null;
            }
            if (process.exitValue() != 0 || !Files.exists(made)) {
                throw new IOException("The JVM made no AOT cache; its exit code is " + process.exitValue());
            }
        }

        @Override
        public void stop() {
            stopped = true;
            Process process = running;
            if (process != null) {
                process.destroyForcibly();
            }
        }
    }
}
