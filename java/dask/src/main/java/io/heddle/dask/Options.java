package io.heddle.dask;

import io.heddle.processes.setting.NamedOptions;
import java.util.Map;

/** The options of the backend. */
final class Options {
    static final NamedOptions<DaskBackend.Builder> BY_NAME = NamedOptions.of(
            DaskBackend.Builder.common(),
            Map.of(
                    "schedulerAddress", (builder, value) -> builder.schedulerAddress(value.text()),
                    "workers", (builder, value) -> builder.workers(value.integer()),
                    "threadsPerWorker", (builder, value) -> builder.threadsPerWorker(value.integer()),
                    "python", (builder, value) -> builder.python(value.text()),
                    "javaHome", (builder, value) -> builder.javaHome(value.text()),
                    "tlsCaFile", (builder, value) -> builder.tlsCaFile(value.file()),
                    "tlsCertFile", (builder, value) -> builder.tlsCertFile(value.file()),
                    "tlsKeyFile", (builder, value) -> builder.tlsKeyFile(value.file())));

    private Options() {}
}
