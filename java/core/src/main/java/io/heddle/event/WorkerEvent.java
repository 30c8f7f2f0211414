package io.heddle.event;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

@Name("io.heddle.Worker")
@Label("Worker")
@Category("Heddle")
@Description("The time that a thread is a worker of a call, its inner limit held")
@StackTrace(false)
final class WorkerEvent extends Event implements Events.Worker {
    /** Tells whether such events are recorded; never committed. */
    static final WorkerEvent TYPE = new WorkerEvent();

    @Label("Call")
    @Description("The call's number")
    long call;

    @Label("Worker")
    @Description("Which of the call's workers, from 0")
    int worker;

    @Label("Inner Limit")
    @Description("The most native threads that it may have; 0 where the backend holds no inner limit")
    int innerMaxNumThreads;

    @Label("Tasks")
    @Description("The tasks that it ran")
    long tasks;

    static WorkerEvent begun(long call, int worker, int innerMaxNumThreads) {
        WorkerEvent event = new WorkerEvent();
        event.call = call;
        event.worker = worker;
        event.innerMaxNumThreads = innerMaxNumThreads;
        event.begin();
        return event;
    }

    @Override
    public void ended(long tasks) {
        end();
        this.tasks = tasks;
        commit();
    }
}
