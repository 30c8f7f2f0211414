"""What the Java program does, in Python: starts a sidecar, talks with it, connects lanes. The worker JVM is `fake_java.py`."""

import contextlib
import os
import queue
import secrets
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

HERE = Path(__file__).parent
PACKAGE = HERE.parent / "heddle_dask"
HANG_SECONDS = 60


def fake_java_home(folder, version="25.0.1"):
    """A folder that looks like a JDK, whose java is `fake_java.py`."""
    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{HERE / "fake_java.py"}" "$@"\n')
    java.chmod(java.stat().st_mode | stat.S_IXUSR)
    (folder / "release").write_text(f'JAVA_VERSION="{version}"\n')
    return folder


class Lane:
    """A lane that has been opened."""

    def __init__(self, connection, facts):
        self.connection = connection
        self.address, pid, limit, self.host, *room = facts
        self.room = tuple(int(each) for each in room)
        self.pid = int(pid)
        self.limit = int(limit)

    def ask(self, text):
        """Sends a line to the fake worker and reads the line that it answers."""
        self.connection.sendall(text.encode() + b"\n")
        return self.line()

    def line(self):
        line = bytearray()
        while not line.endswith(b"\n"):
            piece = self.connection.recv(1)
            if not piece:
                raise EOFError(f"ended after {bytes(line)!r}")
            line += piece
        return line[:-1].decode()


class Caller(contextlib.AbstractContextManager):
    """Runs a sidecar until it is closed."""

    def __init__(self, settings, options=(), variables=None, jars=(), environment=None):
        self.process = subprocess.Popen(
            [sys.executable, "-c", (PACKAGE / "bootstrap.py").read_text()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd="/",
            env={**os.environ, **(environment or {})},
        )
        self._send_modules()
        self.events = queue.Queue()
        self.kept = []
        self.ready = None
        self.lanes = []
        for name, content in jars:
            self.tell("jar", name, content)
        for option in options:
            self.tell("option", option)
        for name, value in (variables or {}).items():
            self.tell("variable", name, value)
        everything = {"startSeconds": "30", "maxFrameBytes": str(1 << 30), **settings}
        self.tell("start", *(text for item in everything.items() for text in item))
        threading.Thread(target=self._read, daemon=True).start()

    def _send_modules(self):
        modules = {f"heddle_dask.{each.stem}": each.read_text() for each in PACKAGE.glob("*.py")}
        modules["heddle_dask"] = modules.pop("heddle_dask.__init__")
        data = struct.pack(">I", len(modules))
        for text in (text for item in modules.items() for text in item):
            data += struct.pack(">I", len(text.encode())) + text.encode()
        self.process.stdin.write(data)

    def tell(self, *fields):
        message = struct.pack(">I", len(fields))
        for field in fields:
            data = field if isinstance(field, bytes) else str(field).encode()
            message += struct.pack(">I", len(data)) + data
        self.process.stdin.write(message)
        self.process.stdin.flush()

    def _read(self):
        out = self.process.stdout
        while len(head := out.read(4)) == 4:
            fields = []
            for _ in range(struct.unpack(">I", head)[0]):
                fields.append(out.read(struct.unpack(">I", out.read(4))[0]).decode())
            self.events.put(fields)
        self.events.put(["end"])

    def await_event(self, *begin):
        """The rest of the next event that begins so; others are kept for later."""
        for event in self.kept:
            if event[: len(begin)] == list(begin):
                self.kept.remove(event)
                return event[len(begin) :]
        while True:
            event = self.events.get(timeout=HANG_SECONDS)
            if event[: len(begin)] == list(begin):
                return event[len(begin) :]
            if event == ["end"]:
                raise EOFError(f"the sidecar ended; {begin} did not come but {self.kept}")
            self.kept.append(event)

    def await_ready(self):
        """Waits until the session has joined its cluster: its address, the sidecar's process number, the slots."""
        if self.ready is None:
            self.ready = self.await_event("ready")
        return self.ready

    def ask_for(self, name, limit=1, explicit=False, cpus=1, slots=1, priority=0):
        self.await_ready()
        self.tell("open", name, limit, "true" if explicit else "false", cpus, slots, priority)

    def open(self, name, **how):
        self.ask_for(name, **how)
        return self.join(name)

    def join(self, name):
        facts = self.await_event("opened", name)
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
            server.bind(f"{folder}/s")
            server.listen()
            server.settimeout(HANG_SECONDS)
            secret = secrets.token_bytes(32)
            self.tell("join", name, f"{folder}/s", secret.hex())
            connection, _ = server.accept()
        connection.settimeout(HANG_SECONDS)
        hello = b""
        while len(hello) < 40:
            hello += connection.recv(40 - len(hello))
        assert hello == secret + struct.pack(">q", self.process.pid)
        lane = Lane(connection, facts)
        self.lanes.append(lane)  # its end is not to be the garbage collector's
        return lane

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(HANG_SECONDS)
        finally:
            self.process.kill()
            self.process.wait()
