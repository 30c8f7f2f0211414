# SPDX-License-Identifier: Apache-2.0
"""The peers of the Ray rows, beside the cluster of RAY_ADDRESS: `joblib`, `joblib-call`, `ray`, `ray-call`, `trip`, `scatter`,
which print one number."""

import operator
import os
import statistics
import sys
import time

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

JOBLIB_TASKS = 20_000
RAY_TASKS = 1_000
CALLS = 50
SCATTERED_BYTES = 100_000_000


def seconds(operation):
    start = time.perf_counter()
    operation()
    return time.perf_counter() - start


def joblib():
    from joblib import Parallel, parallel_config
    from ray.util.joblib import register_ray

    register_ray()
    parallel_config("ray", n_jobs=2)
    return Parallel()


def on_joblib(parallel, tasks):
    from joblib import delayed

    parallel(delayed(operator.pos)(i) for i in range(tasks))


@ray.remote
def noop(number):
    return number


@ray.remote(num_cpus=0)
class Reader:
    def read(self, data):
        return len(data)


def readers():
    """One on each node."""
    return [
        Reader.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)).remote()
        for node in ray.nodes()
        if node["Alive"]
    ]


def to_each(workers, data):
    ray.get([worker.read.remote(data) for worker in workers])


def main(question):
    ray.init(address=os.environ["RAY_ADDRESS"], log_to_driver=False, logging_level="ERROR")
    if question.startswith("joblib"):
        with joblib() as parallel:
            on_joblib(parallel, 200)
            if question == "joblib":
                print(JOBLIB_TASKS / seconds(lambda: on_joblib(parallel, JOBLIB_TASKS)))
            else:
                print(statistics.median(seconds(lambda: on_joblib(parallel, 2)) for _ in range(CALLS)) * 1e6)
    elif question == "ray":
        ray.get([noop.remote(i) for i in range(50)])
        print(RAY_TASKS / seconds(lambda: ray.get([noop.remote(i) for i in range(RAY_TASKS)])))
    elif question == "scatter":
        workers = readers()
        to_each(workers, ray.put(b""))
        data = bytes(SCATTERED_BYTES)
        print(seconds(lambda: to_each(workers, ray.put(data))) * 1e3)
    else:  # one call of an actor, or one of two actors each at once
        workers = readers()[: 1 if question == "trip" else 2]
        to_each(workers, b"")
        print(statistics.median(seconds(lambda: to_each(workers, b"")) for _ in range(CALLS)) * 1e6)


if __name__ == "__main__":
    main(*sys.argv[1:])
