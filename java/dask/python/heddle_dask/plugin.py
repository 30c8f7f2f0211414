"""What runs inside the cluster: on each Dask worker, and on the scheduler.

A lane is one worker JVM of one Java program, on one Dask worker. While a call uses it, Dask tasks, the holds, occupy slots of that
worker, so that the scheduler and other users of the cluster see the load.

These classes reach the cluster pickled by value: the machines there need no package of Heddle's. They are of one Java program each, the
session, and gone with it.
"""

import asyncio
import os
import shutil
import socket
import sys
import tempfile
import threading

import dask.config
from distributed import SchedulerPlugin, WorkerPlugin, get_worker
from distributed.comm import connect, get_address_host
from distributed.core import Status

from heddle_dask.jdk import NoJava, find
from heddle_dask.jvm import MAIN, Jvm, StartFailed, environment, limit_in_force
from heddle_dask.room import cpus as cpus_of, machine_cpus
from heddle_dask.tunnel import Tunnel, carry, stream_of

# A slot that nobody comes for, as who wanted it has given up, is free again after this.
CLAIM_SECONDS = 15

HEAP_SHARE = 0.6
LEAST_HEAP_BYTES = 256 << 20


def plugin_name(session):
    return f"heddle-{session}"


def lane_op(session):
    return f"heddle-lane-{session}"


def hold_op(session):
    return f"heddle-hold-{session}"


def relay_op(session):
    return f"heddle-relay-{session}"


def beside_op(session):
    return f"heddle-beside-{session}"


def hold(session, turn, lane):
    """The task that occupies a slot; it ends when the slot is given back."""
    worker = get_worker()
    plugin = worker.plugins.get(plugin_name(session))
    if plugin is not None:
        plugin.hold(turn, lane)


class LanePlugin(WorkerPlugin):
    """Starts the worker JVMs of one Java program on a Dask worker, and ends them."""

    def __init__(self, session, jars, java_home, jvm_options, variables, max_frame_bytes):
        self.name = plugin_name(session)
        self.session = session
        self.jars = jars
        self.java_home = java_home
        self.jvm_options = jvm_options
        self.variables = variables
        self.max_frame_bytes = max_frame_bytes

    def setup(self, worker):
        self.worker = worker
        self.lanes = {}
        self.claimed = set()
        self.holds = {}
        self.lock = threading.Lock()
        self.closed = False
        self.java = None
        self.folder = os.path.join(worker.local_directory, self.name)
        here = os.getcwd()
        self.reports = here if os.access(here, os.W_OK) else tempfile.gettempdir()  # they outlast the session
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        self.class_path = []
        for number, (name, content) in enumerate(self.jars):
            path = os.path.join(self.folder, f"{number}-{name}")
            with open(path, "wb") as file:
                file.write(content)
            self.class_path.append(path)
        self.jars = ()
        worker.handlers[lane_op(self.session)] = self.serve
        worker.handlers[hold_op(self.session)] = self.told

    def teardown(self, worker):
        self.closed = True
        worker.handlers.pop(lane_op(self.session), None)
        worker.handlers.pop(hold_op(self.session), None)
        for jvm, _ in list(self.lanes.values()):
            jvm.kill()
        with self.lock:
            holds, self.holds = list(self.holds.values()), {}
        for _, free in holds:
            free.set()
        shutil.rmtree(self.folder, ignore_errors=True)

    # the slot

    def hold(self, turn, lane):
        """Waits in a thread of the Dask worker until the slot is given back, or is not come for."""
        free = threading.Event()
        with self.lock:
            if self.closed:
                return
            self.holds[turn] = (lane, free)
        self.worker.log_event(self.name, {"held": turn, "address": self.worker.address, "most": self.worker.state.nthreads})
        if not free.wait(CLAIM_SECONDS) and lane in self.claimed:
            free.wait()
        with self.lock:
            self.holds.pop(turn, None)

    def free(self, turn):
        with self.lock:
            _, free = self.holds.pop(turn, (None, None))
        if free is not None:
            free.set()

    def free_lane(self, lane):
        with self.lock:
            turns = [turn for turn, (of, _) in self.holds.items() if of == lane]
        for turn in turns:
            self.free(turn)

    async def told(self, turn=None, lane=None, what=None):
        """From outside a lane: a hold that nobody wants is to end; or a task of a lane begins ("rest") or ends ("work") to wait for calls of
        its own on this cluster, which its caller is told."""
        if turn is not None:
            self.free(turn)
        found = self.lanes.get(lane)
        if found is not None:
            await found[1].tell("nested", what)

    # the JVM

    async def serve(self, comm, lane, limit, explicit, cpus, beside, seconds):
        """A lane, from its start to its end; the comm is its tunnel. beside: the slots of all Dask workers of this machine."""
        tunnel = Tunnel(comm)
        room = self.worker.state.nthreads, machine_cpus(os.environ)
        cpus = cpus_of(cpus, *room, beside)
        limit = limit if explicit else min(limit, cpus)
        self.claimed.add(lane)
        try:
            try:
                jvm = await self.start(lane, limit, explicit, cpus, seconds)
            except (NoJava, StartFailed) as failure:
                await tunnel.tell("failed", str(failure))
                return Status.dont_reply
            self.lanes[lane] = (jvm, tunnel)
            try:
                in_force = limit_in_force(self.variables_of(lane, limit, explicit))
                await tunnel.tell("started", jvm.pid, in_force, socket.gethostname(), *room)
                await self.run(jvm, tunnel)
            finally:
                jvm.kill()
                del self.lanes[lane]
        except OSError:
            pass  # its caller is gone
        finally:
            self.claimed.discard(lane)
            self.free_lane(lane)
            comm.abort() if comm.closed() else await comm.close()
        return Status.dont_reply

    async def start(self, lane, limit, explicit, cpus, seconds):
        if self.java is None:
            self.java = await asyncio.get_running_loop().run_in_executor(None, find, self.java_home, dict(os.environ))
        return await Jvm.start(
            self.command(cpus), self.variables_of(lane, limit, explicit), self.reports, self.max_frame_bytes, seconds
        )

    def command(self, cpus):
        options = [f"-XX:ActiveProcessorCount={cpus}", f"-XX:ErrorFile={self.reports.replace('%', '%%')}/hs_err_pid%p.log"]
        if self.worker.memory_manager.memory_limit:
            share = int(self.worker.memory_manager.memory_limit / self.worker.state.nthreads * HEAP_SHARE)
            options.append(f"-Xmx{max(share, LEAST_HEAP_BYTES)}")
            options.append("-Xms16m")
        return [self.java, *options, *self.jvm_options, "-cp", os.pathsep.join(self.class_path), MAIN]

    def variables_of(self, lane, limit, explicit):
        nanny = dask.config.get("distributed.nanny.pre-spawn-environ", default={})
        variables = environment(
            os.environ, {name: str(value) for name, value in nanny.items()}, limit, explicit, self.variables
        )
        # For calls that a task makes on the same cluster.
        own = {
            "HEDDLE_DASK_LANE": f"{self.session} {lane} {self.worker.address}",
            "HEDDLE_PYTHON": sys.executable,
            "DASK_SCHEDULER_ADDRESS": self.worker.scheduler.address,
        }
        security = self.worker.security
        for name, value in {
            "CA_FILE": security.tls_ca_file,
            "CLIENT__CERT": security.tls_client_cert or security.tls_worker_cert,
            "CLIENT__KEY": security.tls_client_key or security.tls_worker_key,
        }.items():
            if value:
                own[f"DASK_DISTRIBUTED__COMM__TLS__{name}"] = value
        return {**own, **variables, "HEDDLE_DASK_LANE": own["HEDDLE_DASK_LANE"]}

    async def run(self, jvm, tunnel):
        jvm.forward_output(lambda number, data: tunnel.tell("output", number, data))
        caller = asyncio.ensure_future(self.from_caller(jvm, tunnel))
        worker = asyncio.ensure_future(tunnel.pump(jvm.stream))
        try:
            await asyncio.wait({caller, worker}, return_when=asyncio.FIRST_COMPLETED)
            if not worker.done():
                caller.result()
                jvm.kill()
                await asyncio.wait({worker})
            worker.result()
            await jvm.end()
            if self.closed:
                raise OSError("the Dask worker ends, which was the JVM's end")
            path, report = jvm.report()
            await tunnel.tell("ended", jvm.status(), jvm.tail, path, report)
        finally:
            # Whoever cancels a read of a comm closes it, which is to happen now.
            caller.cancel()
            worker.cancel()

    async def from_caller(self, jvm, tunnel):
        while True:
            kind, *rest = await tunnel.receive(jvm.stream.write)
            if kind == "free":
                self.free(rest[0])
            elif kind == "end":
                return


