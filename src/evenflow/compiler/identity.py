"""Who is a backend: the balancers and members that each server has, with their parameters resolved.

Follows httpd's rules of identity: a member of a balancer is its URL; a plain member is made by the first line that
needs it and shared by every later URL that begins with its own; later lines override earlier ones. What rules name
beyond that gets a member of its own without kept connections. Slots are given out here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from typing import Final, TypeVar

from evenflow.compiler.balancing import compile_balancing
from evenflow.compiler.findings import Findings, Refused
from evenflow.compiler.maps import texts_of
from evenflow.compiler.named_values import Values, written_out
from evenflow.compiler.probes import compile_probe, warn_of_plain
from evenflow.compiler.texts import to_bytes
from evenflow.config.merge import merge
from evenflow.config.settings import (
    UNSET,
    BalancerParameters,
    Block,
    MappingLine,
    MemberLine,
    MemberParameters,
    ProxySettings,
    ServiceLine,
    SetLine,
    Unset,
)
from evenflow.origin import Origin
from evenflow.plan import handed
from evenflow.plan.backends import Backends
from evenflow.plan.model import Balancer, Member
from evenflow.plan.names import default_port
from evenflow.plan.rewrite import PROXY, Rule
from evenflow.plan.services import Service
from evenflow.plan.template import LITERAL
from evenflow.wire.targets import canonical

SPOKEN: Final = ("http", "ws", "https", "wss")

MOST_NAME: Final = 63
"""httpd cuts a stickysession silently to so many characters."""

P = TypeVar("P", MemberParameters, BalancerParameters)


@dataclass(slots=True)
class BalancerDraft:
    """A balancer of one server, while its lines are read."""

    name: str
    origin: Origin
    members: list[MemberLine] = field(default_factory=list)
    parameters: BalancerParameters = BalancerParameters()
    services: list[ServiceLine] = field(default_factory=list)


@dataclass(slots=True)
class MemberDraft:
    """A plain member of one server."""

    url: Url
    origin: Origin
    parameters: MemberParameters = MemberParameters()
    of_pattern: bool = False
    """Something is put into its URL while requests run: httpd keeps no connection for it."""


@dataclass(frozen=True, slots=True)
class Url:
    """A member's URL taken apart; `authority` as in a Host field, `name` as httpd prints the whole."""

    scheme: str
    host: str
    port: int
    authority: str
    path: str
    socket: str = ""
    """The path of a Unix socket; "" for TCP."""

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.authority}"

    @property
    def name(self) -> str:
        return self.origin + self.path


class Drafts(list[MemberDraft]):
    """The plain members of one server in file order, and an index to find the one that a URL belongs to."""

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[tuple[str, str], list[MemberDraft]] = {}

    def take(self, member: MemberDraft) -> None:
        """One more."""
        self.append(member)
        self.places.setdefault((member.url.origin, member.url.path), []).append(member)

    def covering(self, url: Url, *, of_patterns: bool = True) -> MemberDraft | None:
        """The member with the longest URL that this one begins with, at the same origin."""
        origin, path = url.origin, url.path
        for size in range(len(path), -1, -1):
            for member in self.places.get((origin, path[:size]), ()):
                if of_patterns or not member.of_pattern:
                    return member
        return None


@dataclass(slots=True)
class Server:
    """The lines of one server that concern backends, and what was made of them."""

    balancers: dict[str, BalancerDraft]
    plain: Drafts
    backends: Backends


