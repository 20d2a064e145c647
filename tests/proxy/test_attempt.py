"""What a failed attempt says of itself."""

from __future__ import annotations

import pytest

from evenflow.plan.balancing import Balancing, HashBy, Retries
from evenflow.proxy import attempt
from evenflow.proxy.attempt import BODY, CONNECT, HANDSHAKE, HEAD, SEND, SPENT, MemberFailure
from evenflow.slotmem.layout import FAULTS, OUTCOMES
from tests.proxy.story import (
    OK,
    OK_SENT,
    Tell,
    answers,
    at_answer,
    client_leaves,
    connect,
    cut,
    done,
    failed,
    head,
    make_member,
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
    unknown_name,
)


def test_a_failure_names_member_stage_and_cause() -> None:
    member = make_member("a", 0)
    failure = MemberFailure(member, CONNECT, "refused", True, False)
    assert failure.member is member
    assert (failure.stage, failure.cause, failure.in_error, failure.repeated) == ("connect", "refused", True, False)
    assert repr(failure) == "MemberFailure(Member(http://a:8090), connect, refused)"


def test_the_stages_come_in_the_order_of_an_attempt() -> None:
    assert (CONNECT, HANDSHAKE, SEND, HEAD, BODY) == ("connect", "handshake", "send", "head", "body")


HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"


UNKNOWN_NAME = "Name or service not known"

SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nX: 1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


def test_a_member_that_refuses_is_passed_over(tell: Tell) -> None:
    story = tell()
    story >> head("GET", "/") << connect("a")
    story >> refused() << failed("connect", "refused", in_error=True, repeated=True) << connect("b")
    story >> ready() << to_backend(request_to("b", "GET /"))
    story >> answers(OK) << done()
    for _ in range(2):
        story >> next_request() >> head("GET", "/") << connect("b")
        story >> ready() >> answers(OK) << done()
    chosen = set()
    for _ in range(2):
        story >> next_request() >> seconds(61) >> head("GET", "/") << step("MEMBER")
        chosen.add(story.exchange.slot.member.host)
        story >> ready() >> answers(OK) << done()
    assert chosen == {"a", "b"}


def test_a_member_without_retry_time_is_asked_once_for_a_request(tell: Tell) -> None:
    members = {"a": {"retry": 0.0, "route": b"n1"}, "b": {"route": b"n2"}}
    story = tell(members, balancer={"sticky_cookie": b"SID"})
    for _ in range(2):
        story >> head("GET", "/", "Cookie: SID=x.n1") << connect("a")
        story >> refused() << failed("connect", "refused", in_error=True, repeated=True) << connect("b")
        story >> ready() >> answers(OK) << done()
        story >> next_request() >> seconds(0.001)


def test_a_body_survives_a_refusal(tell: Tell) -> None:
    story = tell()
    (
        story
        >> head("POST", "/", "Transfer-Encoding: chunked")
        >> sends(b"2\r\nhi\r\n0\r\n\r\n")
        >> refused()
        << connect("b")
    )
    story >> ready() << to_backend(request_to("b", "POST /", body=b"Content-Length: 2\r\n") + b"hi")


def test_nobody_is_left(tell: Tell) -> None:
    story = tell()
    story >> head("GET", "/") >> refused() << connect("b")
    story >> refused("timeout") << failed("connect", "timeout", in_error=True) << page(503)


def test_forcerecovery_tries_everybody_again(tell: Tell) -> None:
    story = tell()
    for _ in range(2):
        story >> head("GET", "/") << step("MEMBER")
        story >> refused() << step("MEMBER")
        story >> refused() << page(503)
        story.next_request()


def test_without_forcerecovery_there_is_nobody(tell: Tell) -> None:
    story = tell(balancer={"forcerecovery": False})
    story >> head("GET", "/") >> refused() >> refused() << page(503)
    story.next_request()
    story >> head("GET", "/") << page(503, "balancer c: every member is in error")
    story.next_request()
    story >> seconds(61) >> head("GET", "/") << step("MEMBER")


def test_maxattempts_counts_the_attempts_after_the_first(tell: Tell) -> None:
    story = tell({"a": {}, "b": {}, "c": {}}, balancer={"maxattempts": 1})
    story >> head("GET", "/") >> refused() << step("MEMBER")
    story >> refused() << page(503)
    story.next_request()
    story >> head("GET", "/") << connect("c")


