"""Bytes in both directions over a Dask comm, with no more under way than a window.

A comm's write returns before anything is sent, so that without the window a quick sender would fill the memory of its process.
"""

import asyncio

WINDOW_BYTES = 16 << 20
ACKNOWLEDGED_BYTES = WINDOW_BYTES // 4
PIECE_BYTES = 1 << 20

DATA = "d"
ACKNOWLEDGED = "a"


class Tunnel:
    """One end. Any number of coroutines of one event loop send; one receives."""

    def __init__(self, comm):
        self.comm = comm
        self._writing = asyncio.Lock()
        self._room = asyncio.Condition()
        self._under_way = 0
        self._owed = 0

    async def tell(self, *message):
        """Sends a message that is no data."""
        async with self._writing:
            await self.comm.write(message)

    async def send(self, data):
        """Sends bytes; waits while too many are under way."""
        async with self._room:
            while self._under_way >= WINDOW_BYTES:
                await self._room.wait()
            self._under_way += len(data)
        await self.tell(DATA, data)

    async def receive(self):
        """The next message that is no acknowledgement: its kind, and what follows."""
        while True:
            kind, *rest = await self.comm.read()
            if kind != ACKNOWLEDGED:
                return kind, rest
            async with self._room:
                self._under_way -= rest[0]
                self._room.notify_all()

    async def taken(self, count):
        """So many bytes that were received have gone on, and others may come."""
        self._owed += count
        if self._owed >= ACKNOWLEDGED_BYTES:
            owed, self._owed = self._owed, 0
            await self.tell(ACKNOWLEDGED, owed)

    async def pump(self, reader):
        """Sends what a stream reads, until its end."""
        while data := await reader.read(PIECE_BYTES):
            await self.send(data)