class Identities:
    """All members and balancers of a plan, in the order of their slots."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.members: list[Member] = []
        self.balancers: list[Balancer] = []
        self.main: Server | None = None
        self.main_proxy = ProxySettings()
        self.values: Values = {}
        """What the configuration puts into variables, for interpolated targets."""
        self.main_lines: list[MappingLine] = []
        self.origins: dict[str, Url] = {}
        """Every `scheme://host[:port]` that the configuration names, for rules whose target depends on the request."""

    def add_server(self, block: Block, files: tuple[str, ...]) -> Server:
        """Read one server's lines. The main server comes first; its balancers and plain members are visible in the
        others."""
        drafts: dict[str, BalancerDraft] = {}
        plain = Drafts()
        outer = self.main if inherits(self.main_proxy, block.proxy) else None
        for line in lines_of(block, files):
            try:
                if isinstance(line, MemberLine):
                    self.take_member(drafts, line)
                elif isinstance(line, ServiceLine):
                    drafts.setdefault(line.balancer, BalancerDraft(line.balancer, line.origin)).services.append(line)
                elif isinstance(line, SetLine):
                    self.take_set(drafts, plain, line)
                elif line.target != "!":
                    self.take_mapping(drafts, plain, line, outer)
            except Refused as refused:
                refused.report(self.findings, line.origin)
        balancers: dict[bytes, Balancer] = {} if outer is None else dict(outer.backends.balancers)
        persists = block.proxy.persist if block.proxy.persist is not UNSET else self.main_proxy.persist
        for name, draft in drafts.items():
            inherited = None if outer is None else outer.balancers.get(name)
            if inherited is not None:
                # httpd keeps the main server's members and only the parameters of the virtual host.
                draft = BalancerDraft(
                    name,
                    draft.origin,
                    inherited.members,
                    override(inherited.parameters, draft.parameters),
                    inherited.services,
                )
            made_one = self.make_balancer(draft)
            made_one.persist = persists is True
            balancers[to_bytes(name)] = made_one
        made = [self.make_plain(draft) for draft in plain]
        members: dict[bytes, tuple[Member, ...]] = {} if outer is None else dict(outer.backends.members)
        # Of two members with one URL the one that keeps connections comes first.
        at: dict[bytes, list[Member]] = {}
        for drafted, member in sorted(zip(plain, made, strict=True), key=lambda pair: pair[0].of_pattern):
            at.setdefault(to_bytes(drafted.url.origin), []).append(member)
        for key, found in at.items():
            members[key] = by_length((*members.get(key, ()), *found))
        server = Server(drafts, plain, Backends(balancers, members))
        mappings = [line for line in lines_of(block, files) if isinstance(line, MappingLine)]
        for line in self.main_lines:
            self.cover_mapping(server, line, False)
        for line in mappings:
            self.cover_mapping(server, line, True)
        if self.main is None:
            self.main = server
            self.main_proxy = block.proxy
            self.main_lines = mappings
        return server

    # --- lines ----------------------------------------------------------------------------------------------------

    def take_member(self, drafts: dict[str, BalancerDraft], line: MemberLine) -> None:
        draft = drafts.setdefault(line.balancer, BalancerDraft(line.balancer, line.origin))
        url = self.read(line.url)
        name = url.name
        if any(self.read(other.url) == url for other in draft.members):
            self.findings.warning(
                "member-repeated",
                f"`{name}` is a member of `balancer://{line.balancer}` already: this line has no effect",
                line.origin,
                notes=("httpd takes the parameters of the first line",),
            )
            return
        draft.members.append(line)

    def take_set(self, drafts: dict[str, BalancerDraft], plain: Drafts, line: SetLine) -> None:
        name = balancer_name(line.target)
        if name is not None:
            draft = drafts.setdefault(name, BalancerDraft(name, line.origin))
            draft.parameters = override(draft.parameters, line.balancer)
            return
        url = self.read(line.target)
        member = plain.covering(url)
        if member is None:
            member = MemberDraft(url, line.origin)
            plain.take(member)
        member.parameters = override(member.parameters, line.member)

    def take_mapping(
        self, drafts: dict[str, BalancerDraft], plain: Drafts, line: MappingLine, outer: Server | None
    ) -> None:
        name = balancer_name(line.target)
        if name is not None and line.regex:
            name = name.partition("$")[0]
        if name is not None:
            draft = drafts.get(name)
            if (
                draft is None
                and outer is not None
                and name in outer.balancers
                and line.balancer == BalancerParameters()
            ):
                return
            if draft is None:
                draft = drafts[name] = BalancerDraft(name, line.origin)
            draft.parameters = override(draft.parameters, line.balancer)
            return
        target = fixed_part(line)
        if target is None:
            return
        url = self.read(target)
        of_pattern = (line.regex and GROUP.search(line.target) is not None) or "${" in line.target
        member = plain.covering(url, of_patterns=of_pattern)
        if member is None:
            plain.take(MemberDraft(url, line.origin, line.member, of_pattern))
        elif url.socket != member.url.socket:
            self.findings.warning(
                "parameters-ignored",
                f"`{line.target}` goes to `{member.url.socket or member.url.origin}`: the same URL was there first",
                line.origin,
                notes=(f"that member is made on line {member.origin.line}, and sockets are not compared (AH01145)",),
                help="give each socket a URL with a name of its own",
            )
        elif line.member != MemberParameters() and member.origin != line.origin:
            self.findings.warning(
                "parameters-ignored",
                f"the parameters of `{url.name}` have no effect: it shares the member `{member.url.name}`",
                line.origin,
                notes=(
                    f"that member is made on line {member.origin.line}, and this URL begins with its own (AH01146)",
                ),
                help="put the mapping with the longer URL first",
            )

    def cover_mapping(self, server: Server, line: MappingLine, own: bool) -> None:
        """A member for what a mapping's URL may become and no member's URL begins: httpd asks the DNS then."""
        if line.target == "!" or balancer_name(line.target) is not None:
            return
        try:
            target = fixed_part(line)
            if target is not None:
                url = self.read(target)
                if not own or canonical(to_bytes(url.path)) != to_bytes(url.path) or "${" in line.target:
                    path = canonical(to_bytes(url.path))
                    if server.backends.find_member(to_bytes(url.origin), path) is None or "${" in line.target:
                        self.cover(server, url, line.origin)
                return
            urls = written_out(line.target, self.values)
            for text in urls:
                self.cover(server, self.read(text), line.origin)
            if not urls:
                self.findings.warning(
                    "backend-from-request",
                    f"`{line.target}` names no member: no line of the configuration says what its variables hold",
                    line.origin,
                    notes=("a request is sent only to members that the configuration names: this answers 500",),
                    help="write the members out in `RewriteRule ... [E=NAME:host:port]` or SetEnvIf lines",
                )
        except Refused as refused:
            refused.report(self.findings, line.origin)

    def read(self, text: str) -> Url:
        url = read_url(text)
        self.origins.setdefault(url.origin, url)
        return url

    # --- members and balancers ------------------------------------------------------------------------------------

    def make_balancer(self, draft: BalancerDraft) -> Balancer:
        members = []
        for line in draft.members:
            url = self.read(line.url)
            member = self.make_member(url, line.parameters, line.origin)
            member.path = to_bytes(url.path)
            member.probe = compile_probe(line.parameters, line.origin, self.findings)
            members.append(member)
        said = draft.parameters
        balancer = Balancer(to_bytes(draft.name), tuple(members), len(self.balancers), draft.origin)
        if said.lbmethod:
            balancer.lbmethod = said.lbmethod
        if said.stickysession:
            cookie, _, path = said.stickysession[:MOST_NAME].partition("|")
            balancer.sticky_cookie = to_bytes(cookie)
            balancer.sticky_path = to_bytes(path or cookie)
        if said.stickysessionsep is not UNSET:
            balancer.sticky_separator = to_bytes(said.stickysessionsep)
        balancer.semicolon_ends = bool(said.scolonpathdelim)
        balancer.nofailover = bool(said.nofailover)
        if said.maxattempts is not UNSET:
            balancer.maxattempts = said.maxattempts
        balancer.timeout = said.timeout or 0.0
        balancer.failonstatus = frozenset(said.failonstatus or ())
        balancer.failontimeout = bool(said.failontimeout)
        if said.forcerecovery is not UNSET:
            balancer.forcerecovery = said.forcerecovery
        balancer.growth = said.growth or 0
        spares = [self.make_spare(draft.origin) for _ in range(balancer.growth)]
        for service in draft.services:
            spares += self.make_service(service)
        balancer.spares = tuple(spares)
        if said.maxattempts is UNSET and draft.services:
            balancer.maxattempts = max(0, len(members) + len(spares) - balancer.growth - 1)
        if said.nonce is not UNSET:
            balancer.nonce = b"" if said.nonce.lower() == "none" else to_bytes(said.nonce)
        balancer.balancing = compile_balancing(said, draft.origin, self.findings)
        for member in (*members, *balancer.spares):
            member.balancer = balancer
        self.balancers.append(balancer)
        return balancer

    def make_spare(self, origin: Origin) -> Member:
        """A placeholder for a member that is added while it runs: disabled then, with httpd's defaults."""
        member = Member(b"", b"http", "", 0, b"", len(self.members), origin)
        member.status = b"D"
        self.members.append(member)
        return member

    def make_service(self, line: ServiceLine) -> list[Member]:
        """The rows that are kept for a service's targets."""
        service = Service(
            line.service, line.scheme, line.most, line.drain, line.route, dict(line.routes), line.origin
        )
        probe = compile_probe(line.parameters, line.origin, self.findings)
        made = []
        for _ in range(line.most):
            member = self.make_member(Url(line.scheme, "", 0, "", ""), line.parameters, line.origin)
            member.name = b""
            member.status = b"D"
            member.probe = probe
            member.service = service
            made.append(member)
        return made

    def make_plain(self, draft: MemberDraft) -> Member:
        warn_of_plain(draft.parameters, draft.origin, self.findings)
        member = self.make_member(draft.url, draft.parameters, draft.origin)
        member.disable_reuse = member.disable_reuse or draft.of_pattern
        return member

    def make_member(self, url: Url, said: MemberParameters, origin: Origin) -> Member:
        member = Member(to_bytes(url.name), to_bytes(url.scheme), url.host, url.port, b"", len(self.members), origin)
        member.host_field = to_bytes(url.authority)
        member.route = to_bytes(said.route or "")
        member.redirect = to_bytes(said.redirect or "")
        if said.loadfactor is not UNSET:
            member.loadfactor = round(said.loadfactor * 100)
        member.lbset = said.lbset or 0
        member.status = status_letters(said.status or ())
        member.timeout = said.timeout or 0.0
        member.connect_timeout = said.connectiontimeout or 0.0
        if said.retry is not UNSET:
            member.retry = said.retry
        member.ttl = said.ttl or 0.0
        member.acquire = said.acquire or 0.0
        member.ping = said.ping or 0.0
        if said.addressttl is not UNSET:
            member.address_ttl = float(said.addressttl)
        member.receive_buffer = said.receivebuffersize or 0
        member.socket = url.socket
        member.max = said.max or 0
        member.smax = said.smax or 0
        member.disable_reuse = bool(said.disablereuse)
        member.keepalive = bool(said.keepalive)
        if said.responsefieldsize is not UNSET and said.responsefieldsize:
            member.response_field_size = said.responsefieldsize
        member.upgrade = upgrades(url.scheme, said.upgrade or None)
        self.members.append(member)
        return member

    # --- what rules name ------------------------------------------------------------------------------------------

    def add_rule_targets(self, servers: list[tuple[Server, list[Rule]]]) -> None:
        """Make members for the authorities that [P] rules name and no member covers.

        A rule whose authority depends on the request may reach what the configuration names anywhere, and nothing else.
        """
        dynamic = []
        named: list[tuple[Server, Url, Origin]] = []
        for server, rules in servers:
            for rule in rules:
                if not rule.flags & PROXY or rule.substitution is None:
                    continue
                try:
                    url = rule_url(rule)
                except Refused as refused:
                    refused.report(self.findings, rule.origin)
                    continue
                if url is None:
                    dynamic.append((server, rule.origin))
                    for one in self.urls_in_maps(rule):
                        self.origins.setdefault(one.origin, one)
                elif url.host:
                    self.origins.setdefault(url.origin, url)
                    named.append((server, url, rule.origin))
        for server, url, origin in named:
            self.cover(server, url, origin)
        for server, origin in dynamic:
            for url in list(self.origins.values()):
                self.cover(server, url, origin)

    def add_handler_targets(self, server: Server, targets: list[tuple[str, Origin]]) -> None:
        """Make members for the URLs of `SetHandler proxy:URL` that no member covers."""
        for target, origin in targets:
            if balancer_name(target) is not None:
                continue
            try:
                self.cover(server, self.read(target), origin)
            except Refused as refused:
                refused.report(self.findings, origin)

    def urls_in_maps(self, rule: Rule) -> list[Url]:
        """The authorities that texts of RewriteMap name where the rule's own is looked up: as they are now."""
        found: list[Url] = []
        assert rule.substitution is not None
        for text in texts_of(rule.substitution):
            scheme, separator, rest = text.partition("://")
            authority = rest.partition("/")[0]
            if not separator or not authority or scheme.lower() == "balancer":
                continue
            try:
                found.append(read_url(f"{scheme}://{authority}"))
            except Refused as refused:
                self.findings.warning(
                    "map-value-unusable",
                    f"`{scheme}://{authority}`, which a RewriteMap names, cannot be asked: {refused}",
                    rule.origin,
                    help=refused.help,
                )
        return found

    def cover(self, server: Server, url: Url, origin: Origin) -> None:
        """Give the server a member for every path of this origin, if it has none."""
        key = to_bytes(url.origin)
        members = server.backends.members.get(key, ())
        if any(member.name in (key, key + b"/") for member in members):
            return
        member = self.make_member(replace(url, path=""), MemberParameters(), origin)
        member.generic = True
        server.backends.members[key] = by_length((*members, member))


