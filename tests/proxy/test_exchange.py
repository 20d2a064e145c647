"""Exchanges told as stories: every step, both directions, and what is left behind in each."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest

from evenflow.plan.access import Network
from evenflow.plan.edits import ADD, ENV, TEXT, Edit, Format
from evenflow.proxy import steps
from tests.proxy import story as told
from tests.proxy.story import (
    DATED,
    OK,
    OK_SENT,
    Story,
    Tell,
    answers,
    at_answer,
    client_leaves,
    connect,
    done,
    elect,
    head,
    member_closes,
    member_is_silent,
    next_request,
    page,
    ready,
    refused,
    request_to,
    seconds,
    sends,
    step,
    to_backend,
    to_client,
)

# --- ordinary requests --------------------------------------------------------------------------------------------


def test_a_request_and_its_answer(tell: Tell) -> None:
    story = tell()
    story >> head("GET", "/a?b=c", "Accept: */*") << connect("a")
    story >> ready() << to_backend(request_to("a", "GET /a?b=c", b"Accept: */*\r\n")) << step("SENDING")
    story >> answers(OK) << to_client(OK_SENT) << done()


def test_requests_on_one_connection_go_round(tell: Tell) -> None:
    story = tell()
    for name in ("a", "b", "a"):
        story >> head("GET", "/") << connect(name)
        story >> ready() >> answers(OK) << to_client(OK_SENT) << done()
        story >> next_request() << step("IDLE")


def test_pipelined_requests_wait_for_their_turn(tell: Tell) -> None:
    story = tell()
    story >> sends(b"GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\nGET /3 HT") << connect("a")
    story >> ready() >> answers(OK) << done()
    assert b"GET /1 " in story.backend_got and b"GET /2" not in story.backend_got
    story >> next_request() << connect("b")
    story >> ready() >> answers(OK) << done()
    assert b"GET /2 " in story.backend_got
    story >> next_request() << step("IDLE")
    story >> sends(b"TP/1.1\r\nHost: h\r\n\r\n") << connect("a")


def test_a_head_byte_by_byte(tell: Tell) -> None:
    story = tell()
    for byte in b"\r\n\r\nGET /x HTTP/1.1\r\nHost: www.example\r\n\r":
        story >> sends(bytes((byte,))) << step("IDLE")
    story >> sends(b"\n") << connect("a")
    story >> ready() << to_backend(request_to("a", "GET /x"))
    for at in range(len(OK) - 1):
        story >> answers(OK[at : at + 1])
        assert story.exchange.step in (told.SENDING, told.ANSWERING)
    story >> answers(OK[-1:]) << to_client(OK_SENT) << done()


def test_a_body_with_a_length_goes_along(tell: Tell) -> None:
    story = tell()
    story >> head("POST", "/", "Content-Length: 5") >> sends(b"he") << connect("a")
    story >> ready() << to_backend(request_to("a", "POST /", body=b"Content-Length: 5\r\n") + b"he")
    story >> sends(b"lloGET /next") << to_backend(b"llo")
    assert story.unread == b"GET /next"
    story >> answers(OK) << done()


def test_an_empty_body_that_was_announced_is_announced(tell: Tell) -> None:
    story = tell()
    story >> head("POST", "/", "Content-Length: 0") >> ready()
    story << to_backend(request_to("a", "POST /", body=b"Content-Length: 0\r\n"))
    story >> answers(OK) << done()


def test_a_large_body_is_lent_not_copied(tell: Tell) -> None:
    story = tell()
    story >> head("PUT", "/", "Content-Length: 200000") >> ready()
    story.backend_got = b""
    data = random.Random(1).randbytes(200000)
    story >> sends(data) << to_backend(data)
    assert story.most_lent == 200000
    story.most_lent = 0
    story >> answers(b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n")
    story.client_got = b""
    story >> answers(data) << to_client(data) << done()
    assert story.most_lent == 200000


# --- answers ------------------------------------------------------------------------------------------------------


def test_a_length_beside_a_transfer_coding_is_dropped(tell: Tell) -> None:
    story = at_answer(tell)
    (
        story
        >> answers(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n")
        << done()
    )
    assert b"Content-Length" not in story.client_got


@pytest.mark.parametrize(
    ("method", "answer", "says"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b"Content-Length: 9\r\n"),
        ("HEAD", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"Transfer-Encoding: chunked\r\n"),
        ("HEAD", b"HTTP/1.1 200 OK\r\n\r\n", b""),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", b""),
    ],
)
def test_answers_without_a_body(tell: Tell, method: str, answer: bytes, says: bytes) -> None:
    """What is said of a length is httpd's; no byte of a body follows."""
    story = at_answer(tell, method)
    story >> answers(answer) << done()
    assert story.client_got == answer[: answer.index(b"\n") + 1] + DATED + says + b"\r\n"


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 304 Not Modified\r\n\r\nbody", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nx"]
)
def test_a_body_where_none_may_be_ends_the_members_connection(tell: Tell, answer: bytes) -> None:
    story = at_answer(tell)
    story >> answers(answer) << done(keep_backend=False)
    assert story.client_got.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (OK, True),
        (OK.replace(b"Content", b"Connection: close\r\nContent"), False),
        (OK.replace(b"1.1", b"1.0"), False),
        (OK.replace(b"1.1", b"1.0").replace(b"Content", b"Connection: Keep-Alive\r\nContent"), True),
    ],
)
def test_whether_the_members_connection_is_kept(tell: Tell, answer: bytes, kept: bool) -> None:
    story = at_answer(tell)
    story >> answers(answer) << to_client(OK_SENT) << done(keep_backend=kept)


