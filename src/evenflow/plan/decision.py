"""One request while it is being decided: what was asked, how far we are, and what the answer depended on.

`Inquiry` is what the phases of `decide` read and write; httpd's names for its fields stand beside ours. The functions
below make the finished `Decision`s. Nothing here looks at a rule or a setting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from evenflow.origin import Origin
from evenflow.plan import steps
from evenflow.plan.model import (
    ANSWER,
    ASK,
    FILE,
    FORWARD,
    LOCAL,
    REDIRECT,
    Balancer,
    ConnectionFacts,
    Decision,
    Member,
    Plan,
    Scope,
    VirtualHost,
)

if TYPE_CHECKING:
    from evenflow.plan.questions import Answers, Question
    from evenflow.wire.headers import Headers
    from evenflow.wire.http1 import RequestHead

# What a decision may depend on beside the path, Host, the method and the kind of connection. Whatever is seen here
# forbids remembering it.
NOTHING: Final = 0
FIELDS: Final = 1
"""A header field other than Host, or the request line as a whole."""
QUERY: Final = 2
CLIENT: Final = 4
"""The connection's addresses and ports."""
TIME: Final = 8
FILES: Final = 16
"""What is on the disk."""

BREAKS: Final = frozenset((0, 10, 13))


class Response(Protocol):
    """An answer, as expressions see it."""

    @property
    def status(self) -> int: ...

    def get(self, name: bytes) -> bytes | None:
        """The first field of this name, in any case; None for none."""

    def content_type(self) -> bytes:
        """Its type, b"" for none; an answer of ours has one that is not among its fields yet."""


class Step:
    """One line of a trace: who looked (`origin`), in which phase, at what, and what came out."""

    __slots__ = ("phase", "origin", "saw", "result", "detail")

    def __init__(self, phase: str, origin: Origin, saw: str, result: str, detail: str = "") -> None:
        self.phase = phase
        """One of `evenflow.plan.steps`."""
        self.origin = origin
        self.saw = saw
        self.result = result
        self.detail = detail
        """A few words for people; "" mostly."""

    def __repr__(self) -> str:
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.phase}: {self.origin}: {self.saw} -> {self.result}{detail}"


class Outcome:
    """What the lines of a server set for some values. There is one object for each set of variables, so it can stand in
    a key for them."""

    __slots__ = ("env",)

    def __init__(self, env: dict[bytes, bytes]) -> None:
        self.env = env


