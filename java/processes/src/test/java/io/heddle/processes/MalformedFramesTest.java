package io.heddle.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.management.ThreadMXBean;
import io.heddle.backend.SharedFunction;
import io.heddle.processes.codec.Codec;
import io.heddle.processes.codec.JdkCodec;
import io.heddle.processes.wire.Connection;
import io.heddle.processes.wire.Failures;
import io.heddle.processes.wire.Format;
import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameType;
import io.heddle.processes.wire.ProtocolException;
import io.heddle.processes.wire.ValueReader;
import io.heddle.processes.wire.ValueWriter;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InvalidClassException;
import java.io.ObjectStreamConstants;
import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.math.BigDecimal;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/*
 * Writer and reader are one thread: a frame fits into the socket's buffer, and a reader that wanted more than a frame has would hang. With
 * -Dheddle.frames=1000000 all that the requirement names; -Dheddle.seed for another run of the dice.
 */
/** What is no frame, or a frame that lies, is refused by an exception: no hang, no memory beyond the bound, no class that the filter forbids. */
@Timeout(600)
final class MalformedFramesTest {
    private static final int FRAMES = Integer.getInteger("heddle.frames", 30_000);
    private static final long SEED = Long.getLong("heddle.seed", 6);
    private static final int MOST_BYTES = 1 << 16;

    /** Of a frame: the frame itself, 16 bytes of memory for each of its own, and what a reader of objects takes for itself. */
    private static final long MOST_ALLOCATED = 2L << 20;

    private static final ClassLoader LOADER = MalformedFramesTest.class.getClassLoader();
    private static final String ALLOWED = "java.base/*;io.heddle.backend.*;" + Innocent.class.getName() + ";!*";
    private static final ThreadMXBean MEMORY = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @TempDir
    private Path temporary;

    private Traces traces;
    private final Random dice = new Random(SEED);
    private final RecordingLoader loader = new RecordingLoader();
    private final Format format = Format.of("jdk", ALLOWED, LOADER);
    private ServerSocketChannel server;
    private SocketChannel writer;
    private Connection reader;
    private int sockets;

