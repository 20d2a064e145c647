"""The command `evenflow diff`: which requests change their way from one configuration to another.

Each request is decided under both by the phases that serve it. A decision is remembered with what it looked at, so a
request that differs only in what nobody asked for costs two look-ups; a log of a hundred thousand lines takes seconds.
Equal changes are one group, shown with an example, a count, and the line of each configuration that decided.

What is compared: the kind of decision, the backend and what it is asked, redirects, statuses, files and handlers, the
balancer's members and settings, the settings that edit requests and answers, and variables. Which member of a balancer
would be chosen is not, since that is the scoreboard's.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from evenflow.config.load import Loaded
from evenflow.control.explanation.facts import place
from evenflow.origin import Origin
from evenflow.plan.decide import begin, resume, run
from evenflow.plan.decision import CLIENT, FIELDS, QUERY
from evenflow.plan.model import (
    ASK,
    FILE,
    FORWARD,
    LOCAL,
    REDIRECT,
    Balancer,
    ConnectionFacts,
    Decision,
    Listener,
    Member,
    Plan,
    Scope,
    VirtualHost,
)
from evenflow.plan.questions import NAME, NAME_OF, PASSWORD
from evenflow.plan.vhosts import table_for
from evenflow.tools.asking import PORT, SOMEBODY, Unclear, address_of, knows, listener_at, own_address
from evenflow.tools.explain import Page, loaded_plan
from evenflow.tools.replay import (
    WEBSOCKET,
    Request,
    format_named,
    lines_of,
    opened,
    paths_of,
    request_of_url,
)
from evenflow.wire.faults import ProtocolFault
from evenflow.wire.http1 import RequestHead
from evenflow.wire.targets import split_host

VERSION: Final = 1
MOST_REMEMBERED: Final = 400_000
"""Decisions under each configuration; with more they are forgotten and made again."""
MOST_GROUPS: Final = 40
"""So many groups are shown unless all are asked for."""
MOST_UNREAD: Final = 3
"""So many lines that could not be read are shown."""
MOST_MADE: Final = 200_000
"""So many requests are made from the configurations themselves."""

VERBS: Final = {
    FORWARD: "proxied",
    REDIRECT: "redirected",
    FILE: "answered with a file",
    LOCAL: "answered by a handler",
}
DIRECTIVES: Final = {
    "preserve_host": "ProxyPreserveHost",
    "add_headers": "ProxyAddHeaders",
    "via": "ProxyVia",
    "error_override": "ProxyErrorOverride",
    "error_override_codes": "ProxyErrorOverride",
    "reverses": "ProxyPassReverse",
    "cookie_domains": "ProxyPassReverseCookieDomain",
    "cookie_paths": "ProxyPassReverseCookiePath",
    "request_edits": "RequestHeader",
    "always_edits": "Header always",
    "onsuccess_edits": "Header",
    "inflates": "SetInputFilter",
    "filter_names": "AddOutputFilter",
    "inflate_limit": "DeflateInflateLimitRequestBody",
    "inflate_ratio": "DeflateInflateRatioLimit",
    "inflate_burst": "DeflateInflateRatioBurst",
    "output_filters": "SetOutputFilter",
    "substitutes": "Substitute",
    "substitute_length": "SubstituteMaxLineLength",
    "timeout": "Timeout",
    "proxy_timeout": "ProxyTimeout",
    "keep_alive": "KeepAlive",
    "keep_alive_timeout": "KeepAliveTimeout",
}
"""The settings that shape what is forwarded and answered, and what people write for them. Every other field of a scope
has acted by the time a decision is made.
"""
HOST_SETTINGS: Final = ("timeout", "proxy_timeout", "keep_alive", "keep_alive_timeout")

Settings = tuple[tuple[str, Any], ...]


class Way:
    """Where one request goes under one configuration, comparable with another configuration's."""

    __slots__ = ("kind", "where", "whole", "backend", "settings", "env", "origin")

    def __init__(
        self,
        kind: int,
        where: str,
        whole: str,
        backend: Settings,
        settings: Settings,
        env: frozenset[tuple[bytes, bytes]],
        origin: Origin,
    ) -> None:
        self.kind = kind
        self.where = where
        """The place without what differs from request to request."""
        self.whole = whole
        self.backend = backend
        """What the balancer or member is configured to be."""
        self.settings = settings
        """What edits the request and the answer."""
        self.env = env
        self.origin = origin


