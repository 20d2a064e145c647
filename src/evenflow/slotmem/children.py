"""One child's row: who it is, what it does, and how much of it.

The child writes it, the supervisor and the metrics read it. What the states mean to a process is the control room's.
"""

from __future__ import annotations

from enum import IntEnum

from evenflow.slotmem.layout import (
    BEAT,
    BODY_BYTES,
    CHILD_CELLS,
    CONNECTIONS,
    GENERATION,
    IN_FLIGHT,
    PID,
    REQUESTS,
    STARTED,
    STATE,
    TUNNELS,
    Layout,
)
from evenflow.slotmem.region import Region


class ChildState(IntEnum):
    """What a child's row says of it."""

    VACANT = 0
    STARTING = 1
    SERVING = 2
    DRAINING = 3
    """It accepts nothing more and finishes what is in flight."""


class ChildSlot:
    """Cells of one child. Counters are plain numbers that only the child itself changes; times are CLOCK_MONOTONIC."""

    __slots__ = ("index", "counts", "_floats")

    def __init__(self, region: Region, layout: Layout, child: int) -> None:
        at = layout.child(child)
        self.index = child
        self.counts: memoryview[int] = region.ints[at : at + CHILD_CELLS]
        """The row itself, for those who count on the hot path."""
        self._floats: memoryview[float] = region.floats[at : at + CHILD_CELLS]

    def begin(self, pid: int, generation: int, now: float) -> None:
        """Move in: a new child with this process id, starting, with nothing counted."""
        self.clear()
        self._floats[STARTED] = now
        self._floats[BEAT] = now
        self.counts[GENERATION] = generation
        self.counts[STATE] = ChildState.STARTING
        self.counts[PID] = pid

    def clear(self) -> None:
        """Nobody lives here."""
        for cell in range(CHILD_CELLS):
            self.counts[cell] = 0

    def beat(self, now: float) -> None:
        """Say that the child lives."""
        self._floats[BEAT] = now

    @property
    def pid(self) -> int:
        """The process; 0 where nobody lives."""
        return self.counts[PID]

    @property
    def generation(self) -> int:
        return self.counts[GENERATION]

    @property
    def state(self) -> ChildState:
        return ChildState(self.counts[STATE])

    @state.setter
    def state(self, state: ChildState) -> None:
        self.counts[STATE] = state

    @property
    def requests(self) -> int:
        """Answered since it began."""
        return self.counts[REQUESTS]

    @requests.setter
    def requests(self, number: int) -> None:
        self.counts[REQUESTS] = number

    @property
    def connections(self) -> int:
        """Client connections open now."""
        return self.counts[CONNECTIONS]

    @connections.setter
    def connections(self, number: int) -> None:
        self.counts[CONNECTIONS] = number

    @property
    def tunnels(self) -> int:
        """Tunnels open now."""
        return self.counts[TUNNELS]

    @tunnels.setter
    def tunnels(self, number: int) -> None:
        self.counts[TUNNELS] = number

    @property
    def in_flight(self) -> int:
        """Requests that are being answered."""
        return self.counts[IN_FLIGHT]

    @in_flight.setter
    def in_flight(self, number: int) -> None:
        self.counts[IN_FLIGHT] = number

    @property
    def body_bytes(self) -> int:
        """Bytes of bodies sent to clients since it began."""
        return self.counts[BODY_BYTES]

    @body_bytes.setter
    def body_bytes(self, number: int) -> None:
        self.counts[BODY_BYTES] = number

    @property
    def started(self) -> float:
        """PAST's is when the program began to serve."""
        return self._floats[STARTED]

    @started.setter
    def started(self, now: float) -> None:
        self._floats[STARTED] = now

    @property
    def last_beat(self) -> float:
        return self._floats[BEAT]
