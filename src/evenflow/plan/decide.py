"""What becomes of a request: the phases, in httpd's order, and a memory for answers that every like request gets.

A phase looks at the inquiry and gives a `Decision`, or None to go on. The order is httpd's: virtual host, path,
Location sections, rules of the server, ProxyPass, the scope of all sections that met, access, rules of the Location,
and then where it goes. With a trace the same phases write down what they saw. Which member of a balancer takes the
request is not decided here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from evenflow.plan import (
    admission,
    alias,
    branches,
    client_names,
    decision,
    denials,
    directory,
    documents,
    environment,
    files,
    ground_rules,
    handed,
    locations,
    lookahead,
    mapping,
    own_names,
    paths,
    remoteip,
    rewrite,
    rewritten,
    steps,
    tls,
)
from evenflow.plan.backends import Backends, split_url
from evenflow.plan.decision import CLIENT, FIELDS, FILES, NOTHING, Inquiry, Step
from evenflow.plan.early import begin_early
from evenflow.plan.model import ConnectionFacts, Decision, Plan
from evenflow.plan.questions import Answers
from evenflow.plan.vhosts import HostTable
from evenflow.wire.faults import ProtocolFault
from evenflow.wire.targets import KEPT, canonical, canonical_keeping_slashes, normalise

if TYPE_CHECKING:
    from evenflow.wire.http1 import RequestHead

MEMO_SIZE: Final = 4096
"""So many answers are remembered twice over for each table of virtual hosts."""

MEMO_KEY: Final = 512
"""Longer paths (with Host and method, in bytes) are not remembered."""

FORWARDED_SCHEMES: Final = frozenset((b"http", b"ws", b"https", b"wss"))


def decide(plan: Plan, facts: ConnectionFacts, head: RequestHead, trace: list[Step] | None = None) -> Decision:
    """The decision for one request. Never raises for what a client sends; a bad path is an answer with its status."""
    return run(begin(plan, facts, head, trace))


def begin(plan: Plan, facts: ConnectionFacts, head: RequestHead, trace: list[Step] | None) -> Inquiry:
    """A fresh inquiry."""
    table = facts.table
    assert isinstance(table, HostTable)
    return Inquiry(plan, facts, head, table.first, trace)


def run(inquiry: Inquiry) -> Decision:
    """Lead the inquiry through the phases until one decides; again from the path on where a Location's rule changed it.
    """
    made = choose_host(inquiry)
    if made is not None:
        return made
    begin_early(inquiry)
    if isinstance(inquiry.host.remoteip, remoteip.RemoteIp):
        remoteip.find_client(inquiry.host.remoteip, inquiry)
    inquiry.renewable = 1 + (0 if inquiry.trace is None else len(inquiry.trace))
    return go_on(inquiry, 0)


def resume(asked: Decision, answer: object) -> Decision:
    """Go on where a decision of kind ASK stopped, with the answer to its question (see `questions`)."""
    inquiry = asked.inquiry
    assert isinstance(inquiry, Inquiry) and inquiry.question is not None
    inquiry.told[inquiry.question.key] = answer
    if inquiry.answers is not None:
        inquiry.answers.keep(inquiry.question, answer)
    inquiry.question = None
    return go_on(inquiry, inquiry.phase)


def go_on(inquiry: Inquiry, phase: int) -> Decision:
    """The phases from this one on."""
    try:
        return lead(inquiry, phase)
    except lookahead.Unanswered as waiting:
        return wait_anew(inquiry, waiting)


def wait_anew(inquiry: Inquiry, waiting: lookahead.Unanswered) -> Decision:
    """A rule's look at another request hangs on a question: wait, and begin again with what is known then."""
    fresh = Inquiry(inquiry.plan, inquiry.facts, inquiry.head, inquiry.host, inquiry.trace)
    if fresh.trace is not None:
        del fresh.trace[inquiry.renewable - 1 :]
    fresh.renewable = inquiry.renewable
    # On the inquiry at hand too: whoever began it must not remember that it waits.
    inquiry.asked |= CLIENT | FIELDS | FILES
    fresh.asked = inquiry.asked
    fresh.address = inquiry.address
    fresh.client_name = inquiry.client_name
    fresh.early = inquiry.early
    fresh.early_fields = inquiry.early_fields
    fresh.told = inquiry.told
    fresh.answers = waiting.answers
    fresh.question = waiting.question
    return decision.wait(fresh)


