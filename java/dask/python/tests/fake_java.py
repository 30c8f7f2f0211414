"""A worker JVM as the plugin sees one: connects as WorkerMain does, and answers lines.

echo TEXT, env NAME, args, blob BYTES, count BYTES (reads so many), print TEXT, error TEXT, exit CODE, anything else is said back.
"""

import os
import socket
import struct
import sys


def main():
    line = lambda: b"".join(iter(lambda: os.read(0, 1), b"\n")).decode()  # noqa: E731
    path, secret, most = line(), bytes.fromhex(line()), line()
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    if os.environ.get("FAKE_LIES"):
        secret = bytes(32)
    connection.sendall(secret + struct.pack(">q", os.getpid()))
    stream = connection.makefile("rwb")
    while text := stream.readline().decode().rstrip("\n"):
        word, _, rest = text.partition(" ")
        answer = text
        if word == "env":
            answer = os.environ.get(rest, "(none)")
        elif word == "args":
            answer = " ".join(sys.argv[1:])
        elif word == "bound":
            answer = most
        elif word == "blob":
            stream.write(bytes(int(rest)))
        elif word == "count":
            left = int(rest)
            while left:
                left -= len(stream.read(min(left, 1 << 20)))
        elif word == "print":
            print(rest, flush=True)
        elif word == "error":
            print(rest, file=sys.stderr, flush=True)
        elif word == "exit":
            os._exit(int(rest))
        stream.write(answer.encode() + b"\n")
        stream.flush()


main()
