package io.heddle.event;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

@Name("io.heddle.Task")
@Label("Task")
@Category("Heddle")
@Description("One run of a task; one that is tried again has several")
@StackTrace(false)
@Enabled(false)
final class TaskEvent extends Event implements Events.Task {
    /** Tells whether such events are recorded; never committed. */
    static final TaskEvent TYPE = new TaskEvent();

    @Label("Call")
    @Description("The call's number")
    long call;

    @Label("Worker")
    @Description("Which of the call's workers, from 0")
    int worker;

    @Label("Index")
    @Description("Which of the call's tasks, from 0")
    long index;

    @Label("Failed")
    @Description("Whether it threw")
    boolean failed;

    static TaskEvent begun(long call, int worker, long index) {
        TaskEvent event = new TaskEvent();
        event.call = call;
        event.worker = worker;
        event.index = index;
        event.begin();
        return event;
    }

    @Override
    public void ended(boolean failed) {
        end();
        this.failed = failed;
        commit();
    }
}
