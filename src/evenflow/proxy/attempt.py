"""One try at one member: how it fails, and what follows for the exchange.

A failure is a value: at which stage, why, and with it whether the request may be repeated. Nothing is raised and
nothing is logged here. Every function leaves the exchange at its next step: another member, an answer of ours, or CUT.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from evenflow.balancer.budget import REFUSED
from evenflow.balancer.health import mark_failed
from evenflow.balancer.outcomes import tell
from evenflow.plan.model import Member
from evenflow.proxy.steps import ANSWERING, CUT, MEMBER, SENDING
from evenflow.wire.faults import ProtocolFault
from evenflow.wire.framing import UNTIL_CLOSE

if TYPE_CHECKING:
    from evenflow.proxy.exchange import Exchange
    from evenflow.slotmem.members import MemberSlot

# Stages of an attempt.
CONNECT: Final = "connect"
HANDSHAKE: Final = "handshake"
SEND: Final = "send"
HEAD: Final = "head"
BODY: Final = "body"

NO_ENGINE: Final = "SSLProxyEngine is off"
"""Why no TLS is spoken to a member, though its URL says it."""
SPENT: Final = "; not repeated: too many attempts failed (EvenflowRetryBudget)"
"""What is added to the cause where only the budget kept a request from another attempt."""
SAID_BY_PROXY: Final = ("corrupt status line", "Corrupt status line", "Too many", "Unexpected Upgrade")
"""Faults of a member's answer that httpd reports as `Proxy Error`."""


class MemberFailure:
    """`cause` is a word or a sentence for the log: refused, timeout, closed, reset, or what is wrong with the answer.

    `in_error` says whether the member went into the error state for it; `repeated` whether another attempt follows.
    """

    __slots__ = ("member", "stage", "cause", "in_error", "repeated", "spent", "queued")

    def __init__(self, member: Member, stage: str, cause: str, in_error: bool, repeated: bool) -> None:
        self.member = member
        self.stage = stage
        self.cause = cause
        self.in_error = in_error
        self.repeated = repeated
        self.spent = False
        """Only the budget kept the request from another attempt."""
        self.queued = False
        """The member was not asked: the request waited in vain for a connection."""

    def __repr__(self) -> str:
        return f"MemberFailure({self.member!r}, {self.stage}, {self.cause})"


def note_failure(
    exchange: Exchange, slot: MemberSlot, stage: str, cause: str, in_error: bool, wanted: bool, now: float
) -> bool:
    """Keep the failure for the log; whether another attempt follows, if one is `wanted`."""
    balance = exchange.balance
    again = wanted and balance is not None and exchange.attempts <= balance.maxattempts
    spent = again and not balance.may_repeat(now, REFUSED if stage == CONNECT else 1.0)
    if spent:
        again = False
        cause += SPENT
    exchange.failure = MemberFailure(slot.member, stage, cause, in_error, again)
    exchange.failure.spent = spent
    return again


def tell_outcome(exchange: Exchange, good: bool, now: float) -> None:
    """Tell the balancer how the attempt went, where it wants to know. Before the slot is given back."""
    balance = exchange.balance
    if balance is not None and balance.watches:
        # How long a client takes to send a body says nothing of the member.
        seconds = now - exchange.asked if exchange.request_length == 0 else -1.0
        tell(balance, exchange.slot, seconds, good, now)


def connect_failed(exchange: Exchange, cause: str, now: float) -> None:
    """No connection to `slot.member`: it goes into error, and another one is tried while attempts are left."""
    slot = exchange.slot
    tell_outcome(exchange, False, now)
    unusable = mark_failed(exchange.balance, slot, now)
    exchange.release()
    if slot is exchange.died_at:
        # It died under the attempt before, and the lbmethod took it once more: one failure, not two.
        exchange.died_at = None
    else:
        exchange.attempts += 1
    if note_failure(exchange, slot, CONNECT, cause, unusable, unusable, now):
        exchange.elect(now)
    else:
        exchange.refuse(503, f"{slot.member.name.decode('latin-1')}: {exchange.failure.cause}")


def no_room(exchange: Exchange, now: float) -> None:
    """All connections that `max` allows stayed at work for as long as `acquire` says. The member is well, so unlike in
    httpd it does not go into error; another one is tried while attempts are left, and then it is 503 with Retry-After.
    A session that leads to the member would lead there again: it does not wait a second time.
    """
    slot = exchange.slot
    exchange.release()
    exchange.attempts += 1
    wanted = not exchange.route or slot.route != exchange.route
    again = note_failure(exchange, slot, CONNECT, "all connections that `max` allows are at work", False, wanted, now)
    exchange.failure.queued = True
    if again:
        exchange.elect(now)
    else:
        # Who asks again after as long as it has waited may find that the queue is shorter.
        seconds = max(1, round(slot.member.acquire))
        exchange.kept_fields.append((b"Retry-After", b"%d" % seconds))
        exchange.refuse(503, f"{slot.member.name.decode('latin-1')}: {exchange.failure.cause}")


def without_means(exchange: Exchange, cause: str, now: float) -> None:
    """This process has no descriptor for a connection, or this machine no memory. That says nothing of the member, so
    unlike in httpd it does not go into error, nor would another one be reached: 503 with Retry-After.
    """
    slot = exchange.slot
    exchange.release()
    exchange.attempts += 1
    exchange.failure = MemberFailure(slot.member, CONNECT, cause, False, False)
    exchange.kept_fields.append((b"Retry-After", b"1"))
    exchange.refuse(503, f"{slot.member.name.decode('latin-1')}: {cause}")