@pytest.mark.parametrize("field", ["generic", "disable_reuse"])
def test_a_member_whose_connections_are_not_kept_is_told(tell: Tell, field: str) -> None:
    story = tell({"a": {field: True}})
    story >> head("GET", "/") >> ready() << to_backend(request_to("a", "GET /", end=b"Connection: close"))
    story >> answers(OK) << done(keep_backend=False)


# --- the client's connection --------------------------------------------------------------------------------------


def test_close_was_asked_for(tell: Tell) -> None:
    story = at_answer(tell, "GET", "Connection: close")
    story >> answers(OK) << done(keep_client=False)
    assert b"\r\nConnection: close\r\n" in story.client_got


def test_keep_alive_was_asked_for(tell: Tell) -> None:
    story = at_answer(tell, "GET", "Connection: keep-alive")
    story >> answers(OK) << done()
    assert story.client_got == OK_SENT.replace(
        b"\r\n\r\n", b"\r\nKeep-Alive: timeout=5, max=100\r\nConnection: Keep-Alive\r\n\r\n"
    )


def test_keep_alive_without_an_end(tell: Tell) -> None:
    story = at_answer(
        tell, "GET", "Connection: keep-alive", host={"max_keep_alive_requests": 0, "keep_alive_timeout": 7.0}
    )
    story >> answers(OK) << done()
    assert b"Keep-Alive: timeout=7\r\nConnection: Keep-Alive\r\n" in story.client_got


@pytest.mark.parametrize(("fields", "kept"), [((), False), (("Connection: Keep-Alive",), True)])
def test_http_1_0_keeps_if_it_asks(tell: Tell, fields: tuple[str, ...], kept: bool) -> None:
    story = at_answer(tell, "GET", *fields, version="1.0")
    story >> answers(OK) << done(keep_client=kept)


def test_max_keep_alive_requests_serves_one_more(tell: Tell) -> None:
    story = tell(host={"max_keep_alive_requests": 2})
    for last in (False, False, True):
        story >> head("GET", "/") >> ready() >> answers(OK) << done(keep_client=not last)
        assert (b"Connection: close" in story.client_got) is last
        story >> next_request()
        story.client_got = b""


def test_keep_alive_off_and_draining(tell: Tell) -> None:
    story = at_answer(tell, host={"keep_alive": False})
    story >> answers(OK) << done(keep_client=False)
    story = tell()
    story.world.routes.draining = True
    story >> head("GET", "/") >> ready() >> answers(OK) << done(keep_client=False)


@pytest.mark.parametrize("status", [400, 408, 411, 413, 414, 500, 501, 503])
def test_statuses_that_end_the_connection(tell: Tell, status: int) -> None:
    story = at_answer(tell, "GET", "Connection: keep-alive")
    story >> answers(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status) << done(keep_client=False)
    story << to_client(b"HTTP/1.1 %d X\r\n" % status + DATED + b"Content-Length: 0\r\nConnection: close\r\n\r\n")


@pytest.mark.parametrize("status", [404, 502, 504])
def test_statuses_that_do_not(tell: Tell, status: int) -> None:
    story = at_answer(tell)
    story >> answers(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status) << done()


# --- fields -------------------------------------------------------------------------------------------------------


