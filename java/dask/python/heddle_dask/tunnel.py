"""Messages and bytes in both directions over a Dask comm, between a session and one of its lanes.

Once a lane has begun, its two ends use the stream under the comm by themselves: a comm would make new objects of all bytes that pass, three
times each, in memory that Dask's nanny has the allocator give back to the system at once. Here bytes go by one buffer for each way, and as a
write is waited for, a quick sender fills no memory.
"""

import struct

import msgpack

PIECE_BYTES = 1 << 18
DATA = 0
MESSAGE = 1
HEAD = ">BI"
HEAD_BYTES = struct.calcsize(HEAD)


class Tunnel:
    """One end. Any number of coroutines of one event loop send; one receives."""

    def __init__(self, comm):
        self.comm = comm
        self._stream = stream_of(comm)
        self._passing = memoryview(bytearray(PIECE_BYTES))

    def closed(self):
        return self._stream.closed()

    async def tell(self, *message):
        """Sends a message; returns when it is under way."""
        data = msgpack.packb(message)
        await self._stream.write(struct.pack(HEAD, MESSAGE, len(data)) + data)

    async def receive(self, write=None):
        """The next message, a list. Bytes that come before it are written elsewhere; those that nobody reads there are dropped."""
        while True:
            kind, count = struct.unpack(HEAD, await self._stream.read_bytes(HEAD_BYTES))
            if kind == MESSAGE:
                return msgpack.unpackb(await self._stream.read_bytes(count))
            while count:
                taken = await self._stream.read_into(self._passing[:count], partial=True)
                count -= taken
                try:
                    await write(self._passing[:taken])
                except OSError:
                    pass  # that it is over is seen by who reads from there

    async def pump(self, source):
        """Sends what another stream brings, until its end."""
        buffer = memoryview(bytearray(HEAD_BYTES + PIECE_BYTES))
        while True:
            try:
                count = await source.read_into(buffer[HEAD_BYTES :], partial=True)
            except OSError:
                return
            struct.pack_into(HEAD, buffer, 0, DATA, count)
            await self._stream.write(buffer[: HEAD_BYTES + count])


def stream_of(comm):
    """The stream of bytes under a comm that has nothing more to say itself."""
    stream = getattr(comm, "stream", None)
    if stream is None:
        raise OSError(f"the connection {comm!r} is none of Dask's own tcp:// or tls:// ones, which Heddle needs")
    return stream


async def carry(source, target):
    """Passes on the bytes of one stream to another, until either ends."""
    buffer = memoryview(bytearray(PIECE_BYTES))
    while True:
        count = await source.read_into(buffer, partial=True)
        await target.write(buffer[:count])
