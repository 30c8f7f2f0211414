package io.heddle.ray.cluster;

import io.heddle.processes.failure.BrokenPoolException;
import io.heddle.processes.pool.Pace;
import io.heddle.processes.pool.WorkerLink;
import io.heddle.processes.pool.WorkerSource;
import io.heddle.ray.actor.About;
import io.heddle.ray.actor.HeddleActor;
import io.ray.api.ActorHandle;
import io.ray.api.ObjectRef;
import io.ray.api.Ray;
import io.ray.api.exception.RayTimeoutException;
import io.ray.api.runtimeenv.RuntimeEnv;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Actors of a Ray cluster as workers. Equal if their settings are. Thread-safe. */
public final class RayWorkers implements WorkerSource {
    /** Beside 10 ms little is what is paid for a batch: a call of the actor, about 0.5 ms there and back. */
    private static final Pace PACE = new Pace(10_000_000, 5_000_000, 4);
    /** More than the exchanges that wait; the rest answer at once. */
    private static final int THREADS = 16;

    /** The class path's own limit is to be the first. */
    private static final Duration SENDING = Duration.ofSeconds(5);

    private static final int ASK_MILLIS = 1000;
    /** Ray chooses a lost node for some seconds more. */
    private static final int ATTEMPTS = 5;

    private final RaySettings settings;
    private final ClassPath classPath;
    private final ScatteredObjects scattered = new ScatteredObjects();
    private final AtomicInteger living = new AtomicInteger();

    /** For some settings. Connects to nothing yet. */
    public RayWorkers(RaySettings settings) {
        this.settings = settings;
        this.classPath = new ClassPath(settings);
    }

    /** Again where the chosen node is lost meanwhile. */
    @Override
    public WorkerLink launch(int innerMaxNumThreads, boolean explicit, int cpus) {
        for (int attempt = 1; ; attempt++) {
            try {
                return launchOnce(innerMaxNumThreads, explicit, cpus);
            } catch (BrokenPoolException e) {
                if (attempt == ATTEMPTS || !StartFailure.isOfNode(e)) {
                    throw e;
                }
            }
        }
    }

    private WorkerLink launchOnce(int innerMaxNumThreads, boolean explicit, int cpus) {
        RaySession session = session();
        double demand;
        ActorHandle<HeddleActor> actor;
        ActorEnvironment environment = ActorEnvironment.of(settings, innerMaxNumThreads, cpus);
        try {
            demand = Demand.of(settings, session.nodes(settings), innerMaxNumThreads, explicit, cpus);
            actor = session.head()
                    .ask(
                            () -> create(environment, demand),
                            settings.headTimeout(),
                            settings.startTimeout().plus(SENDING),
                            RayWorkers::end);
        } catch (IllegalStateException e) {
            throw broken(e);
        }
        try {
            About about = await(session, actor, demand);
            ActorLink link =
                    new ActorLink(actor, about, demand, environment.limit(), settings, session.head(), scattered);
            living.incrementAndGet();
            var _ = link.onExit().whenComplete((_, _) -> living.decrementAndGet());
            return link;
        } catch (RuntimeException | Error e) {
            end(actor);
            throw e;
        }
    }

    private static void end(ActorHandle<HeddleActor> actor) {
        Head.tell(() -> actor.kill(true));
    }

    private static BrokenPoolException broken(IllegalStateException failure) {
        return new BrokenPoolException(String.valueOf(failure.getMessage()), failure);
    }

    private RaySession session() {
        try {
            return RaySession.of(settings);
        } catch (IllegalStateException e) {
            throw broken(e);
        }
    }

    private ActorHandle<HeddleActor> create(ActorEnvironment environment, double demand) {
        try {
            RuntimeEnv runtimeEnv = new RuntimeEnv.Builder().build();
            runtimeEnv.set("env_vars", environment.variables());
            List<String> jars = classPath.send();
            if (!jars.isEmpty()) {
                runtimeEnv.set("java_jars", jars);
            }
            return Ray.actor(HeddleActor::create, settings.maxFrameBytes())
                    .setResource("CPU", demand)
                    .setMaxConcurrency(THREADS)
                    .setMaxRestarts(0)
                    .setJvmOptions(environment.jvmOptions())
                    .setRuntimeEnv(runtimeEnv)
                    .remote();
        } catch (BrokenPoolException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new BrokenPoolException("Ray took no order for an actor: " + e, e);
        }
    }

    /** Waits until the actor answers; for as long as it takes where others work meanwhile. */
    private About await(RaySession session, ActorHandle<HeddleActor> actor, double demand) {
        long end = System.nanoTime() + settings.startTimeout().toNanos();
        ObjectRef<String> asked = actor.task(HeddleActor::about).remote();
        while (true) {
            if (RaySession.isLeaving()) {
                throw new BrokenPoolException("This process is exiting");
            }
            try {
                return About.of(asked.get(ASK_MILLIS));
            } catch (RayTimeoutException e) {
                if (System.nanoTime() > end && living.get() == 0) {
                    throw new BrokenPoolException(
                            StartFailure.late(session.nodesAsSeenLast(settings), demand, settings), e);
                }
                if (session.head().isLost(settings.headTimeout())) {
                    throw new BrokenPoolException(session.head().lost(settings.headTimeout()), e);
                }
            } catch (RuntimeException e) { // Ray's: it died, or its environment could not be made
                throw new BrokenPoolException(
                        StartFailure.died(
                                ActorTable.deathCause(session.head(), actor.getId())
                                        .orElse(e.toString()),
                                settings),
                        e);
            }
        }
    }

    /**
     * Only one for which Ray has set aside what is asked for; and no native library that is loaded there later is to begin with more threads
     * than it may.
     */
    @Override
    public boolean isFit(WorkerLink link, int innerMaxNumThreads, boolean explicit, int cpus) {
        Nodes nodes = session().nodesAsSeenLast(settings); // the pool is locked meanwhile
        return link instanceof ActorLink actor
                && actor.cpus() == Demand.of(settings, nodes, innerMaxNumThreads, explicit, cpus)
                && actor.environmentLimit() <= innerMaxNumThreads;
    }

    @Override
    public Pace pace() {
        return PACE;
    }

    @Override
    public int maxFrameBytes() {
        return settings.maxFrameBytes();
    }

    @Override
    public Duration startTimeout() {
        return settings.startTimeout();
    }

    @Override
    public boolean workersHaveClassPath() {
        return classPath.isOnNodes();
    }

    @Override
    public String workerKind() {
        return "Ray actor";
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RayWorkers workers && settings.equals(workers.settings);
    }

    @Override
    public int hashCode() {
        return settings.hashCode();
    }
}
