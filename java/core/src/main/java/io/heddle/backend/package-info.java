/**
 * Backends: strategies to run the tasks of one call on workers.
 *
 * <p>How a call flows:
 *
 * <pre>
 *   Parallel.map(inputs, task)
 *        │  resolves backend, jobs and inner limit from the call, the context, the defaults
 *        ▼
 *   {@link io.heddle.backend.Work}: tasks 0..n-1, a result slot for each, the first failure
 *        │
 *        ▼  {@link io.heddle.backend.Backend#start}
 *   workers in this process                    workers elsewhere
 *     Work.runHere(worker)                       Work.take(most) → TaskRange
 *       takes ranges until none is left            Work.function() is sent once, Work.argument(i) for each
 *       under context and inner limit              in a WorkerScope of its settings
 *        │                                         Work.succeed(i, result) or Work.fail(i, failure)
 *        │                                          │
 *        └───────────────── Work.end() ─────────────┘   once, when no worker is left
 *                              ▼
 *   results in input order, or the first failure with its cause
 * </pre>
 *
 * <p>To add a backend, implement {@link io.heddle.backend.Backend} and {@link io.heddle.backend.BackendProvider} and name the provider in
 * {@code module-info} or {@code META-INF/services}; it must pass the contract suite {@code io.heddle.backend.BackendContract}, or
 * {@code InnerLimitContract} where it holds inner limits, in the
 * test jar of heddle-core.
 */
package io.heddle.backend;
