package io.heddle.processes.launch;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A child JVM, its output read, its end waited for. */
final class StartedProcess {
    /** How long what it has written is read after its end. */
    private static final Duration LAST_OUTPUT = Duration.ofSeconds(2);

    /** How long frames that it has sent may still be read after that. */
    private static final int LAST_FRAMES_SECONDS = 5;

    /** Until then the first call may need the CPUs. */
    private static final int BEGINNING_SECONDS = 1;

    private final Process process;
    private final CrashReport report;
    private final LabelledOutput output;
    private final LabelledOutput errors;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final CountDownLatch silent = new CountDownLatch(1);
    private final Thread exit;
    private volatile @Nullable Runnable closing;
    private volatile boolean doomed; // it is to end, and could not be ended

    private StartedProcess(Process process, CrashReport report, List<String> jvmOptions, boolean quiet) {
        this.process = process;
        this.report = report;
        long pid = process.pid();
        String label = "[worker " + pid + "] ";
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        output = LabelledOutput.start(
                process.getInputStream(),
                WorkerOptions.charset(jvmOptions, "stdout.encoding"),
                label,
                () -> quiet ? nowhere : System.out,
                "heddle-stdout-" + pid);
        errors = LabelledOutput.start(
                process.getErrorStream(),
                WorkerOptions.charset(jvmOptions, "stderr.encoding"),
                label,
                () -> quiet ? nowhere : System.err,
                "heddle-stderr-" + pid);
        // Process.onExit() takes a thread of the common pool, which user code may have to itself.
        exit = Thread.ofPlatform()
                .daemon()
                .name("heddle-exit-" + pid)
                .inheritInheritableThreadLocals(false)
                .start(this::awaitEnd);
    }

    /**
     * Starts a child JVM.
     *
     * @param jvmOptions those in the command
     * @param quiet whether what it prints is nobody's business
     * @throws IOException if it does not start
     */
    static StartedProcess start(
            List<String> command, WorkerEnvironment environment, List<String> jvmOptions, boolean quiet)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command);
        environment.applyTo(builder.environment());
        FileTime before =
                FileTime.from(System.currentTimeMillis() / 1000, TimeUnit.SECONDS); // as some file systems tell it
        Process process = builder.start();
        boolean watched = false;
        try {
            CrashReport report = CrashReport.of(jvmOptions, process.pid(), before);
            StartedProcess started = new StartedProcess(process, report, jvmOptions, quiet);
            watched = true;
            return started;
        } finally {
            if (!watched) { // as where no thread is to be had
                process.destroyForcibly();
            }
        }
    }

    /** Loads what {@link #start} needs. */
    static void prepare() {
        new ProcessBuilder("").environment();
        var _ = ProcessHandle.current().isAlive();
    }

    private void awaitEnd() {
        boolean running = true;
        while (running) {
            try {
                while (doomed && !process.waitFor(BEGINNING_SECONDS, TimeUnit.SECONDS)) {
                    process.toHandle().destroyForcibly();
                }
                if (!process.waitFor(BEGINNING_SECONDS, TimeUnit.SECONDS)) {
                    Death.prepare();
                    process.waitFor();
                }
                running = false;
            } catch (InterruptedException e) { // it is doomed, or nobody's business
            }
        }
        closeInput();
        ended.complete(null);
        output.await(LAST_OUTPUT);
        errors.await(LAST_OUTPUT);
        process.destroyForcibly(); // closes what a process of its own still holds
        Runnable close = closing;
        if (close != null && !isSilent()) {
            close.run();
        }
    }

    /** Whether no frame of it is waited for, after a while for those that it has sent. */
    private boolean isSilent() {
        try {
            return silent.await(LAST_FRAMES_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) { // nobody's business
            return false;
        }
    }

    /**
     * Has a connection closed some time after the process's end. A process that native code there has started holds the other end, too, so that
     * the connection would not end before that one does.
     */
    void closeAfterEnd(Runnable close) {
        closing = close;
    }

    /** No frame of it is waited for. */
    void isClosed() {
        silent.countDown();
    }

    Process process() {
        return process;
    }

    /** Completed when it has ended. */
    CompletableFuture<Void> ended() {
        return ended;
    }

    /**
     * How it died, after its end.
     *
     * @param wait how long to wait for the rest of its output, to which its JVM prints what it says of a crash
     */
    Death death(boolean memoryLimit, Duration wait) {
        return Death.of(process.exitValue(), report.written(), output.crash(wait), memoryLimit);
    }

    /** The end of its standard error. */
    String tail(Duration wait) {
        return errors.tail(wait);
    }

    /** Writes lines to its standard input. */
    void tell(List<String> lines) {
        write((String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Writes options to its standard input which java itself reads, up to the input's end. */
    void tellJava(List<String> options) {
        String charset = System.getProperty("sun.jnu.encoding", "UTF-8");
        // what the charset of this locale cannot spell becomes a question mark, as it does on a command line
        write(ParentOptions.argumentFile(options).getBytes(Charset.forName(charset)));
    }

    private void write(byte[] bytes) {
        try {
            OutputStream in = process.getOutputStream();
            in.write(bytes);
            in.flush();
        } catch (IOException e) { // it has ended already, which is noticed elsewhere
        }
    }

    /**
     * By its handle: Process itself would close the output, too, and the last words be lost that nobody has read yet. Where no file can be opened
     * a handle cannot tell whose number that is, and does nothing: it is tried again until it can.
     */
    void kill() {
        if (!process.toHandle().destroyForcibly() && process.isAlive()) {
            closeInput(); // one that still waits for its introduction ends by that
            doomed = true;
            exit.interrupt();
        }
    }

    /** Its standard input is empty from here on, also for processes that it starts. */
    void closeInput() {
        try {
            process.getOutputStream().close();
        } catch (IOException e) { // nobody reads it
        }
    }
}
