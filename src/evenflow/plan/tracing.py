"""What of requests is told to a collector of traces, and whom we believe that a trace goes on."""

from __future__ import annotations

from dataclasses import dataclass

from evenflow.origin import Origin
from evenflow.plan.access import Network


@dataclass(frozen=True, slots=True)
class Tracing:
    """EvenflowTrace. Only the collector that the configuration names is ever spoken to."""

    origin: Origin
    secure: bool
    host: str
    port: int
    path: str
    """Of the collector's URL."""
    share: float = 1.0
    """From 0 to 1: so many traces that begin here are told."""
    service: str = "evenflow"
    trusts_all: bool = False
    trusted: tuple[Network, ...] = ()
    """Whose `traceparent` is believed, by the connection's address."""
