package io.heddle.ray;

import io.heddle.processes.setting.NamedOptions;
import java.util.Map;

/** The options of the backend. */
final class Options {
    static final NamedOptions<RayBackend.Builder> BY_NAME = NamedOptions.of(
            RayBackend.Builder.common(),
            Map.of(
                    "address", (builder, value) -> builder.address(value.text()),
                    "namespace", (builder, value) -> builder.namespace(value.text()),
                    "codeSearchPath", (builder, value) -> builder.codeSearchPath(value.textsBetweenColons()),
                    "jars", (builder, value) -> builder.jars(value.texts()),
                    "cpusPerWorker", (builder, value) -> builder.cpusPerWorker(value.fraction()),
                    "javaHome", (builder, value) -> builder.javaHome(value.text()),
                    "loggingLevel", (builder, value) -> builder.loggingLevel(value.text()),
                    "headTimeout", (builder, value) -> builder.headTimeout(value.duration())));

    private Options() {}
}
