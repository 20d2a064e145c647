"""Where members say how many requests they could take, for `lbmethod=heartbeat`."""

from __future__ import annotations

from dataclasses import dataclass

from evenflow.origin import Origin


@dataclass(frozen=True, slots=True)
class Heartbeats:
    """Either they are heard by UDP at `host` and `port` and what was heard is written to `storage`, or with `host` ""
    somebody else writes `storage`."""

    origin: Origin
    storage: str
    """An absolute path; "" where nobody writes what is heard."""
    host: str = ""
    port: int = 0
    most: int = 1000
    """So many senders that are no members are remembered (HeartbeatMaxServers)."""
