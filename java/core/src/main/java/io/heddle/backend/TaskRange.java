package io.heddle.backend;

/**
 * Tasks that were taken together: a batch.
 *
 * @param from the first task's index
 * @param to the index after the last one's
 */
public record TaskRange(long from, long to) {}
