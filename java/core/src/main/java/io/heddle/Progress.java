package io.heddle;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** How far one call is, in words. Told by any thread; shown by one at a time. */
final class Progress {
    private static final double RATE_OF_LAST_SECONDS = 10;
    private static final int SHORTEST_BAR = 8;
    private static final int LONGEST_BAR = 40;
    private static final double LINE_PERCENT = 10;
    private static final double LINE_LEAST_SECONDS = 2;
    private static final double LINE_MOST_SECONDS = 30;
    private static final double LINE_PART_OF_ELAPSED = 0.1;

    private final long begunNanos;
    private volatile CallStatus latest;

    // The rate: tasks and the time they took, those of long ago with less weight.
    private double tasks;
    private double seconds;
    private long sampledTasks;
    private double sampledSeconds;

    private double linePercent;
    private double lineSeconds;

    Progress(CallStatus status, long nowNanos) {
        this.latest = status;
        this.begunNanos = nowNanos - status.elapsed().toNanos();
    }

    void told(CallStatus status) {
        latest = status;
    }

    /** One line of at most a number of characters, to be drawn over the one before. */
    String bar(int most, long nowNanos) {
        CallStatus status = latest;
        double elapsed = elapsedSeconds(nowNanos);
        sample(status);
        List<String> parts = new ArrayList<>();
        if (status.total().isPresent()) {
            parts.add(String.format(Locale.ROOT, "%3d %%", (int) percent(status)));
        }
        parts.add(completed(status));
        addFigures(parts, status, elapsed);
        String figures = String.join("  ", parts);
        int room = Math.min(most - figures.length() - "[]  ".length(), LONGEST_BAR);
        String text = figures;
        if (status.total().isPresent() && room >= SHORTEST_BAR) {
            int full = (int) (percent(status) * room / 100);
            text = "[" + "#".repeat(full) + "-".repeat(room - full) + "]  " + figures;
        }
        return text.substring(0, Math.clamp(text.length(), 0, Math.max(most, 0)));
    }

    /** A line, if enough was done or enough time went by since the last one. */
    Optional<String> lineIfDue(long nowNanos) {
        CallStatus status = latest;
        double elapsed = elapsedSeconds(nowNanos);
        sample(status);
        double percent = status.total().isPresent() ? percent(status) : 0;
        double since = elapsed - lineSeconds;
        boolean due = since >= Math.max(LINE_MOST_SECONDS, LINE_PART_OF_ELAPSED * elapsed)
                || (since >= LINE_LEAST_SECONDS && percent - linePercent >= LINE_PERCENT);
        if (!due) {
            return Optional.empty();
        }
        linePercent = percent;
        lineSeconds = elapsed;
        List<String> parts = new ArrayList<>();
        addFigures(parts, status, elapsed);
        return Optional.of(name(status) + ": " + completed(status)
                + (status.total().isPresent() ? " (" + (int) percent + " %)" : "") + ", "
                + String.join(", ", parts));
    }

    /** The last line of a call. */
    static String ended(CallStatus status) {
        double elapsed = seconds(status.elapsed());
        String how = switch (status.state()) {
            case RUNNING, DONE -> "";
            case FAILED -> " failed";
            case CANCELLED -> " cancelled";
        };
        return name(status) + how + ": " + completed(status) + " in " + time(elapsed)
                + (status.completed() > 0 && elapsed > 0 ? ", " + rate(status.completed() / elapsed) : "")
                + (status.failed() > 0 ? ", " + status.failed() + " failed" : "");
    }

    static String name(CallStatus status) {
        return "heddle call " + status.call();
    }

    private void addFigures(List<String> parts, CallStatus status, double elapsed) {
        double rate = seconds > 0 ? tasks / seconds : 0;
        if (rate > 0) {
            parts.add(rate(rate));
        }
        parts.add(time(elapsed));
        if (rate > 0 && status.total().isPresent()) {
            double left = (status.total().getAsLong() - status.completed()) / rate - (elapsed - sampledSeconds);
            parts.add("ETA " + time(Math.max(left, 0)));
        }
        if (status.workersBusy() > 0) { // nothing is told between the call's start and its first completed task
            parts.add(status.workersBusy() + "/" + status.jobs() + " busy");
        }
        if (status.failed() > 0) {
            parts.add(status.failed() + " failed");
        }
    }

    /** Between completions the rate stays, so that a long task does not make it fall and rise. */
    private void sample(CallStatus status) {
        long more = status.completed() - sampledTasks;
        double time = seconds(status.elapsed()) - sampledSeconds;
        if (more > 0 && time > 0) {
            double weight = Math.exp(-time / RATE_OF_LAST_SECONDS);
            tasks = tasks * weight + more;
            seconds = seconds * weight + time;
            sampledTasks = status.completed();
            sampledSeconds += time;
        }
    }

    private double elapsedSeconds(long nowNanos) {
        return Math.max(nowNanos - begunNanos, 0) / 1e9;
    }

    private static String completed(CallStatus status) {
        return status.completed()
                + (status.total().isPresent() ? "/" + status.total().getAsLong() : "") + " tasks";
    }

    /** Rounded down where it is shown: 100 % is all of them. */
    private static double percent(CallStatus status) {
        long total = status.total().orElse(0);
        return total <= 0 ? 100 : Math.clamp(100.0 * status.completed() / total, 0, 100);
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }

    /** As {@code 12.3 k/s}; what is slower than one in a second as {@code 4.5/min}, {@code 6.7/h} or {@code 8.9/d}. */
    static String rate(double perSecond) {
        if (perSecond >= 1e6) {
            return figure(perSecond / 1e6) + " M/s";
        } else if (perSecond >= 1e3) {
            return figure(perSecond / 1e3) + " k/s";
        } else if (perSecond >= 1) {
            return figure(perSecond) + "/s";
        } else if (perSecond >= 1 / 60.0) {
            return figure(perSecond * 60) + "/min";
        } else if (perSecond >= 1 / 3600.0) {
            return figure(perSecond * 3600) + "/h";
        }
        return figure(perSecond * 86_400) + "/d";
    }

    private static String figure(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    /** As {@code 1:02:03}, {@code 2:03}, or {@code 4.5 s} below ten seconds. */
    static String time(double elapsed) {
        if (elapsed < 9.95) {
            return figure(elapsed) + " s";
        }
        long whole = Math.round(elapsed);
        return whole < 3600
                ? String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60)
                : String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
    }
}
