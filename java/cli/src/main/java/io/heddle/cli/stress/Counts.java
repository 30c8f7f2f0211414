package io.heddle.cli.stress;

import java.util.concurrent.atomic.AtomicLong;

/** What all callers of a run did. Thread-safe. */
final class Counts {
    final AtomicLong dgemm = new AtomicLong();
    final AtomicLong dgesv = new AtomicLong();
    final AtomicLong limits = new AtomicLong();
    final AtomicLong wrong = new AtomicLong();
    final AtomicLong notHeld = new AtomicLong();
    final AtomicLong leftChanged = new AtomicLong();
}
