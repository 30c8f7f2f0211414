package io.heddle.ray.cluster;

import io.ray.api.Ray;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/*
 * Ray is connected once in a process, by system properties, for good: who connected stays connected until the JVM ends, when Ray's own
 * shutdown hook leaves the cluster and the cluster ends the job's actors.
 */
/** This process's connection to its cluster. Thread-safe. */
public final class RaySession {
    /** Ray's name for where the nodes have the job's classes. */
    static final String PATH = "ray.job.code-search-path";
    /** A path that nothing is found by. */
    static final String NO_PATH = "/nonexistent/heddle";

    private static final long NODES_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static @Nullable Joining joining; // guarded by the class

    private final String address;
    private final Head head;
    private final String codeSearchPath;
    private volatile @Nullable Known known;

    private record Known(Nodes nodes, long since) {}

    /** To what is connected already; the address is empty if it is not known. */
    RaySession(String address, String codeSearchPath) {
        this.address = address;
        this.head = new Head(Address.ifAny(address));
        this.codeSearchPath = codeSearchPath;
    }

    /**
     * Whether this JVM is exiting: Ray's own shutdown hook leaves the cluster then, which ends the actors, and whoever calls Ray after it ends
     * the process with status 1.
     */
    static boolean isLeaving() {
        Thread probe = new Thread(null, null, "heddle-ray-probe", 0, false);
        try {
            Runtime.getRuntime().addShutdownHook(probe);
            return !Runtime.getRuntime().removeShutdownHook(probe);
        } catch (IllegalStateException e) { // only an exit forbids hooks
            return true;
        }
    }

    /**
     * Sees whether Ray's jar is there. To be called before any other class of Ray's is used.
     *
     * @throws IllegalStateException if it is not; the message says where it is
     */
    public static void needRay() {
        RayJar.require();
    }

    /**
     * The connection to the cluster; connects if this process is not connected yet.
     *
     * @throws IllegalStateException if it cannot be had; the message says why and what to do
     */
    public static RaySession of(RaySettings settings) {
        needRay();
        Joining running;
        synchronized (RaySession.class) {
            running = joining;
            if (running == null || (running.isOver() && (running.hasFailed() || !Ray.isInitialized()))) {
                running = Ray.isInitialized() ? Joining.by(ofUser()) : Joining.start(settings);
                joining = running;
            }
        }
        return running.await(settings.startTimeout()).checked(settings);
    }

    /** The user's own code has connected. */
    private static RaySession ofUser() {
        return new RaySession(System.getProperty(Address.PROPERTY, ""), System.getProperty(PATH, ""));
    }

    /** Refuses settings of another connection. */
    private RaySession checked(RaySettings settings) {
        String wanted = settings.address();
        if (wanted != null
                && !address.isEmpty()
                && !wanted.equals("auto")
                && !Address.find(wanted).toString().equals(address)) {
            throw new IllegalStateException("This process is connected to the Ray cluster at " + address
                    + ", and Ray allows one in a process: for " + wanted + " start another process");
        }
        String path = String.join(":", settings.codeSearchPath());
        if (!path.isEmpty() && !path.equals(codeSearchPath)) {
            throw new IllegalStateException("codeSearchPath = " + path
                    + " comes too late: Ray takes it when a process connects, and this one is connected "
                    + (codeSearchPath.isEmpty() ? "without one" : "with " + codeSearchPath)
                    + ". Give it to the first backend, or by -Dray.job.code-search-path");
        }
        return this;
    }

    /**
     * The nodes that live, as they were some seconds ago at most.
     *
     * @throws IllegalStateException if the cluster does not tell in time; the message says what to do
     */
    public Nodes nodes(RaySettings settings) {
        Known last = known;
        if (last == null || System.nanoTime() - last.since() > NODES_NANOS) {
            Nodes nodes = head.ask(
                    () -> Nodes.of(Ray.getRuntimeContext().getAllNodeInfo()),
                    settings.headTimeout(),
                    settings.startTimeout(),
                    _ -> {});
            last = new Known(nodes, System.nanoTime());
            known = last;
        }
        return last.nodes();
    }

    /** The same without asking the cluster, if it was asked before. */
    Nodes nodesAsSeenLast(RaySettings settings) {
        Known last = known;
        return last == null ? nodes(settings) : last.nodes();
    }

    String address() {
        return address;
    }

    Head head() {
        return head;
    }
}
