"""What a failed attempt says of itself."""

from __future__ import annotations

from evenflow.proxy.attempt import BODY, CONNECT, HEAD, SEND, MemberFailure
from tests.proxy.story import make_member


def test_a_failure_names_member_stage_and_cause() -> None:
    member = make_member("a", 0)
    failure = MemberFailure(member, CONNECT, "refused", True, False)
    assert failure.member is member
    assert (failure.stage, failure.cause, failure.in_error, failure.repeated) == ("connect", "refused", True, False)
    assert repr(failure) == "MemberFailure(Member(http://a:8090), connect, refused)"


def test_the_stages_come_in_the_order_of_an_attempt() -> None:
    assert (CONNECT, SEND, HEAD, BODY) == ("connect", "send", "head", "body")