def test_fields_that_end_here(tell: Tell) -> None:
    story = tell()
    story >> head(
        "GET", "/", "A: 1", "Connection: close, X-Hop", "X-Hop: 1", "Keep-Alive: 5", "Proxy-Connection: x",
        "TE: trailers", "Trailer: x", "Upgrade: h2c", "Proxy-Authorization: kept", "B: 2",
    )  # fmt: skip
    story >> ready() << to_backend(request_to("a", "GET /", b"A: 1\r\nProxy-Authorization: kept\r\nB: 2\r\n"))
    story >> answers(
        b"HTTP/1.1 200 OK\r\nA: 1\r\nConnection: X-Hop\r\nx-hop: 1\r\nKeep-Alive: 5\r\nTE: x\r\n"
        b"Trailer: x\r\nUpgrade: h2c\r\n"
        b"Proxy-Authenticate: x\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n"
    )
    story << to_client(
        b"HTTP/1.1 200 OK\r\n"
        + DATED
        + b"A: 1\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )


def test_who_asked_cannot_be_hidden_by_naming_it_in_connection(tell: Tell) -> None:
    story = tell()
    story >> head(
        "GET", "/", "X-Forwarded-For: 1.2.3.4", "Connection: X-Forwarded-For, X-Forwarded-Host, X-Forwarded-Server"
    )
    story >> ready() << to_backend(request_to("a", "GET /"))


def test_a_length_named_in_connection_still_frames_the_answer(tell: Tell) -> None:
    story = at_answer(tell)
    story >> answers(OK.replace(b"Content", b"Connection: content-length\r\nContent")) << to_client(OK_SENT) << done()


def test_forwarding_fields_are_appended(tell: Tell) -> None:
    story = tell()
    story >> head("GET", "/", "X-Forwarded-For: 1.2.3.4", "X: y", "X-Forwarded-Host: h", "X-Forwarded-Server: s")
    story >> ready()
    lines = b"X-Forwarded-For: 1.2.3.4, 10.0.0.9\r\nX: y\r\nX-Forwarded-Host: h, www.example\r\n"
    lines += b"X-Forwarded-Server: s, www.example\r\n"
    story << to_backend(b"GET / HTTP/1.1\r\nHost: a:8090\r\n" + lines + b"Connection: Keep-Alive\r\n\r\n")


def test_repeated_fields_are_joined(tell: Tell) -> None:
    story = tell()
    story >> head("GET", "/", "Cookie: a=1", "X-M: 1", "Cookie: b=2", "X-M: 2") >> ready()
    story << to_backend(request_to("a", "GET /", b"Cookie: a=1, b=2\r\nX-M: 1, 2\r\n"))


def test_the_authority_of_an_absolute_target_is_the_host_both_ways(tell: Tell) -> None:
    for more in ((), ("X: 1", "X: 2")):
        story = tell(scope={"preserve_host": True})
        story >> head("GET", "http://true.example/", "Host: false.example", *more) >> ready()
        assert b"Host: true.example\r\n" in story.backend_got
        assert b"X-Forwarded-Host: true.example\r\n" in story.backend_got
        assert b"false" not in story.backend_got


# --- early answers ------------------------------------------------------------------------------------------------


def test_an_answer_before_the_request_body_ended(tell: Tell) -> None:
    story = at_answer(tell, "POST", "Content-Length: 10")
    story >> sends(b"12345") >> answers(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nea") << step("ANSWERING")
    story >> sends(b"678") << to_backend(b"12345678")
    story >> answers(b"ly") << done(keep_client=False, keep_backend=False)
    assert b"\r\nConnection: close\r\n" in story.client_got


def test_an_answer_that_begins_early_and_ends_after_the_request(tell: Tell) -> None:
    story = at_answer(tell, "POST", "Content-Length: 2")
    story >> answers(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no") >> sends(b"hi") >> answers(b"k")
    story << done(keep_client=False)


@pytest.mark.parametrize("how", ["override", "closed", "silent", "garbage"])
def test_the_rest_of_a_body_is_never_a_request(tell: Tell, how: str) -> None:
    """An answer of ours while the request body is on its way: its rest must not be read as the next request."""
    story = at_answer(tell, "POST", "Content-Length: 100", scope={"error_override": True})
    story >> sends(b"12345")
    if how == "override":
        story >> answers(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n") << page(404, close=True)
    elif how == "closed":
        story >> member_closes() << page(502, close=True)
    elif how == "silent":
        story >> member_is_silent() << page(502, close=True)
    else:
        story >> answers(b"garbage\r\n\r\n") << page(502, close=True)


# --- tunnels ------------------------------------------------------------------------------------------------------

UPGRADE = ("Upgrade: WebSocket", "Connection: Upgrade")
WS = {"a": {"scheme": b"ws"}}
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nX: 1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


def test_a_tunnel_begins(tell: Tell) -> None:
    story = tell(WS)
    story >> head("GET", "/ws", *UPGRADE) >> sends(b"early") >> ready()
    story << to_backend(request_to("a", "GET /ws", end=b"Connection: Upgrade\r\nUpgrade: WebSocket"))
    story >> answers(SWITCH + b"hello") << step("SWITCHED")
    switch = b"HTTP/1.1 101 Switching Protocols\r\nX: 1\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\r\n"
    story << to_client(switch + b"hello")
    assert story.unread == b"early"
    assert story.busy() == [1, 0]


def test_a_member_that_does_not_switch_answers(tell: Tell) -> None:
    story = tell(WS)
    story >> head("GET", "/", *UPGRADE) >> ready() >> answers(OK) << to_client(OK_SENT) << done()


def test_the_100_of_a_member_may_come_before_its_101(tell: Tell) -> None:
    story = tell(WS)
    (
        story
        >> head("GET", "/", *UPGRADE)
        >> ready()
        >> answers(b"HTTP/1.1 100 Continue\r\n\r\n" + SWITCH)
        << step("SWITCHED")
    )


# --- members that fail --------------------------------------------------------------------------------------------


def test_a_balancer_may_wait_for_a_member(tell: Tell) -> None:
    story = tell({"a": {"retry": 3.0}}, balancer={"timeout": 5.0, "forcerecovery": False, "maxattempts": 0})
    story >> head("GET", "/") >> refused() << page(503)
    story.next_request()
    story >> head("GET", "/") << step("WAIT")
    story >> seconds(2) >> elect() << step("WAIT")
    story >> seconds(2) >> elect() << connect("a")
    story >> refused() << page(503)
    story.next_request()
    story >> head("GET", "/") << step("WAIT")


def test_waiting_has_an_end(tell: Tell) -> None:
    story = tell({"a": {}}, balancer={"timeout": 5.0, "forcerecovery": False, "maxattempts": 0})
    story >> head("GET", "/") >> refused() << page(503)
    story.next_request()
    story >> head("GET", "/") << step("WAIT")
    story >> seconds(5) >> elect() << page(503)


# --- answers that break -------------------------------------------------------------------------------------------


def test_a_member_may_be_sloppy_with_line_ends(tell: Tell) -> None:
    story = at_answer(tell)
    story >> answers(b"HTTP/1.1 200 OK\nX: 1\n  2\nContent-Length: 2\n\nok") << done()
    assert b"\r\nX: 1 2\r\n" in story.client_got


@pytest.mark.parametrize("status", [299, 700, 999])
def test_odd_statuses_pass(tell: Tell, status: int) -> None:
    story = at_answer(tell)
    story >> answers(b"HTTP/1.1 %d\r\nContent-Length: 0\r\n\r\n" % status) << done()
    assert story.client_got.startswith(b"HTTP/1.1 %d \r\n" % status)


# --- sessions -----------------------------------------------------------------------------------------------------

STICKY: dict[str, Any] = {"balancer": {"sticky_cookie": b"ROUTEID"}}
ROUTED = {"a": {"route": b"1"}, "b": {"route": b"2"}}


@pytest.mark.parametrize(
    ("target", "fields"), [("/", ("Cookie: x=y; ROUTEID=s.2",)), ("/x;ROUTEID=s.2", ()), ("/?ROUTEID=.2", ())]
)
def test_a_session_stays_with_its_member(tell: Tell, target: str, fields: tuple[str, ...]) -> None:
    story = tell(ROUTED, **STICKY)
    for _ in range(3):
        story >> head("GET", target, *fields) << connect("b")
        story >> ready() >> answers(OK) << done() >> next_request()


def test_a_session_moves_if_its_member_refuses(tell: Tell) -> None:
    story = tell(ROUTED, **STICKY)
    story >> head("GET", "/", "Cookie: ROUTEID=.2") << connect("b")
    story >> refused() << connect("a")
    story >> ready() >> answers(OK) << done()
    assert story.exchange.variables()[b"BALANCER_ROUTE_CHANGED"] == b"1"


def test_nofailover_holds_a_session(tell: Tell) -> None:
    story = tell(ROUTED, balancer={"sticky_cookie": b"ROUTEID", "nofailover": True})
    story >> head("GET", "/", "Cookie: ROUTEID=.2") << connect("b")
    story >> refused() << page(503, "route")


def test_the_balancers_variables(tell: Tell) -> None:
    story = tell(ROUTED, **STICKY)
    story >> head("GET", "/", "Cookie: ROUTEID=.2") >> ready() >> answers(OK) << done()
    assert story.exchange.variables() == {
        b"BALANCER_NAME": b"balancer://c",
        b"BALANCER_WORKER_NAME": b"http://b:8090",
        b"BALANCER_WORKER_ROUTE": b"2",
        b"BALANCER_SESSION_STICKY": b"ROUTEID",
        b"BALANCER_SESSION_ROUTE": b"2",
    }


def test_a_new_visitor_has_a_changed_route(tell: Tell) -> None:
    story = tell(ROUTED, **STICKY)
    story >> head("GET", "/") >> ready() >> answers(OK) << done()
    assert story.exchange.variables()[b"BALANCER_ROUTE_CHANGED"] == b"1"
    assert b"BALANCER_SESSION_ROUTE" not in story.exchange.variables()


def test_the_variables_outlive_a_failure(tell: Tell) -> None:
    story = tell(ROUTED, **STICKY)
    story >> head("POST", "/") >> ready() >> member_closes() << page(502)
    assert story.exchange.variables()[b"BALANCER_WORKER_ROUTE"] == b"1"


# --- edits --------------------------------------------------------------------------------------------------------


def test_the_set_cookie_recipe(tell: Tell) -> None:
    """`Header add Set-Cookie "ROUTEID=.%{BALANCER_WORKER_ROUTE}e; path=/" env=BALANCER_ROUTE_CHANGED`"""
    value = Format(((TEXT, b"ROUTEID=."), (ENV, b"BALANCER_WORKER_ROUTE"), (TEXT, b"; path=/")))
    edit = Edit(ADD, b"Set-Cookie", value, None, (b"BALANCER_ROUTE_CHANGED", True), told.NOWHERE)
    story = tell(ROUTED, balancer={"sticky_cookie": b"ROUTEID"}, scope={"onsuccess_edits": (edit,)})
    story >> head("GET", "/") >> ready() >> answers(OK) << done()
    assert b"\r\nSet-Cookie: ROUTEID=.1; path=/\r\n" in story.client_got
    story.client_got = b""
    (
        story
        >> next_request()
        >> head("GET", "/", "Cookie: ROUTEID=.1")
        >> ready()
        >> answers(OK)
        << to_client(OK_SENT)
        << done()
    )


# --- answers of our own -------------------------------------------------------------------------------------------


def test_a_path_that_nobody_serves(tell: Tell) -> None:
    story = tell()
    story >> head("GET", "/own") << page(404, close=False)


# --- hostile requests ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX : 1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: 1\r\n 2\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / FTP/1.1\r\nHost: h\r\n\r\n", 400),
        (b"GET /\r\n", 400),
        (b"GET / HTTP/1.1\nHost", 400),
        (b"GET / HTTP/1.1\r\nHost: h\nX", 400),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"G" * 9000, 414),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 9000 + b"\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X: 1\r\n" * 101 + b"\r\n", 400),
    ],
)
@pytest.mark.parametrize("bytewise", [False, True])
def test_a_refused_request_reaches_nobody(tell: Tell, request_bytes: bytes, status: int, bytewise: bool) -> None:
    story = tell()
    size = 1 if bytewise and len(request_bytes) < 1000 else len(request_bytes)
    for at in range(0, len(request_bytes), size):
        story >> sends(request_bytes[at : at + size])
        if story.exchange.step == told.OWN:
            break
    story << page(status, close=True) << to_backend(b"")


