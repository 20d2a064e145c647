"""Why does this request go where it goes? The serving code's own answer, as one JSON-able object.

A real exchange is told the request and asked for a member, with a decider that writes its steps down, over a
scoreboard of its own: a fresh one, or a copy of the running one's numbers. So the decision, the choice, the head for
the member and the head of the answer are what serving would do, byte for byte, and nothing is sent, booked or changed.
This file only adds who is behind each of them.

Format (`version` counts up when a key goes or changes its meaning; new keys may come without it). Bytes are given as
text of the same code points (latin-1). A *place* is `{"file", "line", "text"}` of a statement, or null for what nobody
wrote.

    version       1
    scoreboard    "fresh" or "live": whose bookkeeping the choice was made with
    request       method, target, version, fields [[name, value]], from, to, tls, server_name_indication (null without
                  TLS), body_length (of the part that was imagined)
    steps         the phases in order: phase (a name of plan.steps), place, saw, result, detail
    outcome       kind "forward", "redirect", "answer", "local", "file" or "refused" (before or after the decision: a
                  bad head, no member); place, virtual_host, status and reason of an answer of ours (0 where a member
                  answers), location, balancer, member, url (what the member is asked), handler, file, address (the
                  client's)
    shadowed      mappings, redirects and aliases that cover the path too and were not asked: place, prefix, target
    sections      those that met, in the order in which they speak: place, saw, says (its statements)
    settings      what holds for this request: name, value, place
    environment   variables: name, value, place of who set it last
    sticky        null, or cookie, path, separator, place, found "cookie", "url" or null, value, route, member, why
    choice        null, or balancer, place, by "route", "lbmethod" or null, lbmethod, reason, failover (so many other
                  attempts follow one that cannot connect), notes, members [{name, route, place, loadfactor, lbset,
                  status (letters), in_error, candidate, chosen, owed [before, after], busy, elected}]
    to_member     null, or head (text), fields [{name, value, by, place, places}], dropped [{name, value, by, place}]
    edits         Header lines: table, place, applies (null where that hangs on the answer), waits_for (NAME or
                  !NAME of the environment, expr=EXPRESSION, or null)
    reverses      ProxyPassReverse lines that would be tried: place, from [prefix], to
    answer        null, or member (a plain 200 or 101 that the member might give), head (what the client gets of it)
    own           null, or the head of an answer of ours (text)
    documents     ErrorDocument lines that hold here: status, kind "text", "path" or "url", place
    timeouts      name, seconds, place
    asked         what the decision looked at beside path, Host and method: "fields", "query", "client", "time", "files"
"""

from __future__ import annotations

import json
import os
import time
from types import SimpleNamespace
from typing import Any, Final, cast

from evenflow.balancer.balance import Balance
from evenflow.balancer.sticky import find_session, in_cookie, in_url, is_known
from evenflow.origin import NOWHERE, Origin
from evenflow.plan import decision as decisions
from evenflow.plan import edits, expr, mapping, mapping_forms, steps
from evenflow.plan.alias import Alias, Redirect
from evenflow.plan.decide import Decider, begin, run
from evenflow.plan.decision import Inquiry, Step
from evenflow.plan.documents import Document
from evenflow.plan.locations import Section
from evenflow.plan.model import FILE, FORWARD, LOCAL, REDIRECT, ConnectionFacts, Decision, Member, Plan, Scope
from evenflow.plan.questions import OVERLOADED, PASSWORD
from evenflow.proxy import request
from evenflow.proxy.exchange import ASKING, BODY, EXPLAINING, IDLE, MEMBER, OWN, SENDING, WAIT, Exchange
from evenflow.proxy.routes import Routes
from evenflow.serve.answers import own_answer
from evenflow.serve.pages import http_date
from evenflow.serve.questions import answer_now
from evenflow.slotmem.layout import BUSY, ELECTED, STATUS_BITS
from evenflow.slotmem.members import MemberSlot
from evenflow.slotmem.scoreboard import Scoreboard
from evenflow.wire.headers import Headers
from evenflow.wire.http1 import RequestHead

