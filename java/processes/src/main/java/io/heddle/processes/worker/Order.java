package io.heddle.processes.worker;

import io.heddle.processes.wire.FrameInput;

/** What the task thread is to do next. */
sealed interface Order {
    /** To read this frame on. */
    record Frame(FrameInput frame) implements Order {}

    /** To begin this call. */
    record Begin(Call call) implements Order {}

    /** To run no more. */
    record Stop() implements Order {}

    /** To end this call. */
    record End(Call call, boolean answer) implements Order {}
}
