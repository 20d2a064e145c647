"""RequestHeader and Header where they run: the request's list, and answers of our own."""

from __future__ import annotations

import pytest

from evenflow.plan.edits import SET, TEXT, Edit, Format
from evenflow.plan.expires import Expiry
from evenflow.proxy import edited_fields
from tests.proxy import story as told
from tests.proxy.story import (
    OK,
    Tell,
    answers,
    at_answer,
    done,
    head,
    ready,
    step,
)


def setting(name: bytes, value: bytes, env: tuple[bytes, bool] | None = None, kind: int = TEXT) -> Edit:
    return Edit(SET, name, Format(((kind, value),)), None, env, told.NOWHERE)


def test_request_edits_are_seen_by_the_member(tell: Tell) -> None:
    story = tell(
        scope={
            "request_edits": (setting(b"X-Proto", b"https"), setting(b"Host", b"set.example")),
            "preserve_host": True,
        }
    )
    story >> head("GET", "/", "A: 1") >> ready()
    assert story.backend_got.startswith(b"GET / HTTP/1.1\r\nHost: set.example\r\nA: 1\r\nX-Proto: https\r\n")


@pytest.mark.parametrize(
    "lines",
    [
        ("A: 1",),
        ("A: 1", "X-Proto: http"),
        ("X-Forwarded-For: 10.1.1.1", "B: 2"),
        ("Connection: X-Proto",),
        ("A: 1", "A: 2"),
        (),
    ],
)
def test_what_request_edits_only_add_reaches_the_member_as_if_they_had_run(tell: Tell, lines: tuple[str, ...]) -> None:
    plain = (setting(b"X-Proto", b"https"), setting(b"X-Port", b"443"))
    got = []
    for request_edits in (plain, (*plain, setting(b"Never", b"1", (b"UNSET", True)))):
        story = tell(scope={"request_edits": request_edits, "onsuccess_edits": (setting(b"X-B", b"2"),)})
        story >> head("GET", "/", *lines) >> ready()
        fields = story.exchange.inquiry().fields
        assert fields is not None
        got.append((story.backend_got, sorted(fields)))
    assert got[0] == got[1]
    assert (b"X-Proto", b"https") in got[0][1]


def test_only_always_acts_on_an_answer_of_ours(tell: Tell) -> None:
    scope = {"always_edits": (setting(b"X-A", b"1"),), "onsuccess_edits": (setting(b"X-B", b"2"),)}
    story = tell(scope=scope)
    story >> head("GET", "/own") << step("OWN")
    assert edited_fields.always_fields(story.exchange).items == [(b"X-A", b"1")]
    assert edited_fields.fields_of_ours(story.exchange, [(b"X-B", b"file")], b"text/plain", ()) == [(b"X-B", b"2")]


def test_an_answer_that_lives_longer_than_dates_go(tell: Tell) -> None:
    story = at_answer(tell, scope={"expires_on": True, "expires_default": Expiry(False, 10**13)})
    story >> answers(OK) << done()
    assert b"\r\nExpires: Fri, 31 Dec 9999 23:59:59 GMT\r\n" in story.client_got
