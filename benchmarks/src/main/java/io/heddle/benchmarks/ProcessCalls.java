package io.heddle.benchmarks;

import io.heddle.Parallel;
import io.heddle.processes.ProcessesBackend;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.Callable;

/**
 * How long does a warm call of two tasks on two worker processes take? The median of many calls: a mean would be that of the moments when
 * another user of the machine has the CPU.
 */
final class ProcessCalls {
    private static final int WORKERS = 2;
    private static final int CALLS = 2_000;
    private static final int WARM_UPS = 4; // times as many calls: three JVMs have code to compile

    private ProcessCalls() {}

    static Row row() {
        return new ChildRow(
                "call.two-tasks.processes",
                "µs",
                false,
                ProcessCalls.class,
                List.of(),
                Optional.empty(),
                Optional.of(new Python.Peer("loky", () -> List.of("loky", "call"))),
                "the median call; floor: a byte to each of two other processes (cat) and back");
    }

    public static void main(String[] arguments) throws Exception {
        Measure measure = Measure.valueOf(arguments[0]);
        List<Process> echoes = new ArrayList<>();
        try (ProcessesBackend backend = ProcessesBackend.create()) {
            Parallel parallel =
                    Parallel.builder().backend(backend).jobs(WORKERS).build();
            for (int i = 0; i < WORKERS; i++) {
                echoes.add(new ProcessBuilder("cat")
                        .redirectError(Redirect.INHERIT)
                        .start());
            }
            SequencedMap<String, Callable<Double>> contenders = new LinkedHashMap<>();
            List<Integer> inputs = List.of(0, 1);
            contenders.put(RowResult.HEDDLE, () -> median(() -> parallel.map(inputs, input -> input)));
            contenders.put(RowResult.FLOOR, () -> median(() -> echo(echoes)));
            for (int i = 0; i < WARM_UPS; i++) {
                for (Callable<Double> contender : contenders.values()) {
                    contender.call();
                }
            }
            ChildRow.report(measure, false, contenders, () -> "");
        } finally {
            echoes.forEach(Process::destroy);
        }
    }

    private static void echo(List<Process> echoes) throws IOException {
        for (Process echo : echoes) {
            echo.getOutputStream().write(1);
            echo.getOutputStream().flush();
        }
        for (Process echo : echoes) {
            if (echo.getInputStream().read() != 1) {
                throw new IOException("cat gives back no byte");
            }
        }
    }

    private static double median(Pairs.Form call) throws Exception {
        double[] micros = new double[CALLS];
        for (int i = 0; i < CALLS; i++) {
            long begin = System.nanoTime();
            call.run();
            micros[i] = (System.nanoTime() - begin) / 1e3;
        }
        return Pairs.median(micros);
    }
}
