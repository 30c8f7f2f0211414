package io.heddle.processes.pool;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What the workers of a pool have in common. Equal settings share a pool.
 *
 * @param source where they come from
 * @param initializer what each runs before its first task
 * @param codec what writes and reads objects, by its name
 * @param serialFilter what may be read, on both sides; empty for everything
 * @param growthLimitBytes how much a worker's resident memory may grow before it is replaced
 * @param idleLimit how long a worker without tasks is kept
 * @param spares how many workers are kept ready beyond those that calls have asked for
 */
public record PoolSettings(
        WorkerSource source,
        @Nullable Runnable initializer,
        String codec,
        String serialFilter,
        long growthLimitBytes,
        Duration idleLimit,
        int spares) {
    @Override
    public int hashCode() { // written out: a record's own costs a program's first call 10 ms
        return 31 * source.hashCode() + codec.hashCode();
    }
}
