package io.heddle.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.CallStatus.State;
import io.heddle.fixture.Recorded;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import jdk.jfr.EventType;
import jdk.jfr.FlightRecorder;
import jdk.jfr.ValueDescriptor;
import jdk.jfr.consumer.RecordedEvent;
import org.junit.jupiter.api.Test;

/** What a recording is told of calls, workers, batches and tasks. */
class EventsTest {
    private static void aCall() {
        Events.Call call = Events.callBegins(7, "threads", 2, 3, 1, 6);
        Events.Worker worker = Events.workerBegins(7, 1, 3);
        Events.Batch batch = Events.batchBegins(7, 1, 10, 20);
        Events.Task task = Events.taskBegins(7, 1, 11);
        task.ended(true);
        batch.ended();
        worker.ended(9);
        call.ended(OptionalLong.of(100), 40, 1, State.FAILED);
    }

    private static RecordedEvent only(List<RecordedEvent> events, String name) {
        List<RecordedEvent> named = events.stream()
                .filter(event -> event.getEventType().getName().equals(name))
                .toList();
        assertThat(named).as(name).hasSize(1);
        return named.getFirst();
    }

    private static void assertFields(RecordedEvent event, Object... namesAndValues) {
        for (int i = 0; i < namesAndValues.length; i += 2) {
            String name = (String) namesAndValues[i];
            assertThat(event.<Object>getValue(name)).as(name).isEqualTo(namesAndValues[i + 1]);
        }
    }

    @Test
    void aRecordingThatAsksForAllSeesAllWithTheirFields() throws Exception {
        List<RecordedEvent> events = Recorded.during(
                recording -> {
                    recording.enable("io.heddle.Batch").withoutThreshold();
                    recording.enable("io.heddle.Task");
                },
                EventsTest::aCall);
        assertThat(events).hasSize(4);
        RecordedEvent call = only(events, "io.heddle.Call");
        assertFields(call, "call", 7L, "backend", "threads", "jobs", 2, "innerMaxNumThreads", 3, "nestingLevel", 1);
        assertFields(call, "usableCpus", 6, "tasks", 100L, "completed", 40L, "failed", 1L, "state", "FAILED");
        assertThat(call.getThread().getJavaName())
                .isEqualTo(Thread.currentThread().getName());
        assertThat(call.getStackTrace().getFrames())
                .anyMatch(frame -> frame.getMethod().getName().equals("aCall"));
        RecordedEvent worker = only(events, "io.heddle.Worker");
        assertFields(worker, "call", 7L, "worker", 1, "innerMaxNumThreads", 3, "tasks", 9L);
        assertFields(only(events, "io.heddle.Batch"), "call", 7L, "worker", 1, "from", 10L, "to", 20L);
        assertFields(only(events, "io.heddle.Task"), "call", 7L, "worker", 1, "index", 11L, "failed", true);
        assertThat(call.getDuration())
                .isGreaterThanOrEqualTo(worker.getDuration())
                .isPositive();
    }

    @Test
    void byDefaultTasksAndShortBatchesAreNotRecorded() throws Exception {
        List<RecordedEvent> events = Recorded.during(() -> {
            Events.batchBegins(7, 0, 0, 1).ended();
            Events.taskBegins(7, 0, 0).ended(false);
            Events.Batch longer = Events.batchBegins(7, 0, 1, 2);
            long begin = System.nanoTime();
            while (System.nanoTime() - begin < Duration.ofMillis(2).toNanos()) {
                Thread.onSpinWait();
            }
            longer.ended();
        });
        assertThat(events).hasSize(1);
        assertFields(events.getFirst(), "from", 1L, "to", 2L);
    }

    @Test
    void aCallWhoseProducerNeverEndedHasNoNumberOfTasks() throws Exception {
        List<RecordedEvent> events = Recorded.during(
                () -> Events.callBegins(8, "threads", 2, 0, 0, 2).ended(OptionalLong.empty(), 5, 0, State.CANCELLED));
        assertFields(only(events, "io.heddle.Call"), "tasks", 0L, "completed", 5L, "state", "CANCELLED");
    }

    @Test
    void whatBeginsWhileNobodyRecordsIsOneSharedObject() {
        assertThat(Events.callBegins(1, "threads", 1, 1, 0, 1)).isSameAs(Events.callBegins(2, "threads", 1, 1, 0, 1));
        assertThat(Events.workerBegins(1, 0, 1)).isSameAs(Events.workerBegins(2, 0, 1));
        assertThat(Events.batchBegins(1, 0, 0, 1)).isSameAs(Events.batchBegins(2, 0, 0, 1));
        assertThat(Events.taskBegins(1, 0, 0)).isSameAs(Events.taskBegins(2, 0, 0));
        assertThat(Events.tasksAreRecorded()).isFalse();
        assertThat(Events.limitChangesAreRecorded()).isFalse();
        aCall();
    }

    @Test
    void eachEventAndEachFieldSaysWhatItIs() throws Exception {
        assertThat(Recorded.during(
                        recording -> recording.enable("io.heddle.Task"),
                        () -> assertThat(Events.limitChangesAreRecorded()).isTrue()))
                .isEmpty();
        List<String> inherited = Arrays.asList("startTime", "duration", "eventThread", "stackTrace");
        List<EventType> types = FlightRecorder.getFlightRecorder().getEventTypes().stream()
                .filter(type -> type.getName().startsWith("io.heddle."))
                .toList();
        assertThat(types)
                .extracting(EventType::getName)
                .contains("io.heddle.Task", "io.heddle.LimitChange")
                .isSubsetOf(
                        "io.heddle.Call",
                        "io.heddle.Worker",
                        "io.heddle.Batch",
                        "io.heddle.Task",
                        "io.heddle.LimitChange");
        for (EventType type : types) {
            assertThat(type.getLabel()).as(type.getName()).isNotNull();
            assertThat(type.getDescription()).as(type.getName()).isNotNull();
            assertThat(type.getCategoryNames()).as(type.getName()).containsExactly("Heddle");
            for (ValueDescriptor field : type.getFields()) {
                assertThat(inherited.contains(field.getName()) || field.getLabel() != null)
                        .as("%s.%s has a label", type.getName(), field.getName())
                        .isTrue();
            }
        }
    }
}