class Judge:
    """One configuration, asked for the way of request after request."""

    def __init__(self, plan: Plan, to: str | None) -> None:
        self.plan = plan
        self.to = to
        self.head = RequestHead()
        self.connections: dict[tuple[bytes, int, bool | None], ConnectionFacts] = {}
        self.known: dict[tuple[bytes, bytes, bytes, int, bool | None], list[tuple[int, dict[Any, Way]]]] = {}
        self.settings: dict[int, Settings] = {}
        self.kept: list[Scope] = []
        """Scopes whose identity is a key: as long as they live no other one has it."""
        self.decided = 0

    def way(self, request: Request) -> Way:
        """Where it goes. A decision that looked at no more than another request shares with this one is that one's."""
        key = (request.method, request.path, request.host, request.port, request.secure)
        groups = self.known.get(key)
        if groups is None:
            if len(self.known) >= MOST_REMEMBERED:
                self.known.clear()
            groups = self.known[key] = []
        for asked, ways in groups:
            found = ways.get(looked_at(asked, request))
            if found is not None:
                return found
        made, asked = self.decide(request)
        value = looked_at(asked, request)
        for other, ways in groups:
            if other == asked:
                ways[value] = made
                break
        else:
            groups.append((asked, {value: made}))
        return made

    def decide(self, request: Request) -> tuple[Way, int]:
        """The way of a request, and what was looked at beside method, path, Host and connection."""
        self.decided += 1
        facts = self.connection(request)
        facts.remote_address = request.client or SOMEBODY.encode()
        table: Any = facts.table
        first: VirtualHost = table.first
        try:
            self.head.parse(
                bytes_of(request), first.limit_request_line, first.limit_request_field_size, first.limit_request_fields
            )
        except ProtocolFault as fault:
            text = f"{fault.status} ({fault.message})"
            return Way(0, text, text, (), (), frozenset(), first.origin), QUERY | FIELDS
        inquiry = begin(self.plan, facts, self.head, None)
        made = run(inquiry)
        while made.kind == ASK:
            made = resume(made, unknown(inquiry.question))
        return self.as_way(made), inquiry.asked & (QUERY | FIELDS | CLIENT)

    def as_way(self, decision: Decision) -> Way:
        backend: Settings = ()
        if decision.kind == FORWARD:
            if decision.balancer is not None:
                where = "balancer://" + text(decision.balancer.name)
                backend = self.remembered(decision.balancer)
                path = decision.path
            else:
                member = decision.member
                assert member is not None
                where = text(member.scheme + b"://" + member.host_field)
                backend = self.remembered(member)
                path = member.path + (decision.path if decision.path or member.path else b"/")
            whole = where + text(path)
            if not decision.keep_query and decision.query is not None:
                whole += "?" + text(decision.query)
            elif not decision.keep_query:
                whole += " (without its query)"
        elif decision.kind == REDIRECT:
            location = text(decision.location)
            whole = f"{decision.status} {location}"
            slash = location.find("/", location.find("://") + 3)
            where = f"{decision.status} {location[:slash] if slash > 0 else location}"
        elif decision.kind == FILE:
            where, whole = "a file", text(decision.file)
        elif decision.kind == LOCAL:
            where = whole = f"the handler {decision.handler}"
        else:
            where = whole = str(decision.status)
        settings = self.settings_of(decision)
        return Way(decision.kind, where, whole, backend, settings, frozenset(decision.env.items()), decision.origin)

    def settings_of(self, decision: Decision) -> Settings:
        """What the scope and the virtual host say of requests and answers."""
        scope = decision.scope
        # A scope belongs to one virtual host.
        found = self.settings.get(id(scope))
        if found is None:
            found = tuple(
                (name, comparable(getattr(scope, name))) for name in Scope.FIELDS if name in DIRECTIVES
            ) + tuple((name, getattr(decision.host, name)) for name in HOST_SETTINGS)
            self.settings[id(scope)] = found
            self.kept.append(scope)
        return found

    def remembered(self, one: Balancer | Member) -> Settings:
        found = self.settings.get(id(one))
        if found is None:
            found = self.settings[id(one)] = backend_settings(one)
        return found

    def connection(self, request: Request) -> ConnectionFacts:
        """The connection that the request would come by."""
        name = split_host(request.host)[0]
        key = (name, request.port, request.secure)
        found = self.connections.get(key)
        if found is None:
            if len(self.connections) >= MOST_REMEMBERED:
                self.connections.clear()
            found = self.connections[key] = self.make_connection(text(name), request.port, request.secure)
        return found

    def make_connection(self, name: str, port: int, secure: bool | None) -> ConnectionFacts:
        plan = self.plan
        listener: Listener | None
        if self.to is not None:
            address, _, digits = self.to.rpartition(":")
            if not digits.isdigit():
                raise Unclear(f"--to takes ADDRESS:PORT, not `{self.to}`: type for instance `--to 127.0.0.1:8080`")
            address, port = address_of(address.strip("[]"), "--to"), int(digits)
            listener = listener_at(plan, port, address)
            tls = bool(secure) if listener is None else listener.tls
        else:
            listener = listener_at(plan, port, None) if port else None
            if listener is None or (secure is not None and listener.tls != secure):
                fitting = [one for one in plan.listeners if secure is None or one.tls == secure] or list(plan.listeners)
                # Who has TLS is seldom asked without it.
                fitting.sort(key=lambda one: (not knows(plan, one, name), not one.tls))
                listener = fitting[0]
            address, port, tls = listener.host or own_address(plan, listener.port, name), listener.port, listener.tls
        sni = name.encode("latin-1") if tls else b""
        table = table_for(plan, address.encode(), port)
        return ConnectionFacts(SOMEBODY.encode(), PORT, address.encode(), port, tls, sni, table)


