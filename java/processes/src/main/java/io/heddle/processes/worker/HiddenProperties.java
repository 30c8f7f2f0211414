package io.heddle.processes.worker;

import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameType;
import io.heddle.processes.wire.ProtocolException;
import java.util.ArrayList;
import java.util.List;

/** System properties of a worker that no process list, file or crash report is to show: they come as its first frames. Thread-safe. */
public final class HiddenProperties {
    private static volatile List<String> own = List.of();

    private HiddenProperties() {}

    /** Those that this process was given, as options; none if it is no worker. */
    public static List<String> ofThisProcess() {
        return own;
    }

    /** The frames that give a worker some, as options, the later ones win. One for each: all together may be over the bound on a frame. */
    public static FrameOutput[] frames(List<String> options) {
        return options.stream()
                .map(option -> new FrameOutput(FrameType.PROPERTY).putString(option))
                .toArray(FrameOutput[]::new);
    }

    /**
     * Sets the one of a frame; one thread at a time.
     *
     * @throws ProtocolException if there is none in it
     */
    public static void set(FrameInput frame) throws ProtocolException {
        String option = frame.getText();
        int end = option.indexOf('=');
        if (!option.startsWith("-D") || option.length() == 2 || end == 2) {
            throw new ProtocolException("a property without a name");
        }
        String name = option.substring(2, end < 0 ? option.length() : end);
        System.setProperty(name, end < 0 ? "" : option.substring(end + 1));
        List<String> more = new ArrayList<>(own);
        more.add(option);
        own = List.copyOf(more);
    }
}
