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
 * Configures {@code java.util.logging} in a worker, when its first use comes: {@code -Djava.util.logging.config.class} names this class. What
 * the user's own {@code java.util.logging.config.file} says holds; where there is none, records go to the parent only.
 */
public final class LogForwarding {
    /**
     * Made by the LogManager.
     *
     * @throws IOException if the user's file cannot be read
     */
    public LogForwarding() throws IOException {
        String settings = ".level=INFO";
        String handlers = "";
        String file = System.getProperty("java.util.logging.config.file");
        if (file != null) {
            Properties users = new Properties();
            try (InputStream in = Files.newInputStream(Path.of(file))) {
                users.load(in);
            }
            ByteArrayOutputStream text = new ByteArrayOutputStream();
            users.store(text, null);
            settings += "\n" + text.toString(StandardCharsets.ISO_8859_1);
            handlers = users.getProperty("handlers", "");
        }
        String own = Forwarder.class.getName();
        settings += "\nhandlers=" + (handlers.isBlank() ? own : handlers + "," + own) + "\n"; // the last one holds
        LogManager.getLogManager()
                .readConfiguration(new ByteArrayInputStream(settings.getBytes(StandardCharsets.ISO_8859_1)));
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