def lead(inquiry: Inquiry, phase: int) -> Decision:
    """`go_on`, but for questions that a look at another request hangs on."""
    while inquiry.restarts <= inquiry.host.most_restarts:
        inquiry.restart = False
        for number in range(phase, len(PHASES)):
            made = PHASES[number](inquiry)
            if made is not None:
                inquiry.phase = number
                return made
            if inquiry.restart:
                inquiry.restarts += 1
                break
        phase = 0
    return decision.answer(
        inquiry, 500, f"rules changed the path more than {inquiry.host.most_restarts} times (AH00124)"
    )


# --- the phases ---------------------------------------------------------------------------------------------------


def choose_host(inquiry: Inquiry) -> Decision | None:
    """The virtual host, by address and name; 421 where TLS was made for another one."""
    table = inquiry.facts.table
    assert isinstance(table, HostTable)
    head = inquiry.head
    if inquiry.facts.tls:
        if inquiry.facts.sni and not head.host:
            return decision.answer(inquiry, 400, "the TLS handshake named a host, and the request names none")
        host = table.select_tls(head.host, inquiry.facts.sni)
        if host is None:
            inquiry.host = table.select_sni(inquiry.facts.sni)
            inquiry.scope = inquiry.host.base
            return decision.answer(inquiry, 421, "the TLS handshake was for a virtual host with other certificates")
        if host.strict_sni and not inquiry.facts.sni and len(table.hosts) > 1:
            inquiry.host = host
            inquiry.scope = host.base
            return decision.answer(inquiry, 403, denials.NO_NAME)
    else:
        host = table.select(head.host)
    if table.has_paths and not head.host:
        host = ground_rules.host_by_path(table, head.path) or host
    inquiry.host = host
    inquiry.scope = host.base
    inquiry.origin = host.origin
    if inquiry.trace is not None:
        inquiry.note(steps.VIRTUAL_HOST, host.origin, head.host, host.server_name, table.why(host, head.host))
    return ground_rules.refuse(inquiry, table) if table.has_rules else None


def set_early(inquiry: Inquiry) -> Decision | None:
    """SetEnvIf and BrowserMatch of the server: before anything else, so they see the path as it came."""
    lines = inquiry.host.early
    if lines:
        if inquiry.early is not None and not inquiry.restarts:
            inquiry.env.update(inquiry.early.env)
        else:
            environment.run(lines, inquiry, inquiry.path if inquiry.restarts else inquiry.head.path or b"/")
    return None


def read_path(inquiry: Inquiry) -> Decision | None:
    """The path that everything is matched against."""
    if inquiry.restarts or inquiry.main is not None:
        path = rewritten.shielded(inquiry.path)
    else:
        path = inquiry.head.path or b"/"
        if path == b"*":
            inquiry.path = inquiry.filename = path
            return rewritten.rules_for_any(inquiry) or decision.answer(inquiry, 200, "OPTIONS *")
    inquiry.raw_path = path
    inquiry.mapped = False
    inquiry.nocanon = False
    inquiry.translated = False
    inquiry.located = False
    inquiry.script = False
    try:
        inquiry.path = normalise(path) if inquiry.host.ordinary_paths else paths.read(inquiry, path)
    except ProtocolFault as fault:
        return decision.answer(inquiry, fault.status, fault.message)
    if not inquiry.mapped:
        inquiry.filename = inquiry.path
    locations.meet_locations(inquiry)
    inquiry.scope = locations.scope_of(inquiry.host, 0, False, inquiry.sections)
    if inquiry.scope.branches:
        # For answers on the way; nobody has said yet what it becomes. httpd looks again when it knows, and so do we.
        name = inquiry.filename
        inquiry.filename = b""
        branches.follow(inquiry)
        inquiry.filename = name
    if inquiry.trace is not None and inquiry.path != path:
        inquiry.note(steps.PATH, inquiry.host.origin, path, inquiry.path)
    return None


def map_by_mappings(inquiry: Inquiry) -> Decision | None:
    """ProxyPass, unless a rule has said where it goes."""
    if not inquiry.mapped and not inquiry.translated:
        mapping.map_path(inquiry)
    return None


def map_by_aliases(inquiry: Inquiry) -> Decision | None:
    """Redirect and Alias of the server, and of Locations those without a path; ProxyPass comes before them."""
    if inquiry.mapped or inquiry.translated:
        return None
    return alias.translate(inquiry)


