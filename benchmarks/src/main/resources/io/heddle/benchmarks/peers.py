# SPDX-License-Identifier: Apache-2.0
"""The peers of the benchmark rows: `peers.py limit one`, `limit two LIBGOMP`, `discovery LIBGOMP`, `dispatch TASKS`, `call`,
`loky QUESTION ...`; prints one number."""

import ctypes
import operator
import os
import statistics
import subprocess
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


NOOP = operator.index  # pickled by its name, as a module's function is


def memory(pid):
    """Resident megabytes of a process."""
    with open(f"/proc/{pid}/smaps_rollup") as lines:
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Rss:"))


def loky(question, *arguments):
    """joblib's loky backend with 2 workers."""
    from joblib import Parallel, delayed
    from joblib.externals.loky import get_reusable_executor

    def call(tasks=2, function=NOOP, batch="auto"):
        return Parallel(n_jobs=2, backend="loky", batch_size=batch)(delayed(function)(i) for i in range(tasks))

    def milliseconds(operation):
        start = time.perf_counter_ns()
        operation()
        return (time.perf_counter_ns() - start) / 1e6

    def pids():
        return set(Parallel(n_jobs=2)(delayed(os.getpid)() for _ in range(20)))

    def noop(batch, tasks):
        """Microseconds a task."""
        call()
        batch = batch if batch == "auto" else int(batch)
        return nanos(lambda: call(int(tasks), batch=batch), 1) / 1e3 / int(tasks)

    def first_call():
        turns = []
        for _ in range(TURNS):
            get_reusable_executor().shutdown(wait=True, kill_workers=True)
            turns.append(milliseconds(call))
        return statistics.median(turns)

    def first_call_fresh():
        program = "import operator; from joblib import Parallel, delayed; "
        program += "print(Parallel(n_jobs=2)(delayed(operator.index)(i) for i in range(2)), flush=True)"

        def run():
            with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as child:
                child.stdout.readline()
                return (time.perf_counter_ns() - start) / 1e6

        turns = []
        for _ in range(TURNS + 1):
            start = time.perf_counter_ns()
            turns.append(run())
        return statistics.median(turns[1:])

    def crash(of_next):
        turns = []
        for _ in range(TURNS):
            call()
            time.sleep(0.5)
            start = time.perf_counter_ns()
            try:
                call(2, os._exit)
            except Exception:
                until_error = (time.perf_counter_ns() - start) / 1e6
                until_next = milliseconds(call)
                turns.append(until_next if of_next else until_error)
        return statistics.median(turns)

    def memory_new():
        call()
        time.sleep(1)
        return max(map(memory, pids()))

    def memory_worked():
        call(200_000)
        time.sleep(3)
        return max(map(memory, pids()))

    return {
        "noop": noop,
        "call": lambda: nanos(call, 20) / 1e3,
        "first-call": first_call,
        "first-call-fresh": first_call_fresh,
        "crash-to-error": lambda: crash(False),
        "next-call": lambda: crash(True),
        "memory-new": memory_new,
        "memory-worked": memory_worked,
    }[question](*arguments)


print(
    {"limit": limit, "discovery": discovery, "dispatch": dispatch, "call": call, "loky": loky}[sys.argv[1]](
        *sys.argv[2:]
    )
)