def lines_of(block: Block, files: tuple[str, ...]) -> list[MemberLine | ServiceLine | SetLine | MappingLine]:
    """The lines of a server and of the sections in it, in file order."""
    found: list[MemberLine | ServiceLine | SetLine | MappingLine] = []
    for part in (block, *(inner for inner in block.blocks if inner.kind != "virtualhost")):
        found += part.proxy.members or ()
        found += part.proxy.services or ()
        found += part.proxy.sets or ()
        found += part.proxy.mappings or ()
    places = {path: place for place, path in enumerate(files)}
    return sorted(found, key=lambda line: [(places.get(one.file, len(places)), one.line) for one in line.origin.way])


def handler_targets(block: Block) -> list[tuple[str, Origin]]:
    """What `SetHandler proxy:URL` names in a section and in those inside of it, virtual hosts apart."""
    found: list[tuple[str, Origin]] = []
    if block.core.handler and block.core.handler.startswith(handed.SCHEME):
        found.append((block.core.handler.removeprefix(handed.SCHEME), block.core.handler_origin or block.origin))
    for inner in block.blocks:
        if inner.kind != "virtualhost":
            found += handler_targets(inner)
    return found


def rule_handlers(rules: list[Rule]) -> list[tuple[str, Origin]]:
    """The same of rules' H, where it is a text."""
    found: list[tuple[str, Origin]] = []
    for rule in rules:
        handler = b"" if rule.handler is None else (rule.handler.literal or b"").lower()
        if handler.startswith(b"proxy:"):
            found.append((handler.decode("utf-8", "surrogateescape").removeprefix(handed.SCHEME), rule.origin))
    return found


