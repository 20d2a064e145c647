"""An exchange without sockets: what happens to it (`>>`) and what it does then (`<<`).

    story >> head("GET", "/") << connect("a")
    story >> ready() << to_backend(b"GET / HTTP/1.1", ...)

The story holds what a connection holds: bytes that nobody took yet, one read buffer that is overwritten after each
call, and outlets that are emptied as a sender empties them. Every member has another request in flight from the
beginning; `end` asks that nothing but these is left, so a slot given back twice is seen as well as one kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evenflow.balancer.choose import begin
from evenflow.origin import NOWHERE
from evenflow.plan.backends import Backends
from evenflow.plan.environment import PATH, Change, Line
from evenflow.plan.mapping import Mapping
from evenflow.plan.model import Balancer, ConnectionFacts, Member, Plan, VirtualHost
from evenflow.plan.patterns import Pattern
from evenflow.plan.vhosts import HostTable
from evenflow.proxy import attempt
from evenflow.proxy.exchange import Exchange
from evenflow.proxy.routes import Routes
from evenflow.slotmem.scoreboard import Scoreboard
from evenflow.wire.outlet import Outlet

IDLE, BODY, MEMBER, WAIT, SENDING, ANSWERING, OWN, DONE, SWITCHED, CUT = range(10)
"""The steps as steps.py numbers them; the tests of it hold the numbers."""

STEPS = ("IDLE", "BODY", "MEMBER", "WAIT", "SENDING", "ANSWERING", "OWN", "DONE", "SWITCHED", "CUT")

DATE = b"Sat, 21 Nov 2026 12:00:00 GMT"

Event = Callable[["Story"], None]


def make_member(name: str, slot: int, **said: Any) -> Member:
    """The member `http://NAME:8090` (or another `scheme`), with any field of it said otherwise."""
    scheme = said.pop("scheme", b"http")
    host = said.pop("host", name)
    port = said.pop("port", 8090)
    made = Member(
        scheme + b"://%s:%d" % (host.encode(), port), scheme, host, port, said.pop("path", b""), slot, NOWHERE
    )
    made.host_field = b"%s:%d" % (host.encode(), port)
    if scheme == b"ws":
        made.upgrade = (b"websocket",)
    for field, value in said.items():
        setattr(made, field, value)
    return made


class World:
    """A plan with the balancer `c` of `members` for every path but `/plain`, which leads to a plain member, and `/own`,
    which nobody serves (404). `members` maps a name to its fields; `scope`, `host` and `balancer` are fields of theirs.
    """

    def __init__(
        self,
        members: dict[str, dict[str, Any]],
        scope: dict[str, Any],
        host: dict[str, Any],
        balancer: dict[str, Any],
        plain: dict[str, Any],
    ) -> None:
        made = [make_member(name, index, **said) for index, (name, said) in enumerate(members.items())]
        self.plain = make_member("plain", len(made), **plain)
        self.balancer = Balancer(b"c", tuple(made), 0, NOWHERE)
        for member in made:
            member.balancer = self.balancer
        for field, value in balancer.items():
            setattr(self.balancer, field, value)
        if self.balancer.sticky_cookie and not self.balancer.sticky_path:
            self.balancer.sticky_path = self.balancer.sticky_cookie
        self.host = VirtualHost(0, b"www.example", NOWHERE)
        self.host.mappings = (
            Mapping(b"/own", None, False, NOWHERE),
            Mapping(b"/plain", self.plain.name, False, NOWHERE),
            Mapping(b"/", b"balancer://c/", False, NOWHERE),
        )
        self.host.backends = Backends({b"c": self.balancer}, {self.plain.name: (self.plain,)})
        for field, value in scope.items():
            setattr(self.host.base, field, value)
        for field, value in host.items():
            setattr(self.host, field, value)
        self.table = HostTable((self.host,))
        self.plan = Plan()
        self.plan.hosts = (self.host,)
        self.plan.main = self.host
        self.plan.tables = {(b"", 0): self.table}
        self.plan.members = (*made, self.plain)
        self.plan.balancers = (self.balancer,)
        self.scoreboard = Scoreboard(self.plan.members, self.plan.balancers, 1)
        self.routes = Routes(self.plan, self.scoreboard, 0)
        self.routes.date = DATE


class Story:
    """See the module. Fields of the scope, of the virtual host, the balancer and the plain member may be said."""

    def __init__(
        self,
        members: dict[str, dict[str, Any]] | None = None,
        *,
        scope: dict[str, Any] | None = None,
        host: dict[str, Any] | None = None,
        balancer: dict[str, Any] | None = None,
        plain: dict[str, Any] | None = None,
    ) -> None:
        given = {"a": {}, "b": {}} if members is None else members
        self.world = World(given, scope or {}, host or {}, balancer or {}, plain or {})
        self.slots = [self.world.scoreboard.member(index, 0) for index in range(len(self.world.plan.members))]
        for slot in self.slots:
            begin(slot)
        self.facts = ConnectionFacts(b"10.0.0.9", 4711, b"10.0.0.1", 80, False, b"", self.world.table)
        self.exchange = Exchange(self.world.routes)
        self.now = 1000.0
        self.served = 0
        self.unread = b""
        """What the client sent and the exchange did not take."""
        self.searched = 0
        self.buffer = bytearray(1 << 18)
        self.client_got = b""
        """What the client was sent since it was looked at last."""
        self.backend_got = b""
        self.most_lent = 0
        """The largest run of bytes that lay in an outlet without having been copied."""
        self.next_request()

    def __rshift__(self, event: Event) -> Story:
        event(self)
        return self

    def __lshift__(self, expected: Event) -> Story:
        expected(self)
        return self

    def next_request(self) -> None:
        """The same connection, ready for one more."""
        self.exchange.begin(self.facts)
        self.exchange.served = self.served
        self.searched = 0

    def move(self) -> None:
        """Give the exchange what it can use of the client's bytes."""
        exchange = self.exchange
        while self.unread:
            size = min(len(self.unread), len(self.buffer))
            if exchange.step == IDLE:
                self._fill(self.unread[:size])
                at = exchange.take_head(self.buffer, 0, size, self.searched, self.now)
                if at < 0:
                    self.searched = size
                    break
                self.searched = 0
            elif exchange.step == BODY or (
                exchange.step in (SENDING, ANSWERING) and exchange.request_left != 0 and not exchange.held_back
            ):
                self._fill(self.unread[:size])
                at = exchange.take_body(self.buffer, 0, size, self.now)
            else:
                break
            self.unread = self.unread[at:]
            self.empty()

    def _fill(self, data: bytes) -> None:
        self.buffer[: len(data)] = data

    def empty(self) -> None:
        """What a sender does after every call; the read buffer then belongs to the next reader."""
        self.client_got += self._taken(self.exchange.to_client)
        self.backend_got += self._taken(self.exchange.to_backend)
        self.buffer[:] = b"\xee" * len(self.buffer)

    def _taken(self, out: Outlet) -> bytes:
        self.most_lent = max(self.most_lent, out.lent_end - out.lent_start)
        data = bytes(out.data[out.start : out.end])
        if out.lent is not None:
            data += bytes(out.lent[out.lent_start : out.lent_end])
        out.clear()
        return data

    def member_sends(self, data: bytes) -> None:
        while data:
            piece = data[: len(self.buffer)]
            data = data[len(piece) :]
            self._fill(piece)
            self.exchange.backend_sent(self.buffer, 0, len(piece), self.now)
            self.empty()

    def busy(self) -> list[int]:
        """Requests of this story in flight at each member."""
        return [slot.busy - 1 for slot in self.slots]

    def end(self) -> None:
        """Wherever the story stopped: the client leaves, and no member is busy with it any more."""
        self.exchange.client_gone()
        assert self.busy() == [0] * len(self.slots), "a member's slot was not given back exactly once"