def unknown(question: Any) -> object:
    """The answer to what a decision waits for: nobody's password is known, and no name is asked of the DNS."""
    if question.kind == PASSWORD:
        return False
    return b"" if question.kind in (NAME_OF, NAME) else ()


def looked_at(asked: int, request: Request) -> Any:
    """What of a request a decision depends on that looked at this."""
    if not asked:
        return None
    return (
        request.query if asked & (QUERY | FIELDS) else None,
        request.client if asked & CLIENT else None,
        (request.fields, request.version) if asked & FIELDS else None,
    )


def bytes_of(request: Request) -> bytes:
    """The request's head."""
    target = request.path if request.query is None else request.path + b"?" + request.query
    version = b"HTTP/1.0" if request.version == b"HTTP/1.0" else b"HTTP/1.1"
    lines = [request.method + b" " + target + b" " + version]
    if request.host:
        lines.append(b"host: " + request.host)
    lines += [name + b": " + value for name, value in request.fields]
    return b"\r\n".join([*lines, b"", b""])


def comparable(value: Any) -> Any:
    """A setting without what differs between two plans that say the same: lines by their text."""
    origin = getattr(value, "origin", None)
    if isinstance(origin, Origin):
        return " ".join(origin.text.split())
    if isinstance(value, (tuple, list)):
        return tuple(comparable(one) for one in value)
    if isinstance(value, (frozenset, set)):
        return tuple(sorted(map(repr, value)))
    if isinstance(value, (str, bytes, int, float, type(None))):
        return value
    return type(value).__name__


def backend_settings(one: Balancer | Member) -> Settings:
    """What a balancer, with its members, or a member is configured to be."""
    if isinstance(one, Balancer):
        own = tuple(
            (name, comparable(getattr(one, name)))
            for name in slots_of(one)
            if name not in ("members", "spares", "reverses", "index", "origin", "nonce", "name")
        )
        members = tuple((f"member {text(member.name)}", backend_settings(member)) for member in one.members)
        return own + members
    return tuple(
        (name, comparable(getattr(one, name)))
        for name in slots_of(one)
        if name not in ("slot", "balancer", "origin", "name")
    )


