package io.heddle.processes.launch;

import io.heddle.backend.BackendUnavailableException;
import io.heddle.processes.failure.BrokenPoolException;
import io.heddle.processes.wire.Connection;
import io.heddle.processes.worker.HiddenProperties;
import io.heddle.processes.worker.WorkerMain;
import java.io.File;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.FileSystemException;
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
    private static final boolean READS_INPUT = File.separatorChar == '/';

    /** Source: Linux, MAX_ARG_STRLEN is 128 KiB. */
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

    Launcher(LaunchSettings settings, Program program, @Nullable Path cacheRoot, Consumer<WorkerProcess> training) {
        this.settings = settings;
        this.program = program;
        boolean modular = program.own().isEmpty();
        List<String> user = ParentOptions.expanded(settings.jvmOptions());
        user.forEach(LaunchSettings::checkOption); // those in a file, too
        options = new WorkerOptions(ParentOptions.ofThisJvm(), user, settings.maxHeapBytes(), modular);
        cache = cacheRoot == null ? null : cache(cacheRoot, training);
    }

    /**
     * For some settings.
     *
     * @throws BackendUnavailableException if no worker JVM can be started from this JVM
     * @throws IllegalArgumentException if a file of options has what is none, or a class path or main class
     */
    public static Launcher of(LaunchSettings settings) {
        Launcher latest = Latest.launcher;
        if (latest == null || !latest.settings.equals(settings)) {
            latest = of(settings, TrainingSession::run);
            latest.prepare();
            Latest.launcher = latest;
        }
        return latest;
    }

    /** Who checks settings asks for a launcher, and so does who uses them next. */
    private static final class Latest {
        static volatile @Nullable Launcher launcher;
    }

    /** Does beforehand, beside the caller, what the first launch would do before it starts a process. Nothing is left of it. */
    private void prepare() {
        Thread thread = new Thread(null, null, "heddle-prepare", 0, false) {
            @Override
            public void run() {
                try {
                    WorkerEnvironment.of(System.getenv(), settings.environment(), 0, false);
                    options.sorted(1, List.of(), ParentOptions.hidesAny());
                    MemoryGroup.OWN.kills();
                    if (cache != null) {
                        cache.file();
                    }
                    StartedProcess.prepare();
                    Rendezvous.open().close();
                } catch (IOException | RuntimeException | Error e) {
                    // the launch will say so
                }
            }
        };
        thread.setDaemon(true);
        try {
            thread.start();
        } catch (OutOfMemoryError e) {
            // no thread to be had: the launch does it all
        }
    }

    /**
     * For some settings, with a session of its own to make the AOT cache by.
     *
     * @param training what a worker does whose loading of classes is recorded; it ends with EXIT
     * @throws BackendUnavailableException if no worker JVM can be started from this JVM
     */
    public static Launcher of(LaunchSettings settings, Consumer<WorkerProcess> training) {
        return new Launcher(settings, Program.ofThisJvm(), CacheFolder.ofThisUser(), training);
    }

    private @Nullable AotCache cache(Path root, Consumer<WorkerProcess> training) {
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
        WorkerOptions.Sorted sorted = options.sorted(cpus, cached, ParentOptions.hidesAny());
        return start(environment, sorted, program.classPath(), false);
    }

    /**
     * Starts a worker.
     *
     * @param recorded whether it does no work but records for the AOT cache; still in a hurry, as it is the sooner ready to notice this
     *     process's end
     */
    private WorkerProcess start(
            WorkerEnvironment environment, WorkerOptions.Sorted sorted, String classPath, boolean recorded)
            throws StartFailedException {
        List<String> shown = new ArrayList<>();
        shown.add(program.java().toString());
        shown.addAll(ParentOptions.shown(sorted.shown()));
        sorted.hidden().forEach(option -> shown.add(ParentOptions.withoutValue(option)));
        shown.addAll(program.moduleOptions());
        shown.addAll(program.classPathOptions(classPath));
        shown.addAll(program.main());
        long killsBefore = MemoryGroup.OWN.kills();
        try (Rendezvous rendezvous = Rendezvous.open()) {
            StartedProcess started =
                    StartedProcess.start(command(sorted.shown(), classPath), environment, sorted.shown(), recorded);
            boolean connected = false;
            try {
                Process process = started.process();
                String socket = rendezvous.socket().toString();
                List<String> proof = List.of(rendezvous.secret(), Integer.toString(settings.maxFrameBytes()));
                // it knows of the socket before that is there: the worker deletes what a dead parent left
                if (!isTooLong(classPath)) {
                    started.tell(List.of(socket));
                    rendezvous.listen();
                    started.tell(proof);
                } else {
                    List<String> options = new ArrayList<>(program.classPathOptions(classPath));
                    options.add("-D" + WorkerMain.INTRODUCTION + "=" + socket + "\n" + String.join("\n", proof) + "\n"
                            + ProcessHandle.current().pid() + "\n");
                    started.tellJava(options);
                    started.closeInput();
                    rendezvous.listen();
                }
                started.closeInput();
                var _ = started.ended().thenRun(rendezvous::wakeUp);
                SocketChannel channel = rendezvous.await(process.pid(), process::isAlive, settings.startTimeout());
                if (channel == null) {
                    throw failed(started, shown, rendezvous.refused());
                }
                Connection connection = new Connection(channel, settings.maxFrameBytes());
                WorkerProcess worker = new WorkerProcess(connection, started, environment.limit(), killsBefore);
                connection.write(HiddenProperties.frames(sorted.hidden()));
                connected = true;
                return worker;
            } finally {
                if (!connected) {
                    started.kill();
                }
            }
        } catch (IOException e) {
            throw new StartFailedException(
                    "A worker JVM could not be started: " + reason(e)
                            + ". Let -Djava.io.tmpdir name a folder that this program can write to, or choose the backend \"threads\""
                            + " where it may not start processes. " + shown(shown),
                    false);
        }
    }

    /** Whether java is to read the class path from its standard input. On Windows, which has no file of that name, it cannot. */
    private static boolean isTooLong(String classPath) {
        return READS_INPUT && classPath.length() > MOST_ARGUMENT_CHARS;
    }

    private List<String> command(List<String> jvmOptions, String classPath) {
        List<String> command = new ArrayList<>();
        command.add(program.java().toString());
        command.addAll(jvmOptions);
        command.addAll(program.moduleOptions());
        command.addAll(isTooLong(classPath) ? List.of("@/dev/stdin") : program.classPathOptions(classPath));
        command.addAll(program.main());
        return command;
    }

    /** Behind everything else, but not so far that on a busy machine it could not even end. */
    private static List<String> nice() {
        Path nice = Path.of("/usr/bin/nice");
        return File.separatorChar == '/' && Files.isExecutable(nice) ? List.of(nice.toString(), "-n", "10") : List.of();
    }

    private StartFailedException failed(StartedProcess started, List<String> shown, int refused) {
        Process process = started.process();
        boolean ended = !process.isAlive();
        StringBuilder text = new StringBuilder("A worker JVM did not start: ");
        String tail;
        boolean hasReport = false;
        if (ended) {
            tail = started.tail(LAST_WORDS);
            Death death = started.death(false, LAST_WORDS);
            hasReport = death.report() != null;
            text.append(death.words());
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
        text.append('.').append(Death.printed(tail, hasReport)).append('\n').append(shown(shown));
        return new StartFailedException(text.toString(), ended);
    }

    /** The message of an exception of files is often their name alone. */
    private static String reason(IOException e) {
        return e instanceof FileSystemException ? e.toString() : String.valueOf(e.getMessage());
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
        private final Consumer<WorkerProcess> session;
        private volatile @Nullable Process running;
        private volatile boolean stopped;

        Recording(List<String> relevant, Consumer<WorkerProcess> session) {
            this.relevant = relevant;
            this.session = session;
        }

        @Override
        public void record(Path configuration) throws IOException, InterruptedException {
            List<String> jvmOptions = new ArrayList<>(relevant);
            jvmOptions.add("-Djava.util.logging.config.class=" + Program.WORKER_PACKAGE + ".LogForwarding");
            jvmOptions.add("-XX:AOTMode=record");
            jvmOptions.add("-XX:AOTConfiguration=" + configuration);
            WorkerEnvironment environment =
                    WorkerEnvironment.of(System.getenv(), settings.environment(), 1, false); // as most workers have it
            WorkerProcess worker;
            try {
                worker = start(environment, WorkerOptions.Sorted.allShown(jvmOptions), program.ownClassPath(), true);
            } catch (StartFailedException e) {
                throw new IOException(e);
            }
            try {
                session.accept(worker);
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
            List<String> command = new ArrayList<>(Leash.prefix());
            command.addAll(nice());
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
            environment.applyTo(builder.environment());
            Process process = builder.start();
            running = process;
            try {
                if (stopped || !process.waitFor(TRAINING_TIME.toSeconds(), TimeUnit.SECONDS)) {
                    throw new IOException("The JVM did not make an AOT cache in time");
                }
            } finally {
                Leash.end(process);
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
                Leash.end(process);
            }
        }
    }
}