VERSION: Final = 1

DOCUMENT_KINDS: Final = {1: "text", 2: "path", 3: "url"}

Json = dict[str, Any]

ASKED: Final = (
    (decisions.FIELDS, "fields"),
    (decisions.QUERY, "query"),
    (decisions.CLIENT, "client"),
    (decisions.TIME, "time"),
    (decisions.FILES, "files"),
)

KINDS: Final = {FORWARD: "forward", REDIRECT: "redirect", LOCAL: "local", FILE: "file"}

HOP_BY_HOP: Final = "ends here: it belongs to one connection (RFC 9110 section 7.6.1)"
FRAMING: Final = "us: the body's framing is written anew (RFC 9112 section 6)"
MOST_VALUE: Final = 200
MOST_LINES: Final = 12
"""Bounds of an explanation that is one field of an answer."""
MOST_BODY: Final = 1 << 20
"""A request body is played in pieces of this size."""


class Places:
    """Where the lines of a configuration stand; this one knows none but those that the plan keeps.

    Whoever has the configuration's text at hand gives a better one.
    """

    def inside(self, section: Origin) -> list[Origin]:
        """The statements of a section."""
        return []

    def said(self, names: tuple[str, ...], sections: list[Origin]) -> Origin:
        """The statement with one of these names that counts where these sections met, the last one the innermost."""
        return NOWHERE

    def parameter(self, balancer: str, name: str) -> Origin:
        """The statement that gives a balancer this parameter."""
        return NOWHERE


def for_client(
    plan: Plan, scoreboard: Scoreboard, facts: ConnectionFacts, head: bytes, decider: Decider, whole: bool
) -> bytes:
    """For a client of a running child that may ask: the whole as JSON, or the outcome alone in one line of ASCII.

    A mistake of ours in explaining is told and ends nothing.
    """
    try:
        child = next((row for row in range(scoreboard.children) if scoreboard.child(row).pid == os.getpid()), 0)
        story = Story(plan, facts, scoreboard, child, Places())
        story.decider.answers = decider.answers
        story.may_wait = False
        said = story.tell(head, 0)
    except Exception as fault:
        said = {"version": VERSION, "error": f"{type(fault).__name__}: {fault}"}
    if not whole:
        said = in_short(said)
    return json.dumps(said, separators=None if whole else (",", ":")).encode("ascii")


def in_short(said: Json) -> Json:
    """What fits into a field: the outcome, and file and line of each step that changed something."""
    if "outcome" not in said:
        return said
    short: Json = {"version": VERSION}
    for key, value in said["outcome"].items():
        if value and key != "place":
            short[key] = value[:MOST_VALUE] if isinstance(value, str) else value
    if said["sticky"] is not None:
        short["sticky"] = said["sticky"]["why"][:MOST_VALUE]
    lines = [
        f"{step['phase']} {step['place']['file']}:{step['place']['line']}"[-MOST_VALUE:]
        for step in said["steps"]
        if step["place"] is not None and step["result"] not in ("fails", "skipped")
    ]
    short["steps"] = lines[-MOST_LINES:]
    return short


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


def copy_of(scoreboard: Scoreboard) -> Scoreboard:
    """A scoreboard with the same numbers, in memory of its own."""
    copied = Scoreboard(scoreboard.members, scoreboard.balancers, scoreboard.children)
    copied.region.bytes[:] = scoreboard.region.bytes
    return copied


def explain(
    plan: Plan,
    facts: ConnectionFacts,
    data: bytes,
    *,
    body_length: int = 0,
    live: Scoreboard | None = None,
    child: int = 0,
    places: Places | None = None,
) -> Json:
    """Explain one request. `data` is its head and what of its body is at hand; `body_length` bytes more of the body are
    imagined.

    With `live` the choice goes by that scoreboard's numbers as `child` sees them; it is left as it is.
    """
    return Story(plan, facts, live, child, places or Places()).tell(data, body_length)