class SessionPlugin(SchedulerPlugin):
    """On the scheduler: tells the session how many slots there are, carries its frames where the workers cannot be reached, and takes its
    plugin away from the workers when the session is gone, however it went."""

    def __init__(self, session, client):
        self.name = plugin_name(session)
        self.session = session
        self.client = client

    async def start(self, scheduler):
        self.scheduler = scheduler
        scheduler.handlers[relay_op(self.session)] = self.relay
        scheduler.handlers[beside_op(self.session)] = self.beside

    def add_worker(self, scheduler, worker):
        self.tell_slots()

    def remove_worker(self, scheduler, worker, **kwargs):
        self.tell_slots()

    def tell_slots(self):
        self.scheduler.log_event(self.name, {"slots": sum(ws.nthreads for ws in self.scheduler.workers.values())})

    def remove_client(self, scheduler, client):
        if client == self.client:
            scheduler.handlers.pop(relay_op(self.session), None)
            scheduler.handlers.pop(beside_op(self.session), None)
            scheduler._ongoing_background_tasks.call_soon(self.leave)

    async def leave(self):
        try:
            await self.scheduler.unregister_worker_plugin(comm=None, name=self.name)
        except ValueError:
            pass  # the session did so itself
        await self.scheduler.unregister_scheduler_plugin(name=self.name)

    async def beside(self, address):
        """The slots of all Dask workers on the machine of one."""
        host = get_address_host(address)
        return sum(ws.nthreads for ws in self.scheduler.workers.values() if get_address_host(ws.address) == host)

    async def relay(self, comm, address, message):
        """Carries the messages of a lane between its session and a Dask worker."""
        try:
            there = await connect(address, **self.scheduler.connection_args)
        except OSError as failure:
            await Tunnel(comm).tell("failed", f"the scheduler cannot reach the Dask worker {address}: {failure}")
            return Status.dont_reply
        try:
            await there.write(message)
            streams = stream_of(comm), stream_of(there)
            ways = {asyncio.ensure_future(carry(*streams)), asyncio.ensure_future(carry(*reversed(streams)))}
            done, others = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in others:
                way.cancel()
            await asyncio.wait(ways)
            for way in ways:
                way.cancelled() or way.exception()
        finally:
            for end in (comm, there):
                end.abort() if end.closed() else await end.close()
        return Status.dont_reply