def slots_of(one: object) -> list[str]:
    """The names of an object's attributes, also where its class is compiled and has no `__slots__` to look at."""
    return [name for name in dir(one) if not name.startswith("_") and not callable(getattr(one, name))]


def text(data: bytes) -> str:
    return data.decode("latin-1")


# --- comparing ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Group:
    """Requests that change in the same way."""

    change: str
    old: Way
    new: Way
    example: Request
    count: int = 0


@dataclass(slots=True)
class Compared:
    """What became of all requests."""

    requests: int = 0
    unread: int = 0
    unread_lines: list[tuple[int, str]] = field(default_factory=list)
    """(number, text) of the first lines that could not be read."""
    kinds: Counter[str] = field(default_factory=Counter)
    groups: dict[Any, Group] = field(default_factory=dict)

    @property
    def changed(self) -> int:
        return sum(self.kinds.values())

    def ordered(self) -> list[Group]:
        """The groups, the largest first."""
        return sorted(self.groups.values(), key=lambda group: -group.count)


def compare(old: Judge, new: Judge, requests: Iterable[Request]) -> Compared:
    """Decide every request under both."""
    found = Compared()
    same: dict[tuple[int, int], str] = {}
    ways: list[Way] = []
    for request in requests:
        found.requests += 1
        before = old.way(request)
        after = new.way(request)
        pair = (id(before), id(after))
        change = same.get(pair)
        if change is None:
            change = change_of(before, after)
            if len(same) >= MOST_REMEMBERED:
                same.clear()
                ways.clear()
            same[pair] = change
            # As long as they live, nobody else has their identity.
            ways += (before, after)
        if change:
            note(found, change, before, after, request)
    return found


def note(found: Compared, change: str, before: Way, after: Way, request: Request) -> None:
    found.kinds[change] += 1
    key = (change, before.where, before.origin, after.where, after.origin, before.settings, after.settings)
    group = found.groups.get(key)
    if group is None:
        group = found.groups[key] = Group(change, before, after, request)
    group.count += 1


def change_of(old: Way, new: Way) -> str:
    """The kind of change, "" for none."""
    if old.kind != new.kind:
        return f"was {verb(old)}, is {verb(new)}"
    if old.whole != new.whole:
        if old.kind == FORWARD:
            return "another path or query at the backend" if old.where == new.where else "another backend"
        if old.kind == REDIRECT:
            return "redirected elsewhere"
        return f"another {'file' if old.kind == FILE else 'handler' if old.kind == LOCAL else 'status'}"
    if old.kind == FORWARD and old.backend != new.backend:
        return "the same backend, configured otherwise"
    if old.settings != new.settings:
        return "the same way, other settings"
    if old.env != new.env:
        return "the same way, other variables"
    return ""


def verb(way: Way) -> str:
    return VERBS.get(way.kind) or f"answered with {way.where}"


def differences(old: Settings, new: Settings, names: Mapping[str, str] = DIRECTIVES) -> list[str]:
    """`NAME: OLD -> NEW` for each setting that differs; of lists only what is in one of them."""
    before, after = dict(old), dict(new)
    found = []
    for name in dict.fromkeys((*before, *after)):
        one, other = before.get(name), after.get(name)
        if one == other:
            continue
        name = names.get(name, name)
        if isinstance(one, tuple) and isinstance(other, tuple):
            if one and other and isinstance(one[0], tuple) and len(one[0]) == 2:
                found += [f"{name} {inner}" for inner in differences(one, other, {})]
                continue
            found += [f"{name}: no longer `{said(gone)}`" for gone in one if gone not in other]
            found += [f"{name}: now `{said(come)}`" for come in other if come not in one]
            if set(one) == set(other):
                found.append(f"{name}: in another order")
        elif name.startswith("member ") and (one is None or other is None):
            found.append(f"{name}: {'new' if one is None else 'gone'}")
        else:
            found.append(f"{name}: {said(one)} -> {said(other)}")
    return found


