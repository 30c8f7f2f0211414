package io.heddle.processes;

import io.heddle.processes.setting.NamedOptions;
import java.util.Map;

/** The options of both backends. */
final class Options {
    static final NamedOptions<ProcessesBackend.Builder> BY_NAME = NamedOptions.of(
            ProcessesBackend.Builder.common(),
            Map.of(
                    "maxHeapBytes", (builder, value) -> builder.maxHeapBytes(value.number()),
                    "memoryGrowthBytes", (builder, value) -> builder.memoryGrowthBytes(value.number()),
                    "spareWorkers", (builder, value) -> builder.spareWorkers(value.integer())));

    private Options() {}
}
