package io.heddle.cli.stress;

import com.google.gson.Gson;
import io.heddle.ffi.NativeLibrary;
import io.heddle.openblas.OpenBlas;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The JVM of one library. Its row goes to a file, written whole; its end is seen by the parent. */
final class StressChild {
    private static final int STOPPED = 3;

    private StressChild() {}

    /** Arguments: the file for the row, then those of {@link StressSettings}. */
    public static void main(String[] arguments) throws Exception {
        Path result = Path.of(arguments[0]).toAbsolutePath();
        endWithParent(result.resolveSibling(""));
        StressSettings settings = StressSettings.of(List.of(arguments).subList(1, arguments.length));
        settings.dependencies().forEach(NativeLibrary::open);
        Path file = settings.library().equals(StressSettings.EMBEDDED)
                ? OpenBlas.shared().path()
                : Path.of(settings.library());
        StressRun run = new StressRun(settings, NativeLibrary.open(file));
        try {
            write(result, run.run());
        } catch (StressRun.HangException e) {
            dumpThreads();
            write(result, run.row(String.valueOf(e.getMessage())));
            Runtime.getRuntime().halt(STOPPED); // an orderly exit would wait for what hangs
        }
    }

    /** The parent holds the other end of standard input, and the kernel closes it however the parent ends: then its folder is ours. */
    private static void endWithParent(Path folder) {
        Thread watch = new Thread(
                () -> {
                    try {
                        while (System.in.read() >= 0) {
                            // nothing is ever sent
                        }
                    } catch (IOException e) {
                        // as good as closed
                    }
                    try {
                        Stress.delete(folder);
                    } catch (IOException e) {
                        // the parent does it, after all
                    }
                    Runtime.getRuntime().halt(STOPPED);
                },
                "end-with-parent");
        watch.setDaemon(true);
        watch.start();
    }

    private static void write(Path file, StressRow row) throws IOException {
        Path whole = file.resolveSibling(file.getFileName() + ".new");
        Files.writeString(whole, new Gson().toJson(row));
        Files.move(whole, file);
    }

    private static void dumpThreads() {
        for (Map.Entry<Thread, StackTraceElement[]> thread :
                Thread.getAllStackTraces().entrySet()) {
            System.err.println(thread.getKey() + " " + thread.getKey().getState());
            for (StackTraceElement frame : thread.getValue()) {
                System.err.println("    at " + frame);
            }
        }
    }
}
