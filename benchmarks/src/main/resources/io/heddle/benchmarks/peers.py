# SPDX-License-Identifier: Apache-2.0
"""The peers of the benchmark rows: `peers.py limit one`, `limit two LIBGOMP`, `discovery LIBGOMP`, `dispatch TASKS`, `call`; prints
one number."""

import ctypes
import statistics
import sys
import time

TURNS = 5


def noop(index):
    return index


def nanos(operation, repeat):
    """Median over turns of one operation's nanoseconds, after a turn that does not count."""
    turns = []
    for _ in range(TURNS + 1):
        start = time.perf_counter_ns()
        for _ in range(repeat):
            operation()
        turns.append((time.perf_counter_ns() - start) / repeat)
    return statistics.median(turns[1:])


def limit(libraries, libgomp=None):
    """Nanoseconds of one controller.limit on numpy's OpenBLAS, or on libgomp too."""
    import numpy  # noqa: F401, loads OpenBLAS
    from threadpoolctl import ThreadpoolController

    if libgomp is not None:
        ctypes.CDLL(libgomp)
    controller = ThreadpoolController()
    expected = {"one": 1, "two": 2}[libraries]
    if len(controller.lib_controllers) != expected:
        sys.exit(f"threadpoolctl found {controller.info()}, not {expected}")

    def one():
        with controller.limit(limits=1):
            pass

    return nanos(one, 2000)


def discovery(libgomp):
    """Microseconds of one ThreadpoolController() that finds numpy's OpenBLAS and libgomp."""
    import numpy  # noqa: F401, loads OpenBLAS
    from threadpoolctl import ThreadpoolController

    ctypes.CDLL(libgomp)
    if len(ThreadpoolController().lib_controllers) != 2:
        sys.exit(f"threadpoolctl found {ThreadpoolController().info()}, not 2")
    return nanos(ThreadpoolController, 200) / 1e3


def dispatch(tasks):
    """Microseconds a task of one call of joblib's threading backend with 2 workers."""
    from joblib import Parallel, delayed

    def call():
        Parallel(n_jobs=2, backend="threading")(delayed(noop)(i) for i in range(int(tasks)))

    start = time.perf_counter_ns()
    call()
    return (time.perf_counter_ns() - start) / 1e3 / int(tasks)


def call():
    """Microseconds of one warm call of two tasks of joblib's threading backend."""
    from joblib import Parallel, delayed

    with Parallel(n_jobs=2, backend="threading") as parallel:
        return nanos(lambda: parallel(delayed(noop)(i) for i in range(2)), 20) / 1e3


print({"limit": limit, "discovery": discovery, "dispatch": dispatch, "call": call}[sys.argv[1]](*sys.argv[2:]))
