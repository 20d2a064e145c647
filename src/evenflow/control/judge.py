"""Whether tunnels may live on after a reload: a process of its own decides each one's request anew.

Children that retire tell it of their tunnels, a message each, over the line that every child has to its supervisor. It
decides under the new plan, with the serving code itself, and answers whose way has changed. It has dropped privileges
before it reads a byte, and it ends when everybody has been answered.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import socket
import sys
import time
import traceback
from collections.abc import Sequence
from typing import Any, Final, NoReturn

from evenflow.balancer.added import members_now
from evenflow.control import child, listening, privileges
from evenflow.control.generation import Generation
from evenflow.plan.decide import Decider, resume
from evenflow.plan.model import ASK, FORWARD, ConnectionFacts, Decision, Plan
from evenflow.plan.vhosts import table_for
from evenflow.proxy.upgrades import wanted
from evenflow.serve.farewell import MOST_MESSAGE
from evenflow.serve.questions import answer_now
from evenflow.wire.faults import ProtocolFault
from evenflow.wire.http1 import RequestHead

LIFE_SECONDS: Final = 30.0
"""It ends after this, whoever is still to be answered: a child that says nothing has hung."""


def live(generation: Generation, lines: Sequence[socket.socket], others: Sequence[Generation]) -> NoReturn:
    """Be the judge for the children at the other ends of `lines`, from fork to exit."""
    status = child.CRASHED
    try:
        child.settle_signals()
        for one in (generation, *others):
            listening.close_others(one.shares, [])
        if generation.identity is not None:
            privileges.become(generation.identity)
        child.title("evenflow: judge")
        gc.freeze()
        judge(generation.plan, lines)
        status = child.DONE
    except BaseException:
        child.last_words(generation)
    finally:
        sys.stderr.flush()
        os._exit(status)


def judge(plan: Plan, lines: Sequence[socket.socket], seconds: float = LIFE_SECONDS) -> None:
    """Answer everybody, for at most `seconds`."""
    decider = Decider(plan)
    deadline = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        for line in lines:
            selector.register(line, selectors.EVENT_READ)
        while selector.get_map() and time.monotonic() < deadline:
            for key, _ in selector.select(max(0.0, deadline - time.monotonic())):
                asking = key.fileobj
                assert isinstance(asking, socket.socket)
                if not hear(plan, decider, asking):
                    selector.unregister(asking)


def forget(line: socket.socket) -> None:
    """Drop what a child has said to a judge that is no more: it says everything again."""
    with contextlib.suppress(OSError):
        while line.recv(MOST_MESSAGE, socket.MSG_DONTWAIT):
            pass


def hear(plan: Plan, decider: Decider, line: socket.socket) -> bool:
    """One message, and its answer; False after a child's last."""
    try:
        said = line.recv(MOST_MESSAGE)
        told = json.loads(said) if said else None
        if not isinstance(told, dict) or "number" not in told:
            return False
        if not stays(plan, decider, told):
            line.send(json.dumps({"leave": told["number"], "within": plan.goodbye}).encode())
    except (OSError, ValueError):
        return False
    except (TypeError, KeyError, AttributeError, ProtocolFault):
        # A mistake of ours, here or in the child; the tunnel stays.
        traceback.print_exc()
    return True


def stays(plan: Plan, decider: Decider, told: dict[str, Any]) -> bool:
    """Whether the request of a tunnel would still be led to its member."""
    facts = facts_of(plan, told)
    head = RequestHead()
    head.parse(told["head"].encode("latin-1"), 0, 0, 0)
    decision = decider.decide(facts, head)
    while decision.kind == ASK:
        decision = resume(decision, answer_now(decision.question))  # type: ignore[arg-type]
    member, balancer = told["member"].encode("latin-1"), told["balancer"].encode("latin-1")
    if decision.kind != FORWARD:
        # Whom a certificate lets in cannot be asked again: it was shown to the child.
        return bool(told["certified"]) and any(one.name == member for one in plan.members)
    return leads_to(decision, head, member, balancer)


def leads_to(decision: Decision, head: RequestHead, member: bytes, balancer: bytes) -> bool:
    """Whether a member of that name may be upgraded to where the decision leads."""
    if decision.balancer is None:
        return not balancer and decision.member is not None and decision.member.name == member
    return decision.balancer.name == balancer and any(
        one.name == member and wanted(head, one) is not None for one in members_now(decision.balancer)
    )


def facts_of(plan: Plan, told: dict[str, Any]) -> ConnectionFacts:
    """The client's connection as the child knew it."""
    local, port = told["local"]
    remote, remote_port = told["remote"]
    address = local.encode("latin-1")
    facts = ConnectionFacts(
        remote.encode("latin-1"),
        remote_port,
        address,
        port,
        bool(told["tls"]),
        told["sni"].encode("latin-1"),
        table_for(plan, address, port),
    )
    facts.spoken_for, proxied, facts.proxied_port = told["spoken_for"]
    facts.proxied_address = proxied.encode("latin-1")
    return facts