# --- what happens -------------------------------------------------------------------------------------------------


def sends(data: bytes) -> Event:
    """The client sends these bytes."""

    def event(story: Story) -> None:
        story.unread += data
        story.move()

    return event


def head(method: str, target: str, *fields: str, version: str = "1.1") -> Event:
    """The client sends a request's head; without a Host among the fields it is www.example."""
    lines = [f"{method} {target} HTTP/{version}"]
    if not any(field.lower().startswith("host:") for field in fields):
        lines.append("Host: www.example")
    return sends("\r\n".join([*lines, *fields, "", ""]).encode("latin-1"))


def ready(reused: bool = False) -> Event:
    """The connection to the chosen member is there."""

    def event(story: Story) -> None:
        assert step_of(story) == "MEMBER"
        story.exchange.attach(reused)
        story.empty()
        story.move()

    return event


def refused(cause: str = "refused") -> Event:
    """The chosen member does not take the connection."""

    def event(story: Story) -> None:
        assert step_of(story) == "MEMBER"
        attempt.connect_failed(story.exchange, cause, story.now)
        story.empty()

    return event


def unknown_name() -> Event:
    """The chosen member's name has no address."""
    return lambda story: attempt.name_unknown(story.exchange, "Name or service not known", story.now)


def answers(*pieces: bytes) -> Event:
    """The member sends these bytes, each piece in a packet of its own."""

    def event(story: Story) -> None:
        for piece in pieces:
            story.member_sends(piece)
        story.move()

    return event


def member_closes(cause: str = "closed") -> Event:
    """The member's connection ends."""

    def event(story: Story) -> None:
        attempt.backend_closed(story.exchange, cause, story.now)
        story.empty()

    return event


