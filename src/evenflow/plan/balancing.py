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
class Balancing:
    """All of it, for one balancer."""

    hash_by: HashBy = HashBy()
    retries: Retries | None = Retries()
    """None for any number."""


AS_HTTPD: Final = Balancing()
"""Nothing of it was said."""