def gather_scope(inquiry: Inquiry) -> Decision | None:
    """The settings of everything that meets: Proxy sections by the URL, or Directory sections by the file, then
    Locations by the path."""
    host = inquiry.host
    if not inquiry.mapped and not inquiry.located:
        inquiry.filename = host.document_root.rstrip(b"/") + inquiry.filename
    if inquiry.path is not inquiry.met_path:
        locations.meet_locations(inquiry)
    if inquiry.mapped:
        outer = locations.meet(host.proxies, inquiry.filename[6:]) if host.proxies else 0
    else:
        outer = meet_directories(inquiry) if host.directories else 0
    inquiry.scope = locations.scope_of(host, outer, not inquiry.mapped, inquiry.sections)
    if inquiry.trace is not None:
        locations.tell_sections(inquiry, outer)
    if inquiry.scope.branches:
        branches.follow(inquiry)
    if host.checks_links and not inquiry.mapped and not files.may_follow(inquiry):
        inquiry.asked |= FILES
        return decision.answer(inquiry, 403, "Options do not let us follow a link on the way to the file (AH00037)")
    return None


def meet_directories(inquiry: Inquiry) -> int:
    """The Directory and Files sections of the inquiry's file. Where a path goes on behind a file's name, and some
    `<Files>` could be concerned, it is looked up where that name ends."""
    host = inquiry.host
    name = inquiry.filename
    if not files.named_within(host, name):
        return locations.meet(host.directories, name)
    rewritten.split_path_info(inquiry)
    met = locations.meet(host.directories, inquiry.filename)
    inquiry.filename = name
    inquiry.path_info = b""
    return met


def set_conditions(inquiry: Inquiry) -> Decision | None:
    """SetEnvIf and BrowserMatch of the sections that met."""
    lines = inquiry.scope.conditions
    # Not for what is only asked on the way to an answer (`ap_process_request_internal`).
    if lines and inquiry.main is None:
        environment.run(lines, inquiry, inquiry.path)
    return None


def set_variables(inquiry: Inquiry) -> Decision | None:
    """SetEnv and PassEnv: too late for all but what happens with a member, the fields and the logs."""
    lines = inquiry.scope.variables
    if lines:
        environment.set_fixed(lines, inquiry)
    if inquiry.facts.tls:
        tls.set_variables(inquiry)
    return None


def redirect_in_section(inquiry: Inquiry) -> Decision | None:
    """Redirect in sections, which even a ProxyPass does not stop."""
    scope = inquiry.scope
    if scope.redirect is None and not scope.redirects:
        return None
    return alias.redirect_in_section(inquiry)


def send_on(inquiry: Inquiry) -> Decision | None:
    """To a member, to a handler, or to a file."""
    if inquiry.mapped:
        return forwarded(inquiry)
    scope = inquiry.scope
    handler, origin = inquiry.handler, inquiry.origin
    if not handler and scope.handler != "default-handler":
        handler, origin = scope.handler, scope.handler_origin
    if handler.startswith(handed.SCHEME):
        handed.to_url(inquiry, handler, origin)
        return forwarded(inquiry)
    if handler:
        return decision.local(inquiry, handler, origin)
    if inquiry.script:
        return decision.answer(inquiry, 403, "a ScriptAlias names programs, and evenflow runs none")
    if not inquiry.located and not inquiry.host.document_root:
        return decision.answer(inquiry, 404, "no mapping covers the path, and there is no DocumentRoot")
    inquiry.asked |= FILES
    if not files.safe(inquiry.filename):
        return decision.answer(inquiry, 403, "the file's name has dot segments")
    return decision.file(inquiry, inquiry.filename)


Phase = Callable[[Inquiry], Decision | None]

# What runs for a path; `choose_host` runs once before them.
PHASES: Final[tuple[Phase, ...]] = (
    client_names.find,
    own_names.find,
    set_early,
    read_path,
    client_names.find,
    own_names.find,
    rewritten.run_server_rules,
    map_by_mappings,
    map_by_aliases,
    ground_rules.answer_trace,
    gather_scope,
    client_names.find,
    own_names.find,
    set_conditions,
    admission.admit,
    rewritten.run_section_rules,
    set_variables,
    redirect_in_section,
    directory.find_index,
    send_on,
)

