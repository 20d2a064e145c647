"""The walk itself: a real exchange is told the request, with a scoreboard of its own and a decider that writes its
steps down. Whoever tells of a part of it asks here."""

from __future__ import annotations

import time
from typing import Any, Final

from evenflow.balancer.balance import Balance
from evenflow.control.explanation.facts import Json, place, text
from evenflow.control.explanation.places import Places
from evenflow.origin import NOWHERE, Origin
from evenflow.plan import documents, steps
from evenflow.plan.decide import Decider, begin, go_on, run
from evenflow.plan.decision import Inquiry, Step
from evenflow.plan.model import ConnectionFacts, Decision, Plan
from evenflow.plan.questions import OVERLOADED, PASSWORD
from evenflow.proxy.exchange import Exchange
from evenflow.proxy.routes import Routes
from evenflow.proxy.steps import ASKING, BODY, EXPLAINING
from evenflow.serve import heartbeats
from evenflow.serve.pages import http_date
from evenflow.serve.questions import answer_now
from evenflow.slotmem.scoreboard import Scoreboard
from evenflow.wire.http1 import RequestHead

MOST_BODY: Final = 1 << 20
"""A request body is played in pieces of this size."""


class Telling(Decider):
    """A decider that remembers nothing and writes down what its phases saw."""

    def __init__(self, plan: Plan) -> None:
        Decider.__init__(self, plan)
        self.trace: list[Step] = []
        self.inquiry: Inquiry | None = None

    def decide(self, facts: ConnectionFacts, head: RequestHead) -> Decision:
        self.trace = []
        self.inquiry = begin(self.plan, facts, head, self.trace)
        self.inquiry.answers = self.answers
        return run(self.inquiry)

    def decide_document(
        self, facts: ConnectionFacts, failed: Decision, old: RequestHead, head: RequestHead, status: int
    ) -> Decision:
        self.trace = []
        self.inquiry = documents.inquiry_for(self.plan, facts, failed, old, head, status, self.trace)
        self.inquiry.answers = self.answers
        return go_on(self.inquiry, 0)


def fresh(plan: Plan) -> Scoreboard:
    """Members as they are when it has just started."""
    scoreboard = Scoreboard(plan.members, plan.balancers, 1)
    heartbeats.suppose(plan, scoreboard)
    return scoreboard


def copy_of(scoreboard: Scoreboard) -> Scoreboard:
    """A scoreboard with the same numbers, in memory of its own."""
    copied = Scoreboard(scoreboard.members, scoreboard.balancers, scoreboard.children, scoreboard.hosts)
    copied.region.bytes[:] = scoreboard.region.bytes
    return copied


class Walk:
    """One request's exchange, and whose lines it met."""

    def __init__(self, plan: Plan, facts: ConnectionFacts, live: Scoreboard | None, child: int, places: Places) -> None:
        self.facts = facts
        self.live = live
        self.places = places
        scoreboard = fresh(plan) if live is None else copy_of(live)
        self.routes = Routes(plan, scoreboard, 0 if live is None else child)
        self.routes.date = http_date(time.time())
        self.decider = self.routes.decider = Telling(plan)
        self.exchange = Exchange(self.routes)
        self.owed: dict[int, int] = {}
        """What each member was owed before the choice, by its slot."""
        self.may_wait = True
        """Whether a question may be answered here, however long that takes."""
        self.met: list[Origin] = []
        """Whose statements count, the innermost last: the main server, the virtual host, the sections that met."""

    def play(self, data: bytes, body_length: int, now: float) -> None:
        """Tell the exchange the request and its body."""
        exchange = self.exchange
        self.begin_turns()
        exchange.begin(self.facts)
        at = exchange.take_head(bytearray(data), 0, len(data), 0, now)
        if at < 0:
            exchange.refuse_request(408, "the request did not arrive in time: its head has no end")
            at = len(data)
        self.decide(now)
        self.play_body(data[at:], body_length, now)

    def begin_turns(self) -> None:
        """Note what balancers owe before anybody is chosen."""
        for balance in self.routes.balances:
            balance.trace = []
            for slot in balance.slots:
                self.owed[slot.member.slot] = slot.owed

    def decide(self, now: float) -> None:
        """Answer what the decision asks for, until there is one; then it is known who met."""
        exchange = self.exchange
        while exchange.step in (ASKING, EXPLAINING):
            if exchange.step == EXPLAINING:
                exchange.explained(b"", False, now)
            else:
                exchange.take_answer(self.answer_to(exchange.decision.question), now)
        decision = exchange.decision
        if decision is not None:
            self.met = [NOWHERE, decision.host.origin, *(step.origin for step in self.sections_met())]

    def answer_to(self, question: Any) -> object:
        """The answer to a question that the decision depends on. A child that serves has asked it for the request
        itself just now, so what is not known there was a wrong password, or could not be found out."""
        if self.may_wait:
            return answer_now(question)
        return False if question.kind == PASSWORD else OVERLOADED

    def play_body(self, at_hand: bytes, imagined: int, now: float) -> None:
        """Give the exchange the body, which an answer of ours and the choice of framing wait for."""
        exchange = self.exchange
        if exchange.step == BODY and not at_hand and not imagined:
            # Somebody asks about a request with a chunked body and shows none: it is empty.
            at_hand = b"0\r\n\r\n"
        if exchange.step == BODY and at_hand:
            exchange.take_body(bytearray(at_hand), 0, len(at_hand), now)
        piece = bytearray(b"x" * min(MOST_BODY, imagined))
        while exchange.step == BODY and imagined > 0:
            size = min(len(piece), imagined)
            exchange.take_body(piece, 0, size, now)
            imagined -= size

    def came(self) -> list[tuple[bytes, bytes]]:
        """The request's fields as the client sent them: some lines change them before anything else is done."""
        head = self.exchange.head
        if head.came:
            head = RequestHead()
            head.parse(self.exchange.head.came, 0, 0, 0)
        return head.pairs()

    def sections_met(self) -> list[Step]:
        """The steps of the last round: a rule that changed the path makes all sections meet anew."""
        trace = self.decider.trace
        begin_at = 0
        for index, step in enumerate(trace):
            if step.phase == steps.RESTART:
                begin_at = index
        found = [step for step in trace[begin_at:] if step.phase == steps.SECTION]
        # One that is looked at again counts where it stands last.
        last = {step.origin: step for step in found}
        return [step for step in found if last[step.origin] is step]

    def said(self, *names: str) -> Json | None:
        """The place of the statement that counts."""
        return place(self.places.said(names, self.met))

    def parameter(self, balance: Balance, name: str) -> Json | None:
        """The place where a balancer is given this; where nobody knows, the balancer's own."""
        said = self.places.parameter(text(balance.balancer.name), name)
        return place(said) or place(balance.balancer.origin)
