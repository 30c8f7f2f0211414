/** From a call to its workers: context, resolution of backend, jobs and inner limit, and the sharing out of tasks. */
package io.heddle.dispatch;
