package io.heddle.processes.pool;

import io.heddle.backend.TaskRange;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The batches of a lane: what its worker has, and what is to be sent to one. Guarded by the lane's lock. */
final class Batches {
    private final List<TaskRange> sent = new ArrayList<>(); // in the order in which they are run
    private final Deque<TaskRange> toSend = new ArrayDeque<>(); // just taken, or to be sent once more

    int atWorker() {
        return sent.size();
    }

    boolean hasToSend() {
        return !toSend.isEmpty();
    }

    void add(TaskRange range) {
        toSend.addLast(range);
    }

    /** Tasks that were sent together and are now to be told apart. */
    void addSingly(TaskRange range) {
        for (long index = range.from(); index < range.to(); index++) {
            toSend.addLast(new TaskRange(index, index + 1));
        }
    }

    /** What to send next; null for nothing. */
    @Nullable
    TaskRange next() {
        return toSend.poll();
    }

    /** The worker has a batch from before it is written: if it dies, it may have read it. */
    void sent(TaskRange range) {
        sent.add(range);
    }

    void notSent(long from) {
        sent.removeIf(range -> range.from() == from);
    }

    /** Whether the worker has some tasks, of one batch. */
    boolean has(long first, int count) {
        return count > 0 && sent.stream().anyMatch(range -> range.from() <= first && first + count <= range.to());
    }

    /** Whether a task is the first that the worker has: the one that it runs, if it runs one. */
    boolean isFirst(long task) {
        return !sent.isEmpty() && sent.getFirst().from() == task;
    }

    /** Takes tasks of one batch out of what the worker has. */
    void delivered(long first, long end) {
        for (int i = 0; i < sent.size(); i++) {
            TaskRange range = sent.get(i);
            if (range.from() <= first && end <= range.to()) {
                sent.remove(i);
                if (end < range.to()) {
                    sent.add(i, new TaskRange(end, range.to()));
                }
                if (range.from() < first) {
                    sent.add(i, new TaskRange(range.from(), first));
                }
                return;
            }
        }
    }

    /** The worker has nothing any more. Returns what it had. */
    List<TaskRange> takeBack() {
        List<TaskRange> had = List.copyOf(sent);
        sent.clear();
        return had;
    }
}
