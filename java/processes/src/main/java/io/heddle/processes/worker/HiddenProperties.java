package io.heddle.processes.worker;

import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameType;
import io.heddle.processes.wire.ProtocolException;
import java.util.ArrayList;
import java.util.List;

/** System properties of a worker that no process list, file or crash report is to show: they come as its first frame. Thread-safe. */
public final class HiddenProperties {
    private static volatile List<String> own = List.of();

    private HiddenProperties() {}

    /** Those that this process was given, as options; none if it is no worker. */
    public static List<String> ofThisProcess() {
        return own;
    }

    /** The frame that gives a worker some, as options; the later ones win. */
    public static FrameOutput frame(List<String> options) {
        FrameOutput frame = new FrameOutput(FrameType.PROPERTIES).putInt(options.size());
        options.forEach(frame::putString);
        return frame;
    }

    /**
     * Sets those of a frame.
     *
     * @throws ProtocolException if there are none in it
     */
    public static void set(FrameInput frame) throws ProtocolException {
        List<String> options = new ArrayList<>();
        for (int left = frame.getInt(); left > 0; left--) {
            options.add(frame.getText());
        }
        for (String option : options) {
            int value = option.indexOf('=');
            String name = option.substring(2, value < 0 ? option.length() : value);
            if (!option.startsWith("-D") || name.isEmpty()) {
                throw new ProtocolException("a property without a name");
            }
            System.setProperty(name, value < 0 ? "" : option.substring(value + 1));
        }
        own = List.copyOf(options);
    }
}
