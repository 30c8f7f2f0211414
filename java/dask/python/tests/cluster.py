"""A real cluster on loopback: a scheduler and workers, each a process of its own."""

import contextlib
import re
import subprocess
import sys
import tempfile
import time

START_SECONDS = 60
# Ends with standard input, so that nothing is left of a test run that is killed.
RUN = """
import os, runpy, sys, threading
threading.Thread(target=lambda: (sys.stdin.buffer.raw.read(), os._exit(1)), daemon=True).start()
module = sys.argv[1]
sys.argv[:] = sys.argv[1:]
runpy.run_module(module, run_name="__main__")
"""


class Cluster(contextlib.AbstractContextManager):
    def __init__(self, workers, slots, environment=None):
        self.folder = tempfile.TemporaryDirectory(prefix="heddle-dask-test")
        self.environment = environment
        self.processes = []
        self.workers = []
        try:
            self.scheduler, log = self._run("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
            self.address = self._await(self.scheduler, log, r"Scheduler at:\s+(\S+)")
            for _ in range(workers):
                self.add_worker(slots)
        except BaseException:
            self.__exit__()
            raise

    def add_worker(self, slots):
        process, log = self._run(
            "worker",
            self.address,
            *("--host", "127.0.0.1", "--no-nanny", "--no-dashboard", "--nthreads", str(slots)),
            *("--memory-limit", "1GB", "--local-directory", self.folder.name),
        )
        self._await(process, log, r"(Registered to)")
        self.workers.append(process)

    def _run(self, what, *arguments):
        log = open(f"{self.folder.name}/{what}-{len(self.processes)}.log", "w+", encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, f"distributed.cli.dask_{what}", *arguments],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=self.folder.name,
            env=self.environment,
        )
        self.processes.append(process)
        return process, log

    @staticmethod
    def _await(process, log, pattern):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and process.poll() is None:
            log.seek(0)
            if found := re.search(pattern, log.read()):
                return found.group(1)
            time.sleep(0.05)
        log.seek(0)
        raise RuntimeError(f"does not start: {log.read()}")

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()
        self.folder.cleanup()
