"""A decision that goes to the console and comes back is what it was; over the program: tests/control/console."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from evenflow.origin import Origin
from evenflow.plan.model import FORWARD, LOCAL, Decision, Scope, VirtualHost
from evenflow.serve.handed_on import MANAGER, comes_back, copied

ORIGIN = Origin("wiki.conf", 3, "SetHandler balancer-manager")


def decision() -> Decision:
    made = Decision(LOCAL, VirtualHost(0, b"wiki.example", ORIGIN), Scope(), ORIGIN)
    made.handler = MANAGER
    made.user, made.auth_type, made.address = b"eve", b"Basic", b"192.0.2.7"
    made.env, made.vary, made.cookies = {b"A": b"1"}, (b"accept",), (b"x=1",)
    made.uri, made.filename, made.query, made.keep_query = b"/m", b"/m", b"xml=1", False
    made.client_name, made.early_fields = b"host.example", object()
    return made


def parts(of: Decision) -> list[Any]:
    return [
        of.handler, of.user, of.auth_type, of.address, of.env, of.vary, of.cookies, of.uri, of.filename, of.query,
        of.keep_query, of.client_name, of.early_fields, of.host, of.scope, of.origin,
    ]  # fmt: skip


def exchange(kind: int, handler: str = MANAGER, sent: int = 0) -> Any:
    made = copied(decision(), kind)
    made.handler = handler
    return SimpleNamespace(decision=made, to_member=sent, status=503, why="refused")


def test_a_copy_has_all_that_was_decided() -> None:
    first = decision()
    made = copied(first, FORWARD)
    assert made.kind == FORWARD and parts(made) == parts(first)


def test_it_comes_back_where_nobody_heard_it() -> None:
    one = exchange(FORWARD)
    assert comes_back(one)
    assert (one.decision.kind, one.status, one.why, parts(one.decision)) == (LOCAL, 0, "", parts(one.decision))


def test_what_was_heard_or_is_another_s_does_not() -> None:
    assert not comes_back(exchange(FORWARD, sent=1))
    assert not comes_back(exchange(FORWARD, handler=""))
    assert not comes_back(exchange(LOCAL))
    assert not comes_back(SimpleNamespace(decision=None))  # type: ignore[arg-type]
