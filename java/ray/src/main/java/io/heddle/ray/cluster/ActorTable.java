package io.heddle.ray.cluster;

import io.ray.api.id.ActorId;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** What the cluster knows of an actor's death, of which Ray's Java API says only that it was one. */
final class ActorTable {
    private static final System.Logger LOGGER = System.getLogger("io.heddle.ray");
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final Duration MOST_TIME = Duration.ofSeconds(5);
    private static final int MOST_CHARACTERS = 2000;

    private ActorTable() {}

    /** Why it died, in Ray's words. Waits some seconds until the cluster knows. */
    static Optional<String> deathCause(Head head, ActorId actor) {
        try {
            return head.ask(() -> lookUp(actor), MOST_TIME, MOST_TIME, _ -> {});
        } catch (IllegalStateException e) {
            LOGGER.log(Level.DEBUG, "The death of " + actor + " cannot be looked up", e);
            return Optional.empty();
        }
    }

    private static Optional<String> lookUp(ActorId actor) {
        long end = System.nanoTime() + PATIENCE_NANOS;
        try {
            while (true) {
                Optional<String> cause = ask(actor);
                if (cause.isPresent() || System.nanoTime() > end) {
                    return cause;
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
            }
        } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
            LOGGER.log(Level.DEBUG, "The death of " + actor + " cannot be looked up", e);
            return Optional.empty();
        }
    }

    private static Optional<String> ask(ActorId actor) throws ReflectiveOperationException {
        byte[] bytes = RayInternals.actorRow(actor);
        if (bytes == null) {
            return Optional.empty();
        }
        Class<?> table = RayInternals.type("io.ray.runtime.generated.Gcs$ActorTableData");
        Object row = table.getMethod("parseFrom", byte[].class).invoke(null, bytes);
        if (!(boolean) table.getMethod("hasDeathCause").invoke(row)) {
            return Optional.empty();
        }
        return message(table.getMethod("getDeathCause").invoke(row));
    }

    /** The text of whichever context it has. */
    private static Optional<String> message(Object cause) throws ReflectiveOperationException {
        for (String context : new String[] {
            "ActorDiedErrorContext",
            "RuntimeEnvFailedContext",
            "CreationTaskFailureContext",
            "ActorUnschedulableContext",
            "OomContext"
        }) {
            if (!(boolean) cause.getClass().getMethod("has" + context).invoke(cause)) {
                continue;
            }
            Object said = cause.getClass().getMethod("get" + context).invoke(cause);
            for (String getter : new String[] {"getErrorMessage", "getFormattedExceptionString"}) {
                try {
                    String text = String.valueOf(
                                    said.getClass().getMethod(getter).invoke(said))
                            .strip();
                    if (!text.isEmpty()) {
                        return Optional.of(
                                text.length() > MOST_CHARACTERS ? text.substring(0, MOST_CHARACTERS) + "…" : text);
                    }
                } catch (NoSuchMethodException e) {
                    // this context has another
                }
            }
        }
        return Optional.empty();
    }
}
