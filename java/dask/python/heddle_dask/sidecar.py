"""The process beside a Java program that is its client of a Dask cluster.

    Java program ──stdin, stdout: messages──▶ sidecar ──Client: holds, plugins, events──▶ scheduler
                 ◀═══ a Unix socket for each lane ═══▶ ◀═══ a comm for each lane ═══▶ Dask worker ◀═══▶ worker JVM

Frames are carried as the bytes they are. The sidecar ends when its standard input does, and everything of its session with it.
"""

import asyncio
import itertools
import os
import socket
import struct
import sys
import uuid

import cloudpickle
import dask.config
import distributed
from distributed import Client, LocalCluster, Security
from distributed.comm import connect
from tornado.iostream import IOStream

import heddle_dask
from heddle_dask.control import Control
from heddle_dask.plugin import LanePlugin, SessionPlugin, beside_op, hold, hold_op, lane_op, plugin_name, relay_op
from heddle_dask.tunnel import Tunnel

# A worker that answers neither directly nor refuses is behind a firewall: the scheduler carries its frames.
DIRECT_SECONDS = 3
END_SECONDS = 8
# How long a worker JVM waits for a slot where it is, before it is ended and another one started where there is a slot.
AGAIN_SECONDS = 1
WATCH_SECONDS = 0.25
FAREWELL_SECONDS = 5


# The cluster has no package of Heddle's: what goes there is pickled by value. Dask itself does that for functions of __main__ alone.
cloudpickle.register_pickle_by_value(heddle_dask)
hold.__module__ = "__main__"


class Unusable(Exception):
    """The cluster cannot be used; the message says why and what to do."""


class NoRoom(Unusable):
    """Others use every slot."""


class Settings:
    """What the Java program wants."""

    def __init__(self, texts):
        self.address = texts.get("address", "")
        self.workers = int(texts["workers"]) if "workers" in texts else None
        self.threads_per_worker = int(texts["threadsPerWorker"]) if "threadsPerWorker" in texts else None
        self.java_home = texts.get("javaHome", "")
        self.tls = {key: texts[key] for key in ("tlsCa", "tlsCert", "tlsKey") if key in texts}
        self.start_seconds = float(texts["startSeconds"])
        self.linger_seconds = float(texts.get("lingerSeconds", "0.5"))
        self.direct = texts.get("direct") != "false"
        self.max_frame_bytes = int(texts["maxFrameBytes"])
        self.jvm_options = []
        self.variables = {}
        self.jars = []

    def security(self):
        if not self.tls:
            return Security()
        return Security(
            tls_ca_file=self.tls.get("tlsCa"),
            tls_client_cert=self.tls.get("tlsCert"),
            tls_client_key=self.tls.get("tlsKey"),
            require_encryption=True,
        )


class Lane:
    """A worker JVM as the sidecar sees it."""

    def __init__(self, name):
        self.name = name
        self.address = ""
        self.tunnel = None
        self.slots = 1  # as many as it is to have
        self.most_slots = 1  # as many as its Dask worker has
        self.holds = {}  # the Dask tasks that occupy slots for it, waiting or running, by their turn
        self.resting = None  # the timer after which its slots are given back
        self.nested = 0
        self.java = asyncio.get_running_loop().create_future()  # the stream to and from the Java program
        self.over = False