def said(value: Any) -> str:
    if isinstance(value, bool):
        return "On" if value else "Off"
    return text(value) if isinstance(value, bytes) else str(value)


# --- where requests come from ---------------------------------------------------------------------------------------


class Source:
    """Requests out of a log, counting what cannot be read."""

    def __init__(self, compared: Compared | None = None) -> None:
        self.unread = 0
        self.unread_lines: list[tuple[int, str]] = []

    def requests(self, path: str, name: str | None, known: Iterable[tuple[str, str]], host: bytes) -> Iterator[Request]:
        """The requests of a log; `host` stands for a name that the format does not tell. Raises `Unclear`."""
        with opened(path) as file:
            lines = lines_of(file)
            first = [line for _, line in zip(range(50), lines, strict=False)]
            format = format_named(name, known, [line for line in first if line])
            number = 0
            for some in (first, lines):
                for line in some:
                    number += 1
                    if not line:
                        continue
                    request = format.read(line)
                    if request is None:
                        self.unread += 1
                        if len(self.unread_lines) < MOST_UNREAD:
                            self.unread_lines.append((number, text(line[:200])))
                    else:
                        yield request if request.host else request._replace(host=host)


def from_urls(path: str, host: bytes) -> Iterator[Request]:
    """The requests of a list of URLs, `[METHOD] URL` a line; lines that begin with `#` are passed over."""
    with opened(path) as file:
        for number, line in enumerate(lines_of(file), 1):
            words = line.decode("utf-8", "surrogateescape").strip()
            if words and not words.startswith("#"):
                request = request_of_url(words, number)
                yield request if request.host else request._replace(host=host)


def from_configurations(pairs: Sequence[tuple[Loaded, Plan]]) -> Iterator[Request]:
    """Requests for every path that a line of either configuration is about, to every virtual host, plain and as a
    WebSocket's."""
    names: dict[bytes, None] = {}
    paths: dict[str, None] = {}
    for loaded, plan in pairs:
        paths.update(dict.fromkeys(paths_of(loaded.tree)))
        for host in (*plan.hosts, *((plan.main,) if plan.main is not None else ())):
            patterns = (pattern.replace(b"*", b"any").replace(b"?", b"a") for pattern in host.wildcards)
            names.update(dict.fromkeys((host.server_name, *host.aliases, *patterns)))
    names.setdefault(b"nobody.example")
    secured = sorted({listener.tls for _, plan in pairs for listener in plan.listeners})
    made = 0
    for name in names:
        for path in paths:
            for fields in ((), WEBSOCKET):
                for secure in secured:
                    made += 1
                    if made > MOST_MADE:
                        return
                    target = path.encode("utf-8")
                    yield Request(b"GET", target, None, name, 0, secure, b"", fields, b"HTTP/1.1")


@dataclass(frozen=True, slots=True)
class Options:
    """What was typed."""

    old: str
    new: str
    replay: str | None = None
    urls: str | None = None
    log_format: str | None = None
    host: str | None = None
    to: str | None = None


def difference(options: Options, defines: Mapping[str, str], color: bool = False) -> Compared:
    """Compare two configurations. Raises `explain.Unusable` and `asking.Unclear`."""
    if options.replay is not None and options.urls is not None:
        raise Unclear("--replay and --urls are two ways to say the same: type one of them")
    old_loaded, old_plan = loaded_plan(options.old, defines, color)
    new_loaded, new_plan = loaded_plan(options.new, defines, color)
    old, new = Judge(old_plan, options.to), Judge(new_plan, options.to)
    first = old_plan.hosts[0] if old_plan.hosts else old_plan.main
    assert first is not None
    host = first.server_name if options.host is None else options.host.encode()
    source = Source()
    if options.replay is not None:
        known = (*nicknames(new_loaded), *nicknames(old_loaded))
        requests = source.requests(options.replay, options.log_format, known, host)
    elif options.urls is not None:
        requests = from_urls(options.urls, host)
    else:
        requests = from_configurations(((old_loaded, old_plan), (new_loaded, new_plan)))
    found = compare(old, new, requests)
    found.unread, found.unread_lines = source.unread, source.unread_lines
    return found


