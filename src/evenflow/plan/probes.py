"""How a balancer finds out by itself whether a member is well (mod_proxy_hcheck)."""

from __future__ import annotations

from dataclasses import dataclass

from evenflow.origin import Origin
from evenflow.plan.expr import Condition


@dataclass(frozen=True, slots=True)
class Probe:
    """What is asked of one member, and how often. Durations are float seconds.

    `method` is b"TCP" (connecting is enough), b"OPTIONS", b"HEAD" or b"GET", spoken as HTTP/1.0 or (`version` 11) 1.1.
    """

    method: bytes
    version: int
    interval: float
    passes: int
    """A failed member is well again after so many probes went well; they need not follow each other."""
    fails: int
    """A member that was well has failed after so many did not."""
    uri: bytes
    """What is asked for, behind the path of the member's own URL; not for OPTIONS, which asks for `*`."""
    condition: Condition | None
    """What the answer must fulfil; None: a status from 200 to 399."""
    origin: Origin
    """The member's line."""

    @property
    def target(self) -> bytes:
        """The request's target without the member's path; b"*" for OPTIONS."""
        return b"*" if self.method == b"OPTIONS" else self.uri
