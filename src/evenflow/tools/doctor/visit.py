"""One visit: the site, the nodes beside it, what has been learnt on the way, and what was found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from evenflow.tools.doctor.asking import Answer, Asker, Place
from evenflow.tools.doctor.faults import FAULTS, Fault

if TYPE_CHECKING:
    from evenflow.tools.doctor.ways import Ways

FAIL: Final = "fail"
HINT: Final = "hint"
PASS: Final = "pass"
UNKNOWN: Final = "unknown"
"""What could not be found out, and why."""

NODE_FIELD: Final = "X-Confluence-Cluster-Node"
META: Final = re.compile(r'<meta[^>]+name="([a-z-]+)"[^>]+content="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check has to say; `fault` is None for `pass` and `unknown`. `where` is the place that was asked."""

    check: str
    verdict: str
    evidence: str
    fault: Fault | None = None
    where: str = ""


@dataclass(slots=True)
class Node:
    """One node that is asked directly. `synchrony` is its Synchrony, None where that was not given."""

    name: str
    asker: Asker
    synchrony: Asker | None = None


@dataclass(slots=True)
class Visit:
    """What checks work with. `path` is Confluence's context path, "" for the top."""

    site: Asker
    path: str
    nodes: list[Node]
    idle: float = 75.0
    """Seconds that a quiet WebSocket must outlive."""
    silence: float = 2.0
    """Seconds after which a body that was only announced counts as wanted."""
    meta: dict[str, str] = field(default_factory=dict)
    """The `ajs-` values of the login page."""
    routes: set[str] = field(default_factory=set)
    """Names of the cookies that look like a balancer's."""
    own: tuple[str, ...] = ()
    """Paths that the balancer answers itself."""
    editor: dict[str, str] = field(default_factory=dict)
    """The `ajs-` values of a page that is edited, where somebody has saved one."""
    expected: str = ""
    """The way that editors are to get (`ways.WAYS`); "" where nobody says."""
    ways: Ways | None = None
    """The ways that are there, once they were tried."""

    @property
    def login(self) -> str:
        return f"{self.path}/login.action"

    def learn(self, page: Answer) -> None:
        """Take the values that a page of Confluence shows of itself."""
        self.meta = shown_of_itself(page.text) | self.meta


def shown_of_itself(page: str) -> dict[str, str]:
    """The `ajs-` values and others of a page's head, by name."""
    return dict(META.findall(page))


Check = Callable[[Visit], Iterator[Finding]]


def found(code: str, check: str, evidence: str, where: str = "", *, guessed: bool = False) -> Finding:
    """A fault, with the evidence for it; a hint where its row says so, or where this evidence is not enough."""
    fault = FAULTS[code]
    return Finding(check, FAIL if fault.sure and not guessed else HINT, evidence, fault, where)


def unknown(check: str, why: str) -> Finding:
    """Nothing can be said, and this is the reason."""
    return Finding(check, UNKNOWN, why)


def looks_like_confluence(answer: Answer) -> bool:
    """Whether a page is Confluence's own, for the signs that it carries."""
    return 'name="ajs-' in answer.text or bool(answer.get(NODE_FIELD) or answer.get("X-Confluence-Request-Time"))


def place_of(url: str) -> tuple[Place, str]:
    """A URL as a place and a path without its last slash. Raises ValueError with what to type."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as fault:
        raise ValueError(f"`{url}` is no address: {fault}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"`{url}` is no address: type one like https://wiki.example.com")
    return Place(parts.scheme, parts.hostname, port or {"http": 80, "https": 443}[parts.scheme]), parts.path.rstrip("/")
