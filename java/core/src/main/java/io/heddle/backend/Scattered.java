package io.heddle.backend;

/**
 * A large value that the user wants sent to each worker once. Wherever the function, an argument or a result of the call refers to this very
 * object, a backend whose workers share no memory sends something that stands for it, and gives the tasks of one worker one and the same
 * copy. Other calls of the same scope have the same {@code Scattered}, so that a worker that keeps the copy need not get it again.
 *
 * <p>Thread-safe.
 */
public interface Scattered {
    /**
     * Its number in this process.
     *
     * @return no other has had it
     */
    long number();

    /**
     * The object. It is found by identity; an equal one is another.
     *
     * @return the user's object, which does not change
     * @throws IllegalStateException if it is freed, which is never before {@link Work#end()} of a call that has it
     */
    Object value();

    /**
     * Says what frees the copies: run once, when the scope that scatters it is closed and no call that has it runs any more; at once if that
     * was before.
     *
     * @param action runs on any thread, the user's among them: short, and without waiting
     */
    void onFree(Runnable action);
}