def inherits(main: ProxySettings, own: ProxySettings) -> bool:
    """Whether a virtual host has the main server's members and balancers: httpd takes them away only where both
    ProxyPassInherit and BalancerInherit are off."""
    both = merge(main, own)
    return not (is_off(both.pass_inherit) and is_off(both.balancer_inherit))


def is_off(said: tuple[bool, Origin] | Unset) -> bool:
    return said is not UNSET and not said[0]


GROUP: Final = re.compile(r"\$\d")


def fixed_part(line: MappingLine) -> str | None:
    """The URL of a mapping as far as it is the same for every request, cut at a slash; None where the host is not."""
    text = line.target
    scheme, separator, rest = text.partition("://")
    ends = [found.start() for found in (GROUP.search(rest) if line.regex else None,) if found]
    if line.interpolate and "${" in rest:
        ends.append(rest.index("${"))
    if not ends:
        return text
    end = min(ends)
    slash = rest.rfind("/", 0, end)
    if slash >= 0:
        return scheme + separator + rest[: slash + 1]
    # A group behind the port begins with a slash, or names no member.
    return scheme + separator + rest[:end] if line.regex else None


def override(earlier: P, later: P) -> P:
    """Both together; what `later` says wins."""
    said = {item.name: getattr(later, item.name) for item in fields(later) if getattr(later, item.name) is not UNSET}
    return replace(earlier, **said)