def member_is_silent() -> Event:
    """The member says nothing for as long as it may."""

    def event(story: Story) -> None:
        attempt.timed_out(story.exchange, story.now)
        story.empty()

    return event


def client_leaves() -> Event:
    """The client's connection is lost."""
    return lambda story: story.exchange.client_gone()


def seconds(passed: float) -> Event:
    """Time goes by."""

    def event(story: Story) -> None:
        story.now += passed

    return event


def elect() -> Event:
    """Who waits for a member asks again."""
    return lambda story: story.exchange.elect(story.now)


def next_request() -> Event:
    """The answer is sent; what the client sent behind the request is a new one."""

    def event(story: Story) -> None:
        assert step_of(story) == "DONE"
        story.served += 1
        story.next_request()
        story.move()

    return event


# --- what the exchange does ---------------------------------------------------------------------------------------


def step_of(story: Story) -> str:
    return STEPS[story.exchange.step]


def step(name: str) -> Event:
    """It waits for what this step says."""

    def expected(story: Story) -> None:
        assert step_of(story) == name

    return expected


def connect(name: str) -> Event:
    """It wants a connection to this member, which is busy from now on."""

    def expected(story: Story) -> None:
        assert step_of(story) == "MEMBER"
        assert story.exchange.slot.member.host == name
        assert sum(story.busy()) == 1

    return expected


def to_backend(data: bytes) -> Event:
    """Exactly these bytes went to the member since the last look."""

    def expected(story: Story) -> None:
        got, story.backend_got = story.backend_got, b""
        assert got == data

    return expected


def to_client(data: bytes) -> Event:
    """Exactly these bytes went to the client since the last look."""

    def expected(story: Story) -> None:
        got, story.client_got = story.client_got, b""
        assert got == data

    return expected


def page(status: int, why: str = "", close: bool | None = None) -> Event:
    """It wants an answer of ours with this status; it gets one. `close`: whether the client's connection must end."""

    def expected(story: Story) -> None:
        exchange = story.exchange
        assert step_of(story) == "OWN"
        assert (exchange.status or exchange.decision.status) == status
        assert why in exchange.why
        assert story.client_got == b"", "an answer had begun already"
        if close is not None:
            assert exchange.keep_client is not close
        exchange.answered(0)
        assert step_of(story) == "DONE"

    return expected


def done(keep_client: bool = True, keep_backend: bool = True) -> Event:
    """The answer is complete, and the connections are kept or not."""

    def expected(story: Story) -> None:
        assert step_of(story) == "DONE"
        assert (bool(story.exchange.keep_client), bool(story.exchange.keep_backend)) == (keep_client, keep_backend)
        assert story.busy() == [0] * len(story.slots)

    return expected


def failed(stage: str, cause: str, in_error: bool = False, repeated: bool = False) -> Event:
    """There is a failure to log, with these words; it is taken away as by who logs it."""

    def expected(story: Story) -> None:
        failure = story.exchange.failure
        assert failure is not None
        assert (failure.stage, failure.cause, failure.in_error, failure.repeated) == (stage, cause, in_error, repeated)
        story.exchange.failure = None

    return expected


def cut() -> Event:
    """Only closing the connection can tell the client."""

    def expected(story: Story) -> None:
        assert step_of(story) == "CUT"
        assert story.exchange.keep_client == story.exchange.keep_backend == False  # noqa: E712 - both numbers and bools
        assert story.busy() == [0] * len(story.slots)

    return expected


# --- what stories are mostly about -------------------------------------------------------------------------------

Tell = Callable[..., Story]
"""The fixture `tell`: its arguments are those of `Story`."""

FORWARDED = b"X-Forwarded-For: 10.0.0.9\r\nX-Forwarded-Host: www.example\r\nX-Forwarded-Server: www.example\r\n"
DATED = b"Date: " + DATE + b"\r\nServer: evenflow\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
OK_SENT = b"HTTP/1.1 200 OK\r\n" + DATED + b"Content-Length: 2\r\n\r\nok"


def request_to(
    member: str, start: str, fields: bytes = b"", body: bytes = b"", end: bytes = b"Connection: Keep-Alive"
) -> bytes:
    """What a member gets."""
    return f"{start} HTTP/1.1\r\nHost: {member}:8090\r\n".encode() + fields + FORWARDED + body + end + b"\r\n\r\n"


def at_answer(tell: Tell, method: str = "GET", *fields: str, version: str = "1.1", **said: Any) -> Story:
    """A story whose request went to member a."""
    story = tell(**said)
    story >> head(method, "/", *fields, version=version) << connect("a")
    story >> ready()
    story.backend_got = b""
    return story


def with_variable(name: bytes) -> dict[str, Any]:
    """A virtual host in which every request has this variable."""
    line = Line(PATH, b"request_uri", (Change(name, (b"1",)),), NOWHERE)
    line.pattern = Pattern(b"", False)
    return {"early": (line,)}
