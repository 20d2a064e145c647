"""What a request is hashed by."""

from __future__ import annotations

import pytest

from evenflow.plan.balancing import Balancing, HashBy
from evenflow.proxy.keys import key_of
from tests.proxy.story import Story, head, step

COOKIE = "Cookie: a=b; SID=abc.1; c=d"


@pytest.mark.parametrize(
    ("wanted", "fields", "key"),
    [
        (HashBy("client"), (), b"10.0.0.9"),
        (HashBy("uri"), (), b"/x?y=z"),
        (HashBy("cookie", b"SID"), (COOKIE,), b"abc.1"),
        (HashBy("cookie", b"sid"), (COOKIE,), b""),
        (HashBy("cookie", b"SID"), (), b""),
        (HashBy("header", b"x-user"), ("X-User: jane",), b"jane"),
        (HashBy("header", b"x-user"), ("X-User: ",), b""),
        (HashBy("header", b"x-user"), (), b""),
    ],
)
def test_the_key(wanted: HashBy, fields: tuple[str, ...], key: bytes) -> None:
    story = Story({"a": {}, "b": {}}, balancer={"lbmethod": "hash", "balancing": Balancing(wanted)})
    story >> head("GET", "/x?y=z", *fields) << step("MEMBER")
    assert key_of(story.exchange) == key
    assert story.exchange.balance.turn.key == key


def test_requests_of_one_key_go_to_one_member() -> None:
    places = set()
    for number in range(12):
        story = Story(
            {name: {} for name in "abcd"},
            balancer={"lbmethod": "hash", "balancing": Balancing(HashBy("header", b"x-user", 0.0))},
        )
        story >> head("GET", f"/{number}", "X-User: jane") << step("MEMBER")
        places.add(story.exchange.slot.member.name)
    assert len(places) == 1


def test_nobody_is_hashed_by_a_method_that_does_not_look() -> None:
    story = Story({"a": {}, "b": {}})
    story >> head("GET", "/x") << step("MEMBER")
    assert story.exchange.balance.turn.key == b""