def balancer_name(url: str) -> str | None:
    """The name in `balancer://name[/...]`, lower case; None for another URL."""
    scheme, separator, rest = url.partition("://")
    return rest.split("/", 1)[0].lower() if separator and scheme.lower() == "balancer" else None


@lru_cache(maxsize=10000)
def read_url(text: str) -> Url:
    """A member's URL. Raises `Refused` for what cannot be connected to."""
    socket, text = split_socket(text)
    scheme, separator, rest = text.partition("://")
    scheme = scheme.lower()
    if not separator:
        raise Refused("url-not-absolute", f"`{text}` is not an absolute URL: write `http://host:port`")
    if scheme not in SPOKEN:
        raise Refused("scheme-not-supported", f"members speak HTTP or WebSocket here, not `{scheme}`: `{text}`")
    authority, slash, path = rest.partition("/")
    if "@" in authority:
        raise Refused("url-malformed", f"`{text}` holds a user name, which members are not sent")
    host, port = split_authority(text, authority)
    default = default_port(to_bytes(scheme))
    shown = f"[{host}]" if ":" in host else host
    if port not in (0, default):
        shown += f":{port}"
    return Url(scheme, host, port or default, shown, slash + path, socket)


def split_socket(text: str) -> tuple[str, str]:
    """The socket's path and the URL of `unix:PATH|URL`; "" and the text for any other URL."""
    if not text.lower().startswith("unix:"):
        return "", text
    socket, _, url = text[len("unix:") :].partition("|")
    return socket, url