class Story:
    """One request's exchange, and who is behind what it does."""

    def __init__(self, plan: Plan, facts: ConnectionFacts, live: Scoreboard | None, child: int, places: Places) -> None:
        self.facts = facts
        self.live = live
        self.places = places
        scoreboard = Scoreboard(plan.members, plan.balancers, 1) if live is None else copy_of(live)
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

    # --- playing it ---------------------------------------------------------------------------------------------------

    def tell(self, data: bytes, body_length: int) -> Json:
        exchange = self.exchange
        now = time.monotonic()
        for balance in self.routes.balances:
            balance.trace = []
            for slot in balance.slots:
                self.owed[slot.member.slot] = slot.owed
        exchange.begin(self.facts)
        at = exchange.take_head(bytearray(data), 0, len(data), 0, now)
        if at < 0:
            exchange.refuse_request(408, "the request did not arrive in time: its head has no end")
            at = len(data)
        while exchange.step in (ASKING, EXPLAINING):
            if exchange.step == EXPLAINING:
                exchange.explained(b"", False, now)
            else:
                exchange.take_answer(self.answer_to(exchange.decision.question), now)
        self.play_body(data[at:], body_length, now)
        decision = exchange.decision
        if decision is not None:
            self.met = [NOWHERE, decision.host.origin, *(step.origin for step in self.sections_met())]
        said: Json = {
            "version": VERSION,
            "scoreboard": "fresh" if self.live is None else "live",
            "request": self.request(body_length),
            "steps": [step_as_object(step) for step in self.decider.trace],
            "outcome": self.outcome(),
            "shadowed": self.shadowed(),
            "sections": [self.section(step) for step in self.sections_met()],
            "settings": self.settings(),
            "environment": self.environment(),
            "sticky": self.sticky(),
            "choice": self.choice(),
            "edits": self.header_lines(),
            "reverses": self.reverses(),
            "documents": self.documents(),
            "timeouts": self.timeouts(),
            "asked": self.asked(),
        }
        said["to_member"] = self.to_member()
        said["answer"] = self.answer(now)
        said["own"] = self.own()
        if said["outcome"]["kind"] == "file":
            # Whether it is there, and what of it is wanted, is known only now.
            said["outcome"]["status"] = exchange.status
        return said

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

    # --- what was decided ---------------------------------------------------------------------------------------------

    def request(self, body_length: int) -> Json:
        """The request as it was understood; of one that was refused only its first line is known."""
        exchange, facts = self.exchange, self.facts
        head = exchange.head
        understood = exchange.decision is not None
        line = text(exchange.refused_line).split(" ")
        return {
            "method": text(head.method) if understood else line[0],
            "target": text(head.target) if understood else " ".join(line[1:2]),
            "version": ("HTTP/1.1" if head.version >= 11 else "HTTP/1.0") if understood else " ".join(line[2:]),
            "fields": pairs(self.came()) if understood else [],
            "from": text(facts.remote_address),
            "to": f"{bracketed(text(facts.local_address))}:{facts.local_port}",
            "tls": bool(facts.tls),
            "server_name_indication": text(facts.sni) if facts.tls else None,
            "body_length": body_length,
        }

    def came(self) -> list[tuple[bytes, bytes]]:
        """The request's fields as the client sent them: some lines change them before anything else is done."""
        head = self.exchange.head
        if head.came:
            head = RequestHead()
            head.parse(self.exchange.head.came, 0, 0, 0)
        return head.pairs()

    def outcome(self) -> Json:
        exchange = self.exchange
        decision: Decision | None = exchange.decision
        said: Json = {
            "kind": "refused", "place": None, "virtual_host": None, "status": 0, "reason": "", "location": None,
            "balancer": None, "member": None, "url": None, "handler": None, "file": None,
            "address": text(self.facts.remote_address),
        }  # fmt: skip
        if decision is not None:
            said["kind"] = KINDS.get(decision.kind, "answer")
            said["place"] = place(decision.origin)
            said["virtual_host"] = text(decision.host.server_name)
            said["status"] = decision.status
            said["reason"] = decision.reason
            said["address"] = text(decision.client(self.facts))
            if decision.kind == REDIRECT:
                said["location"] = text(decision.location)
            elif decision.kind == LOCAL:
                said["handler"] = decision.handler
            elif decision.kind == FILE:
                said["file"] = text(decision.file)
            elif decision.kind == FORWARD:
                if decision.balancer is not None:
                    said["balancer"] = text(decision.balancer.name)
                if exchange.slot is not None:
                    member = exchange.slot.member
                    said["member"] = text(member.name)
                    said["url"] = self.url(member, decision)
        if exchange.status:
            # Nobody may take it, or the head says what cannot be done: 400, 417, 503.
            said["kind"] = "refused"
            said["status"] = exchange.status
            said["reason"] = exchange.why
        elif exchange.step == WAIT:
            said["reason"] = (
                f"waits {exchange.balance.timeout:g} s for a member, then 503: {exchange.balance.reason.value}"
            )
        elif exchange.step == IDLE or exchange.step == BODY:
            said["reason"] = "waits for the rest of the request's body"
        return said

    def url(self, member: Member, decision: Decision) -> str:
        """What the member is asked, as a URL."""
        query = self.exchange.head.query if decision.keep_query else decision.query
        path = member.path + (decision.path if decision.path or member.path else b"/")
        tail = b"" if query is None else b"?" + query
        host = f"{bracketed(member.host)}:{member.port}"
        return f"{text(member.scheme)}://{host}{text(path + tail)}"

    def shadowed(self) -> list[Json]:
        """Mappings, redirects and aliases that cover the path and had no say, because somebody before them had it."""
        decision = self.exchange.decision
        inquiry = self.decider.inquiry
        if decision is None or inquiry is None:
            return []
        told = [step.origin for step in self.decider.trace if step.phase in DECIDING]
        found = []
        inside = [section.mapping for section in decision.host.locations if isinstance(section, Section)]
        for one in (*inside, *decision.host.mappings):
            if isinstance(one, mapping.Mapping) and one.origin not in told and covers(one, inquiry):
                target = "!" if one.target is None else text(one.target)
                found.append({"place": place(one.origin), "prefix": text(one.prefix), "target": target})
        for line in (*decision.host.redirects, *decision.host.file_aliases):
            if (
                isinstance(line, (Redirect, Alias))
                and line.origin not in told
                and line.follow(inquiry.path) is not None
            ):
                prefix = line.prefix.prefix if line.prefix is not None else b""
                found.append({"place": place(line.origin), "prefix": text(prefix), "target": text(line.target)})
        return found

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

    def section(self, step: Step) -> Json:
        return {
            "place": place(step.origin),
            "saw": step.saw,
            "says": [place(origin) for origin in self.places.inside(step.origin)],
        }

    def settings(self) -> list[Json]:
        """The switches that shape what is forwarded and answered."""
        decision = self.exchange.decision
        if decision is None:
            return []
        scope: Scope = decision.scope
        host = decision.host
        values = (
            ("ProxyPreserveHost", switch(scope.preserve_host)),
            ("ProxyAddHeaders", switch(scope.add_headers)),
            ("ProxyVia", text(scope.via).capitalize()),
            (
                "ProxyErrorOverride",
                " ".join([switch(scope.error_override), *map(str, sorted(scope.error_override_codes))]),
            ),
            ("UseCanonicalName", switch(host.base.canonical_name)),
        )
        return [{"name": name, "value": value, "place": self.said(name)} for name, value in values]

    def said(self, *names: str) -> Json | None:
        """The place of the statement that counts."""
        return place(self.places.said(names, self.met))

    def parameter(self, balance: Balance, name: str) -> Json | None:
        """The place where a balancer is given this; where nobody knows, the balancer's own."""
        said = self.places.parameter(text(balance.balancer.name), name)
        return place(said) or place(balance.balancer.origin)

    def environment(self) -> list[Json]:
        """Every variable at the end, with who set it last; the balancer's own have no place."""
        exchange = self.exchange
        if exchange.decision is None:
            return []
        setters = {step.saw: step.origin for step in self.decider.trace if step.phase == steps.ENVIRONMENT}
        return [
            {"name": text(name), "value": text(value), "place": place(setters.get(text(name), NOWHERE))}
            for name, value in exchange.variables().items()
        ]

    def asked(self) -> list[str]:
        inquiry = self.decider.inquiry
        return [] if inquiry is None else [name for bit, name in ASKED if inquiry.asked & bit]

    # --- which member -------------------------------------------------------------------------------------------------

    def sticky(self) -> Json | None:
        """The session: by what it is looked for, what was found, and what became of it."""
        exchange = self.exchange
        decision: Decision | None = exchange.decision
        balance = exchange.balance
        if decision is None or balance is None or not balance.sticky_cookie:
            return None
        head = exchange.head
        query = head.query if decision.keep_query else decision.query
        url = decision.path if query is None else decision.path + b"?" + query
        cookie = head.get(b"cookie")
        found, value = "url", in_url(url, balance.sticky_path, balance.semicolon_ends)
        if value is None and cookie is not None:
            found, value = "cookie", in_cookie(cookie, balance.sticky_cookie)
        session = find_session(balance, url, cookie)
        route = session.route if session is not None else b""
        chosen: MemberSlot | None = exchange.slot
        return {
            "cookie": text(balance.sticky_cookie),
            "path": text(balance.sticky_path),
            "separator": text(balance.separator),
            "place": self.parameter(balance, "stickysession"),
            "found": None if value is None else found,
            "value": None if value is None else text(value),
            "route": text(route) if route else None,
            "member": text(chosen.member.name) if chosen is not None and self.by_route() else None,
            "why": self.why_sticky(balance, value, session is not None, route),
        }

    def why_sticky(self, balance: Balance, value: bytes | None, is_session: bool, route: bytes) -> str:
        """One sentence."""
        cookie, path = text(balance.sticky_cookie), text(balance.sticky_path)
        if value is None:
            return f"the request names no session: no cookie `{cookie}`, and no `{path}=` in its URL"
        if not is_session:
            return f"`{text(value)}` holds no `{text(balance.separator)}`, so it names no route"
        if not route:
            return f"nothing follows the `{text(balance.separator)}` in `{text(value)}`: it names no route"
        if self.by_route():
            chosen = self.exchange.slot
            assert chosen is not None
            if chosen.route != route:
                return f"the member of route `{text(route)}` is unusable; its redirect leads to `{text(chosen.route)}`"
            return f"route `{text(route)}` is this member's"
        if not is_known(balance, route):
            routes = ", ".join(f"`{text(slot.route)}`" for slot in balance.slots if slot.route) or "none"
            return f"no member has the route `{text(route)}` (there are {routes})"
        return f"the member of route `{text(route)}` cannot be used now"

    def by_route(self) -> bool:
        """Whether the session's route placed the request."""
        balance = self.exchange.balance
        return balance is not None and any(note.startswith("the session asks") for note in balance.trace or ())

    def choice(self) -> Json | None:
        exchange = self.exchange
        balance = exchange.balance
        decision = exchange.decision
        if decision is None or balance is None:
            return None
        chosen: MemberSlot | None = exchange.slot
        by_route = self.by_route()
        return {
            "balancer": text(balance.balancer.name),
            "place": place(balance.balancer.origin),
            "by": None if chosen is None else "route" if by_route else "lbmethod",
            "lbmethod": balance.method.name,
            "reason": "" if balance.reason is None else balance.reason.value,
            "failover": balance.maxattempts,
            "notes": list(balance.trace or ()),
            "members": [self.member(slot, slot is chosen, by_route, balance) for slot in balance.slots],
        }

    def member(self, slot: MemberSlot, chosen: bool, by_route: bool, balance: Balance) -> Json:
        member: Member = slot.member
        return {
            "name": text(member.name),
            "route": text(slot.route) or None,
            "place": place(member.origin),
            "loadfactor": slot.factor / 100,
            "lbset": slot.lbset,
            "status": "".join(letter.decode() for letter, bit in STATUS_BITS if slot.status & bit),
            "in_error": slot.error_since != 0.0,
            "candidate": chosen if by_route else slot in balance.candidates,
            "chosen": chosen,
            "owed": [self.owed[member.slot], slot.owed],
            "busy": slot.total(BUSY) - (1 if chosen else 0),
            "elected": slot.total(ELECTED) - (1 if chosen else 0),
        }

    # --- what the member gets -----------------------------------------------------------------------------------------

    def to_member(self) -> Json | None:
        """The head for the member, by the serving code, with who put each field there."""
        exchange = self.exchange
        if exchange.step != MEMBER:
            return None
        exchange.attach(False)
        waiting = exchange.to_backend
        written = bytes(waiting.data[waiting.start : waiting.end])
        head = written[: written.find(b"\r\n\r\n") + 4]
        return {"head": text(head), "fields": self.sources(head), "dropped": self.dropped(head)}

    def sources(self, head: bytes) -> list[Json]:
        """Each field of the member's head, with who put it there."""
        exchange = self.exchange
        scope: Scope = exchange.decision.scope
        member: Member = exchange.slot.member
        came = {name.lower() for name, _ in self.came()}
        early = {step.saw.lower(): step.origin for step in self.decider.trace if step.phase == steps.FIELD}
        touched = self.touched()
        found = []
        lines = head.split(b"\r\n")[1:-2]
        for index, line in enumerate(lines):
            name, _, value = line.partition(b": ")
            key = name.lower()
            makers = touched.get(key, [])
            by, origin = "client", None
            if index == 0:
                origin = self.said("ProxyPreserveHost")
                by = "us: the member's own name, ProxyPreserveHost is Off"
                if scope.preserve_host:
                    by = "client" if not makers else "RequestHeader"
                    by += ", ProxyPreserveHost is On"
            elif key in (b"content-length", b"transfer-encoding"):
                by = FRAMING
            elif key in (b"connection", b"upgrade") and index >= len(lines) - 2:
                by, origin = self.connection(member)
            elif key in FORWARDED and scope.add_headers:
                origin = self.said("ProxyAddHeaders")
                before = "RequestHeader" if makers else "client" if key in came else ""
                by = f"us{f', behind what came from {before}' if before else ''}: "
                by += "ProxyAddHeaders is On"
            elif key == b"via" and scope.via in (b"on", b"full"):
                origin = self.said("ProxyVia")
                by = f"us: ProxyVia is {text(scope.via).capitalize()}"
            elif makers:
                by = "RequestHeader" if key not in came else "client, changed by RequestHeader"
            elif text(key) in early:
                maker = early[text(key)]
                by = f"{'client, changed by' if key in came else 'us:'} {maker.text.partition(' ')[0]}"
                origin = place(maker)
            elif key not in came:
                by = "us"
            elif key == b"max-forwards":
                by = "client, less one (RFC 9110 section 7.6.2)"
            found.append(
                {
                    "name": text(name), "value": text(value), "by": by, "place": origin or place_of_last(makers),
                    "places": [place(maker) for maker in makers],
                }
            )  # fmt: skip
        return found

    def connection(self, member: Member) -> tuple[str, Json | None]:
        """Who says what becomes of the member's connection."""
        if self.exchange.upgrade is not None:
            return "us: the client asks for it and the member has `upgrade=`", place(member.origin)
        if member.disable_reuse:
            return "us: connections to it are not kept (`disablereuse`)", place(member.origin)
        if member.generic:
            return "us: the URL comes from a rule, and no ProxyPass or BalancerMember names the member", None
        return "us: connections to members are kept", None

    def touched(self) -> dict[bytes, list[Origin]]:
        """Which RequestHeader lines changed a field, by the field's name: they run again, one by one."""
        exchange = self.exchange
        decision: Decision = exchange.decision
        fields = Headers(request.merged(exchange.head.pairs()))
        if exchange.head.host:
            fields.set(b"Host", exchange.head.host)
        found: dict[bytes, list[Origin]] = {}
        kept = exchange.env
        exchange.env = dict(decision.env)
        for edit in decision.scope.request_edits:
            assert isinstance(edit, edits.Edit)
            before = list(fields.items)
            edits.edit_request((edit,), fields, exchange)
            for name, _ in set(before) ^ set(fields.items):
                makers = found.setdefault(name.lower(), [])
                if edit.origin not in makers:
                    makers.append(edit.origin)
        exchange.env = kept
        return found

    def dropped(self, head: bytes) -> list[Json]:
        """The client's fields that the member does not get as they came."""
        exchange = self.exchange
        lines = [line.lower() for line in head.split(b"\r\n")[1:]]
        there = {line.partition(b":")[0] for line in lines}
        named = exchange.head.named_by_connection()
        touched = self.touched()
        found = []
        for name, value in exchange.head.pairs():
            key = name.lower()
            by, origin = "", None
            if key == b"host":
                if exchange.decision.scope.preserve_host:
                    continue
                origin = self.said("ProxyPreserveHost")
                by = "ProxyPreserveHost is Off"
            elif key + b": " + value.lower() in lines:
                continue
            elif key in (b"transfer-encoding", b"content-length"):
                by = FRAMING.removeprefix("us: ")
            elif key in request.NOT_FORWARDED:
                if key == b"upgrade" and exchange.upgrade is not None:
                    continue
                by = HOP_BY_HOP
                if key == b"upgrade":
                    member = exchange.slot.member
                    said = text(b" ".join(member.upgrade))
                    by = f"the member has {f'only `upgrade={said}`' if said else 'no `upgrade=`'}: no tunnel is made"
                    origin = place(member.origin)
            elif key in there:
                continue
            elif key in touched:
                by, origin = "RequestHeader", place_of_last(touched[key])
            elif key in named:
                by = "the client's Connection field names it (RFC 9110 section 7.6.1)"
            else:
                by = "us"
            found.append({"name": text(name), "value": text(value), "by": by, "place": origin})
        return found

    # --- the answer ---------------------------------------------------------------------------------------------------

    def header_lines(self) -> list[Json]:
        """Every Header line that would look at the answer."""
        exchange = self.exchange
        if exchange.decision is None:
            return []
        scope: Scope = exchange.decision.scope
        env = exchange.variables()
        found = []
        for table, lines in (("always", scope.always_edits), ("onsuccess", scope.onsuccess_edits)):
            for edit in lines:
                assert isinstance(edit, edits.Edit)
                applies, waits = self.condition_of(edit, env)
                found.append({"table": table, "place": place(edit.origin), "applies": applies, "waits_for": waits})
        return found

    def condition_of(self, edit: edits.Edit, env: dict[bytes, bytes]) -> tuple[bool | None, str | None]:
        """Whether a Header line acts (None where that hangs on the answer), and what it waits for."""
        condition = edit.env
        if condition is not None and (condition[0] in env) != condition[1]:
            return False, f"{'' if condition[1] else '!'}{text(condition[0])}"
        if edit.condition is not None:
            waits = f"expr={edit.condition.source}"
            if edit.condition.answers:
                return None, waits
            return expr.holds(edit.condition, self.exchange.inquiry(), True), waits
        return True, None if condition is None else f"{'' if condition[1] else '!'}{text(condition[0])}"

    def reverses(self) -> list[Json]:
        if self.exchange.decision is None or self.exchange.decision.kind != FORWARD:
            return []
        return [
            {"place": place(one.origin), "from": [text(prefix) for prefix in one.prefixes], "to": text(one.replacement)}
            for one in self.exchange.decision.scope.reverses
        ]

    def documents(self) -> list[Json]:
        decision = self.exchange.decision
        if decision is None:
            return []
        shown: dict[int, Document] = {}
        for document in decision.scope.documents:
            assert isinstance(document, Document)
            shown[document.status] = document
        return [
            {"status": one.status, "kind": DOCUMENT_KINDS[one.kind], "place": place(one.origin)}
            for one in shown.values()
            if one.kind
        ]

    def answer(self, now: float) -> Json | None:
        """What the client gets of a plain answer of the member's: 101 where a tunnel is asked for, else 200."""
        exchange = self.exchange
        if exchange.step != SENDING:
            return None
        exchange.to_backend.clear()
        piece = bytearray(b"x" * max(0, min(MOST_BODY, exchange.request_left)))
        while piece and exchange.request_left > 0:
            exchange.take_body(piece, 0, len(piece), now)
            exchange.to_backend.clear()
        if exchange.upgrade is not None:
            sample = (
                b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\n" % exchange.upgrade
            )
        else:
            sample = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n"
        exchange.backend_sent(bytearray(sample), 0, len(sample), now)
        waiting = exchange.to_client
        return {"member": text(sample), "head": text(bytes(waiting.data[waiting.start : waiting.end]))}

    def own(self) -> str | None:
        """The head of an answer of ours; a local handler is not asked."""
        exchange = self.exchange
        decision = exchange.decision
        if exchange.step != OWN or (decision is not None and decision.kind == LOCAL and not exchange.status):
            return None
        # Of the server only these are asked.
        answer = own_answer(cast(Any, SimpleNamespace(routes=self.routes, handlers={})), exchange)
        if answer is None:
            # An ErrorDocument in its place: the exchange went on with that.
            return None
        if answer.file is not None:
            answer.file.close()
        return text(answer.data[: len(answer.data) - answer.body_bytes])

    # --- time ---------------------------------------------------------------------------------------------------------

    def timeouts(self) -> list[Json]:
        exchange = self.exchange
        decision: Decision | None = exchange.decision
        if decision is None:
            return []
        host = decision.host
        found = []

        def add(name: str, seconds: float, origin: Json | None) -> None:
            found.append({"name": name, "seconds": seconds, "place": origin})

        server = self.said("Timeout")
        add("client: for the next bytes of the request, or to take the answer", host.timeout, server)
        if exchange.slot is not None:
            member: Member = exchange.slot.member
            own = place(member.origin)
            proxy = self.said("ProxyTimeout") or server
            silence = member.timeout or host.proxy_timeout
            source = own if member.timeout else proxy
            if member.connect_timeout:
                add("member: to connect", member.connect_timeout, own)
            else:
                add("member: to connect", silence, source)
            add("member: silence before and within the answer", silence, source)
            if exchange.balance is not None:
                add("member: in error after a failed connect", member.retry, own)
                if exchange.balance.timeout > 0:
                    at = self.parameter(exchange.balance, "timeout")
                    add("balancer: to wait for a usable member", exchange.balance.timeout, at)
            if member.upgrade:
                add("tunnel: silence on both sides", max(host.timeout, silence), source)
        if host.keep_alive:
            add("client: until its next request", host.keep_alive_timeout, self.said("KeepAliveTimeout"))
        return found


