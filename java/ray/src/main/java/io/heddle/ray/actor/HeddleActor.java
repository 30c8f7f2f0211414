package io.heddle.ray.actor;

import io.heddle.processes.worker.EmbeddedWorker;
import io.heddle.processes.worker.LogForwarding;
import org.jspecify.annotations.NullUnmarked;

/**
 * The actor: a worker of Heddle in a JVM of Ray's. Made and called by Ray, on any of its threads. Nothing is thrown out of it, as Ray would
 * end the JVM and forget why; and there are no arrays without elements, as Ray makes null of them.
 */
@NullUnmarked
public final class HeddleActor {
    private final ActorChannel channel;
    private final ActorEnd end;

    private final EmbeddedWorker worker;

    private HeddleActor(ActorChannel channel) {
        this.channel = channel;
        this.end = new ActorEnd(channel);
        this.worker = EmbeddedWorker.startWithoutReader(channel, end);
    }

    /**
     * Made by Ray.
     *
     * @param maxFrameBytes the bound on one frame
     * @return an actor whose worker serves
     */
    public static HeddleActor create(Integer maxFrameBytes) {
        LogForwarding.install();
        return new HeddleActor(new ActorChannel(maxFrameBytes));
    }

    /**
     * Answered as soon as the actor is there.
     *
     * @return what there is to know about it
     */
    public String about() {
        return About.here().text();
    }

    /**
     * Brings frames and takes others with it.
     *
     * @param sequence which exchange this is, from 0
     * @param frames those for the worker; null for none
     * @return those for the caller; null for none
     */
    public byte[] exchange(Long sequence, byte[] frames) {
        try {
            byte[] answer = channel.exchange(sequence, frames == null ? new byte[0] : frames, worker::accept);
            return answer.length == 0 ? null : answer;
        } catch (Throwable e) { // garbage, or no memory
            end.broken(e);
            return null;
        }
    }
}