# A sub-inquiry ends where something would be sent.
lookahead.URL_PHASES.extend(PHASES[PHASES.index(read_path) : -1])
lookahead.FILE_PHASES.extend(PHASES[PHASES.index(gather_scope) : -1])
directory.PHASES.extend(PHASES[PHASES.index(read_path) :])


# --- where it goes ------------------------------------------------------------------------------------------------


def forwarded(inquiry: Inquiry) -> Decision:
    """The decision for a URL that a mapping or a rule made."""
    url = inquiry.filename[6:]
    if url.startswith(b"unix:"):
        # The socket is the member's, whom the URL behind it names.
        url = url[url.find(b"|") + 1 :]
    scheme, origin, path = split_url(url)
    if inquiry.nocanon:
        if rewritten.has_controls(path):
            return decision.answer(
                inquiry, 403, "a blank or a control character in a path that is forwarded as it is (AH10415)"
            )
    elif inquiry.host.encoded_slashes == KEPT:
        path = canonical_keeping_slashes(path)
    else:
        path = canonical(path)
    if rewritten.bad_query(inquiry):
        return decision.answer(inquiry, 403, rewritten.BAD_QUERY)
    if not path:
        path = b"/"
    backends = inquiry.host.backends
    assert isinstance(backends, Backends)
    if scheme == b"balancer":
        balancer = backends.balancers.get(origin[11:])
        if balancer is None:
            return decision.answer(inquiry, 500, f"there is no balancer `{origin[11:].decode('latin-1')}`")
        return decision.forward(inquiry, balancer, None, b"http", path)
    if scheme not in FORWARDED_SCHEMES:
        return decision.answer(inquiry, 500, f"no way to speak `{scheme.decode('latin-1')}` to a member")
    member = backends.find_member(origin, path)
    if member is None:
        digits = origin[origin.rfind(b":") + 1 :]
        if not digits.translate(None, b"0123456789") and rewrite.leading_number(digits) > 65535:
            return decision.answer(inquiry, 400, f"no port is as large as in `{origin.decode('latin-1')}`")
        # httpd would ask the DNS for this name and say so.
        made = decision.answer(inquiry, 500, f"the configuration names no member `{origin.decode('latin-1')}`")
        made.proxy_error = True
        return made
    return decision.forward(inquiry, None, member, scheme, path)


# --- a child's memory ---------------------------------------------------------------------------------------------


Key = tuple[bytes, bytes, bytes, object]
"""Path, Host, method, and the `decision.Outcome` of the server's SetEnvIf lines (None where it has none)."""


class Memo:
    """Remembered answers of one kind of connection: two generations of a dictionary, the older dropped when the younger
    is full."""

    __slots__ = ("young", "old", "hosts")

    def __init__(self) -> None:
        self.young: dict[Key, Decision] = {}
        self.old: dict[Key, Decision] = {}
        self.hosts: dict[bytes, EarlyMemo | None] = {}
        """By Host: what is remembered of the SetEnvIf lines there; None where a look at what they ask is too dear."""

    def keep(self, key: Key, made: Decision) -> None:
        if len(self.young) >= MEMO_SIZE:
            self.old = self.young
            self.young = {}
        self.young[key] = made


class EarlyMemo:
    """Remembered outcomes of one virtual host's SetEnvIf lines, by the values that they look at."""

    __slots__ = ("asked", "young", "old", "outcomes")

    def __init__(self, asked: environment.Asked) -> None:
        self.asked = asked
        self.young: dict[object, decision.Outcome] = {}
        self.old: dict[object, decision.Outcome] = {}
        self.outcomes: dict[frozenset[tuple[bytes, bytes]], decision.Outcome] = {}
        """One object for each set of variables."""

    def keep(self, values: object, outcome: decision.Outcome) -> None:
        if len(self.young) >= MEMO_SIZE:
            self.old = self.young
            self.young = {}
        self.young[values] = outcome

    def outcome_of(self, env: dict[bytes, bytes]) -> decision.Outcome:
        """The object for these variables."""
        key = frozenset(env.items())
        outcome = self.outcomes.get(key)
        if outcome is None:
            if len(self.outcomes) >= MEMO_SIZE:
                self.outcomes.clear()
            outcome = self.outcomes[key] = decision.Outcome(dict(env))
        return outcome


