package io.heddle.ray.cluster;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Where a cluster's head is.
 *
 * @param host its host
 * @param port its port
 */
record Address(String host, int port) {
    /** Ray's own, where it looks itself. */
    static final String PROPERTY = "ray.address";

    private static final String VARIABLE = "RAY_ADDRESS";
    private static final String WHAT =
            "Give the address of the cluster's head, host:port as `ray start --head` prints it, by the option"
                    + " 'address', -Dray.address or the environment's RAY_ADDRESS";

    /**
     * The address that the user gave, the system property, the environment's, or that of the cluster which was started on this machine.
     *
     * @throws IllegalStateException if there is none, or it is no address; the message says what to do
     */
    static Address find(@Nullable String given) {
        return find(given, System::getProperty, System::getenv, startedHere());
    }

    @SuppressWarnings("NullAway") // functions that answer null
    static Address find(
            @Nullable String given, UnaryOperator<String> properties, UnaryOperator<String> environment, Path here) {
        String property = properties.apply(PROPERTY);
        String variable = environment.apply(VARIABLE);
        String text = isSaid(given) ? given : isSaid(property) ? property : isSaid(variable) ? variable : "auto";
        if (!text.strip().equals("auto")) {
            return parse(text.strip());
        }
        try {
            return parse(Files.readString(here).strip());
        } catch (IOException e) {
            throw new IllegalStateException(
                    "No Ray cluster: no address was given, and none was started on this machine (" + here
                            + " is not there). " + WHAT,
                    e);
        }
    }

    private static boolean isSaid(@Nullable String text) {
        return text != null && !text.isBlank();
    }

    /** Where {@code ray start} writes the address of the cluster that this machine belongs to. */
    private static Path startedHere() {
        String folder = System.getenv("RAY_TMPDIR");
        return Path.of(folder == null || folder.isBlank() ? "/tmp" : folder, "ray", "ray_current_cluster");
    }

    /** What a text says; null if it says nothing or is no address. */
    static @Nullable Address ifAny(String text) {
        try {
            return parse(text.strip());
        } catch (IllegalStateException e) {
            return null;
        }
    }

    private static Address parse(String text) {
        int colon = text.lastIndexOf(':');
        try {
            if (text.contains("://") || colon < 1) {
                throw new NumberFormatException();
            }
            int port = Integer.parseInt(text.substring(colon + 1));
            if (port < 1 || port > 65_535) {
                throw new NumberFormatException();
            }
            return new Address(text.substring(0, colon), port);
        } catch (NumberFormatException e) {
            throw new IllegalStateException(
                    "\"" + text + "\" is no address of a Ray cluster"
                            + (text.startsWith("ray://") ? ": Ray's Java API knows no ray://" : "") + ". " + WHAT,
                    e);
        }
    }

    /**
     * Sees whether somebody listens there: Ray itself takes 40 s to find out that nobody does.
     *
     * @throws IllegalStateException if nobody does
     */
    void check(Duration timeout) {
        try {
            connect(timeout);
        } catch (IOException e) {
            throw new IllegalStateException(
                    "No Ray cluster at " + this + " (" + e.getMessage()
                            + "): see whether it runs (`ray status --address " + this
                            + "`) and can be reached from here. " + WHAT,
                    e);
        }
    }

    /** Whether somebody listens there. */
    boolean answers(Duration timeout) {
        try {
            connect(timeout);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private void connect(Duration timeout) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(
                    new InetSocketAddress(host.replace("[", "").replace("]", ""), port),
                    Math.clamp(timeout.toMillis(), 1, Integer.MAX_VALUE));
        }
    }

    @Override
    public String toString() {
        return host + ":" + port;
    }
}
