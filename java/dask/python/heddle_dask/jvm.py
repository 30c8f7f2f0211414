"""A worker JVM on the machine of a Dask worker: started, connected, watched, ended."""

import asyncio
import hmac
import os
import secrets
import shutil
import signal
import socket
import struct
import tempfile

from tornado.iostream import IOStream

MAIN = "io.heddle.processes.worker.WorkerMain"
SECRET_BYTES = 32
SECRET_SECONDS = 5
TAIL_BYTES = 8192
REPORT_BYTES = 8192
EXIT_SECONDS = 3
LAST_WORDS_SECONDS = 0.5

THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
# What wins over one of those in its library.
STRONGER = ("MKL_DOMAIN_NUM_THREADS", "BLIS_JC_NT", "BLIS_PC_NT", "BLIS_IC_NT", "BLIS_JR_NT", "BLIS_IR_NT")
# What a JVM takes options from: those that a worker is to have are on its command line.
OPTIONS = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "JDK_AOT_VM_OPTIONS", "CLASSPATH")


class StartFailed(Exception):
    """A worker JVM did not start; the message says why."""


def environment(own, nanny, limit, explicit, user):
    """The variables of a worker JVM.

    own: those of the Dask worker. nanny: what Dask's nanny sets by itself, which is no wish of a user's: a value equal to it gives way to
    the limit. A limit that the caller named explicitly wins over all but the caller's own variables.
    """
    variables = {name: value for name, value in own.items() if name not in OPTIONS}
    if limit > 0:
        for name in THREADS:
            value = own.get(name, "")
            if explicit or not value.strip() or value == nanny.get(name):
                variables[name] = str(limit)
    variables.setdefault("ENABLE_IPC", "1")
    variables.update(user)
    return variables


def limit_in_force(variables):
    """The number of threads that an environment holds all native libraries to; 0 if it does not."""
    value = variables.get(THREADS[0], "")
    same = all(variables.get(name) == value for name in THREADS) and not any(name in variables for name in STRONGER)
    return int(value) if same and value.isdigit() else 0


class Jvm:
    """A worker JVM that has connected. Confined to one event loop."""

    def __init__(self, process, reports):
        self.process = process
        self.stream = None
        self.tail = b""
        self._reports = reports
        self._outputs = ()

    @property
    def pid(self):
        return self.process.pid

    @classmethod
    async def start(cls, command, variables, reports, max_frame_bytes, seconds):
        """Starts one by a command whose last word is its main class; nothing is left of one that does not connect in time.

        reports: the folder for its report of a crash, which it has been told of.
        """
        meeting = tempfile.mkdtemp(prefix="heddle", dir=_short(tempfile.gettempdir()))
        jvm = None
        try:
            path = os.path.join(meeting, "s")
            secret = secrets.token_bytes(SECRET_BYTES)
            with socket.socket(socket.AF_UNIX) as server:
                server.setblocking(False)
                server.bind(path)
                server.listen()
                process = await asyncio.create_subprocess_exec(
                    *command,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.PIPE,
                    env=variables,
                )
                jvm = cls(process, reports)
                process.stdin.write(f"{path}\n{secret.hex()}\n{max_frame_bytes}\n".encode())
                connected = asyncio.ensure_future(_meet(server, secret, process.pid))
                ended = asyncio.ensure_future(process.wait())
                try:
                    await asyncio.wait({connected, ended}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
                    if not connected.done():
                        raise StartFailed(await jvm._why(seconds))
                finally:
                    ended.cancel()
                    connected.cancel()
                jvm.stream = connected.result()
            process.stdin.close()  # what a task starts is not to wait for it
            return jvm
        except BaseException as failure:
            if jvm is not None:
                jvm.kill()
            if isinstance(failure, OSError):
                raise StartFailed(f"it could not be started: {failure}") from failure
            raise
        finally:
            shutil.rmtree(meeting, ignore_errors=True)

    async def _why(self, seconds):
        if self.process.returncode is None:
            self.kill()
            words = f"it had not connected after {seconds:g} s and was ended"
        else:
            words = f"it ended with status {self.status()}"
        try:
            said = await asyncio.wait_for(self.process.stderr.read(TAIL_BYTES), LAST_WORDS_SECONDS)
        except asyncio.TimeoutError:
            said = b""
        text = said.decode("utf-8", "replace").strip()
        return words + (f"\nThe end of its standard error:\n{text}" if text else "")

    def forward_output(self, forward):
        """Calls back with what it prints: 1 or 2, and the bytes."""

        async def read(number, stream):
            while data := await stream.read(1 << 16):
                if number == 2:
                    self.tail = (self.tail + data)[-TAIL_BYTES:]
                try:
                    await forward(number, data)
                except OSError:
                    pass  # nobody listens any more; the pipe is emptied all the same

        self._outputs = (
            asyncio.ensure_future(read(1, self.process.stdout)),
            asyncio.ensure_future(read(2, self.process.stderr)),
        )

    def kill(self):
        """Ends it at once. Does nothing to one that has ended."""
        try:
            self.process.kill()
        except ProcessLookupError:
            pass
        if self.stream is not None:
            self.stream.close()  # not before: it would end by itself, with a status of its own

    def status(self):
        """128 and the number of the signal that ended it, else its exit code."""
        code = self.process.returncode
        return 128 - code if code < 0 else code

    async def end(self):
        """Waits for its end, which is to follow that of its connection; one that lives on is ended. What it said last has been forwarded."""
        try:
            await asyncio.wait_for(self.process.wait(), EXIT_SECONDS)
        except asyncio.TimeoutError:
            self.kill()
            await self.process.wait()
        if self._outputs:
            await asyncio.wait(self._outputs, timeout=LAST_WORDS_SECONDS)
            for output in self._outputs:
                output.cancel()
        self.stream.close()

    def report(self):
        """The path and the beginning of the JVM's report of its crash; empty texts if there is none."""
        path = os.path.join(self._reports, f"hs_err_pid{self.pid}.log")
        try:
            with open(path, "rb") as file:
                return path, file.read(REPORT_BYTES).decode("utf-8", "replace")
        except OSError:
            return "", ""


async def _meet(server, secret, pid):
    """The connection of the JVM itself; others are refused."""
    while True:
        guest, _ = await asyncio.get_running_loop().sock_accept(server)
        stream = IOStream(guest)
        if await _is_worker(stream, secret, pid):
            return stream
        stream.close()


async def _is_worker(stream, secret, pid):
    """Whether a connection is of this user and says the secret and the process number of the JVM."""
    if hasattr(socket, "SO_PEERCRED"):
        peer = stream.socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        if struct.unpack("3i", peer)[1] != os.geteuid():
            return False
    try:
        said = await asyncio.wait_for(stream.read_bytes(SECRET_BYTES + 8), SECRET_SECONDS)
    except (asyncio.TimeoutError, OSError):
        return False
    return hmac.compare_digest(said[:SECRET_BYTES], secret) and struct.unpack(">q", said[SECRET_BYTES:])[0] == pid


def _short(folder):
    """A socket's path has 103 bytes at most."""
    return folder if len(os.fsencode(folder)) < 70 else "/tmp"


def signal_name(status):
    """The name of the signal that a status stands for; empty for none."""
    try:
        return signal.Signals(status - 128).name if status > 128 else ""
    except ValueError:
        return ""
