"""Members and balancers: who is whom, and with what parameters."""

from __future__ import annotations

import pytest

from evenflow.compiler.findings import Findings, Refused
from evenflow.compiler.identity import Identities, read_url, status_letters, upgrades
from evenflow.config.settings import MemberParameters
from evenflow.origin import NOWHERE
from evenflow.plan.model import Balancer, Member, Plan
from tests.compiler.said import codes
from tests.plan.cases import built, inside, plan_of


def only(plan: Plan) -> Member:
    (member,) = plan.members
    return member


def balancer(text: str) -> Balancer:
    (found,) = plan_of(inside(text)).balancers
    return found


@pytest.mark.parametrize(
    "text, name, host, port, host_field",
    [
        ("http://B1", "http://b1", "b1", 80, b"b1"),
        ("http://b1:80/X", "http://b1/X", "b1", 80, b"b1"),
        ("HTTP://b1:8090/", "http://b1:8090/", "b1", 8090, b"b1:8090"),
        ("ws://b1:443", "ws://b1:443", "b1", 443, b"b1:443"),
        ("http://[2001:DB8::1]:81/x", "http://[2001:db8::1]:81/x", "2001:db8::1", 81, b"[2001:db8::1]:81"),
    ],
)
def test_urls(text: str, name: str, host: str, port: int, host_field: bytes) -> None:
    member = only(plan_of(inside(f"ProxyPass / {text}")))
    assert (member.name, member.host, member.port, member.host_field) == (name.encode(), host, port, host_field)
    assert member.path == b""


@pytest.mark.parametrize(
    "text", ["ajp://b1", "h2://b1", "b1", "http://", "http://b1:0", "http://b1:x", "http://u@b1"]
)
def test_what_cannot_be_connected_to(text: str) -> None:
    with pytest.raises(Refused):
        read_url(text)


def test_slots_are_places() -> None:
    plan = plan_of(
        inside(
            "ProxyPass /a http://b1/\n<Proxy balancer://c>\n"
            "BalancerMember http://b2\nBalancerMember http://b3\n</Proxy>"
        )
    )
    assert [member.slot for member in plan.members] == [0, 1, 2]
    assert [one.index for one in plan.balancers] == [0]


def test_parameters_of_a_member() -> None:
    said = MemberParameters(
        timeout=3.0, retry=0.0, ttl=7.0, max=5, smax=2, acquire=0.5, connectiontimeout=0.3, ping=1.0, disablereuse=True,
        keepalive=True, responsefieldsize=16384, upgrade="WebSocket",
    )  # fmt: skip
    member = Identities(Findings()).make_member(read_url("http://b1/"), said, NOWHERE)
    assert (member.timeout, member.retry, member.ttl, member.max, member.smax) == (3.0, 0.0, 7.0, 5, 2)
    assert (member.acquire, member.connect_timeout, member.ping) == (0.5, 0.3, 1.0)
    assert (member.disable_reuse, member.keepalive, member.response_field_size) == (True, True, 16384)
    assert member.upgrade == (b"websocket",)


def test_parameters_of_a_members_place() -> None:
    found = balancer(
        "<Proxy balancer://c>\n"
        "BalancerMember http://b1/base route=n1 redirect=n2 loadfactor=1.5 lbset=2 status=+H-D+N\n</Proxy>"
    )
    (member,) = found.members
    assert (member.route, member.redirect, member.loadfactor, member.lbset) == (b"n1", b"n2", 150, 2)
    assert (member.status, member.path, member.name, member.balancer) == (b"HN", b"/base", b"http://b1/base", found)


def test_status_letters_and_upgrades() -> None:
    assert status_letters((("D", True), ("H", True), ("D", False), ("E", True))) == b"HE"
    assert upgrades("http", None) == ()
    assert upgrades("ws", None) == (b"websocket",)
    assert upgrades("ws", "NONE") == ()
    assert upgrades("http", "ANY") == (b"any",)
    assert upgrades("http", "h2c, WebSocket") == (b"h2c", b"websocket")


def test_parameters_of_a_balancer() -> None:
    found = balancer(
        "<Proxy balancer://C>\nBalancerMember http://b1\n"
        "BalancerMember http://b2\nProxySet stickysession=A|b nofailover=On timeout=9\n"
        "ProxySet lbmethod=bybusyness stickysessionsep=Off scolonpathdelim=On failonstatus=500,503 failontimeout=On\n"
        "ProxySet maxattempts=0 forcerecovery=Off growth=3 nonce=None\n</Proxy>"
    )
    assert (found.name, found.sticky_cookie, found.sticky_path, found.sticky_separator) == (b"c", b"A", b"b", b"")
    assert (found.nofailover, found.timeout, found.lbmethod, found.semicolon_ends) == (True, 9.0, "bybusyness", True)
    assert (found.failonstatus, found.failontimeout) == ({500, 503}, True)
    assert (found.maxattempts, found.forcerecovery, found.growth, found.nonce) == (0, False, 3, b"")


