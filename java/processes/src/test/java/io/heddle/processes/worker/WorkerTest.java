package io.heddle.processes.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.TaskContext;
import io.heddle.processes.failure.RemoteException;
import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameType;
import io.heddle.processes.worker.ChildWorker.Failed;
import io.heddle.processes.worker.ChildWorker.Received;
import io.heddle.processes.worker.ChildWorker.Unreadable;
import java.io.IOException;
import java.io.NotSerializableException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WorkerTest {
    static final int THREW = 0;
    static final int NOT_SENT = 1;

    @Test
    void runsARangeInOrder() throws Exception {
        try (ChildWorker worker = ChildWorker.ready()) {
            worker.call(7, (index, _) -> index * index);
            worker.tasks(7, 10, 4);
            assertThat(worker.values(7, 10, 4)).containsExactly(100L, 121L, 144L, 169L);
        }
    }

    @Test
    void numbersItsAnswers() throws Exception {
        try (ChildWorker worker = ChildWorker.ready()) {
            worker.call(7, (index, _) -> index * index);
            for (int i = 0; i < 3; i++) {
                worker.tasks(7, i, 1);
                Received received = worker.results(7);
                assertThat(received.sequence()).isEqualTo(i);
                assertThat(received.runNanos()).isPositive();
            }
        }
    }

    @Test
    void givesEachTaskItsArgument() throws Exception {
        try (ChildWorker worker = ChildWorker.ready()) {
            worker.callWithArguments(1, (index, argument) -> index + ":" + argument);
            worker.tasksWith(1, 0, "a", null, 3, List.of("b"));
            assertThat(worker.values(1, 0, 4)).containsExactly("0:a", "1:null", "2:3", "3:[b]");
        }
    }

    @Test
    void servesOneCallAfterAnother() throws Exception {
        try (ChildWorker worker = ChildWorker.ready()) {
            for (long id = 1; id <= 3; id++) {
                long factor = id;
                worker.call(id, (index, _) -> index * factor);
                worker.tasks(id, 5, 1);
                assertThat(worker.results(id).values()).containsExactly(5 * factor);
                worker.endCall(id, false);
            }
        }
    }

    @Test
    void tellsTasksWhoTheyAre() throws Exception {
        try (ChildWorker worker = ChildWorker.ready()) {
            worker.call(1, (_, _) -> {
                TaskContext task = TaskContext.current().orElseThrow();
                return task.index() + " " + task.worker() + " " + task.nestingLevel() + " " + task.isCancelled() + " "
                        + Thread.currentThread().getName() + " " + System.in.read();
            });
            worker.tasks(1, 42, 1);
            assertThat(worker.results(1).values()).containsExactly("42 0 0 false heddle-worker -1");
        }
    }

    @Test
    void sendsWhatATaskThrowsAndGoesOn() throws Exception {
        try (ChildWorker worker = ChildWorker.ready()) {
            worker.call(1, (index, _) -> {
                if (index == 2) {
                    throw new IOException("no", new IllegalStateException("why"));
                }
                return index;
            });
            worker.tasks(1, 0, 5);
            assertThat(worker.values(1, 0, 2)).containsExactly(0L, 1L);
            Failed failed = worker.failed(1);
            assertThat(failed.index()).isEqualTo(2);
            assertThat(failed.kind()).isEqualTo(THREW);
            assertThat(failed.failure())
                    .isInstanceOf(IOException.class)
                    .hasMessage("no")
                    .hasRootCauseMessage("why");
            assertThat(worker.values(1, 3, 2)).containsExactly(3L, 4L);
        }
    }

    @Test
    void survivesEveryKindOfThrowable() throws Exception {
        try (ChildWorker worker = ChildWorker.ready()) {
            worker.call(1, (index, _) -> switch ((int) index) {
                case 0 -> deeper(0);
                case 1 -> new ArrayList<>(List.of(new long[Integer.MAX_VALUE - 8])); // more than the heap
                case 2 -> throw new UnsendableException(new Object()).checked();
                case 3 -> throw new LyingException();
                case 4 -> throw new IllegalStateException("x".repeat(2 * ChildWorker.MAX_FRAME_BYTES));
                default -> "alive";
            });
            worker.tasks(1, 0, 6);
            assertThat(worker.failed(1).failure()).isInstanceOf(StackOverflowError.class);
            assertThat(worker.failed(1).failure()).isInstanceOf(OutOfMemoryError.class);
            assertThat(worker.failed(1).failure())
                    .isInstanceOf(RemoteException.class)
                    .hasMessageContaining("UnsendableException: see me")
                    .hasMessageContaining("NotSerializableException");
            assertThat(worker.failed(1).failure())
                    .isInstanceOf(RemoteException.class)
                    .hasMessageContaining("LyingException");
            assertThat(worker.failed(1).failure())
                    .isInstanceOf(RemoteException.class)
                    .hasMessageContaining("xxx")
                    .hasMessageContaining("maxFrameBytes");
            assertThat(worker.results(1).values()).containsExactly("alive");
        }
    }

    @SuppressWarnings("InfiniteRecursion") // on purpose
    private static long deeper(long depth) {
        return deeper(depth + 1) + 1;
    }

    @Test
    void anUnserialisableResultFailsAlone() throws Exception {
        try (ChildWorker worker = ChildWorker.ready()) {
            worker.call(1, (index, _) -> index == 2 ? new Object() : List.of(index));
            worker.tasks(1, 0, 4);
            assertThat(worker.values(1, 0, 2)).containsExactly(List.of(0L), List.of(1L));
            Failed failed = worker.failed(1);
            assertThat(failed.index()).isEqualTo(2);
            assertThat(failed.kind()).isEqualTo(NOT_SENT);
            assertThat(failed.failure()).isInstanceOf(NotSerializableException.class);
            assertThat(worker.values(1, 3, 1)).containsExactly(List.of(3L));
        }
    }

    @Test
    void resultsThatAreTooManyForOneFrameAreSplit() throws Exception {
        try (ChildWorker worker = ChildWorker.ready()) {
            int part = ChildWorker.MAX_FRAME_BYTES * 6 / 10;
            worker.call(1, (index, _) -> new byte[index == 2 ? 2 * ChildWorker.MAX_FRAME_BYTES : part]);
            worker.tasks(1, 0, 4);
            for (int i = 0; i < 2; i++) {
                Received received = worker.results(1);
                assertThat(received.from()).isEqualTo(i);
                assertThat(received.sequence()).isEqualTo(i);
                assertThat(received.values()).containsExactly(new byte[part]);
            }
            Failed failed = worker.failed(1);
            assertThat(failed.index()).isEqualTo(2);
            assertThat(failed.kind()).isEqualTo(NOT_SENT);
            assertThat(failed.failure()).hasMessageContaining("maxFrameBytes");
            assertThat(worker.results(1).from()).isEqualTo(3);
        }
    }

    @Test
    void argumentsThatCannotBeReadComeBack() throws Exception {
        try (ChildWorker worker = ChildWorker.ready()) {
            worker.callWithArguments(1, (_, argument) -> argument);
            worker.tasksWith(1, 0, "a", List.of("b"), new Hostile(), "d");
            assertThat(worker.values(1, 0, 2)).containsExactly("a", List.of("b"));
            Unreadable unreadable = worker.unreadable(1);
            assertThat(unreadable.from()).isEqualTo(2);
            assertThat(unreadable.count()).isEqualTo(2);
            assertThat(unreadable.failure())
                    .isInstanceOf(StackOverflowError.class)
                    .hasMessage("in readObject");
            worker.tasksWith(1, 3, "d");
            assertThat(worker.results(1).values()).containsExactly("d");
        }
    }

    @Test
    void aFunctionThatCannotBeReadComesBackWithEachBatch() throws Exception {
        try (ChildWorker worker = ChildWorker.ready()) {
            worker.call(1, false, new Hostile());
            worker.tasks(1, 0, 3);
            assertThat(worker.unreadable(1).count()).isEqualTo(3);
            worker.tasks(1, 3, 1);
            assertThat(worker.unreadable(1).from()).isEqualTo(3);
            worker.endCall(1, false);
            worker.call(2, false, "no function");
            worker.tasks(2, 0, 1);
            assertThat(worker.unreadable(2).failure()).isInstanceOf(ClassCastException.class);
        }
    }

    @Test
    void resultsAreSentAgainOneByOne() throws Exception {
        try (ChildWorker worker = ChildWorker.ready()) {
            worker.call(1, (index, _) -> List.of(index));
            worker.tasks(1, 0, 1);
            assertThat(worker.results(1).sequence()).isZero();
            worker.tasks(1, 1, 5);
            Received received = worker.results(1);
            for (int rest = 5 - received.values().size(); rest > 0; ) {
                rest -= worker.results(1).values().size();
            }
            worker.send(new FrameOutput(FrameType.RESULTS_AGAIN)
                    .putLong(1)
                    .putInt(received.sequence())
                    .putInt(0));
            for (long index = 1; index <= received.values().size(); index++) {
                Received again = worker.results(1);
                assertThat(again.sequence()).isEqualTo(-1);
                assertThat(again.from()).isEqualTo(index);
                assertThat(again.values()).containsExactly(List.of(index));
            }
        }
    }

    @Test
    void aResultThatCannotBeWrittenTwiceFailsTheSecondTime() throws Exception {
        try (ChildWorker worker = ChildWorker.ready()) {
            worker.call(1, (_, _) -> new OnlyOnce());
            worker.tasks(1, 0, 1);
            assertThat(worker.results(1).values()).hasSize(1);
            worker.send(new FrameOutput(FrameType.RESULTS_AGAIN)
                    .putLong(1)
                    .putInt(0)
                    .putInt(0));
            Failed failed = worker.failed(1);
            assertThat(failed.kind()).isEqualTo(NOT_SENT);
            assertThat(failed.failure()).hasMessageContaining("has changed it since");
            worker.send(ChildWorker.tasksFrame(1, 1, 1, 1)); // which lets go of what is kept
            assertThat(worker.results(1).from()).isEqualTo(1);
        }
    }

    @Test
    void longBatchesSendWhatTheyHave() throws Exception {
        try (ChildWorker worker = ChildWorker.ready()) {
            worker.call(1, (index, _) -> {
                long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(6);
                while (System.nanoTime() < end) {
                    Thread.onSpinWait();
                }
                return index;
            });
            worker.tasks(1, 0, 6);
            List<Object> all = new ArrayList<>();
            int frames = 0;
            while (all.size() < 6) {
                all.addAll(worker.results(1).values());
                frames++;
            }
            assertThat(all).containsExactly(0L, 1L, 2L, 3L, 4L, 5L);
            assertThat(frames).isBetween(3, 6);
        }
    }

    @Test
    void endingACallInterruptsItsTaskAndSkipsTheRest() throws Exception {
        try (ChildWorker worker = ChildWorker.ready()) {
            worker.call(1, (_, _) -> {
                Logger.getLogger("test").info("running");
                new Semaphore(0).acquire();
                return null;
            });
            worker.tasks(1, 0, 3);
            worker.tasks(1, 3, 3);
            assertThat(log(worker)).isEqualTo("running");
            worker.endCall(1, true);
            assertThat(worker.expect(FrameType.CALL_ENDED).getLong()).isEqualTo(1);
            worker.call(2, (index, _) -> Thread.currentThread().isInterrupted());
            worker.tasks(2, 0, 1);
            assertThat(worker.results(2).values()).containsExactly(false);
        }
    }

    @Test
    void aCancelledTaskCanSeeIt() throws Exception {
        try (ChildWorker worker = ChildWorker.ready()) {
            worker.call(1, (_, _) -> {
                Logger.getLogger("test").info("running");
                TaskContext task = TaskContext.current().orElseThrow();
                while (!task.isCancelled()) {
                    Thread.onSpinWait();
                }
                return null;
            });
            worker.tasks(1, 0, 1);
            log(worker);
            worker.endCall(1, true);
            assertThat(worker.expect(FrameType.CALL_ENDED).getLong()).isEqualTo(1);
        }
    }

    @Test
    void endingACallThatIsOverOrUnknownIsAnsweredAtOnce() throws Exception {
        try (ChildWorker worker = ChildWorker.ready()) {
            worker.call(1, (index, _) -> index);
            worker.endCall(1, true);
            assertThat(worker.expect(FrameType.CALL_ENDED).getLong()).isEqualTo(1);
            worker.tasks(1, 0, 1); // came too late: nobody answers
            worker.endCall(2, true);
            assertThat(worker.expect(FrameType.CALL_ENDED).getLong()).isEqualTo(2);
            worker.call(2, (index, _) -> index); // its end has overtaken it
            worker.tasks(2, 0, 1);
            worker.call(3, (index, _) -> index);
            worker.tasks(3, 0, 1);
            assertThat(worker.results(3).values()).containsExactly(0L);
        }
    }

    @Test
    void interruptsByOthersDoNotCloseTheConnection() throws Exception {
        try (ChildWorker worker = ChildWorker.ready()) {
            worker.call(1, (index, _) -> {
                if (index == 0) {
                    Thread self = Thread.currentThread();
                    Thread.ofPlatform().daemon().start(() -> {
                        while (true) {
                            self.interrupt();
                        }
                    });
                }
                return index;
            });
            for (int i = 0; i < 2000; i++) {
                worker.tasks(1, i, 1);
                assertThat(worker.results(1).values()).containsExactly((long) i);
            }
        }
    }

    @Test
    void theInitializerRunsBeforeItIsReady() throws Exception {
        try (ChildWorker worker = ChildWorker.connected()) {
            worker.send(ChildWorker.welcome(0, (Runnable & Serializable) () ->
                    System.setProperty("by.initializer", Thread.currentThread().getName())));
            worker.expect(FrameType.READY);
            worker.call(1, (_, _) -> System.getProperty("by.initializer"));
            worker.tasks(1, 0, 1);
            assertThat(worker.results(1).values()).containsExactly("heddle-worker");
        }
    }

    @Test
    void anInitializerThatThrowsEndsIt() throws Exception {
        try (ChildWorker worker = ChildWorker.connected()) {
            worker.send(ChildWorker.welcome(0, (Runnable & Serializable) () -> {
                throw new IllegalStateException("not today");
            }));
            FrameInput frame = worker.expect(FrameType.INITIALIZER_FAILED);
            assertThat(ChildWorker.failure(frame))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("not today");
            assertThat(worker.endsWithin(10)).isTrue();
            assertThat(worker.process.exitValue()).isEqualTo(1);
        }
    }

    @Test
    void logRecordsArriveBeforeTheResultOfTheirTask() throws Exception {
        try (ChildWorker worker = ChildWorker.ready()) {
            worker.call(1, (_, _) -> {
                Logger logger = Logger.getLogger("test.logger");
                logger.log(java.util.logging.Level.WARNING, "with {0}", "parameter");
                logger.log(java.util.logging.Level.SEVERE, "thrown", new IllegalStateException("inside"));
                logger.fine("too fine");
                return null;
            });
            worker.tasks(1, 0, 1);
            FrameInput first = worker.expect(FrameType.LOG);
            assertThat(first.getText()).isEqualTo("test.logger");
            assertThat(first.getInt()).isEqualTo(900);
            assertThat(first.getLong()).isPositive();
            assertThat(first.getText()).isEqualTo("heddle-worker");
            assertThat(first.getText()).isEqualTo("with parameter");
            assertThat(first.getString()).isNull();
            FrameInput second = worker.expect(FrameType.LOG);
            second.getText();
            second.getInt();
            second.getLong();
            second.getText();
            assertThat(second.getText()).isEqualTo("thrown");
            assertThat(second.getString()).contains("IllegalStateException: inside");
            assertThat(worker.results(1).values()).hasSize(1);
            assertThat(worker.errorText()).isEmpty();
        }
    }

    private static String log(ChildWorker worker) throws IOException {
        FrameInput frame = worker.expect(FrameType.LOG);
        frame.getText();
        frame.getInt();
        frame.getLong();
        frame.getText();
        return frame.getText();
    }

    @Test
    void tellsAboutItself() throws Exception {
        try (ChildWorker worker = ChildWorker.ready("--enable-native-access=ALL-UNNAMED")) {
            worker.send(new FrameOutput(FrameType.INFO).putInt(5));
            FrameInput info = worker.expect(FrameType.INFO);
            assertThat(info.getInt()).isEqualTo(5);
            assertThat(info.getInt()).isEqualTo(1);
            assertThat(info.getLong()).isGreaterThan(10 << 20);
            assertThat(info.getInt()).isGreaterThanOrEqualTo(0);
        }
    }

    @Test
    void growthIsToldOnce() throws Exception {
        try (ChildWorker worker = ChildWorker.connected()) {
            worker.send(ChildWorker.welcome(0, null, 40L << 20));
            worker.expect(FrameType.READY);
            worker.call(1, (index, _) -> {
                if (index > 0) {
                    Kept.BYTES.add(new byte[2 << 20]);
                }
                return null;
            });
            int growths = 0;
            for (int i = 0; growths == 0; i++) {
                worker.tasks(1, Math.min(i, i < 40 ? i : 0), 1);
                FrameInput frame = worker.connection.read();
                if (frame.type() == FrameType.GROWN) {
                    growths++;
                    long baseline = frame.getLong();
                    assertThat(frame.getLong() - baseline).isGreaterThan(40 << 20);
                    worker.expect(FrameType.RESULTS);
                }
            }
        }
    }

    private static final class Kept {
        static final List<byte[]> BYTES = new ArrayList<>();
    }

    private static final class UnsendableException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        @SuppressWarnings("serial") // on purpose
        private final Object inside;

        UnsendableException(Object inside) {
            super("see me");
            this.inside = inside;
        }

        UnsendableException checked() {
            assertThat(inside).isNotNull();
            return this;
        }
    }

    /** Whatever is asked of it throws. */
    private static final class LyingException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        @Override
        public String getMessage() {
            throw new IllegalStateException("no message");
        }

        @Override
        public StackTraceElement[] getStackTrace() {
            throw new IllegalStateException("no stack");
        }

        private void writeObject(ObjectOutputStream out) throws IOException {
            throw new IllegalStateException("no bytes");
        }
    }

    private static final class Hostile implements Serializable {
        private static final long serialVersionUID = 1L;

        private void readObject(ObjectInputStream in) {
            throw new StackOverflowError("in readObject");
        }
    }

    private static final class OnlyOnce implements Serializable {
        private static final long serialVersionUID = 1L;

        private transient boolean written;

        private void writeObject(ObjectOutputStream out) throws IOException {
            if (written) {
                throw new NotSerializableException("written already");
            }
            written = true;
        }
    }
}