    @BeforeEach
    void open() throws IOException {
        traces = Traces.watch(temporary);
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(temporary.resolve("s")));
        connect(MOST_BYTES);
    }

    @AfterEach
    void close() throws IOException {
        writer.close();
        reader.close();
        server.close();
        traces.close();
        assertThat(System.getProperty(Forbidden.SIGN)).isNull();
        assertThat(loader.asked).doesNotContain(Forbidden.class.getName());
    }

    private void connect(int maxFrameBytes) throws IOException {
        if (reader != null) {
            writer.close();
            reader.close();
        }
        writer = SocketChannel.open(UnixDomainSocketAddress.of(temporary.resolve("s")));
        reader = new Connection(server.accept(), maxFrameBytes);
        sockets++;
    }

    private void send(byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            writer.write(buffer);
        }
    }

    /** Records what it is asked for. */
    private static final class RecordingLoader extends ClassLoader {
        private final Set<String> asked = ConcurrentHashMap.newKeySet();

        RecordingLoader() {
            super(LOADER);
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            asked.add(name);
            return super.loadClass(name, resolve);
        }
    }

    private static final class Innocent implements Serializable {
        private static final long serialVersionUID = 1L;

        @SuppressWarnings("UnusedVariable") // for the bytes
        private final String[] content = {"a", "b"};
    }

    private static final class Forbidden implements Serializable {
        static final String SIGN = "heddle.forbidden.initialised";
        private static final long serialVersionUID = 1L;

        static {
            System.setProperty(SIGN, "yes");
        }
    }

    /** Its name is as long as that of the forbidden class, which stands in its place in the bytes. */
    private static final class Permitted implements Serializable {
        private static final long serialVersionUID = 1L;
    }

    // frames

    /** Of each type one with an honest content; those with objects have a forbidden one as their last. */
    private List<byte[]> honestFrames() throws IOException {
        Object[] values = {
            1,
            2L,
            3.0,
            "four",
            null,
            true,
            (short) 5,
            'c',
            new byte[10],
            new int[10],
            new double[10],
            new Innocent(),
            new BigDecimal("1.5"),
            List.of(1, "two", 3.0),
            new HashMap<>(Map.of("k", new long[5])),
            new TreeSet<>(Set.of(1, 2)),
            new Permitted()
        };
        SharedFunction function = (index, _) -> index;
        Map<FrameType, FrameOutput> frames = new EnumMap<>(FrameType.class);
        for (FrameType type : FrameType.values()) {
            frames.put(type, head(type).putLong(7).putInt(3));
        }
        frames.put(
                FrameType.RESULTS,
                values(
                        head(FrameType.RESULTS)
                                .putInt(0)
                                .putLong(0)
                                .putInt(values.length)
                                .putLong(1),
                        values));
        frames.put(
                FrameType.TASKS,
                values(head(FrameType.TASKS).putLong(0).putInt(values.length).putInt(0), values));
        FrameOutput call = head(FrameType.CALL);
        for (int i = 0; i < 10; i++) {
            call.putInt(1);
        }
        frames.put(FrameType.CALL, values(call.putByte(1).putByte(1).putByte(1), function, new Permitted()));
        frames.put(FrameType.SCATTER, values(head(FrameType.SCATTER).putInt(0), function));
        frames.put(FrameType.FAILED, failure(head(FrameType.FAILED).putLong(0).putByte(0)));
        frames.put(
                FrameType.UNREADABLE,
                failure(head(FrameType.UNREADABLE).putLong(0).putInt(1)));
        frames.put(FrameType.INITIALIZER_FAILED, failure(new FrameOutput(FrameType.INITIALIZER_FAILED)));
        frames.put(
                FrameType.LOG,
                new FrameOutput(FrameType.LOG)
                        .putString("logger")
                        .putInt(800)
                        .putLong(1)
                        .putString("thread")
                        .putString("message")
                        .putString(null));
        frames.put(
                FrameType.CLASS_WANTED,
                new FrameOutput(FrameType.CLASS_WANTED)
                        .putInt(1)
                        .putInt(1)
                        .putByte(0)
                        .putString("a.B"));
        frames.put(
                FrameType.CLASS_FOUND,
                new FrameOutput(FrameType.CLASS_FOUND).putInt(1).putByte(2).putBytes(new byte[20]));
        List<byte[]> honest = new ArrayList<>();
        frames.forEach((type, frame) -> honest.add(RawFrames.frame(type, forbidding(frame.payload()))));
        return honest;
    }

    private static FrameOutput head(FrameType type) {
        return new FrameOutput(type).putLong(1);
    }

    private FrameOutput values(FrameOutput frame, Object... values) throws IOException {
        ValueWriter to = new ValueWriter(frame, format);
        for (Object value : values) {
            to.write(value);
        }
        to.finish();
        return frame;
    }

    private FrameOutput failure(FrameOutput frame) {
        Failures.write(frame, new IllegalStateException("a", new IOException("b")), format);
        return frame;
    }

    private static byte[] forbidding(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1)
                .replace(Permitted.class.getName(), Permitted.class.getName().replace("Permitted", "Forbidden"))
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    // what is read

    @Test
    void whatIsNoFrameOrLiesIsRefused() throws Exception {
        List<byte[]> honest = honestFrames();
        for (byte[] bytes : honest) { // what the first use of a class takes is not the frame's
            send(bytes);
            var _ = catchThrowable(() -> decode(reader.read()));
        }
        long most = 0;
        int read = 0;
        for (int i = 0; i < FRAMES; i++) {
            byte[] bytes = mutated(honest);
            boolean whole = ByteBuffer.wrap(bytes).getInt() == bytes.length - 4;
            send(bytes);
            if (!whole) {
                writer.shutdownOutput();
            }
            long before = MEMORY.getCurrentThreadAllocatedBytes();
            try {
                decode(reader.read());
                read++;
            } catch (Exception | StackOverflowError | LinkageError e) {
                assertThat(whole || e instanceof IOException).isTrue();
            }
            long allocated = MEMORY.getCurrentThreadAllocatedBytes() - before;
            most = Math.max(most, allocated);
            if (allocated > MOST_ALLOCATED + 16L * bytes.length) {
                throw new AssertionError(
                        "frame " + i + " of " + bytes.length + " bytes took " + allocated + " bytes of memory; seed "
                                + SEED + ": " + HexFormat.of().formatHex(bytes));
            }
            if (!whole) {
                connect(MOST_BYTES);
            }
        }
        System.out.println(FRAMES + " frames on " + sockets + " connections: " + read
                + " readable, the others refused; at most " + most + " bytes of memory for one");
    }

    /** A frame on its way to be none. */
    private byte[] mutated(List<byte[]> honest) {
        byte[] bytes = honest.get(dice.nextInt(honest.size())).clone();
        int kind = dice.nextInt(100);
        if (kind < 20) { // any bytes
            bytes = new byte[5 + dice.nextInt(300)];
            dice.nextBytes(bytes);
            bytes[4] = (byte) dice.nextInt(20);
        } else if (kind < 50) { // some bytes are others
            for (int n = 1 + dice.nextInt(8); n > 0; n--) {
                bytes[4 + dice.nextInt(bytes.length - 4)] = (byte) dice.nextInt();
            }
        } else if (kind < 70) { // cut off
            bytes = Arrays.copyOf(bytes, 5 + dice.nextInt(bytes.length - 4));
        } else if (kind < 98) { // numbers that are too large, or negative
            int at = 5 + dice.nextInt(Math.max(1, bytes.length - 9));
            if (at + 4 <= bytes.length) {
                ByteBuffer.wrap(bytes).putInt(at, dice.nextInt() >> dice.nextInt(24));
            }
        }
        int length = bytes.length - 4;
        if (kind >= 98) { // more is promised than comes, or the length is none
            length = dice.nextBoolean() ? length + 1 + dice.nextInt(1000) : dice.nextInt() | 1 << 17;
        }
        ByteBuffer.wrap(bytes).putInt(length);
        return bytes;
    }

    @Test
    void aLengthIsBelievedOnlyAsFarAsBytesCome() throws IOException {
        connect(1 << 30);
        send(ByteBuffer.allocate(104).putInt(1 << 30).array());
        writer.shutdownOutput();
        long before = MEMORY.getCurrentThreadAllocatedBytes();

        assertThatThrownBy(() -> reader.read()).isInstanceOf(EOFException.class);
        assertThat(MEMORY.getCurrentThreadAllocatedBytes() - before).isLessThan(2L << 20);
    }

    @Test
    void aLengthOutsideTheBoundIsRefusedAtOnce() throws IOException {
        for (int length : new int[] {0, -1, Integer.MIN_VALUE, Integer.MAX_VALUE, MOST_BYTES + 1}) {
            connect(MOST_BYTES);
            send(ByteBuffer.allocate(4).putInt(length).array()); // and nothing more: it must not wait for it
            assertThatThrownBy(() -> reader.read()).isInstanceOf(ProtocolException.class);
        }
    }

    @Test
    void arraysWithinArraysThatClaimMoreThanThereIsAreRefused() throws Exception {
        int claim = MOST_BYTES - 200;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Codec.Writer out = JdkCodec.INSTANCE.writer(bytes);
        out.write(new Object[0]);
        out.flush();
        byte[] empty = bytes.toByteArray();
        ByteArrayOutputStream nested = new ByteArrayOutputStream();
        DataOutputStream to = new DataOutputStream(nested);
        to.write(empty, 0, empty.length - Integer.BYTES);
        to.writeInt(claim);
        while (nested.size() < claim) {
            to.writeByte(ObjectStreamConstants.TC_ARRAY);
            to.writeByte(ObjectStreamConstants.TC_REFERENCE);
            to.writeInt(ObjectStreamConstants.baseWireHandle);
            to.writeInt(claim);
        }
        FrameOutput frame = new FrameOutput(FrameType.RESULTS).putInt(1).putByte(1); // one value, an object
        frame.write(nested.toByteArray());
        send(RawFrames.frame(FrameType.RESULTS, frame.payload()));
        FrameInput in = reader.read();
        ValueReader values = new ValueReader(in, format, loader);
        long before = MEMORY.getCurrentThreadAllocatedBytes();

        Throwable refused = catchThrowable(values::read);
        long allocated = MEMORY.getCurrentThreadAllocatedBytes() - before;
        assertThat(refused).isInstanceOf(InvalidClassException.class);
        assertThat(allocated).isLessThan(MOST_ALLOCATED + 4L * 16 * MOST_BYTES);
    }

    @Test
    void collectionsOfEverySizeAreReadUnderTheBound() throws Exception {
        for (int size : new int[] {0, 1, 2, 3, 7, 100, 1000}) {
            Map<Integer, Object> sparse = new HashMap<>(16, 0.25f);
            List<Object> maps = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                sparse.put(i, new double[3]);
                maps.add(new HashMap<>(Map.of(i, i)));
            }
            Object[] all = {sparse, maps, new ArrayDeque<>(maps), new HashSet<>(sparse.keySet()), new TreeMap<>(sparse)
            };
            for (Object each : all) {
                FrameOutput frame = values(new FrameOutput(FrameType.RESULTS), each);
                connect(1 << 20);
                send(RawFrames.frame(FrameType.RESULTS, frame.payload()));
                assertThat(new ValueReader(reader.read(), Format.of("jdk", "", LOADER), loader).read())
                        .isInstanceOf(each.getClass());
            }
        }
    }

    @Test
    void aForbiddenClassIsNeitherLoadedNorInitialised() throws Exception {
        Object[] each = {new Permitted(), new Permitted[3], List.of(1, new Permitted()), new Permitted[1][1]};
        for (Object value : each) {
            FrameOutput frame = values(new FrameOutput(FrameType.RESULTS), value);
            send(RawFrames.frame(FrameType.RESULTS, forbidding(frame.payload())));
            ValueReader values = new ValueReader(reader.read(), format, loader);
            assertThatThrownBy(values::read)
                    .isInstanceOf(InvalidClassException.class)
                    .hasMessageContaining("Forbidden");
        }
        FrameOutput frame = values(new FrameOutput(FrameType.RESULTS), new Innocent());
        send(RawFrames.frame(FrameType.RESULTS, frame.payload()));
        assertThat(new ValueReader(reader.read(), format, loader).read()).isInstanceOf(Innocent.class);
        assertThat(loader.asked).contains(Innocent.class.getName());
    }

    /** Reads a frame as the two sides do. */
    private void decode(FrameInput frame) throws IOException, ClassNotFoundException {
        switch (frame.type()) {
            case RESULTS -> {
                frame.getLong();
                frame.getInt();
                frame.getLong();
                frame.getInt();
                frame.getLong();
                readAll(frame);
            }
            case TASKS -> {
                frame.getLong();
                frame.getLong();
                frame.getInt();
                frame.getInt();
                readAll(frame);
            }
            case CALL -> {
                for (int i = 0; i < 12; i++) { // its settings
                    frame.getInt();
                }
                for (int i = 0; i < 3; i++) {
                    frame.getByte();
                }
                readAll(frame);
            }
            case SCATTER -> {
                frame.getLong();
                frame.getInt();
                readAll(frame);
            }
            case FAILED -> {
                frame.getLong();
                frame.getLong();
                frame.getByte();
                assertThat(Failures.read(frame, format, loader)).isNotNull();
            }
            case UNREADABLE -> {
                frame.getLong();
                frame.getLong();
                frame.getInt();
                assertThat(Failures.read(frame, format, loader)).isNotNull();
            }
            case INITIALIZER_FAILED ->
                assertThat(Failures.read(frame, format, loader)).isNotNull();
            case LOG -> {
                frame.getText();
                frame.getInt();
                frame.getLong();
                frame.getText();
                frame.getText();
                frame.getString();
            }
            case CLASS_WANTED -> {
                frame.getInt();
                frame.getInt();
                frame.getByte();
                frame.getText();
            }
            case CLASS_FOUND -> {
                frame.getInt();
                frame.getByte();
                frame.getBytes();
            }
            default -> {
                frame.getLong();
                frame.getLong();
                frame.getInt();
            }
        }
    }

    private void readAll(FrameInput frame) throws IOException, ClassNotFoundException {
        ValueReader values = new ValueReader(frame, format, loader);
        while (values.hasNext()) {
            values.read();
        }
    }
}
