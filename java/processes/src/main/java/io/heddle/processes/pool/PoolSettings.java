package io.heddle.processes.pool;

import io.heddle.processes.launch.LaunchSettings;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What the workers of a pool have in common. Equal settings share a pool.
 *
 * @param launch how they are started
 * @param initializer what each runs before its first task
 * @param codec what writes and reads objects, by its name
 * @param serialFilter what may be read, on both sides; empty for everything
 * @param growthLimitBytes how much a worker's resident memory may grow before it is replaced
 * @param idleLimit how long a worker without tasks is kept
 * @param spares how many workers are kept ready beyond those that calls have asked for
 */
public record PoolSettings(
        LaunchSettings launch,
        @Nullable Runnable initializer,
        String codec,
        String serialFilter,
        long growthLimitBytes,
        Duration idleLimit,
        int spares) {
    @Override
    public int hashCode() { // written out: a record's own costs a program's first call 10 ms
        return 31 * launch.hashCode() + codec.hashCode();
    }
}