def nicknames(loaded: Loaded) -> list[tuple[str, str]]:
    """The LogFormats that a configuration names."""
    settings = loaded.settings
    if settings is None:
        return []
    blocks = [settings.main, *settings.main.blocks]
    return [pair for block in blocks for pair in block.log.formats or ()]


# --- telling --------------------------------------------------------------------------------------------------------


def url_of(request: Request) -> str:
    """A request in words."""
    target = request.path if request.query is None else request.path + b"?" + request.query
    scheme = "" if request.secure is None else "https://" if request.secure else "http://"
    with_fields = " (as a WebSocket)" if request.fields == WEBSOCKET else ""
    return f"{text(request.method)} {scheme}{text(request.host)}{text(target)}{with_fields}"


def as_text(found: Compared, options: Options, color: bool = False, every: bool = False) -> str:
    """A summary, then every group with its example and both lines."""
    page = Page(color, "")
    same = found.requests - found.changed
    page.head(f"{options.old} -> {options.new}: {counted(found.requests)}, {found.changed} change, {same} do not")
    if found.unread:
        lines = f"{found.unread} line{'' if found.unread == 1 else 's'} could not be read"
        page.lines.append(f"{lines}, for instance")
        page.lines += [f"  line {number}: {Page.safe(line)}" for number, line in found.unread_lines]
    page.gap()
    for kind, count in found.kinds.most_common():
        page.lines.append(f"{count:>9}  {kind}")
    groups = found.ordered()
    for group in groups if every else groups[:MOST_GROUPS]:
        page.gap()
        page.head(f"{counted(group.count)}: {group.change}")
        client = f"  from {text(group.example.client)}" if group.example.client else ""
        page.lines.append(f"  {Page.safe(url_of(group.example) + client)}")
        for label, way in (("old", group.old), ("new", group.new)):
            page.step(f"  {label}", f"{way.whole}", place(way.origin))
        for line in changes(group):
            page.more(line)
    if not every and len(groups) > MOST_GROUPS:
        page.gap()
        page.lines.append(f"{len(groups) - MOST_GROUPS} more kinds of change are not shown: `--all` shows them")
    return page.text()


def changes(group: Group) -> list[str]:
    """What differs beyond the place."""
    if group.old.kind != group.new.kind:
        return []
    found = differences(group.old.settings, group.new.settings)
    if group.old.where == group.new.where:
        found = differences(group.old.backend, group.new.backend, {}) + found
    gone = sorted(group.old.env - group.new.env)
    come = sorted(group.new.env - group.old.env)
    found += [f"variable {text(name)}: no longer `{text(value)}`" for name, value in gone]
    return found + [f"variable {text(name)}: now `{text(value)}`" for name, value in come]


def counted(number: int) -> str:
    return f"{number} request{'' if number == 1 else 's'}"


def as_json(found: Compared, options: Options) -> str:
    """One object; docs/diff.md says what is in it."""
    return json.dumps(
        {
            "version": VERSION,
            "old": options.old,
            "new": options.new,
            "requests": found.requests,
            "changed": found.changed,
            "unread": found.unread,
            "unread_lines": [{"line": number, "text": line} for number, line in found.unread_lines],
            "kinds": dict(found.kinds.most_common()),
            "groups": [group_as_object(group) for group in found.ordered()],
        },
        indent=2,
    )


def group_as_object(group: Group) -> dict[str, Any]:
    request = group.example
    return {
        "change": group.change,
        "count": group.count,
        "example": {
            "method": text(request.method),
            "host": text(request.host),
            "target": text(request.path if request.query is None else request.path + b"?" + request.query),
            "client": text(request.client) or None,
            "fields": [[text(name), text(value)] for name, value in request.fields],
        },
        "old": {"way": group.old.whole, "place": place(group.old.origin)},
        "new": {"way": group.new.whole, "place": place(group.new.origin)},
        "differences": changes(group),
    }
