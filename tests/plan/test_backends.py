"""URLs and the members that they find."""

from __future__ import annotations

import pytest

from evenflow.plan.backends import Backends, split_url
from evenflow.plan.decide import decide
from tests.plan.cases import facts_of, head_of, inside, plan_of


@pytest.mark.parametrize(
    "url, parts",
    [
        (b"http://b1/x", (b"http", b"http://b1", b"/x")),
        (b"HTTP://B1:80", (b"http", b"http://b1", b"")),
        (b"http://b1:8080//x", (b"http", b"http://b1:8080", b"//x")),
        (b"ws://[::1]:80/", (b"ws", b"ws://[::1]", b"/")),
        (b"https://b1:443/", (b"https", b"https://b1", b"/")),
        (b"https://b1:80/", (b"https", b"https://b1:80", b"/")),
        (b"balancer://C/x", (b"balancer", b"balancer://c", b"/x")),
    ],
)
def test_a_url_is_taken_apart(url: bytes, parts: tuple[bytes, bytes, bytes]) -> None:
    assert split_url(url) == parts


def test_the_longest_name_wins() -> None:
    plan = plan_of(
        inside(
            "ProxyPass /b/c http://b1/b/c\nProxyPass /b http://b1/b\n"
            "RewriteEngine On\nRewriteRule ^/r(.*) http://b1$1 [P]"
        )
    )
    found = []
    for path in ("/b/x", "/b/c/x", "/b/cx", "/r/z", "/r/b/c", "/r/b"):
        member = decide(plan, facts_of(plan), head_of("GET", path)).member
        assert member is not None
        found.append((member.name, member.generic))
    assert found == [
        (b"http://b1/b", False),
        (b"http://b1/b/c", False),
        # text is compared with text: `/b/cx` begins with `/b/c`
        (b"http://b1/b/c", False),
        (b"http://b1", True),
        (b"http://b1/b/c", False),
        (b"http://b1/b", False),
    ]


def test_who_is_not_named_is_not_found() -> None:
    assert Backends({}, {}).find_member(b"http://b1", b"/") is None
    backends = plan_of(inside("ProxyPass / http://b1/app/")).hosts[0].backends
    assert isinstance(backends, Backends)
    assert backends.find_member(b"http://b1", b"/app/x") is not None
    assert backends.find_member(b"http://b1", b"/other") is None
    assert backends.find_member(b"ws://b1", b"/app/x") is None
