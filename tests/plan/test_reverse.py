"""A member's own URLs in its answer."""

from __future__ import annotations

import pytest

from evenflow.plan.model import ConnectionFacts, Decision, Plan
from evenflow.plan.reverse import reverse_cookies, reverse_fields
from evenflow.wire.headers import Headers
from evenflow.wire.http1 import RequestHead
from tests.plan.cases import facts_of, head_of, inside, plan_of


class View:
    """The request that is answered."""

    def variables(self) -> dict[bytes, bytes]:
        return {b"APP": b"one"}

    def __init__(self, plan: Plan) -> None:
        self.facts: ConnectionFacts = facts_of(plan)
        self.head: RequestHead = head_of("GET", "/")
        self.decision = Decision(1, plan.hosts[0], plan.hosts[0].base, plan.hosts[0].origin)


def reversed_location(text: str, value: str) -> str:
    plan = plan_of(inside(text))
    headers = Headers([(b"Location", value.encode())])
    reverse_fields(plan.hosts[0].base.reverses, headers, View(plan))
    return (headers.get(b"location") or b"").decode()


BALANCER = "<Proxy balancer://c>\nBalancerMember http://b1:8090\nBalancerMember http://b2:8090/\nBalancerMember http://b3/base\n</Proxy>\n"


@pytest.mark.parametrize(
    "line, value, expected",
    [
        ("/ http://b1/", "http://b1/login", "http://www.example/login"),
        ("/ http://b1/", "HTTP://B1/Login", "http://www.example/Login"),
        ("/ http://b1", "http://b1/login", "http://www.example//login"),
        ("/app http://b1/ctx", "http://b1/ctxz", "http://www.example/appz"),
        ("/app http://b1/ctx", "http://b1/other", "http://b1/other"),
        ("/ http://b1/", "/login", "/login"),
        ("/ http://b1/", "https://b1/login", "https://b1/login"),
        ("/ http://b1/", "http://b1:80/login", "http://b1:80/login"),
        ("/ http://b1/", "", ""),
        ("https://public/ http://b1/", "http://b1/x", "https://public/x"),
        ("/out /in", "http://anybody/in/x", "http://www.example/out/x"),
        ("/out /in", "/in/x", "http://www.example/out/x"),
        ("/out /in", "http://anybody", "http://anybody"),
        ("/ balancer://c/", "http://b1:8090/x", "http://www.example/x"),
        ("/ balancer://c/", "http://b1:8090", "http://www.example/"),
        ("/ balancer://c", "http://b2:8090/x", "http://www.example/x"),
        ("/ balancer://C/", "http://b3/base/x", "http://www.example/x"),
        ("/app balancer://c/sub", "http://b3/base/sub/x", "http://www.example/app/x"),
        ("/app balancer://c/sub", "http://b2:8090/sub/x", "http://www.example/app/x"),
        ("/ balancer://c/", "http://b4/x", "http://b4/x"),
        ("/ balancer://none/", "http://b1:8090/x", "http://b1:8090/x"),
    ],
)
def test_a_location(line: str, value: str, expected: str) -> None:
    assert reversed_location(f"{BALANCER}ProxyPassReverse {line}", value) == expected


def test_the_first_entry_wins() -> None:
    text = "ProxyPassReverse /one http://b1/a\nProxyPassReverse /two http://b1/a/b"
    assert reversed_location(text, "http://b1/a/b/c") == "http://www.example/one/b/c"


def test_only_four_fields_are_looked_at() -> None:
    plan = plan_of(inside("ProxyPassReverse / http://b1/"))
    names = (b"location", b"Content-Location", b"URI", b"Destination", b"Refresh", b"Link", b"X", b"Set-Cookie")
    headers = Headers([(name, b"http://b1/x") for name in names])
    reverse_fields(plan.hosts[0].base.reverses, headers, View(plan))
    changed = [name for name, value in headers if value == b"http://www.example/x"]
    assert changed == [b"location", b"Content-Location", b"URI", b"Destination"]


@pytest.mark.parametrize(
    "value, expected",
    [
        ("A=1; Path=/ctx/sub; HttpOnly", "A=1; Path=/app; HttpOnly"),
        ("A=path=/ctx; path=/ctx", "A=path=/ctx; path=/app"),
        ("A=1; Domain=INNER.example; PATH=/ctx ;Secure", "A=1; Domain=www.example; PATH=/app;Secure"),
        ("A=1; Path=/CTX", "A=1; Path=/CTX"),
        ("A=1; domain=.inner.example", "A=1; domain=.inner.example"),
        ("A=1; SomePath=/ctx; xdomain=inner.example", "A=1; SomePath=/ctx; xdomain=inner.example"),
        ("A=1; Path", "A=1; Path"),
        ("A=1; path=/ctx; path=/ctx", "A=1; path=/ctx; path=/app"),
        ("A=1; Path=/onex", "A=1; Path=/two"),
    ],
)
def test_a_cookie(value: str, expected: str) -> None:
    plan = plan_of(
        inside(
            "ProxyPassInterpolateEnv On\n"
            "ProxyPassReverseCookiePath /ctx /app\n"
            "ProxyPassReverseCookiePath /${APP}x /two interpolate\n"
            "ProxyPassReverseCookieDomain inner.example www.example\n"
        )
    )
    headers = Headers([(b"Set-Cookie", value.encode())])
    reverse_cookies(headers, View(plan))
    assert (headers.get(b"set-cookie") or b"").decode() == expected


def test_an_interpolated_reverse() -> None:
    line = "ProxyPassReverse /${APP}/ http://b1/${APP}/ interpolate"
    assert reversed_location(line, "http://b1/one/x") == "http://b1/one/x"
    assert reversed_location(f"ProxyPassInterpolateEnv On\n{line}", "http://b1/one/x") == "http://www.example/one/x"


def test_what_is_interpolated_ends_no_field(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable may hold what the client sent, decoded."""
    plan = plan_of(
        inside(
            "ProxyPassInterpolateEnv On\n"
            "ProxyPassReverse /${APP}/ http://b1/ interpolate\n"
            "ProxyPassReverseCookiePath /in /${APP} interpolate"
        )
    )
    view = View(plan)
    monkeypatch.setattr(View, "variables", lambda self: {b"APP": b"a\r\nSet-Cookie: b=c"})
    headers = Headers([(b"Location", b"http://b1/x"), (b"Set-Cookie", b"s=1; Path=/in")])
    reverse_fields(plan.hosts[0].base.reverses, headers, view)
    reverse_cookies(headers, view)
    assert headers.get(b"location") == b"http://www.example/a  Set-Cookie: b=c/x"
    assert headers.get(b"set-cookie") == b"s=1; Path=/a  Set-Cookie: b=c"
