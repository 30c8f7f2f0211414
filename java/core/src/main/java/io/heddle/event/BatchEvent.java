package io.heddle.event;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;

@Name("io.heddle.Batch")
@Label("Batch")
@Category("Heddle")
@Description("Tasks that a worker took together")
@StackTrace(false)
@Threshold("1 ms") // where tasks are tiny, a worker takes batches of some 10 µs: they would fill a recording that is
// always on
final class BatchEvent extends Event implements Events.Batch {
    /** Tells whether such events are recorded; never committed. */
    static final BatchEvent TYPE = new BatchEvent();

    @Label("Call")
    @Description("The call's number")
    long call;

    @Label("Worker")
    @Description("Which of the call's workers, from 0")
    int worker;

    @Label("From")
    @Description("The index of its first task")
    long from;

    @Label("To")
    @Description("The index after its last task")
    long to;

    static BatchEvent begun(long call, int worker, long from, long to) {
        BatchEvent event = new BatchEvent();
        event.call = call;
        event.worker = worker;
        event.from = from;
        event.to = to;
        event.begin();
        return event;
    }

    @Override
    public void ended() {
        commit();
    }
}
