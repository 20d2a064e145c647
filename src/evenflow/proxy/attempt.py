"""One try at one member, and what it means when it fails.

A failure is a value: at which stage, why, and with it whether the request may be repeated. Nothing is raised and
nothing is logged here.
"""

from __future__ import annotations

from typing import Final

from evenflow.plan.model import Member

# Stages of an attempt.
CONNECT: Final = "connect"
SEND: Final = "send"
HEAD: Final = "head"
BODY: Final = "body"


class MemberFailure:
    """`cause` is a word or a sentence for the log: refused, timeout, closed, reset, or what is wrong with the answer.

    `in_error` says whether the member went into the error state for it; `repeated` whether another attempt follows.
    """

    __slots__ = ("member", "stage", "cause", "in_error", "repeated")

    def __init__(self, member: Member, stage: str, cause: str, in_error: bool, repeated: bool) -> None:
        self.member = member
        self.stage = stage
        self.cause = cause
        self.in_error = in_error
        self.repeated = repeated

    def __repr__(self) -> str:
        return f"MemberFailure({self.member!r}, {self.stage}, {self.cause})"