class Inquiry:
    """A request on its way through the phases."""

    __slots__ = (
        "plan", "facts", "head", "trace", "host", "path", "filename", "query", "own_query", "env", "asked", "sections",
        "raw_path", "met_path", "mapped", "translated", "nocanon", "scope", "handler", "ended", "restart", "restarts",
        "status", "redirect_status", "location_mapping", "origin", "rule_match", "condition_match",
        "address", "fields", "response", "vary", "early",
        "user", "auth_type", "answers", "told", "question", "phase",
        "located", "script",
        "cookies", "content_type", "path_info",
        "main", "depth", "looks", "subject", "directory", "directory_url", "reduced", "last_rule",
        "first_path", "early_fields", "client_name", "renewable",
    )  # fmt: skip

    def __init__(
        self, plan: Plan, facts: ConnectionFacts, head: RequestHead, host: VirtualHost, trace: list[Step] | None
    ) -> None:
        self.plan = plan
        self.facts = facts
        self.head = head
        self.trace = trace
        self.host = host
        self.address = facts.proxied_address or facts.remote_address
        """The client's address: the connection's, until a proxy in front of us is believed (mod_remoteip)."""
        self.client_name: bytes | None = None
        """What that is called (HostnameLookups, Require host); b"" for no name, None where nobody has asked."""
        self.early: Outcome | None = None
        """What the server's SetEnvIf lines set, where that is known without asking them."""
        self.user: bytes | None = None
        """The name that the client gave with its credentials (r->user); None for none, and before access is checked."""
        self.auth_type = b""
        """`Basic`, where credentials were asked for."""
        self.answers: Answers | None = None
        """What is known already of names and passwords; None: nothing, and nothing is kept."""
        self.told: dict[tuple[int, bytes], object] = {}
        """Answers to this inquiry's own questions."""
        self.question: Question | None = None
        """What must be answered before it can go on."""
        self.phase = 0
        """The phase that waits for it."""
        self.path = b""
        """The decoded path (httpd's r->uri)."""
        self.filename = b""
        """What rules change (r->filename): the path, a URL, or `proxy:` and a URL."""
        self.query: bytes | None = head.query
        """The query as rules see and change it (r->args)."""
        self.own_query = True
        """The query is the request's own still."""
        self.env: dict[bytes, bytes] = {}
        self.asked = NOTHING
        """What was looked at that may differ in the next request for the same path."""
        self.sections = 0
        """The Location sections that the path meets, one bit each."""
        self.raw_path = b""
        """The path as received, for `nocanon`."""
        self.met_path = b""
        """The path that `sections` was found for."""
        self.translated = False
        """A rule made it a local path, which no mapping sees."""
        self.mapped = False
        """`filename` is `proxy:` and a URL."""
        self.located = False
        """An Alias or a rule named the file: DocumentRoot has no part in it."""
        self.script = False
        """A ScriptAlias did: it is never given out."""
        self.nocanon = False
        """The URL's path is forwarded as it is (nocanon, NE)."""
        self.scope: Scope = host.base
        self.handler = ""
        """The handler that a rule's H names."""
        self.ended = False
        """A rule said END."""
        self.restart = False
        """A rule in a Location changed the path: the phases run again with the new one."""
        self.restarts = 0
        """How often they did."""
        self.status = 0
        """The status that a rule answers with; 0 for none."""
        self.redirect_status = 302
        """The status that a rule redirects with."""
        self.location_mapping: object = None
        """The `mapping.Mapping` of the last Location that has one."""
        self.origin: Origin = host.origin
        """Who had the last word so far."""
        self.rule_match: object = None
        """The match that $N refer to."""
        self.condition_match: object = None
        """The match that %N refer to."""
        self.vary: tuple[bytes, ...] = ()
        """Names of request fields that expressions read, for the Vary of an answer of ours."""
        self.fields: Headers | None = None
        """The request's fields where RequestHeader changed them; None: those of the head."""
        self.response: Response | None = None
        """The answer, for whoever asks once there is one."""
        self.cookies: tuple[tuple[bytes, bytes], ...] = ()
        """(name, value of a Set-Cookie): what rules' CO made, each name once for a request."""
        self.content_type = b""
        """What a rule's T calls a file."""
        self.path_info = b""
        """What of the path lies behind the file (r->path_info), while rules of a Location look at it."""

        self.reduced = False
        """A rule named our own host, and its URL became a path."""
        self.first_path: bytes | None = None
        """The path before rules of sections began anew (SCRIPT_URL); None while they did not."""
        self.early_fields: object = None
        """`early.EarlyFields`, for the decision."""
        self.renewable = 0
        """If it may begin again from the first phase on, one more than the steps of the trace before that; 0 for
        sub-inquiries and for the document in a request's place."""
        self.last_rule: object = None
        """The last `rewrite.Rule` of the list that changed something."""
        self.subject = b""
        """What the rule at hand matches against."""
        self.directory: bytes | None = None
        """The directory of the place whose rules run; None for a server's."""
        self.directory_url: bytes | None = None
        """Its RewriteBase."""
        self.main: Inquiry | None = None
        """What a sub-inquiry is made for; see `lookahead`."""
        self.depth = 0
        """How many inquiries this one is made for."""
        self.looks = 0
        """How many sub-inquiries were made for it, by those too."""

    def answer_to(self, kind: int, subject: bytes) -> object:
        """What is known of it, None for nothing: then somebody must be asked."""
        found = self.told.get((kind, subject))
        if found is None and self.answers is not None:
            found = self.answers.find(kind, subject)
        return found

    def note(self, phase: str, origin: Origin, saw: bytes, result: bytes, detail: str = "") -> None:
        """Write a step into the trace; only called where there is one. `phase` is a name of `evenflow.plan.steps`."""
        if self.trace is not None:
            self.trace.append(Step(phase, origin, saw.decode("latin-1"), result.decode("latin-1"), detail))


