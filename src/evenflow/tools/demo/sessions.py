"""The log-in sessions of one Confluence node: they live in its process and nowhere else, and die with it."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from evenflow.tools.demo.web import Request

SESSIONS: Final = 10_000
"""So many are kept; the one not seen for longest goes first."""


@dataclass(slots=True)
class Session:
    """One browser on one node; `user` is "" until somebody signs in."""

    name: str
    visits: int = 0
    user: str = ""


class Sessions:
    """All of them."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Session] = OrderedDict()

    def visit(self, name: str) -> Session:
        """Count a visit; a name that this node did not give out (or has forgotten) begins anew under a new name."""
        session = self._known.pop(name, None) or Session(uuid.uuid4().hex.upper())
        self._known[session.name] = session
        session.visits += 1
        if len(self._known) > SESSIONS:
            self._known.popitem(last=False)
        return session

    def of(self, request: Request) -> tuple[Session, list[tuple[str, str]]]:
        """The session of a request, and the field that tells the browser of a new one."""
        before = request.cookie("JSESSIONID")
        session = self.visit(before)
        if session.name == before:
            return session, []
        return session, [("Set-Cookie", f"JSESSIONID={session.name}; Path=/; HttpOnly")]