def test_a_member_that_ignores_errors_is_not_passed_over(tell: Tell) -> None:
    story = tell({"a": {"status": b"I"}, "b": {}})
    story >> head("GET", "/") << connect("a")
    story >> refused() << failed("connect", "refused") << page(503)


def test_a_plain_member_is_never_in_error(tell: Tell) -> None:
    story = tell()
    for _ in range(2):
        story >> head("GET", "/plain") << connect("plain")
        story >> refused() << failed("connect", "refused") << page(503)
        story.next_request()
    story >> head("GET", "/plain") >> ready() >> answers(OK) << done()


def test_a_name_without_address_leads_to_another_member(tell: Tell) -> None:
    story = tell()
    story >> head("POST", "/") >> unknown_name() << failed("connect", UNKNOWN_NAME, in_error=True, repeated=True)
    story << connect("b")


def test_where_no_member_has_an_address(tell: Tell) -> None:
    story = tell(members={"a": {}})
    story >> head("GET", "/") >> unknown_name() << failed("connect", UNKNOWN_NAME, in_error=True)
    assert story.exchange.attempts == 1
    story << page(500, "DNS lookup failure for: a")


@pytest.mark.parametrize("blames", [True, False])
def test_a_name_that_a_client_invents_puts_no_member_into_error(tell: Tell, blames: bool) -> None:
    story = tell(members={"a": {}})
    story >> head("GET", "/") << connect("a")
    attempt.handshake_failed(story.exchange, "the certificate is for another", story.now, blames)
    story << failed("handshake", "the certificate is for another", in_error=blames) << page(500)


# --- repeating -----------------------------------------------------------------------------------------------------


def test_a_kept_connection_that_died_is_replaced_by_a_fresh_one(tell: Tell) -> None:
    story = tell()
    story >> head("POST", "/", "X: 1")
    story.exchange.client_gone()
    story.next_request()
    story >> head("GET", "/") << connect("b")
    story >> ready(reused=True) >> member_closes() << failed("head", "closed", repeated=True) << connect("b")
    story.backend_got = b""
    story >> ready() << to_backend(request_to("b", "GET /"))
    story >> answers(OK) << done()


def test_a_fresh_connection_that_died_means_another_member(tell: Tell) -> None:
    story = at_answer(tell)
    story >> member_closes("reset") << failed("head", "reset", repeated=True) << connect("b")
    story >> ready() >> answers(OK) << done()


def test_replacing_a_kept_connection_is_no_attempt_of_the_balancer(tell: Tell) -> None:
    """A member is stopped: its kept connection dies, the fresh one is refused, and the other member still is asked."""
    story = tell()
    story >> head("GET", "/") >> ready(reused=True) >> member_closes() << connect("a")
    story >> refused() << connect("b")
    story >> ready() >> answers(OK) << done()


def test_a_member_that_always_closes(tell: Tell) -> None:
    story = tell()
    story >> head("GET", "/") >> ready(reused=True) >> member_closes() << connect("a")
    story >> ready() >> member_closes() << connect("b")
    (
        story
        >> ready()
        >> member_closes()
        << failed("head", "closed")
        << page(502, "Error reading from remote server", close=False)
    )


def test_a_plain_member_that_closes(tell: Tell) -> None:
    story = tell()
    story >> head("GET", "/plain") >> ready() >> member_closes() << page(502)


def test_a_member_that_dies_and_is_taken_once_more_fails_once(tell: Tell) -> None:
    """The lbmethod knows nothing of a death under a request; the refusal that follows is not a second failure."""
    story = tell({"a": {"loadfactor": 300}, "b": {}})
    story >> head("GET", "/") << connect("a")
    story >> ready() >> member_closes("reset") << failed("head", "reset", repeated=True) << connect("a")
    story >> refused() << failed("connect", "refused", in_error=True, repeated=True) << connect("b")
    story >> ready() >> answers(OK) << to_client(OK_SENT) << done()


@pytest.mark.parametrize("reused", [False, True])
def test_a_post_is_not_repeated(tell: Tell, reused: bool) -> None:
    story = tell()
    story >> head("POST", "/") >> ready(reused) >> member_closes() << failed("head", "closed") << page(502)


def test_a_put_whose_body_went_away_is_not_repeated(tell: Tell) -> None:
    story = tell()
    story >> head("PUT", "/", "Content-Length: 2") >> sends(b"hi") >> ready() >> member_closes() << page(502)