def name_unknown(exchange: Exchange, cause: str, now: float) -> None:
    """The member's name does not resolve: it goes into error, and another one is tried while attempts are left; httpd
    tries no other. Then it is 500, as in httpd.
    """
    slot = exchange.slot
    unusable = mark_failed(exchange.balance, slot, now)
    exchange.release()
    exchange.attempts += 1
    if note_failure(exchange, slot, CONNECT, cause, unusable, unusable, now):
        exchange.elect(now)
    else:
        exchange.proxy_error(500, f"DNS lookup failure for: {slot.member.host}")


def blocked(exchange: Exchange) -> None:
    """ProxyBlock forbids to ask this member: 403 as in httpd, and no other attempt."""
    slot = exchange.slot
    exchange.release()
    exchange.proxy_error(403, f"Connect to remote machine blocked: `ProxyBlock {slot.member.blocked}` (AH00898)")


def handshake_failed(exchange: Exchange, cause: str, now: float, blames: bool) -> None:
    """TLS with the member could not be agreed on: 500 as in httpd, in error if it is a balancer's and `blames`, and
    no other attempt. A client that brings a name of its own must not put members into error."""
    slot = exchange.slot
    unusable = blames and mark_failed(exchange.balance, slot, now)
    exchange.release()
    exchange.attempts += 1
    exchange.failure = MemberFailure(slot.member, HANDSHAKE, cause, unusable, False)
    if cause == NO_ENGINE:
        exchange.refuse(500, f"{slot.member.name.decode('latin-1')}: {cause}")
    else:
        exchange.proxy_error(500, "Error during SSL Handshake with remote server")


def backend_closed(exchange: Exchange, cause: str, now: float) -> None:
    """The member's connection ended, cleanly (`cause` "closed") or not, and it is gone."""
    exchange.keep_backend = False
    exchange.to_backend.clear()
    if exchange.step == ANSWERING:
        if exchange.body.left == UNTIL_CLOSE and cause == "closed":
            exchange.finish()
            return
        break_off(exchange, BODY, cause)
        return
    if exchange.step != SENDING:
        return
    slot = exchange.slot
    cut_off = len(exchange.held) > 0
    # Not once a byte of an answer came.
    repeatable = not exchange.held and exchange.interims == 0 and exchange.may_repeat()
    if repeatable and exchange.reused and not exchange.repeated_fresh:
        # A kept connection that the member closed meanwhile says nothing about the member: a fresh one to the same,
        # and no attempt of the balancer's, or a stopped member would use up two of them.
        exchange.repeated_fresh = True
        exchange.attempts -= 1
        exchange.step = MEMBER
        exchange.failure = MemberFailure(slot.member, HEAD, cause, False, True)
        return
    tell_outcome(exchange, False, now)
    exchange.release()
    exchange.died_at = slot
    if note_failure(exchange, slot, HEAD, cause, False, repeatable, now):
        exchange.elect(now)
    elif cut_off:
        exchange.refuse(502, "the member's head was cut off")
    else:
        exchange.proxy_error(502, "Error reading from remote server")


def timed_out(exchange: Exchange, now: float) -> None:
    """The member said nothing for as long as it may."""
    slot = exchange.slot
    exchange.keep_backend = False
    exchange.to_backend.clear()
    if exchange.step == ANSWERING:
        break_off(exchange, BODY, "timeout")
        return
    tell_outcome(exchange, False, now)
    balance = exchange.balance
    if exchange.pinging:
        # Nothing of the body was sent: another member may have it, whatever the method.
        exchange.pinging = exchange.held_back = False
        in_error = mark_failed(balance, slot, now)
        exchange.release()
        if note_failure(exchange, slot, HEAD, "no 100 in time (ping)", in_error, in_error, now):
            exchange.elect(now)
        else:
            exchange.proxy_error(503, "Timeout on 100-Continue")
        return
    in_error = False
    if balance is not None and exchange.decision.balancer.failontimeout:
        in_error = mark_failed(balance, slot, now)
    exchange.release()
    exchange.failure = MemberFailure(slot.member, HEAD, "timeout", in_error, False)
    exchange.proxy_error(502, "Error reading from remote server")


def failed_by_status(exchange: Exchange, now: float) -> None:
    """The status of its answer means that the member failed (failonstatus); the answer goes on all the same."""
    cause = f"failonstatus {exchange.answer.status}"
    in_error = mark_failed(exchange.balance, exchange.slot, now)
    exchange.failure = MemberFailure(exchange.slot.member, HEAD, cause, in_error, False)


def break_off(exchange: Exchange, stage: str, cause: str) -> None:
    """The answer had begun: only the end of the client's connection can tell."""
    slot = exchange.slot
    exchange.release()
    exchange.keep_client = exchange.keep_backend = False
    exchange.failure = MemberFailure(slot.member, stage, cause, False, False)
    exchange.why = f"{slot.member.name.decode('latin-1')}: the answer broke off ({cause})"
    exchange.step = CUT


def bad_answer(exchange: Exchange, fault: ProtocolFault, now: float) -> None:
    """The member breaks the protocol."""
    slot = exchange.slot
    exchange.keep_backend = False
    exchange.to_backend.clear()
    if exchange.step == ANSWERING:
        break_off(exchange, BODY, fault.message)
        return
    tell_outcome(exchange, False, now)
    exchange.release()
    exchange.failure = MemberFailure(slot.member, HEAD, fault.message, False, False)
    if fault.message.startswith(SAID_BY_PROXY):
        exchange.proxy_error(fault.status, fault.message)
    else:
        exchange.refuse(fault.status, fault.message)
