# SPDX-License-Identifier: Apache-2.0
"""The cluster of the Dask rows, and its peers: `cluster`, which ends with standard input; `joblib ADDRESS`, `joblib-call ADDRESS`,
`dask ADDRESS`, `trip ADDRESS`, `scatter ADDRESS`, which print one number."""

import operator
import statistics
import sys
import time

from distributed import Client, LocalCluster

JOBLIB_TASKS = 20_000
DASK_TASKS = 1_000
CALLS = 50
SCATTERED_BYTES = 100_000_000


def seconds(operation):
    start = time.perf_counter()
    operation()
    return time.perf_counter() - start


def joblib(tasks):
    from joblib import Parallel, delayed, parallel_config

    with parallel_config("dask"):
        Parallel()(delayed(operator.pos)(i) for i in range(tasks))


def main(question, address=None):
    if question == "cluster":
        with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster:
            print(cluster.scheduler_address, flush=True)
            sys.stdin.read()
        return
    with Client(address) as client:
        if question == "joblib":
            joblib(200)
            print(JOBLIB_TASKS / seconds(lambda: joblib(JOBLIB_TASKS)))
        elif question == "joblib-call":
            joblib(200)
            print(statistics.median(seconds(lambda: joblib(2)) for _ in range(CALLS)) * 1e6)
        elif question == "dask":
            client.gather(client.map(operator.pos, range(50), pure=False))
            print(DASK_TASKS / seconds(lambda: client.gather(client.map(operator.pos, range(DASK_TASKS), pure=False))))
        elif question == "scatter":
            client.scatter(b"", broadcast=True, hash=False)
            data = bytes(SCATTERED_BYTES)
            print(seconds(lambda: client.scatter(data, broadcast=True, hash=False)) * 1e3)
        elif question == "trip":
            client.submit(operator.pos, 1, pure=False).result()
            print(
                statistics.median(
                    seconds(lambda: client.submit(operator.pos, 1, pure=False).result()) for _ in range(CALLS)
                )
                * 1e6
            )


if __name__ == "__main__":
    main(*sys.argv[1:])