def split_authority(url: str, authority: str) -> tuple[str, int]:
    """Host (lower case, no brackets) and port, 0 for none."""
    if authority.startswith("["):
        host, _, rest = authority[1:].partition("]")
        digits = rest.removeprefix(":")
    else:
        host, _, digits = authority.partition(":")
    if not host or (digits and not (digits.isascii() and digits.isdigit() and 0 < int(digits) < 65536)):
        raise Refused("url-malformed", f"`{url}` names no host and port that can be connected to")
    return host.lower(), int(digits or 0)


def by_length(members: tuple[Member, ...]) -> tuple[Member, ...]:
    """Longest name first; of equal ones the earlier."""
    return tuple(sorted(members, key=lambda member: -len(member.name)))


def status_letters(said: tuple[tuple[str, bool], ...]) -> bytes:
    """The letters that are set in the end, in the order in which they were."""
    letters: list[str] = []
    for letter, on in said:
        if letter in letters:
            letters.remove(letter)
        if on:
            letters.append(letter)
    return to_bytes("".join(letters))


def upgrades(scheme: str, said: str | None) -> tuple[bytes, ...]:
    """The protocols that may be upgraded to."""
    if said is None:
        return (b"websocket",) if scheme in ("ws", "wss") else ()
    names = tuple(to_bytes(name.strip().lower()) for name in said.split(",") if name.strip())
    return () if names == (b"none",) else names


def rule_url(rule: Rule) -> Url | None:
    """What a [P] rule names before anything of the request comes in: a URL with host "" for a balancer or our own host,

    None where the authority depends on the request. Raises `Refused` for what cannot be connected to.
    """
    template = rule.substitution
    assert template is not None
    nowhere = Url("", "", 0, "", "")
    if not template.parts:
        return nowhere
    first = template.parts[0]
    if first.kind != LITERAL:
        return None
    text = first.text.decode("utf-8", "surrogateescape")
    scheme, separator, rest = text.partition("://")
    if not separator:
        # A path: it is sent to our own host, if that is a member of somebody.
        return nowhere if text.startswith("/") or len(template.parts) == 1 else None
    if scheme.lower() == "balancer":
        return nowhere
    authority = rest.partition("/")[0]
    if not authority:
        return None
    if "/" not in rest and len(template.parts) > 1 and authority.endswith(":"):
        return None
    return read_url(f"{scheme}://{authority}")
