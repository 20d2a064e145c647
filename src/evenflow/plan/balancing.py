"""What a balancer does beyond httpd's: by what it hashes, how much it repeats, whom it passes over.

Said by directives that only we have; what each of them means stands in the balancer room. Durations are float seconds,
shares are parts of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class HashBy:
    """What of a request lbmethod=hash looks at: `kind` is client, uri, cookie or header, `name` whose."""

    kind: str = "client"
    name: bytes = b""
    """A header's name in lower case."""
    load: float = 1.25
    """So much more than its share a member may have in flight; 0.0 for any number."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How many failed attempts are followed by another one, in each child."""

    share: float = 0.2
    """Of the requests of the last seconds."""
    per_second: float = 10.0
    """And so many whatever the traffic."""


@dataclass(frozen=True, slots=True)
class Ejection:
    """When a member is an outlier, and for how long it is passed over then."""

    errors: float = 0.0
    """It is one if so large a share of its attempts failed; 0.0: they do not matter."""
    latency: float = 0.0
    """It is one if its answers begin so many times later than the others'; 0.0: that does not matter."""
    requests: int = 20
    """With fewer attempts in an interval nothing is said of a member."""
    interval: float = 10.0
    """From one look to the next."""
    seconds: float = 30.0
    """The first time; twice as long the second time in a row, and so on."""
    most: float = 0.5
    """No more of the members at a time, but always one."""


@dataclass(frozen=True, slots=True)
class Balancing:
    """All of it, for one balancer."""

    hash_by: HashBy = HashBy()
    retries: Retries | None = Retries()
    """None for any number."""
    ejection: Ejection | None = None
    slow_start: float = 0.0
    """So long a member that recovered takes less than its share; 0.0: not at all."""
    slow_least: float = 0.1
    """The part of its share with which it begins."""
    session_idle: float = 1800.0
    """A session that was not seen for so long is gone (`slotmem.sessions`); 0.0: sessions are not counted."""
    session_cookie: bytes = b"JSESSIONID"
    """What tells sessions apart where the sticky cookie says the route alone."""


AS_HTTPD: Final = Balancing()
"""Nothing of it was said."""