def test_a_put_whose_body_is_still_here_is_repeated(tell: Tell) -> None:
    story = tell()
    (
        story
        >> head("PUT", "/", "Transfer-Encoding: chunked")
        >> sends(b"2\r\nhi\r\n0\r\n\r\n")
        >> ready()
        >> member_closes()
    )
    story << connect("b")
    story.backend_got = b""
    story >> ready() << to_backend(request_to("b", "PUT /", body=b"Content-Length: 2\r\n") + b"hi")


@pytest.mark.parametrize("begun", [b"H", b"HTTP/1.1 200 OK\r\nContent-", HINTS])
def test_nothing_is_repeated_once_a_byte_came(tell: Tell, begun: bytes) -> None:
    story = at_answer(tell)
    story >> answers(begun)
    story.client_got = b""
    story >> member_closes() << failed("head", "closed") << page(502)


def test_a_client_that_leaves_between_two_tries(tell: Tell) -> None:
    story = tell()
    story >> head("GET", "/") >> ready(reused=True) >> member_closes() << connect("a")
    story >> client_leaves() << cut()


# --- silence and statuses ------------------------------------------------------------------------------------------


def test_silence_is_502_and_no_error_state(tell: Tell) -> None:
    story = at_answer(tell)
    (
        story
        >> member_is_silent()
        << failed("head", "timeout")
        << page(502, "Error reading from remote server", close=False)
    )
    assert story.slots[0].error_since == 0.0


def test_failontimeout_means_the_error_state(tell: Tell) -> None:
    story = at_answer(tell, balancer={"failontimeout": True})
    story >> member_is_silent() << failed("head", "timeout", in_error=True) << page(502)
    assert story.slots[0].error_since == 1000.0


def test_failonstatus_passes_the_answer_and_marks_the_member(tell: Tell) -> None:
    story = at_answer(tell, balancer={"failonstatus": frozenset((503,))})
    (
        story
        >> answers(b"HTTP/1.1 503 X\r\nContent-Length: 2\r\n\r\nno")
        << failed("head", "failonstatus 503", in_error=True)
    )
    story << done(keep_client=False)
    assert story.client_got.endswith(b"no")
    story >> next_request() >> head("GET", "/") << connect("b")
    story >> ready() >> answers(OK) << done()
    story >> next_request() >> head("GET", "/") << connect("b")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"garbage", b"Proxy Error"),
        (b"HTTP/1.1 1000 X\r\n\r\n", b"Proxy Error"),
        (SWITCH, b"Proxy Error"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nX y: 1\r\n\r\n", b""),
    ],
)
def test_the_reason_tells_the_proxys_errors_from_the_members(tell: Tell, answer: bytes, reason: bytes) -> None:
    story = at_answer(tell)
    story >> answers(answer)
    assert story.exchange.reason == reason
    story.end()


# --- answers that break --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", "closed"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "closed"),
        (b"HTTP/1.1 200 OK\r\n\r\nab", "reset"),
    ],
)
def test_an_answer_that_breaks_off(tell: Tell, answer: bytes, cause: str) -> None:
    story = at_answer(tell)
    story >> answers(answer)
    begun = story.client_got
    story >> member_closes(cause) << failed("body", cause) << cut() << to_client(begun)
    assert not begun.endswith(b"0\r\n\r\n")


def test_silence_within_an_answer(tell: Tell) -> None:
    story = at_answer(tell)
    story >> answers(OK[:-1]) >> member_is_silent() << failed("body", "timeout") << cut()


def test_a_chunk_that_breaks_the_framing(tell: Tell) -> None:
    story = at_answer(tell)
    story >> answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"zz\r\n") << cut()


