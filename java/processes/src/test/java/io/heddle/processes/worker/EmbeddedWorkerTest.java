package io.heddle.processes.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.heddle.processes.wire.FrameChannel;
import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameType;
import io.heddle.processes.wire.Frames;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A worker in a JVM that is not its own: what its host hears of it. */
@Timeout(60)
class EmbeddedWorkerTest {
    private static final int MOST = 1 << 16;
    private static final Duration HANG = Duration.ofSeconds(30);
    private static final byte[] END = {};

    private final BlockingQueue<byte[]> in = new LinkedBlockingQueue<>();
    private final BlockingQueue<FrameInput> out = new LinkedBlockingQueue<>();
    private final List<String> heard = new CopyOnWriteArrayList<>();
    private final FrameChannel channel = new FrameChannel() {
        @Override
        public int maxFrameBytes() {
            return Integer.MAX_VALUE;
        }

        @Override
        public FrameInput read() throws IOException {
            try {
                byte[] next = in.take();
                if (next.length == 0) {
                    throw new EOFException("the caller is gone");
                }
                return Frames.split(next, MOST).getFirst();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        }

        @Override
        public void write(FrameOutput... frames) throws IOException {
            out.addAll(Frames.split(Frames.join(MOST, frames), MOST));
        }
    };
    private final WorkerHost host = new WorkerHost() {
        @Override
        public void exit(int code) {
            heard.add("exit " + code);
        }

        @Override
        public void broken(Throwable why) {
            heard.add("broken " + why.getClass().getSimpleName());
        }
    };

    @AfterEach
    void end() {
        in.add(END);
    }

    private void send(FrameOutput frame) {
        in.add(Frames.join(MOST, frame));
    }

    private EmbeddedWorker started() throws Exception {
        EmbeddedWorker worker = EmbeddedWorker.start(channel, host);
        send(ChildWorker.welcome(0, null));
        assertThat(answer(FrameType.READY)).isNotNull();
        return worker;
    }

    private FrameInput answer(FrameType type) throws InterruptedException {
        FrameInput frame = out.poll(HANG.toSeconds(), TimeUnit.SECONDS);
        assertThat(frame).isNotNull();
        assertThat(frame.type()).isEqualTo(type);
        return frame;
    }

    private void awaitEnd(EmbeddedWorker worker) throws Exception {
        worker.onEnd().get(HANG.toSeconds(), TimeUnit.SECONDS);
    }

    @Test
    void anEndInGoodOrderIsAnExit() throws Exception {
        EmbeddedWorker worker = started();
        send(new FrameOutput(FrameType.EXIT));
        awaitEnd(worker);
        assertThat(heard).containsExactly("exit 0");
    }

    @Test
    void theEndOfTheChannelIsTheCallers() throws Exception {
        EmbeddedWorker worker = started();
        in.add(END);
        awaitEnd(worker);
        assertThat(heard).containsExactly("exit 1");
    }

    @Test
    void nonsenseIsADefectToldOnce() throws Exception {
        EmbeddedWorker worker = started();
        send(new FrameOutput(FrameType.READY));
        in.add(END);
        awaitEnd(worker);
        assertThat(heard).containsExactly("broken ProtocolException");
    }

    @Test
    void anAnswerIsStillWrittenBeforeTheEndOfItsInitializer() throws Exception {
        EmbeddedWorker worker = EmbeddedWorker.start(channel, host);
        send(ChildWorker.welcome(0, new Failing()));
        assertThat(answer(FrameType.INITIALIZER_FAILED)).isNotNull();
        await().atMost(HANG).until(() -> heard.equals(List.of("exit 1")));
        in.add(END);
        awaitEnd(worker);
        assertThat(heard).hasSize(1);
    }

    private static final class Failing implements Runnable, java.io.Serializable {
        private static final long serialVersionUID = 1L;

        @Override
        public void run() {
            throw new IllegalStateException("not here");
        }
    }

    @Test
    void recordsOfTheJvmGoToTheCallerWhereThatWasAskedFor() throws Exception {
        EmbeddedWorker worker = started();
        Logger root = Logger.getLogger("");
        List<Handler> before = Arrays.asList(root.getHandlers());
        LogForwarding.install();
        try {
            Logger.getLogger("outside").warning("a word to the caller");
        } finally {
            for (Handler handler : root.getHandlers()) {
                if (!before.contains(handler)) {
                    root.removeHandler(handler);
                }
            }
        }
        FrameInput record = answer(FrameType.LOG);
        while (!record.getText().equals("outside")) { // another test's word
            record = answer(FrameType.LOG);
        }
        record.getInt();
        record.getLong();
        record.getText();
        assertThat(record.getText()).isEqualTo("a word to the caller");
        in.add(END);
        awaitEnd(worker);
        assertThat(Sender.ofThisProcess()).isNull();
    }
}
