package io.heddle.dispatch;

import org.jspecify.annotations.Nullable;

/**
 * Results that can be consumed.
 *
 * @param batch what they are from
 * @param results the results
 * @param isLast whether the batch has no others
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Portion(Batch batch, @Nullable Object[] results, boolean isLast) {}
