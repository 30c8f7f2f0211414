package io.heddle.processes.worker;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.logging.ErrorManager;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.jspecify.annotations.Nullable;

/**
 * Configures {@code java.util.logging} in a worker, when its first use comes: {@code -Djava.util.logging.config.class} names this class. The
 * levels in the parent's {@code java.util.logging.config.file} hold; its handlers are the parent's, to which all records go.
 */
public final class LogForwarding {
    /**
     * Made by the LogManager.
     *
     * @throws IOException does not occur
     */
    public LogForwarding() throws IOException {
        String file = System.getProperty("java.util.logging.config.file");
        String settings =
                "handlers=" + Forwarder.class.getName() + "\n.level=INFO\n" + (file == null ? "" : levels(file));
        LogManager.getLogManager()
                .readConfiguration(new ByteArrayInputStream(settings.getBytes(StandardCharsets.ISO_8859_1)));
    }

    private static String levels(String file) {
        Properties settings = new Properties();
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try (InputStream in = Files.newInputStream(Path.of(file))) {
            settings.load(in);
            settings.keySet().removeIf(name -> !name.toString().endsWith(".level"));
            settings.store(text, null);
        } catch (IOException | IllegalArgumentException e) { // gone since the parent has read it
            return "";
        }
        return text.toString(StandardCharsets.ISO_8859_1);
    }

    /**
     * Lets the records of a JVM that is an embedded worker's own go to the caller, too. Once in a JVM, which must not be the caller's: what
     * it logs of a worker would be a record again.
     */
    public static void install() {
        Logger.getLogger("").addHandler(new Forwarder());
    }

    /** Sends records to the parent. */
    public static final class Forwarder extends Handler {
        private final ThreadLocal<Boolean> publishing = ThreadLocal.withInitial(() -> false);

        /** Made by the LogManager. */
        public Forwarder() {
            setLevel(Level.ALL);
            setFormatter(new SimpleFormatter());
        }

        @Override
        public void publish(LogRecord record) {
            Sender sender = Sender.ofThisProcess();
            if (sender == null || !isLoggable(record)) {
                return;
            }
            boolean nested = publishing.get();
            publishing.set(true);
            try {
                // a parameter that logs while it is shown gets its record through, with its own parameters as they
                // stand
                String message = nested ? record.getMessage() : getFormatter().formatMessage(record);
                sender.sendRecord(
                        record.getLoggerName() == null ? "" : record.getLoggerName(),
                        record.getLevel().intValue(),
                        record.getInstant().toEpochMilli(),
                        Thread.currentThread().getName(),
                        message == null ? "" : message,
                        stackTrace(record));
            } catch (RuntimeException e) {
                reportError(null, e, ErrorManager.FORMAT_FAILURE);
            } finally {
                publishing.set(nested);
            }
        }

        private static @Nullable String stackTrace(LogRecord record) {
            Throwable thrown = record.getThrown();
            if (thrown == null) {
                return null;
            }
            StringWriter text = new StringWriter();
            thrown.printStackTrace(new PrintWriter(text, true));
            return text.toString();
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }
}