class Decider:
    """Decides like `decide`, and remembers what depended on nothing but path, Host, method, the kind of connection, and
    what the server's SetEnvIf lines set.

    One for each child. What depended on more is decided anew each time, so no answer is ever given to the wrong
    request; the memory is bounded, and the path and Host that it is kept under are the bytes as received.
    """

    __slots__ = ("plan", "memos", "answers", "asks_early", "early_memos")

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.answers = Answers()
        self.memos: dict[tuple[int, bool, bytes, int, bool], Memo] = {}
        self.early_memos: dict[int, EarlyMemo | None] = {}
        hosts = plan.hosts if plan.main is None else (plan.main, *plan.hosts)
        for host in hosts:
            asked = host.early_asked
            if host.early and (host.remoteip is not None or host.early_edits or host.base.hostname_lookups):
                # What they see is known only when the client and his name are, and when the fields are.
                self.early_memos[host.index] = None
            elif host.early:
                self.early_memos[host.index] = EarlyMemo(asked) if isinstance(asked, environment.Asked) else None
        self.asks_early = bool(self.early_memos)
        """Some virtual host has SetEnvIf lines of its own."""

    def decide(self, facts: ConnectionFacts, head: RequestHead) -> Decision:
        """The decision for one request; see `evenflow.plan.decide.decide`."""
        memo = facts.memo
        if not isinstance(memo, Memo):
            memo = self.memo_of(facts)
        early = self.early_outcome(memo, facts, head) if self.asks_early else None
        key = (head.path, head.host, head.method, early)
        found = memo.young.get(key)
        if found is not None:
            return found
        found = memo.old.get(key)
        if found is None:
            inquiry = begin(self.plan, facts, head, None)
            inquiry.early = early
            inquiry.answers = self.answers
            found = run(inquiry)
            if (
                inquiry.asked != NOTHING
                or not head.host
                or len(head.path) + len(head.host) + len(head.method) > MEMO_KEY
            ):
                return found
        memo.keep(key, found)
        return found

    def decide_document(
        self, facts: ConnectionFacts, failed: Decision, old: RequestHead, head: RequestHead, status: int
    ) -> Decision:
        """Where an ErrorDocument's path leads in the place of what failed: the phases run anew for `head`."""
        inquiry = documents.inquiry_for(self.plan, facts, failed, old, head, status, None)
        inquiry.answers = self.answers
        return go_on(inquiry, 0)

    def early_outcome(self, memo: Memo, facts: ConnectionFacts, head: RequestHead) -> decision.Outcome | None:
        """What the virtual host's SetEnvIf lines set for this request; None where it has none, or where that is not to
        be known but by running them."""
        host = head.host
        if host in memo.hosts:
            early = memo.hosts[host]
        else:
            inquiry = begin(self.plan, facts, head, None)
            if choose_host(inquiry) is not None:
                return None
            early = self.early_memos.get(inquiry.host.index)
            # Without a name it is perhaps the path that chose the virtual host (ServerPath).
            if host and len(host) <= MEMO_KEY:
                if len(memo.hosts) >= MEMO_SIZE:
                    memo.hosts.clear()
                memo.hosts[host] = early
        if early is None:
            return None
        values = early.asked.values(facts, head)
        outcome = early.young.get(values)
        if outcome is not None:
            return outcome
        outcome = early.old.get(values)
        if outcome is None:
            if early.asked.size(values) > MEMO_KEY:
                return None
            inquiry = begin(self.plan, facts, head, None)
            if choose_host(inquiry) is not None:
                return None
            set_early(inquiry)
            outcome = early.outcome_of(inquiry.env)
        early.keep(values, outcome)
        return outcome

    def memo_of(self, facts: ConnectionFacts) -> Memo:
        """The memory for connections of this kind: the same virtual hosts, TLS or not, the same name in the
        handshake, HTTP/2 or not.
        """
        sni = b""
        if facts.tls:
            table = facts.table
            assert isinstance(table, HostTable)
            # A name that nobody has by the virtual host that it stands for: a client cannot make a memory for each
            # name that it thinks of.
            sni = facts.sni if facts.sni in table.names else b"%d" % table.select_sni(facts.sni).index
            if not facts.sni:
                # To have named nobody is not the same as to have named the first (SSLStrictSNIVHostCheck).
                sni += b"-"
        # The port, since our own URLs may have it (UseCanonicalPhysicalPort).
        key = (id(facts.table), facts.tls, sni, facts.local_port, facts.http2 is not None)
        memo = self.memos.get(key)
        if memo is None:
            memo = self.memos[key] = Memo()
        facts.memo = memo
        return memo