DECIDING: Final = frozenset((steps.MAPPING, steps.ALIAS, *steps.DECISIONS))
"""Steps whose line had the say."""
FORWARDED: Final = frozenset((b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-server"))


def covers(one: mapping.Mapping, inquiry: Inquiry) -> bool:
    """Whether a mapping would take this path if it were asked."""
    if one.encoded:
        # It was asked before all others, and did not.
        return False
    if one.pattern is not None:
        return one.pattern.search(inquiry.path) is not None
    if one.interpolate and inquiry.scope.interpolate:
        return inquiry.path.startswith(mapping_forms.interpolated(one.prefix_texts, inquiry.env))
    return mapping.covered(one, inquiry.path) > 0


def switch(on: bool) -> str:
    return "On" if on else "Off"


def text(data: bytes) -> str:
    return data.decode("latin-1")


def bracketed(address: str) -> str:
    """An IPv6 address in brackets, as before a port."""
    return f"[{address}]" if ":" in address else address


def pairs(fields: list[tuple[bytes, bytes]]) -> list[list[str]]:
    return [[text(name), text(value)] for name, value in fields]


def place(origin: Origin) -> Json | None:
    if not origin.file:
        return None
    return {"file": origin.file, "line": origin.line, "text": origin.text}


def place_of_last(origins: list[Origin]) -> Json | None:
    return place(origins[-1]) if origins else None


def step_as_object(step: Step) -> Json:
    return {
        "phase": step.phase, "place": place(step.origin), "saw": step.saw, "result": step.result, "detail": step.detail
    }  # fmt: skip