@pytest.mark.parametrize(
    ("answer", "status", "why"),
    [
        (b"garbage", 502, "Corrupt status line"),
        (b"HTTP/2.0 200 OK\r\n\r\n", 502, "status line"),
        (b"HTTP/1.1 1000 X\r\n\r\n", 502, "status line"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", 502, "colon"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 8200 + b"\r\n\r\n", 502, "longer"),
        (b"HTTP/1.1 200 OK\r\nX y: 1\r\n\r\n", 500, ""),
        (b"HTTP/1.1 200 OK\r\nX: a\x01b\r\n\r\n", 500, "control"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 502, "Content-Length"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", 502, "Content-Length"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", 502, "transfer coding"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300000, 502, "too long"),
    ],
)
def test_bad_answers(tell: Tell, answer: bytes, status: int, why: str) -> None:
    story = at_answer(tell)
    story >> answers(answer)
    assert story.exchange.failure.stage == "head"
    assert not story.exchange.keep_backend
    story << page(status, why)


# --- the budget for repeating ---------------------------------------------------------------------------------------


def test_a_spent_budget_answers_at_once_and_says_so(tell: Tell) -> None:
    one_repeat = Balancing(HashBy(), Retries(0.0, 0.015))
    story = tell({"a": {}, "b": {}, "c": {}}, balancer={"balancing": one_repeat})
    story >> head("GET", "/") << connect("a")
    story >> refused() << failed("connect", "refused", in_error=True, repeated=True) << connect("b")
    story >> refused() << failed("connect", "refused" + SPENT, in_error=True, repeated=False)
    story << page(503, "http://b:8090: refused" + SPENT)


def test_what_was_never_to_be_repeated_costs_nothing(tell: Tell) -> None:
    one_repeat = Balancing(HashBy(), Retries(0.0, 0.1))
    story = tell(balancer={"balancing": one_repeat, "maxattempts": 0})
    story >> head("GET", "/") << connect("a") >> refused() << failed("connect", "refused", True, False)
    assert story.exchange.balance.budget.left == 1.0


def test_what_a_member_may_have_worked_for_costs_ten_times_as_much(tell: Tell) -> None:
    story = tell({"a": {}, "b": {}}, balancer={"balancing": Balancing(HashBy(), Retries(0.0, 0.015))})
    story >> head("GET", "/") << connect("a") >> ready() >> member_closes()
    story << failed("head", "closed" + SPENT, in_error=False, repeated=False)


def test_without_a_budget_everything_is_repeated(tell: Tell) -> None:
    story = tell({name: {} for name in "abcdef"}, balancer={"balancing": Balancing(HashBy(), None)})
    story >> head("GET", "/")
    for name in "abcde":
        story << connect(name) >> refused() << failed("connect", "refused", True, True)
    story << connect("f")


# --- how attempts went ----------------------------------------------------------------------------------------------


def test_a_balancer_that_learns_is_told_when_the_answer_began(tell: Tell) -> None:
    story = tell({"a": {}}, balancer={"lbmethod": "peakewma"})
    story >> head("GET", "/") << connect("a") >> seconds(0.25) >> ready() >> seconds(0.25) >> answers(OK)
    slot = story.slots[0]
    assert (slot.total(OUTCOMES), slot.total(FAULTS), slot.latency) == (1, 0, 0.5)


@pytest.mark.parametrize(
    ("event", "known"), [(member_closes(), 2.0), (member_is_silent(), 2.0), (answers(b"moo\r\n\r\n"), 2.0)]
)
def test_a_failure_is_an_outcome_too(tell: Tell, event: object, known: float) -> None:
    story = tell({"a": {}}, balancer={"lbmethod": "peakewma"})
    story >> head("POST", "/") << connect("a") >> ready() >> seconds(2.0)
    story >> event  # type: ignore[operator]
    slot = story.slots[0]
    assert (slot.total(OUTCOMES), slot.total(FAULTS), slot.latency) == (1, 1, known)


def test_an_answer_with_5xx_blames_the_member(tell: Tell) -> None:
    story = tell({"a": {}}, balancer={"lbmethod": "peakewma"})
    story >> head("GET", "/") >> ready() >> answers(b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n")
    assert story.slots[0].total(FAULTS) == 1


def test_a_slow_upload_says_nothing_of_the_members_speed(tell: Tell) -> None:
    story = tell({"a": {}}, balancer={"lbmethod": "peakewma"})
    story >> head("POST", "/", "Content-Length: 2") >> ready() >> sends(b"x") >> seconds(9.0) >> sends(b"y")
    story >> answers(OK)
    slot = story.slots[0]
    assert (slot.total(OUTCOMES), slot.latency) == (1, 0.0)


def test_a_balancer_that_does_not_learn_writes_nothing_down(tell: Tell) -> None:
    story = tell({"a": {}})
    story >> head("GET", "/") >> ready() >> answers(OK)
    assert story.slots[0].total(OUTCOMES) == 0
