/** From a call to its workers: context, resolution of backend, jobs and inner limit, the budget of CPUs, and the sharing out of tasks. */
package io.heddle.dispatch;
