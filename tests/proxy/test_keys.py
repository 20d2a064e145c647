"""What a request is hashed by, and whose session it is counted for."""

from __future__ import annotations

import pytest

from evenflow.plan.balancing import Balancing, HashBy
from evenflow.proxy.exchange import Exchange
from evenflow.proxy.keys import key_of
from evenflow.proxy.routes import Routes
from evenflow.slotmem.layout import DISABLED
from evenflow.slotmem.sessions import provide
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


def counting(**balancer: object) -> Story:
    """Two members with routes; sessions by the cookie SID are counted."""
    said = {"sticky_cookie": b"SID", **balancer}
    story = Story({"a": {"route": b"1"}, "b": {"route": b"2"}}, balancer=said)
    provide(story.world.scoreboard, None, 0.0)
    story.exchange = Exchange(Routes(story.world.plan, story.world.scoreboard, 0))
    story.next_request()
    return story


def sessions_after(story: Story, *requests: tuple[str, ...]) -> list[int]:
    """How many both members have."""
    for fields in requests:
        story >> head("GET", "/x", *fields) << step("MEMBER")
        story.end()
        story.next_request()
    return [story.world.scoreboard.sessions[index].count(story.now) for index in (0, 1)]


@pytest.mark.parametrize(
    ("requests", "found"),
    [
        ([("Cookie: SID=x.1",), ("Cookie: SID=y.1",), ("Cookie: SID=x.1",), ("Cookie: SID=x.2",)], [2, 1]),
        # Where the cookie says the route alone, the application's own tells sessions apart.
        ([("Cookie: JSESSIONID=x; SID=.1",), ("Cookie: SID=.1; JSESSIONID=y",), ("Cookie: SID=.1;JSESSIONID=x",)],
         [2, 0]),
        # And without that, who asks.
        ([("Cookie: SID=.1",), ("Cookie: SID=.1", "User-Agent: a"), ("Cookie: a=b; SID=.1", "User-Agent: a")], [2, 0]),
        # Nobody yet: a probe, and who has a route that no member has.
        ([(), ("Cookie: other=x",), ("Cookie: SID=x.9",), ("Cookie: SID=x",), ("Cookie: SID=x.",)], [0, 0]),
    ],
)  # fmt: skip
def test_who_has_sessions(requests: list[tuple[str, ...]], found: list[int]) -> None:
    assert sessions_after(counting(), *requests) == found


def test_whose_cookie_tells_sessions_apart_can_be_said() -> None:
    story = counting(balancing=Balancing(session_cookie=b"PHPSESSID"))
    requests = [(f"Cookie: PHPSESSID={number}; JSESSIONID=x; SID=.1",) for number in range(3)]
    assert sessions_after(story, *requests) == [3, 0]


def test_the_whole_value_may_be_the_route() -> None:
    story = counting(sticky_separator=b"")
    assert sessions_after(story, ("Cookie: SID=2; JSESSIONID=x",), ("Cookie: SID=2; JSESSIONID=y",)) == [0, 2]


def test_a_session_that_must_go_elsewhere_is_not_counted_there() -> None:
    story = counting()
    story.slots[0].set_status(DISABLED, True)
    assert sessions_after(story, ("Cookie: SID=x.1",)) == [0, 0]