# --- clients that leave -------------------------------------------------------------------------------------------


def in_step(tell: Tell, name: str) -> Story:
    """A story that has come to this step."""
    if name == "WAIT":
        story = tell({"a": {}}, balancer={"timeout": 5.0, "forcerecovery": False, "maxattempts": 0})
        story >> head("GET", "/") >> refused() << page(503)
        story.next_request()
        return story >> head("GET", "/")
    story = tell(WS)
    if name == "BODY":
        return story >> head("POST", "/", "Transfer-Encoding: chunked")
    if name == "IDLE":
        return story >> sends(b"GET /")
    if name == "OWN":
        return story >> head("GET", "/own")
    story >> head("GET", "/", *UPGRADE)
    if name == "MEMBER":
        return story
    story >> ready()
    if name == "SENDING":
        return story >> answers(b"HTT")
    if name == "ANSWERING":
        return story >> answers(OK[:-1])
    return story >> answers(OK if name == "DONE" else SWITCH)


@pytest.mark.parametrize("name", [name for name in told.STEPS if name != "CUT"])
def test_a_client_may_leave_in_every_step(tell: Tell, name: str) -> None:
    story = in_step(tell, name)
    story << step(name)
    story >> client_leaves()
    assert story.exchange.step == told.CUT
    assert not story.exchange.keep_client
    assert story.busy() == [0] * len(story.slots)
    if name in ("SENDING", "ANSWERING"):
        assert not story.exchange.keep_backend


