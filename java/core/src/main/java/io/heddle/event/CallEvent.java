package io.heddle.event;

import java.util.OptionalLong;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import org.jspecify.annotations.Nullable;

@Name("io.heddle.Call")
@Label("Call")
@Category("Heddle")
@Description("A parallel call, from its beginning to its end; the stack trace is that of the thread that ended it")
final class CallEvent extends Event implements Events.Call {
    /** Tells whether such events are recorded; never committed. */
    static final CallEvent TYPE = new CallEvent();

    @Label("Call")
    @Description("The call's number, never used twice in a JVM")
    long call;

    @Label("Backend")
    @Nullable
    String backend;

    @Label("Jobs")
    @Description("Its workers")
    int jobs;

    @Label("Inner Limit")
    @Description("The most native threads of one worker; 0 where the backend holds no inner limit")
    int innerMaxNumThreads;

    @Label("Nesting Level")
    @Description("0 for a call made outside any task, 1 for one made in a task, and so on")
    int nestingLevel;

    @Label("Usable CPUs")
    @Description("The CPUs that the call may share out among its workers")
    int usableCpus;

    @Label("Tasks")
    @Description("The number of its tasks; 0 where the producer never came to its end")
    long tasks;

    @Label("Completed")
    @Description("The tasks that were done, failed ones included")
    long completed;

    @Label("Failed")
    @Description("The tasks that failed for good")
    long failed;

    @Label("State")
    @Description("How it ended: DONE, FAILED or CANCELLED")
    @Nullable
    String state;

    static CallEvent begun(
            long call, String backend, int jobs, int innerMaxNumThreads, int nestingLevel, int usableCpus) {
        CallEvent event = new CallEvent();
        event.call = call;
        event.backend = backend;
        event.jobs = jobs;
        event.innerMaxNumThreads = innerMaxNumThreads;
        event.nestingLevel = nestingLevel;
        event.usableCpus = usableCpus;
        event.begin();
        return event;
    }

    @Override
    public void ended(OptionalLong tasks, long completed, long failed, Enum<?> state) {
        end();
        this.tasks = tasks.orElse(0);
        this.completed = completed;
        this.failed = failed;
        this.state = state.name();
        commit();
    }
}
