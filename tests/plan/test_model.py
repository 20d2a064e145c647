"""The shapes of the plan, and what they hold before anybody says anything."""

from __future__ import annotations

from evenflow.origin import NOWHERE
from evenflow.plan.model import FORWARD, Balancer, ConnectionFacts, Decision, Member, Scope, VirtualHost


def test_defaults_are_httpds() -> None:
    member = Member(b"http://b1", b"http", "b1", 80, b"", 0, NOWHERE)
    assert (member.loadfactor, member.lbset, member.retry, member.response_field_size) == (100, 0, 60.0, 8192)
    host = VirtualHost(0, b"a.example", NOWHERE)
    assert (host.timeout, host.keep_alive_timeout, host.max_keep_alive_requests) == (60.0, 5.0, 100)
    assert (host.limit_request_line, host.limit_request_field_size, host.limit_request_fields) == (8190, 8190, 100)
    scope = Scope()
    assert (scope.preserve_host, scope.add_headers, scope.requires) == (False, True, ())


def test_a_balancer_tries_every_member_once() -> None:
    members = tuple(Member(b"http://b%d" % n, b"http", f"b{n}", 80, b"", n, NOWHERE) for n in range(3))
    assert Balancer(b"c", members, 0, NOWHERE).maxattempts == 2
    assert Balancer(b"c", (), 0, NOWHERE).maxattempts == 0


def test_they_say_who_they_are() -> None:
    assert repr(Member(b"http://b1", b"http", "b1", 80, b"", 0, NOWHERE)) == "Member(http://b1)"
    assert repr(Balancer(b"c", (), 0, NOWHERE)) == "Balancer(c)"


def test_a_fresh_decision_keeps_the_query() -> None:
    decision = Decision(FORWARD, VirtualHost(0, b"a.example", NOWHERE), Scope(), NOWHERE)
    assert (decision.keep_query, decision.query, decision.proxy_error) == (True, None, False)


def test_a_connection_remembers_nothing_at_first() -> None:
    assert ConnectionFacts(b"192.0.2.1", 1, b"192.0.2.2", 80, False, b"", None).memo is None
