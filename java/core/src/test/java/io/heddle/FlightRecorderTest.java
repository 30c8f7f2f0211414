package io.heddle;

import static io.heddle.fixture.NativeFiles.built;

import io.heddle.event.Events;
import io.heddle.fixture.ChildJvm;
import io.heddle.fixture.RecordsAsModule;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Heddle with the flight recorder as a module of the runtime, and without it. */
class FlightRecorderTest {
    @Test
    void aRuntimeWithoutFlightRecorderWorksAndRecordsNothing() throws Exception {
        ChildJvm.of(WithoutRecorder.class, built("libopenblas_fake.so"))
                .option("--limit-modules=java.base")
                .succeeds();
    }

    static final class WithoutRecorder {
        /** Uses the JDK's base module only. */
        public static void main(String[] args) {
            System.load(args[0]);
            check(ModuleLayer.boot().findModule("jdk.jfr").isEmpty());
            check(!Events.limitChangesAreRecorded());
            check(!Events.tasksAreRecorded());
            Events.Call call = Events.callBegins(1, "threads", 1, 1, 0, 1);
            Events.workerBegins(1, 0, 1).ended(1);
            Events.batchBegins(1, 0, 0, 1).ended();
            Events.taskBegins(1, 0, 0).ended(false);
            Events.limitChanged("file", "openblas", CallStatus.State.DONE, true, 1, 1);
            call.ended(OptionalLong.of(1), 1, 0, CallStatus.State.DONE);
            try (var limit = NativeThreads.limit(2)) {
                check(limit.applied().getFirst().inForce() == 2);
            }
            check(Parallel.jobs(2)
                    .map(List.of(1, 2, 3), number -> number * number)
                    .equals(List.of(1, 4, 9)));
        }

        private static void check(boolean holds) {
            if (!holds) {
                throw new IllegalStateException();
            }
        }
    }

    @Test
    void limitsAreRecordedWhereHeddleIsAModule() throws Exception {
        Path classes = Path.of(NativeThreads.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        ChildJvm.of(RecordsAsModule.class, built("libopenblas_fake.so"))
                .option("--module-path=" + classes)
                .option("--add-modules=io.heddle")
                .option("--enable-native-access=io.heddle")
                .succeeds();
    }
}