class Sidecar:
    """A session with a cluster. Confined to one event loop."""

    def __init__(self, control, settings):
        self.control = control
        self.settings = settings
        self.session = uuid.uuid4().hex
        self.lanes = {}
        self.turns = {}
        self.numbers = itertools.count()
        self.direct = settings.direct
        self.cluster = None
        self.client = None
        self.slots = 0
        self.tasks = set()
        self.lost = asyncio.Event()

    def begin(self, coroutine):
        task = asyncio.ensure_future(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    # the cluster

    async def start(self):
        settings = self.settings
        address = settings.address or dask.config.get("scheduler-address", None)
        security = settings.security()
        if not address:
            try:
                self.cluster = await LocalCluster(
                    n_workers=settings.workers,
                    threads_per_worker=settings.threads_per_worker,
                    host="127.0.0.1",
                    dashboard_address=None,
                    asynchronous=True,
                )
            except (OSError, RuntimeError, ValueError) as failure:
                raise Unusable(f"No local Dask cluster could be started: {failure}") from failure
            address = self.cluster.scheduler_address
        try:
            client = Client(
                self.cluster or address,
                security=None if self.cluster else security,
                timeout=settings.start_seconds,
                asynchronous=True,
                set_as_default=False,
                name="heddle",
            )
            # Its own time limit holds until something is connected, which need not say a word.
            self.client = await asyncio.wait_for(client, settings.start_seconds)
        except (OSError, asyncio.TimeoutError) as failure:
            raise Unusable(
                f"No Dask scheduler can be used at {address} within {settings.start_seconds:g} s: {_reasons(failure)}. See that it"
                " runs, that its address is right and can be reached from here, and, if it wants TLS, that its address begins with"
                " tls:// and the options tlsCaFile, tlsCertFile and tlsKeyFile name files that it accepts"
            ) from failure
        except (ValueError, RuntimeError, TypeError) as failure:
            raise Unusable(f"The Dask scheduler at {address} cannot be used: {_reasons(failure)}") from failure
        await self.check_versions(address)
        name = plugin_name(self.session)
        self.client.subscribe_topic(name, self.told)
        await self.client.scheduler.register_scheduler_plugin(
            plugin=cloudpickle.dumps(SessionPlugin(self.session, self.client.id)), name=name, idempotent=False
        )
        await self.register_lanes(name)
        await self.count()
        self.control.tell("ready", address, os.getpid(), self.slots)
        self.begin(self.watch())

    async def check_versions(self, address):
        versions = await self.client.get_versions(check=False)
        here = _versions(versions["client"])
        others = {"its scheduler": versions["scheduler"]}
        others.update((f"its worker {worker}", each) for worker, each in versions["workers"].items())
        for who, each in others.items():
            there = _versions(each)
            if there != here:
                raise Unusable(
                    f"The Dask cluster at {address} is of other versions: {who} has Python {there[0]} and distributed {there[1]}, the"
                    f" Python of Heddle's sidecar ({sys.executable}) is {here[0]} with distributed {here[1]}. Install the cluster's"
                    " versions in a virtual environment here and name its python by the option python or by HEDDLE_PYTHON"
                )

    async def register_lanes(self, name):
        settings = self.settings
        plugin = LanePlugin(
            self.session,
            settings.jars,
            settings.java_home,
            settings.jvm_options,
            settings.variables,
            settings.max_frame_bytes,
        )
        answers = await self.client.scheduler.register_worker_plugin(
            plugin=cloudpickle.dumps(plugin), name=name, idempotent=False
        )
        for worker, answer in answers.items():
            if answer.get("status") == "error":
                raise Unusable(
                    f"Heddle's plugin cannot run in the Dask worker {worker}: {answer.get('exception_text') or answer.get('exception')}"
                )

    async def told(self, event):
        _, message = event
        if "slots" in message:
            self.slots = message["slots"]
            self.control.tell("slots", self.slots)
        else:
            turn, address = message["held"], message["address"]
            waiting = self.turns.pop(turn, None)
            if waiting is not None and not waiting.done():
                waiting.set_result((address, message["most"]))
            else:
                await self.let_go(turn, address)

    async def count(self):
        cluster = await self.client.scheduler.identity(n_workers=-1)
        self.slots = sum(worker["nthreads"] for worker in cluster["workers"].values())

    async def let_go(self, turn, address):
        """Ends a hold that came too late, or ran again elsewhere as its worker was lost."""
        lane = next((each for each in self.lanes.values() if turn in each.holds and each.address == address), None)
        if lane is None:
            await self.client.scheduler.broadcast(
                msg={"op": hold_op(self.session), "turn": turn}, workers=[address], on_error="ignore"
            )

    async def watch(self):
        """Ends the session when the scheduler is gone."""
        while self.scheduler_is_there():
            await asyncio.sleep(WATCH_SECONDS)
        self.lost.set()

    def scheduler_is_there(self):
        comm = self.client.scheduler_comm
        return self.client.status == "running" and comm is not None and not comm.comm.closed()

    # slots

    async def occupy(self, lane, workers, priority, seconds):
        """Waits until a slot is the lane's, and a moment for the others that it is to have; returns the address of its worker.

        The scheduler gives one slot at a time, so that lanes could wait for each other for ever: one begins with the slots that it gets, and
        gets the others when they are free.
        """
        turn, held = self.want(lane, workers, priority)
        ended = asyncio.ensure_future(lane.holds[turn]._state.wait())
        try:
            await asyncio.wait({held, ended}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if held.done():
                address, lane.most_slots = held.result()
                await self.fill(lane, address, min(lane.slots, lane.most_slots), priority)
                return address
            if ended.done():
                failure = await lane.holds[turn].exception()
                raise Unusable(f"the Dask task that was to occupy a slot ended: {failure}")
            if not self.slots:
                raise Unusable(f"the Dask cluster has had no worker for {seconds:g} s: start some, or raise startTimeout")
            raise NoRoom(
                f"no slot was free within {seconds:g} s: all {self.slots} slots of the Dask cluster are taken. Wait for its other tasks to"
                " end, add workers, or raise startTimeout"
            )
        finally:
            ended.cancel()
            if not held.done():
                self.give_up(lane)

    def want(self, lane, workers, priority):
        """Asks for a slot: the turn, and a future of its Dask worker's address and slots."""
        turn = f"{self.session}-{next(self.numbers)}"
        held = self.turns[turn] = asyncio.get_running_loop().create_future()
        lane.holds[turn] = self.client.submit(
            hold,
            self.session,
            turn,
            lane.name,
            key=f"heddle-hold-{turn}",
            pure=False,
            workers=workers,
            priority=priority,
        )
        return turn, held

    async def fill(self, lane, address, slots, priority):
        """Sees to it that a lane has so many slots of its worker, or waits for them."""
        await self.give_back(lane, list(lane.holds)[slots:])
        more = [self.want(lane, [address], priority)[1] for _ in range(slots - len(lane.holds))]
        if more:
            await asyncio.wait(more, timeout=AGAIN_SECONDS)

    def give_up(self, lane):
        """Releases its slots where it has ended; the plugin there frees those that it had."""
        for turn, task in lane.holds.items():
            self.turns.pop(turn, None)
            task.release()
        lane.holds = {}

    async def give_back(self, lane, turns):
        """Gives slots back, whether the lane has them or still waits for them."""
        await self.free(lane, self.take_away(lane, turns))

    def take_away(self, lane, turns):
        """Takes slots from a lane, at once: whoever wants it to work meanwhile sees that it has none. Returns those to be freed."""
        had = []
        for turn in turns:
            task = lane.holds.pop(turn, None)
            if task is None:
                continue  # it has ended meanwhile
            task.release()
            waiting = self.turns.pop(turn, None)
            if waiting is not None:
                waiting.cancel()
            else:
                had.append(turn)
        return had

    async def free(self, lane, turns):
        """Ends the Dask tasks of slots that a lane had."""
        for turn in turns:
            if lane.tunnel is None or lane.over:
                return
            try:
                await lane.tunnel.tell("free", turn)
            except OSError:
                return  # then they are free

    # lanes

    async def open(self, name, limit, explicit, cpus, slots, priority):
        lane = self.lanes[name] = Lane(name)
        lane.slots = slots
        try:
            lane.address = await self.occupy(lane, None, priority, self.settings.start_seconds)
            beside = await asyncio.wait_for(
                getattr(self.client.scheduler, beside_op(self.session))(address=lane.address), self.settings.start_seconds
            )
            lane.tunnel = Tunnel(await self.connect(lane.address, name, limit, explicit, cpus, beside))
            kind, *rest = await asyncio.wait_for(lane.tunnel.receive(), self.settings.start_seconds + DIRECT_SECONDS)
            if kind == "failed":
                raise Unusable(rest[0])
        except Exception as failure:  # whatever it is: somebody waits for an answer
            del self.lanes[name]
            lane.over = True
            self.give_up(lane)
            if lane.tunnel is not None:
                lane.tunnel.comm.abort()
            self.control.tell("failed", name, "room" if isinstance(failure, NoRoom) else "", lane.address, _reasons(failure))
            return
        pid, limit_in_force, host, *room = rest
        self.control.tell("opened", name, lane.address, pid, limit_in_force, host, *room, beside)
        self.begin(self.serve(lane))

    async def connect(self, address, name, limit, explicit, cpus, beside):
        message = {
            "op": lane_op(self.session),
            "lane": name,
            "limit": limit,
            "explicit": explicit,
            "cpus": cpus,
            "beside": beside,
            "seconds": self.settings.start_seconds,
            "reply": False,
        }
        if self.direct:
            try:
                comm = await connect(address, timeout=DIRECT_SECONDS, **self.client.connection_args)
                await comm.write(message)
                return comm
            except OSError:
                self.direct = False
        comm = await connect(self.client.scheduler.address, **self.client.connection_args)
        await comm.write({"op": relay_op(self.session), "address": address, "message": message, "reply": False})
        return comm

    async def serve(self, lane):
        """Carries a lane's frames until it ends."""
        there = asyncio.ensure_future(self.from_worker(lane))
        here = asyncio.ensure_future(self.from_java(lane))
        try:
            await asyncio.wait({there, here}, return_when=asyncio.FIRST_COMPLETED)
            if there.done():
                there.result()
            else:
                here.result()
                self.begin(self.kill(lane.name))
                await asyncio.wait({there}, timeout=FAREWELL_SECONDS)
                if there.done():
                    there.result()
                else:
                    self.control.tell("lost", lane.name, "it did not say how it ended")
        except Exception as failure:  # most often the Dask worker's end
            await asyncio.sleep(WATCH_SECONDS)  # is it the scheduler's end too?
            if not self.lost.is_set():
                self.control.tell("lost", lane.name, _reasons(failure))
        finally:
            self.close(lane)
            there.cancel()
            here.cancel()

    def close(self, lane):
        lane.over = True
        self.lanes.pop(lane.name, None)
        if lane.resting is not None:
            lane.resting.cancel()
        self.give_up(lane)
        lane.tunnel.comm.abort() if lane.tunnel.comm.closed() else self.begin(lane.tunnel.comm.close())
        if lane.java.done() and not lane.java.cancelled():
            lane.java.result().close()
        else:
            lane.java.cancel()

    async def from_worker(self, lane):
        async def to_java(data):
            stream = await asyncio.shield(lane.java)
            await stream.write(data)

        while True:
            kind, *rest = await lane.tunnel.receive(to_java)
            if kind == "output":
                self.control.tell("output", lane.name, *rest)
            elif kind == "nested":
                self.begin(self.nested(lane, rest[0]))
            elif kind == "ended":
                self.control.tell("ended", lane.name, *rest)
                return

    async def from_java(self, lane):
        await lane.tunnel.pump(await asyncio.shield(lane.java))

    async def join(self, name, path, secret):
        """Connects a lane with the Java program."""
        lane = self.lanes.get(name)
        if lane is not None:
            end = socket.socket(socket.AF_UNIX)
            end.setblocking(False)
            await asyncio.get_running_loop().sock_connect(end, path)
            stream = IOStream(end)
            stream.write(bytes.fromhex(secret) + struct.pack(">q", os.getpid()))
            lane.java.set_result(stream)

    async def kill(self, name):
        lane = self.lanes.get(name)
        if lane is not None and lane.tunnel is not None:
            try:
                await lane.tunnel.tell("end")
            except OSError:
                pass

    # lanes with and without work

    def rest(self, name):
        lane = self.lanes.get(name)
        if lane is not None and lane.resting is None:
            lane.resting = asyncio.get_running_loop().call_later(self.settings.linger_seconds, self.rested, lane)

    def rested(self, lane):
        """Nobody has wanted the lane to work for a while."""
        self.begin(self.free(lane, self.take_away(lane, list(lane.holds))))

    async def work(self, name, slots, priority):
        lane = self.lanes.get(name)
        if lane is None:
            self.control.tell("stuck", name, "it has ended")
            return
        if lane.resting is not None:
            lane.resting.cancel()
            lane.resting = None
        try:
            if not lane.holds:
                lane.slots = slots
                await self.occupy(lane, [lane.address], priority, AGAIN_SECONDS)
            elif lane.slots != slots:
                lane.slots = slots
                await self.fill(lane, lane.address, min(slots, lane.most_slots), priority)
            self.control.tell("working", name)
        except Exception as failure:  # likewise
            self.control.tell("stuck", name, _reasons(failure))

    async def nested(self, lane, what):
        """A task of the lane waits for calls of its own, which need slots: it gives its own ones back meanwhile."""
        if what == "rest":
            lane.nested += 1
            if lane.nested == 1:
                await self.give_back(lane, list(lane.holds))
        else:
            lane.nested -= 1
            if lane.nested == 0 and not lane.holds and lane.resting is None:
                try:
                    await self.occupy(lane, [lane.address], 1000, self.settings.start_seconds)
                except (Unusable, asyncio.CancelledError):
                    pass  # it goes on without

    async def outer(self, outer, what):
        """Tells the lane whose task makes calls on the same cluster from this session."""
        session, lane, address = outer.split(" ")
        await self.client.scheduler.broadcast(
            msg={"op": hold_op(session), "lane": lane, "what": what}, workers=[address], on_error="ignore"
        )
        self.control.tell("outer", what)

    # the end

    async def end(self):
        if self.client is not None:
            try:
                name = plugin_name(self.session)
                if self.scheduler_is_there():
                    await self.client.unregister_worker_plugin(name)
                    await self.client.unregister_scheduler_plugin(name)
            except (OSError, ValueError):
                pass  # the scheduler does it when the client is gone
            await self.client.close(timeout=2)
        if self.cluster is not None:
            await self.cluster.close(timeout=4)


def _versions(of):
    host = dict(of["host"])
    return ".".join(str(host["python"]).split(".")[:2]), of["packages"]["distributed"]


def _reasons(failure):
    """A failure and what it comes from, each once."""
    words = []
    while failure is not None:
        text = str(failure) or type(failure).__name__
        if not any(text in each for each in words):
            words.append(text)
        failure = failure.__cause__
    return ": ".join(words)


async def _settings(control):
    jars, options, variables = [], [], {}
    while message := await control.receive():
        kind, *fields = message
        if kind == b"jar":
            jars.append((fields[0].decode(), fields[1]))
        elif kind == b"option":
            options.append(fields[0].decode())
        elif kind == b"variable":
            variables[fields[0].decode()] = fields[1].decode()
        elif kind == b"start":
            texts = [field.decode() for field in fields]
            settings = Settings(dict(zip(texts[::2], texts[1::2])))
            settings.jars, settings.jvm_options, settings.variables = jars, options, variables
            return settings
    return None


async def _obey(sidecar, control):
    """Does what the Java program says until it ends."""
    while message := await control.receive():
        kind = message[0].decode()
        fields = [field.decode() for field in message[1:]]
        if kind == "open":
            name, limit, explicit, cpus, slots, priority = fields
            sidecar.begin(sidecar.open(name, int(limit), explicit == "true", int(cpus), int(slots), int(priority)))
        elif kind == "join":
            sidecar.begin(sidecar.join(*fields))
        elif kind == "kill":
            sidecar.begin(sidecar.kill(*fields))
        elif kind == "rest":
            sidecar.rest(*fields)
        elif kind == "work":
            sidecar.begin(sidecar.work(fields[0], int(fields[1]), int(fields[2])))
        elif kind == "outer":
            sidecar.begin(sidecar.outer(*fields))


async def serve(reader, descriptor):
    control = Control(reader, descriptor)
    settings = await _settings(control)
    if settings is None:
        return
    sidecar = Sidecar(control, settings)
    try:
        starting = asyncio.ensure_future(sidecar.start())
        obeying = asyncio.ensure_future(_obey(sidecar, control))
        await asyncio.wait({starting, obeying}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            losing = asyncio.ensure_future(sidecar.lost.wait())
            await asyncio.wait({losing, obeying}, return_when=asyncio.FIRST_COMPLETED)
            if losing.done():
                control.tell(
                    "broken",
                    f"the connection to the Dask scheduler at {sidecar.client.scheduler.address} was lost: it has ended, or cannot be"
                    " reached any more",
                )
            if obeying.done():
                obeying.result()
    except Unusable as failure:
        control.tell("unusable", str(failure))
    except Exception as failure:
        control.tell("unusable", f"Heddle's sidecar failed by {type(failure).__name__}: {_reasons(failure)}")
        raise
    finally:
        try:
            await asyncio.wait_for(sidecar.end(), END_SECONDS)
        except Exception as failure:
            print(f"heddle: the sidecar ends without its cluster's farewell: {failure!r}", file=sys.stderr)


async def _main(descriptor):
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer)
    await serve(reader, descriptor)


def main():
    """Runs the sidecar on standard input and output; what others print goes to standard error."""
    descriptor = os.dup(1)
    os.dup2(2, 1)
    dask.config.set({"distributed.worker.daemon": True})
    try:
        asyncio.run(_main(descriptor))
    finally:
        sys.stderr.flush()
        os._exit(0)  # no thread and no queue of Dask's keeps it
