package io.heddle.event;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Throttle;
import org.jspecify.annotations.Nullable;

@Name("io.heddle.LimitChange")
@Label("Limit Change")
@Category("Heddle")
@Description("The number of threads of a native library was set because a limit was opened or closed")
@Throttle("1000/s") // code that opens a limit around each small call opens millions a second
final class LimitChangeEvent extends Event {
    /** Tells whether such events are recorded; never committed. */
    static final LimitChangeEvent TYPE = new LimitChangeEvent();

    @Label("Library")
    @Description("Its file")
    @Nullable
    String library;

    @Label("Internal API")
    @Description("What it is, such as openblas or openmp")
    @Nullable
    String internalApi;

    @Label("Limit Scope")
    @Description("Whom the change affects: CURRENT_THREAD or PROCESS")
    @Nullable
    String limitScope;

    @Label("Opened")
    @Description("Whether a limit was opened; otherwise one was closed")
    boolean opened;

    @Label("Asked")
    @Description("The number it was set to")
    int asked;

    @Label("In Force")
    @Description("The number read back from the library")
    int inForce;

    static void record(String library, String internalApi, Enum<?> limitScope, boolean opened, int asked, int inForce) {
        LimitChangeEvent event = new LimitChangeEvent();
        if (event.shouldCommit()) {
            event.library = library;
            event.internalApi = internalApi;
            event.limitScope = limitScope.name();
            event.opened = opened;
            event.asked = asked;
            event.inForce = inForce;
            event.commit();
        }
    }
}