def made(inquiry: Inquiry, kind: int, origin: Origin) -> Decision:
    """A decision of this kind, with what every kind keeps of the inquiry."""
    decision = Decision(kind, inquiry.host, inquiry.scope, origin)
    decision.env = inquiry.env
    decision.vary = inquiry.vary
    decision.early_fields = inquiry.early_fields
    decision.client_name = inquiry.client_name
    for _, value in inquiry.cookies:
        decision.cookies += (value,)
    decision.uri = inquiry.path
    decision.filename = inquiry.filename
    if inquiry.address != (inquiry.facts.proxied_address or inquiry.facts.remote_address):
        decision.address = inquiry.address
    decision.user = inquiry.user
    decision.auth_type = inquiry.auth_type
    decision.keep_query = inquiry.own_query
    if not inquiry.own_query:
        decision.query = inquiry.query
    return decision


def wait(inquiry: Inquiry) -> Decision:
    """Not decided: somebody must answer `inquiry.question` first."""
    decision = made(inquiry, ASK, inquiry.origin)
    decision.question = inquiry.question
    decision.inquiry = inquiry
    return decision


def written(text: object, inquiry: Inquiry) -> bytes:
    """A text that may be made of the request: bytes, or a function of the inquiry."""
    if isinstance(text, bytes):
        return text
    assert callable(text)
    found = text(inquiry)
    assert isinstance(found, bytes)
    return found


def forward(inquiry: Inquiry, balancer: Balancer | None, member: Member | None, scheme: bytes, path: bytes) -> Decision:
    """Send it to a balancer's member, or to `member`; `path` is ready for the wire."""
    decision = made(inquiry, FORWARD, inquiry.origin)
    decision.balancer = balancer
    decision.member = member
    decision.scheme = scheme
    decision.path = path
    if inquiry.trace is not None:
        if balancer is not None:
            place = b"balancer://" + balancer.name
        else:
            assert member is not None
            place = member.scheme + b"://" + member.host_field + member.path
        inquiry.note(steps.FORWARD, inquiry.origin, inquiry.path, place + path)
    return decision


def redirect(inquiry: Inquiry, status: int, location: bytes) -> Decision:
    """Answer with a Location; with 500 where what it was made of would end the field."""
    if not BREAKS.isdisjoint(location):
        return answer(inquiry, 500, "a Location with a line break or NUL in it")
    decision = made(inquiry, REDIRECT, inquiry.origin)
    decision.status = status
    decision.location = location
    if inquiry.trace is not None:
        inquiry.note(steps.REDIRECT, inquiry.origin, inquiry.path, b"%d " % status + location)
    return decision


def answer(inquiry: Inquiry, status: int, reason: str) -> Decision:
    """Answer with a page of ours; `reason` is for the log."""
    decision = made(inquiry, ANSWER, inquiry.origin)
    decision.status = status
    decision.reason = reason
    if inquiry.trace is not None:
        inquiry.note(steps.ANSWER, inquiry.origin, inquiry.path, b"%d" % status, reason)
    return decision


def local(inquiry: Inquiry, handler: str, origin: Origin) -> Decision:
    """Hand it to a handler of ours."""
    decision = made(inquiry, LOCAL, origin)
    decision.handler = handler
    if inquiry.trace is not None:
        inquiry.note(steps.LOCAL, origin, inquiry.path, handler.encode("latin-1", "replace"))
    return decision


def file(inquiry: Inquiry, path: bytes) -> Decision:
    """Answer with a file."""
    decision = made(inquiry, FILE, inquiry.origin)
    decision.file = path
    decision.path_info = inquiry.path_info
    decision.content_type = inquiry.content_type
    if inquiry.trace is not None:
        inquiry.note(steps.FILE, inquiry.origin, inquiry.path, path)
    return decision


def afterwards(
    plan: Plan,
    facts: ConnectionFacts,
    head: RequestHead,
    decision: Decision,
    env: dict[bytes, bytes],
    response: Response | None,
) -> Inquiry:
    """An inquiry as the decision left it, for whoever asks about the answer: Header, logs."""
    inquiry = Inquiry(plan, facts, head, decision.host, None)
    inquiry.address = decision.client(facts)
    inquiry.client_name = decision.client_name
    inquiry.user = decision.user
    inquiry.auth_type = decision.auth_type
    inquiry.path = decision.uri
    inquiry.filename = decision.filename
    inquiry.query = head.query if decision.keep_query else decision.query
    inquiry.env = env
    inquiry.scope = decision.scope
    inquiry.handler = decision.handler
    inquiry.response = response
    return inquiry
