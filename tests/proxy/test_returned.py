"""A member's answer that is changed on its way back."""

from __future__ import annotations

from evenflow.plan.edits import ADD, ENV, SET, TEXT, Edit, Format
from evenflow.plan.model import Reverse
from tests.proxy import story as told
from tests.proxy.story import (
    DATED,
    OK,
    Tell,
    answers,
    at_answer,
    done,
    head,
    ready,
    to_client,
)


def test_a_location_is_reversed(tell: Tell) -> None:
    story = at_answer(tell, scope={"reverses": (Reverse((b"http://a:8090/",), b"/", told.NOWHERE),)})
    story >> answers(b"HTTP/1.1 302 Found\r\nLocation: http://a:8090/login\r\nContent-Length: 0\r\n\r\n") << done()
    assert b"\r\nLocation: http://www.example/login\r\n" in story.client_got


def test_via_is_added_where_it_is_on(tell: Tell) -> None:
    story = tell(scope={"via": b"on"})
    story >> head("GET", "/", "Via: 1.0 x") >> ready()
    assert b"\r\nVia: 1.0 x, 1.1 www.example\r\n" in story.backend_got
    story >> answers(OK) << done()
    assert b"\r\nVia: 1.1 www.example\r\n" in story.client_got


def setting(name: bytes, value: bytes, env: tuple[bytes, bool] | None = None, kind: int = TEXT) -> Edit:
    return Edit(SET, name, Format(((kind, value),)), None, env, told.NOWHERE)


def test_both_tables_of_header_act_on_a_members_answer(tell: Tell) -> None:
    scope = {
        "always_edits": (setting(b"X-A", b"always"),),
        "onsuccess_edits": (setting(b"x-a", b"plain"), setting(b"X-B", b"2")),
    }
    story = at_answer(tell, scope=scope)
    story >> answers(b"HTTP/1.1 200 OK\r\nX-A: member\r\nContent-Length: 0\r\n\r\n") << done()
    story << to_client(
        b"HTTP/1.1 200 OK\r\n" + DATED + b"X-A: always\r\nx-a: plain\r\nContent-Length: 0\r\nX-B: 2\r\n\r\n"
    )


def test_an_added_line_goes_along_with_a_reversed_location(tell: Tell) -> None:
    """Edits that only add lines take the short way; a Location takes the long one and must keep them."""
    value = Format(((TEXT, b"ROUTEID=."), (ENV, b"BALANCER_WORKER_ROUTE"), (TEXT, b"; path=/")))
    edit = Edit(ADD, b"Set-Cookie", value, None, (b"BALANCER_ROUTE_CHANGED", True), told.NOWHERE)
    reverses = (Reverse((b"http://a:8090/",), b"/", told.NOWHERE),)
    story = tell(
        {"a": {"route": b"1"}},
        balancer={"sticky_cookie": b"ROUTEID"},
        scope={"onsuccess_edits": (edit,), "reverses": reverses},
    )
    story >> head("GET", "/") >> ready()
    story >> answers(b"HTTP/1.1 302 Found\r\nLocation: http://a:8090/x\r\nContent-Length: 0\r\n\r\n") << done()
    assert b"\r\nLocation: http://www.example/x\r\n" in story.client_got
    assert story.client_got.count(b"Set-Cookie: ROUTEID=.1; path=/\r\n") == 1
