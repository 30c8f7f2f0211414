package io.heddle.processes.launch;

import io.heddle.backend.SharedFunction;
import io.heddle.processes.codec.JdkCodec;
import io.heddle.processes.wire.Connection;
import io.heddle.processes.wire.Format;
import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameType;
import io.heddle.processes.wire.ValueWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a worker does whose loading of classes is recorded: a call with values of several kinds, a failure, the end. */
final class TrainingSession {
    private static final int TASKS = 64;
    private static final long CALL = 1;
    private static final int PROTOCOL = 1;
    private static final int APPLICATION_LOADER = 0;
    private static final long GROWTH_LIMIT_BYTES = 300L << 20;

    private TrainingSession() {}

    static void run(Connection connection) {
        String codec = JdkCodec.INSTANCE.name();
        Format format = Format.of(codec, "", ClassLoader.getSystemClassLoader());
        try {
            FrameOutput welcome = new FrameOutput(FrameType.WELCOME);
            welcome.putInt(PROTOCOL)
                    .putString(codec)
                    .putString("")
                    .putInt(1)
                    .putLong(GROWTH_LIMIT_BYTES)
                    .putInt(APPLICATION_LOADER)
                    .write(0);
            connection.write(welcome);
            await(connection, FrameType.READY);
            FrameOutput call = new FrameOutput(FrameType.CALL)
                    .putLong(CALL)
                    .putInt(APPLICATION_LOADER)
                    .putInt(1) // jobs
                    .putInt(0) // explicit inner limit
                    .putInt(1) // most inner threads
                    .putInt(1) // CPUs
                    .putInt(0) // batch size
                    .putLong(0) // time limit
                    .putInt(1) // nesting level
                    .putInt(0); // worker
            call.write(0); // no constraint
            call.write(1); // the tasks have arguments
            SharedFunction function = TrainingSession::task;
            ValueWriter shared = new ValueWriter(call, format);
            shared.write(function);
            shared.finish();
            connection.write(call);
            FrameOutput tasks = new FrameOutput(FrameType.TASKS)
                    .putLong(CALL)
                    .putLong(0)
                    .putInt(TASKS)
                    .putInt(0);
            ValueWriter arguments = new ValueWriter(tasks, format);
            for (int i = 0; i < TASKS; i++) {
                arguments.write(i % 2 == 0 ? i : new ArrayList<>(List.of(i)));
            }
            arguments.finish();
            connection.write(tasks);
            for (int answered = 0; answered < TASKS; ) {
                FrameInput frame = connection.read();
                switch (frame.type()) {
                    case RESULTS -> {
                        frame.getLong(); // call
                        frame.getInt(); // sequence
                        frame.getLong(); // from
                        answered += frame.getInt();
                    }
                    case FAILED -> answered++;
                    case LOG -> {}
                    default -> throw new IOException("a worker answered with a " + frame.type() + " frame");
                }
            }
            FrameOutput end = new FrameOutput(FrameType.END_CALL).putLong(CALL);
            end.write(0);
            connection.write(end);
            connection.write(new FrameOutput(FrameType.EXIT));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static @Nullable Object task(long index, @Nullable Object argument) {
        if (index == TASKS - 1) {
            throw new IllegalStateException("for the AOT cache");
        }
        return argument;
    }

    private static void await(Connection connection, FrameType type) throws IOException {
        for (FrameType read = connection.read().type();
                read != type;
                read = connection.read().type()) {
            if (read != FrameType.LOG) {
                throw new IOException("a worker answered with a " + read + " frame");
            }
        }
    }
}
