"""Who asks: what a child tells the console of a request in a field of its own, and which requests it hands on.

The field carries a key that only the processes of this generation know, so nobody else on the machine can claim to be
a child; a client cannot set it, because the child sets it in the place of whatever came.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from typing import Any, Final

from evenflow.control.manager.parameters import read_fields

SHOW: Final = b"show"
"""The parameter by which the page names its parts; httpd has none of this name and passes it over."""
CLASSIC: Final = b"classic"
"""`show=classic`: httpd's page, also for a browser."""
HTTPD_SAYS: Final = frozenset((b"b", b"w", b"nonce", b"xml"))
"""What a GET of httpd's page and XML may say."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks, where: `user` is "" where nobody gave a name, `place` the virtual host's index, `path` and `authority`
    (the Host) are as the client wrote them, `server_name` is the Host without its port."""

    address: str
    user: str
    place: int
    path: str
    server_name: str
    authority: str

    @property
    def who(self) -> str:
        """For the list of changes."""
        return f"{self.user} ({self.address})" if self.user else self.address


def write(key: str, visit: Visit) -> bytes:
    """The field's value: ASCII whatever a client's name is."""
    said = [key, visit.address, visit.user, visit.place, visit.path, visit.server_name, visit.authority]
    return json.dumps(said).encode("ascii")


def read(key: str, value: bytes) -> Visit | None:
    """What a child wrote; None for what none wrote."""
    try:
        said: Any = json.loads(value)
        known, address, user, place, path, server_name, authority = said
        if not hmac.compare_digest(str(known).encode(), key.encode()):
            return None
        return Visit(str(address), str(user), int(place), str(path), str(server_name), str(authority))
    except (ValueError, TypeError, RecursionError):
        return None


def takes(method: bytes, query: bytes, accept: bytes) -> bool:
    """Whether a request is for the console: every change, and what browsers ask for. What scripts for httpd read
    (httpd's parameters, or no wish for a page) is answered by the child itself.
    """
    if method == b"POST":
        return True
    if method not in (b"GET", b"HEAD"):
        return False
    said = read_fields(query)
    if SHOW in said:
        return said[SHOW] != CLASSIC
    return HTTPD_SAYS.isdisjoint(said) and b"text/html" in accept.lower()
