"""Sessions of one node."""

from __future__ import annotations

from collections.abc import AsyncIterator

from evenflow.tools.demo.sessions import SESSIONS, Sessions
from evenflow.tools.demo.web import Request


async def nothing() -> AsyncIterator[bytes]:
    return
    yield b""


def with_cookie(value: str) -> Request:
    return Request("GET", "/", {"cookie": value}, nothing())


def test_a_session_remembers_who_signed_in() -> None:
    sessions = Sessions()
    first, fields = sessions.of(with_cookie(""))
    assert fields == [("Set-Cookie", f"JSESSIONID={first.name}; Path=/; HttpOnly")]
    first.user = "Ada"
    again, fields = sessions.of(with_cookie(f"ROUTEID=.1; JSESSIONID={first.name}"))
    assert (again.user, again.visits, fields) == ("Ada", 2, [])


def test_a_name_that_another_node_gave_begins_anew() -> None:
    theirs = Sessions().visit("")
    theirs.user = "Ada"
    ours, fields = Sessions().of(with_cookie(f"JSESSIONID={theirs.name}"))
    assert (ours.user, ours.visits) == ("", 1)
    assert ours.name != theirs.name and ours.name in fields[0][1]


def test_old_sessions_go() -> None:
    sessions = Sessions()
    first = sessions.visit("").name
    for _ in range(SESSIONS):
        sessions.visit("")
    assert sessions.visit(first).name != first