def test_a_request_body_that_never_ends_is_given_up(tell: Tell) -> None:
    story = at_answer(tell, "POST", "Content-Length: 100")
    story.exchange.give_up(408, "the request body did not arrive in time")
    story << page(408, close=True)
    assert story.exchange.request_left != 0


def test_bytes_are_counted_for_the_member(tell: Tell) -> None:
    story = tell()
    story >> head("POST", "/", "Content-Length: 5") >> sends(b"hello") >> ready()
    sent = len(story.backend_got)
    story >> answers(OK) << done()
    assert (story.slots[0].sent, story.slots[0].received) == (sent, len(OK))
    assert story.exchange.body.sent == 2


def test_when_it_began_is_a_time_of_day(tell: Tell) -> None:
    """Header's %t and %D count from it; the exchange itself is only told the monotonic clock."""
    story = tell()
    story.now = time.monotonic()
    story >> head("GET", "/")
    assert abs(story.exchange.began_us / 1000000 - time.time()) < 60
    story >> ready() >> answers(OK) << done()


# --- explanations ---------------------------------------------------------------------------------------------------

TELLS = {"explain_from": (Network(32, 10 << 24, 0xFF000000),)}
"""A virtual host that explains to the story's client."""


@pytest.mark.parametrize(
    "allowed, fields, waits",
    [
        (TELLS, ("Evenflow-Explain: 1",), True),
        (TELLS, ("evenflow-explain: ONLY",), True),
        (TELLS, ("Evenflow-Explain: yes",), False),
        (TELLS, ("Evenflow-Explain: 1", "Evenflow-Explain: 1"), False),
        (TELLS, (), False),
        ({"explain_from": (Network(32, 11 << 24, 0xFF000000),)}, ("Evenflow-Explain: 1",), False),
        ({}, ("Evenflow-Explain: 1",), False),
    ],
)
def test_only_who_may_and_asks_is_explained_to(
    tell: Tell, allowed: dict[str, Any], fields: tuple[str, ...], waits: bool
) -> None:
    story = tell(host=allowed)
    story >> head("GET", "/", *fields)
    assert (story.exchange.step == steps.EXPLAINING) == waits
    if waits:
        assert story.busy() == [0, 0, 0], "nothing is booked before it is explained"
        story.exchange.explained(b"{}", False, story.now)
    story << connect("a")


def test_an_explanation_goes_along_with_the_answer(tell: Tell) -> None:
    story = tell(host=TELLS)
    story >> head("GET", "/", "Evenflow-Explain: 1")
    story.exchange.explained(b"{}", False, story.now)
    story << connect("a")
    story >> ready() >> answers(OK)
    (
        story
        << to_client(b"HTTP/1.1 200 OK\r\n" + DATED + b"Evenflow-Explanation: {}\r\nContent-Length: 2\r\n\r\nok")
        << done()
    )
    story >> next_request() >> head("GET", "/") << connect("b")
    story >> ready() >> answers(OK)
    story << to_client(OK_SENT)


def test_an_explanation_in_the_place_of_the_answer_asks_no_member(tell: Tell) -> None:
    story = tell(host=TELLS)
    story >> head("POST", "/", "Evenflow-Explain: only", "Content-Length: 4")
    story.exchange.explained(b"{}", True, story.now)
    assert story.exchange.step == steps.BODY, "its body is read, so that the connection can be kept"
    story >> sends(b"body")
    assert (story.exchange.step, story.exchange.told, story.exchange.keep_client) == (steps.OWN, b"{}", True)
    assert story.busy() == [0, 0, 0]