def test_defaults_of_a_balancer() -> None:
    found = balancer(
        "<Proxy balancer://c>\nBalancerMember http://b1\nBalancerMember http://b2\nProxySet stickysession=A\n</Proxy>"
    )
    assert (found.sticky_cookie, found.sticky_path, found.sticky_separator) == (b"A", b"A", b".")
    assert (found.maxattempts, found.forcerecovery, found.nonce, found.lbmethod) == (1, True, None, "byrequests")


def test_what_is_said_later_wins() -> None:
    text = (
        "<Proxy balancer://c>\nBalancerMember http://b1\n"
        "ProxySet timeout=1\n</Proxy>\nProxyPass / balancer://c/ timeout=2"
    )
    assert balancer(text).timeout == 2.0
    assert balancer(text + "\nProxySet balancer://c timeout=3").timeout == 3.0


def test_the_first_line_of_a_member_counts() -> None:
    text = "<Proxy balancer://c>\nBalancerMember http://b1 route=a\nBalancerMember http://B1:80 route=b\n</Proxy>"
    assert [member.route for member in balancer(text).members] == [b"a"]
    assert codes(text) == ["member-repeated"]


def test_a_longer_url_shares_the_member_of_a_shorter_one() -> None:
    text = "ProxyPass /b http://b1/ timeout=1\nProxyPass /a http://b1/a timeout=3"
    member = only(plan_of(inside(text)))
    assert (member.name, member.timeout) == (b"http://b1/", 1.0)
    assert codes(text) == ["parameters-ignored"]


def test_the_longer_one_first_is_a_member_of_its_own() -> None:
    text = "ProxyPass /a http://b1/a timeout=3\nProxyPass /b http://b1/ timeout=1"
    assert [(member.name, member.timeout) for member in plan_of(inside(text)).members] == [
        (b"http://b1/a", 3.0),
        (b"http://b1/", 1.0),
    ]
    assert codes(text) == []


def test_a_proxy_section_with_a_set_makes_a_member() -> None:
    rule = "RewriteEngine On\nRewriteRule ^ http://b1/x [P]"
    assert only(plan_of(inside(rule))).generic
    assert only(plan_of(inside(f"<Proxy http://b1/>\n</Proxy>\n{rule}"))).generic
    member = only(plan_of(inside(f"<Proxy http://b1/>\nProxySet timeout=2\n</Proxy>\n{rule}")))
    assert (member.generic, member.timeout) == (False, 2.0)


def test_a_rule_with_an_authority_of_the_request_may_reach_what_is_named() -> None:
    text = (
        "RewriteEngine On\nRewriteRule ^ http://%{HTTP:X}/ [P]\n"
        "<Proxy balancer://c>\nBalancerMember ws://b1:1\n</Proxy>\nProxyPass / http://b2/"
    )
    generic = [member.name for member in plan_of(inside(text)).members if member.generic]
    # b2 has a member of its own for every path
    assert generic == [b"ws://b1:1"]


WHOLE = """\
Listen 8000
{main}
<VirtualHost *:8000>
    ServerName a.example
    {own}
</VirtualHost>
<VirtualHost *:8000>
    ServerName b.example
</VirtualHost>
"""


def test_the_main_servers_balancers_are_everybodys() -> None:
    main = "<Proxy balancer://c>\nBalancerMember http://b1\n</Proxy>"
    plan = plan_of(WHOLE.format(main=main, own="ProxyPass / balancer://c/"))
    assert len(plan.balancers) == 1


def test_a_balancer_declared_twice_has_the_main_servers_members() -> None:
    main = "<Proxy balancer://c>\nBalancerMember http://b1\nProxySet timeout=1 stickysession=M\n</Proxy>"
    own = "<Proxy balancer://c>\nBalancerMember http://b2\nProxySet timeout=2\n</Proxy>"
    outer, inner = plan_of(WHOLE.format(main=main, own=own)).balancers
    assert [member.name for member in inner.members] == [b"http://b1"]
    assert (outer.timeout, inner.timeout, inner.sticky_cookie) == (1.0, 2.0, b"M")


def test_another_virtual_hosts_balancer_is_not_seen() -> None:
    own = "<Proxy balancer://c>\nBalancerMember http://b1\n</Proxy>"
    plan = plan_of(WHOLE.format(main="", own=own).replace("b.example\n", "b.example\nProxyPass / balancer://c/\n"))
    assert [len(found.members) for found in plan.balancers] == [1, 0]


def test_members_with_tls() -> None:
    member = only(plan_of(inside("ProxyPass / https://b1/")))
    assert (member.port, member.host_field, member.encrypted) == (443, b"b1", True)
    assert only(plan_of(inside("ProxyPass / wss://b1:8443/"))).upgrade == (b"websocket",)
    assert not only(plan_of(inside("ProxyPass / http://b1/"))).encrypted


def test_a_url_that_nobody_can_connect_to_is_refused_at_its_line() -> None:
    (found,) = built(inside("ProxyPass / http://u@b1/")).diagnostics
    assert (found.code, found.severity) == ("url-malformed", "error")
    assert found.span is not None
    assert found.span.line == 5
