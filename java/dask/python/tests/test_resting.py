"""Slots of a lane that rests, and is to work again at that moment."""

import asyncio
from types import SimpleNamespace

from heddle_dask.sidecar import Lane, Sidecar


class Told:
    def __init__(self):
        self.messages = []

    def tell(self, *message):
        self.messages.append(message)


class SlowTunnel:
    """Others run while a message is under way."""

    def __init__(self):
        self.freed = []

    async def tell(self, _, turn):
        await asyncio.sleep(0)
        self.freed.append(turn)


class Hold:
    def release(self):
        pass


def resting(slots):
    """A session with one lane, that rests, and what it tells."""
    told = Told()
    sidecar = Sidecar(told, SimpleNamespace(direct=True, linger_seconds=0))
    lane = sidecar.lanes["a"] = Lane("a")
    lane.slots = lane.most_slots = slots
    lane.tunnel = SlowTunnel()
    lane.holds = {f"old-{i}": Hold() for i in range(slots)}

    async def occupy(lane, *_):
        lane.holds = {"new": Hold()}

    sidecar.occupy = occupy
    sidecar.rest("a")
    return sidecar, lane, told


def test_a_lane_that_is_giving_its_slots_back_takes_others():
    async def scene():
        sidecar, lane, told = resting(slots=3)
        while len(lane.holds) == 3:
            await asyncio.sleep(0)
        await sidecar.work("a", 3, 0)
        while sidecar.tasks:
            await asyncio.sleep(0)
        assert told.messages == [("working", "a")]
        assert list(lane.holds) == ["new"]
        assert lane.tunnel.freed == ["old-0", "old-1", "old-2"]

    asyncio.run(scene())


def test_a_lane_that_is_to_work_as_its_rest_ends_has_slots():
    async def scene():
        sidecar, lane, told = resting(slots=2)
        asyncio.get_running_loop().call_soon(lambda: sidecar.begin(sidecar.work("a", 2, 0)))  # just before the timer, which is due
        while not told.messages or sidecar.tasks:
            await asyncio.sleep(0)
        assert told.messages == [("working", "a")]
        assert list(lane.holds) == ["new"]

    asyncio.run(scene())
