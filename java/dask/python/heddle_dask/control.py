"""The messages between the sidecar and its Java program.

A message is the number of its fields in 4 bytes, and each field with its length in 4 bytes. Texts are in UTF-8.
"""

import os
import struct

MOST_FIELD_BYTES = 1 << 30


class Control:
    """The Java program's end of standard input and output."""

    def __init__(self, reader, descriptor):
        self._reader = reader
        self._descriptor = descriptor

    async def receive(self):
        """The next message, a list of bytes; empty at the end, which is that of the Java program."""
        try:
            (count,) = struct.unpack(">I", await self._reader.readexactly(4))
            fields = []
            for _ in range(count):
                (length,) = struct.unpack(">I", await self._reader.readexactly(4))
                if length > MOST_FIELD_BYTES:
                    raise ValueError(f"a field of {length} bytes")
                fields.append(await self._reader.readexactly(length))
            return fields
        except (EOFError, OSError):
            return []

    def tell(self, *fields):
        """Sends a message; waits while the Java program does not read."""
        message = bytearray(struct.pack(">I", len(fields)))
        for field in fields:
            data = field if isinstance(field, bytes) else str(field).encode("utf-8", "replace")
            message += struct.pack(">I", len(data)) + data
        view = memoryview(message)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError:
            pass  # its end is seen where messages are received
