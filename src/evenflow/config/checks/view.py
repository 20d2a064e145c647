"""A configuration as the checks look at it: one `Server` for each virtual host with what it inherits, and places to
point at.

It answers what is certain and says None where it is not; a check that is not certain keeps silent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from evenflow.config.directives.proxy import balancer_name
from evenflow.config.loaded import Loaded
from evenflow.config.settings import (
    UNSET,
    BalancerParameters,
    Block,
    ConditionLine,
    FieldEdit,
    MappingLine,
    MemberLine,
    RewriteSettings,
    RuleLine,
    ServiceLine,
)
from evenflow.config.syntax import Included, Node, Section, Span, Statement, statements
from evenflow.origin import Origin

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BalancerView:
    """A balancer with its members and its last-said parameters. `origin` is the first line that mentions it."""

    name: str
    members: tuple[MemberLine, ...]
    parameters: tuple[tuple[BalancerParameters, Origin], ...]
    origin: Origin
    services: tuple[ServiceLine, ...] = ()
    """Lines by which the DNS says who its members are."""

    @property
    def sticky(self) -> tuple[str, Origin] | None:
        """The cookie's name and the line that says it."""
        for parameters, origin in reversed(self.parameters):
            if parameters.stickysession is not UNSET:
                return parameters.stickysession.split("|")[0], origin
        return None

    @property
    def hosts(self) -> frozenset[tuple[str, int]]:
        return frozenset(host_and_port(member.url) for member in self.members)


@dataclass(frozen=True, slots=True)
class Server:
    """A virtual host, or the main server, with what the main server hands down to it."""

    block: Block
    main: Block
    mappings: tuple[MappingLine, ...]
    locations: tuple[Block, ...]
    proxies: tuple[Block, ...]
    rules: tuple[RuleLine, ...]
    """The server's own rules; empty where the engine is off."""
    engine: bool
    balancers: dict[str, BalancerView]
    inherited: frozenset[str]
    """The balancers that come from the main server."""
    edits: tuple[FieldEdit, ...]
    """Every Header and RequestHeader that could touch a request here, in any section; the main server's balancers serve
    the virtual hosts too, so for it those of all virtual hosts."""
    all_rules: tuple[RuleLine, ...]
    """Every RewriteRule, likewise."""


def servers(loaded: Loaded) -> Iterator[Server]:
    """The main server and each virtual host."""
    assert loaded.settings is not None
    main = loaded.settings.main
    yield make_server(main, main)
    shared = _sections(main)
    for block in main.blocks:
        if block.kind == "virtualhost":
            yield make_server(main, block, shared)


def make_server(main: Block, block: Block, shared: tuple[Block, ...] | None = None) -> Server:
    """One server as the checks see it; `shared` are the main server's sections, where somebody has them at hand."""
    if shared is None:
        shared = _sections(main)
    scopes = (main,) if block is main else (main, block)
    engine = next((scope.rewrite.engine for scope in reversed(scopes) if scope.rewrite.engine is not UNSET), False)
    handed = next((one.proxy.pass_inherit for one in reversed(scopes) if one.proxy.pass_inherit is not UNSET), True)
    mapping_scopes = scopes if handed else scopes[-1:]
    mappings = [mapping for scope in mapping_scopes for mapping in (scope.proxy.mappings or ())]
    inner = [part for scope in scopes for part in (shared if scope is main else _sections(scope))]
    locations = tuple(part for part in inner if part.kind == "location")
    proxies = tuple(part for part in inner if part.kind == "proxy")
    parts = [part for scope in scopes for part in (every_block(scope) if scope is block else (scope, *shared))]
    return Server(
        block,
        main,
        tuple(mappings),
        locations,
        proxies,
        rules_of(main, block) if engine is True else (),
        engine is True,
        _balancers((*scopes, *inner)),
        frozenset() if block is main else frozenset(_balancers((main, *shared))),
        tuple(edit for part in parts for edit in (part.headers.edits or ())),
        tuple(rule for part in parts for rule in (part.rewrite.rules or ())),
    )


def speaks_tls(main: Block, block: Block) -> bool:
    """Whether a server's clients have to speak TLS."""
    said = block.tls.engine if block.tls.engine is not UNSET else main.tls.engine
    return said is True


def rules_of(main: Block, block: Block) -> tuple[RuleLine, ...]:
    """A server's rules, with those of the main server where RewriteOptions hand them down to a virtual host that says
    anything of rewriting."""
    own = block.rewrite.rules or ()
    if block is main:
        return own
    here, above = block.rewrite.options or (), main.rewrite.options or ()
    inherited = main.rewrite.rules or ()
    down = block.rewrite != RewriteSettings() and "ignoreinherit" not in here
    if "inheritbefore" in here or (down and "inheritdownbefore" in above):
        return inherited + own
    if "inherit" in here or (down and "inheritdown" in above):
        return own + inherited
    return own


def _sections(scope: Block) -> tuple[Block, ...]:
    return tuple(part for part in scope.blocks if part.kind != "virtualhost")


def every_block(block: Block) -> Iterator[Block]:
    yield block
    for part in block.blocks:
        yield from every_block(part)


def _balancers(parts: tuple[Block, ...]) -> dict[str, BalancerView]:
    members: dict[str, list[MemberLine]] = {}
    services: dict[str, list[ServiceLine]] = {}
    parameters: dict[str, list[tuple[BalancerParameters, Origin]]] = {}
    for part in parts:
        name = balancer_name(part.pattern) if part.kind == "proxy" and part.match == "prefix" else None
        for member in part.proxy.members or ():
            members.setdefault(member.balancer, []).append(member)
        for service in part.proxy.services or ():
            members.setdefault(service.balancer, [])
            services.setdefault(service.balancer, []).append(service)
        for line in part.proxy.sets or ():
            target = balancer_name(line.target)
            if target is not None:
                parameters.setdefault(target, []).append((line.balancer, line.origin))
        for mapping in part.proxy.mappings or ():
            target = balancer_name(mapping.target)
            if target is not None and mapping.balancer != BalancerParameters():
                parameters.setdefault(target, []).append((mapping.balancer, mapping.origin))
        if name is not None and (part.proxy.members or part.proxy.sets):
            members.setdefault(name, [])
    first = {balancer_name(part.pattern): part.origin for part in reversed(parts) if part.kind == "proxy"}
    return {
        name: BalancerView(
            name,
            tuple(found),
            tuple(parameters.get(name, ())),
            first.get(name) or origin_of(found, services.get(name, []), parameters.get(name, [])),
            tuple(services.get(name, ())),
        )
        for name, found in members.items()
        if found or services.get(name) or parameters.get(name)
    }


def origin_of(
    members: list[MemberLine], services: list[ServiceLine], parameters: list[tuple[BalancerParameters, Origin]]
) -> Origin:
    """The first line that mentions a balancer without a section."""
    lines: list[MemberLine | ServiceLine] = [*members, *services]
    return lines[0].origin if lines else parameters[0][1]


# --- paths --------------------------------------------------------------------------------------------------------


def covers(prefix: str, path: str) -> bool:
    """Whether every request path that `path` takes as a mapping's prefix is taken by `prefix` as well."""
    prefix, path = _slashes(prefix), _slashes(path)
    return prefix == path or path.startswith(prefix if prefix.endswith("/") else prefix + "/")


def _slashes(path: str) -> str:
    return re.sub("//+", "/", path) if "//" in path else path


class Prefixes(Generic[T]):
    """Things by the prefix of the paths that each takes, to be found without looking at all of them."""

    def __init__(self) -> None:
        self._at: dict[str, list[tuple[int, T]]] = {}
        self._count = 0

    def put(self, prefix: str, thing: T) -> None:
        """One more, behind those that are there."""
        self._at.setdefault(_slashes(prefix), []).append((self._count, thing))
        self._count += 1

    def taking(self, path: str) -> list[tuple[int, T]]:
        """Whoever covers the path (see `covers`), in the order in which they were put, each with its place in it."""
        path = _slashes(path)
        found = list(self._at.get(path, ()))
        slash = path.find("/")
        while slash >= 0:
            for size in (slash, slash + 1):
                if size < len(path):
                    found += self._at.get(path[:size], ())
            slash = path.find("/", slash + 1)
        return sorted(found, key=_place)


def _place(item: tuple[int, object]) -> int:
    return item[0]


def location_mapping(location: Block) -> MappingLine | None:
    """The ProxyPass that stands in a section; the last one counts."""
    return location.proxy.mappings[-1] if location.proxy.mappings else None


def host_and_port(url: str) -> tuple[str, int]:
    """Where a URL leads, its scheme's port filled in."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url, 0
    return parts.hostname or "", port or {"https": 443, "wss": 443}.get(parts.scheme, 80)


# --- rules --------------------------------------------------------------------------------------------------------


def flag(rule: RuleLine | ConditionLine, name: str) -> bool:
    """Whether the line has the flag."""
    return any(short == name for short, _ in rule.flags)


def takes(rule: RuleLine, path: str) -> bool | None:
    """Whether a rule in server context acts on a GET of exactly `path`; None where more than the path decides."""
    matched = _search(rule.pattern, path, ignore_case=flag(rule, "NC"))
    if matched is not True:
        return matched
    answer: bool | None = True
    group: bool | None = False
    for condition in rule.conditions:
        group = _either(group, _holds(condition, path))
        if flag(condition, "OR"):
            continue
        answer = _both(answer, group)
        group = False
    return answer


def _holds(condition: ConditionLine, path: str) -> bool | None:
    if condition.test.upper() != "%{REQUEST_URI}" or condition.pattern.lstrip("!")[:1] in ("=", "<", ">", "-"):
        return None
    return _search(condition.pattern, path, ignore_case=flag(condition, "NC"))


def matches(pattern: str, path: str) -> bool | None:
    """Whether the pattern of a mapping takes exactly `path`; None for a pattern that is not understood."""
    return _search(pattern, path, ignore_case=False)


def _search(pattern: str, text: str, *, ignore_case: bool) -> bool | None:
    wanted = not pattern.startswith("!")
    try:
        found = re.search(pattern if wanted else pattern[1:], text, re.IGNORECASE if ignore_case else 0)
    except (re.error, RecursionError, OverflowError):
        return None
    return (found is not None) is wanted


def _either(one: bool | None, other: bool | None) -> bool | None:
    return True if one is True or other is True else None if one is None or other is None else False


def _both(one: bool | None, other: bool | None) -> bool | None:
    return False if one is False or other is False else None if one is None or other is None else True


def only_below(rule: RuleLine, path: str) -> bool:
    """Whether the pattern asks for more than `path` itself."""
    return _search(rule.pattern, path, ignore_case=flag(rule, "NC")) is False


def rule_that_takes(rules: tuple[RuleLine, ...], path: str) -> RuleLine | None:
    """The `[P]` rule that is certain to forward `path`, if there is one and no rule before it is in doubt."""
    for rule in rules:
        answer = takes(rule, path)
        if answer is False or (
            answer is None and rule.substitution == "-" and not (flag(rule, "F") or flag(rule, "G"))
        ):
            continue
        return rule if answer is True and flag(rule, "P") and rule.substitution != "-" else None
    return None


CATCH_ALL = re.compile(r"^\^?/?\??\(?\.\*\)?\$?$|^/$|^\^/?$|^\.$|^\^\(\.\*\)\$$")


def is_catch_all(rule: RuleLine) -> bool:
    """A pattern that takes every path, and conditions that only leave paths out."""
    if not CATCH_ALL.match(rule.pattern):
        return False
    return all(
        condition.test.upper() == "%{REQUEST_URI}" and condition.pattern.startswith("!") and not flag(condition, "OR")
        for condition in rule.conditions
    )


def takes_all(pattern: str) -> bool:
    """Whether a pattern takes every path."""
    return CATCH_ALL.match(pattern) is not None


def sample(pattern: str) -> str | None:
    """The one path that an anchored pattern without choices takes; None for any other."""
    found = re.fullmatch(r"\^((?:[A-Za-z0-9/_~-]|\\?\.(?![*+?{]))+)\$?", pattern)
    return found[1].replace("\\", "") if found is not None else None


def literal_start(pattern: str) -> str:
    """The text that everything an anchored pattern matches begins with; "" where nothing is certain."""
    if not pattern.startswith("^") or "|" in pattern:
        return ""
    start = ""
    for pos in range(1, len(pattern)):
        if pattern[pos] in "\\.[]()*+?{}$^":
            # a quantifier makes the character before it uncertain
            return start[:-1] if pattern[pos] in "*+?{" else start
        start += pattern[pos]
    return start


# --- places -------------------------------------------------------------------------------------------------------


class Places:
    """Where the text of an origin stands."""

    def __init__(self, loaded: Loaded) -> None:
        self.tree = loaded.tree.nodes
        self.modules = loaded.settings.modules if loaded.settings is not None else frozenset()
        """The modules that count as loaded."""
        self.nodes = {(node.origin.file, node.origin.line): node for node in statements(loaded.tree.nodes)}

    def whole(self, origin: Origin) -> Span:
        """The statement, or a section's opening line."""
        node = self.nodes.get((origin.file, origin.line))
        return node.span if node is not None else Span(origin.file, max(1, origin.line), 1, 1)

    def head(self, origin: Origin, words: int) -> Span:
        """The directive and its first words."""
        node = self.nodes.get((origin.file, origin.line))
        if node is None or len(node.words) < words:
            return self.whole(origin)
        last, first = node.words[words - 1].span, node.name_span
        if last.line != first.line:
            return self.whole(origin)
        return Span(first.file, first.line, first.column, last.column + last.width - first.column)

    def statement(self, block: Block, name: str) -> Span:
        """The last use of a directive directly in this section; the section's own line where there is none."""
        found = [node for node in self.inside(block) if node.name.lower() == name.lower()]
        return found[-1].span if found else self.whole(block.origin)

    def inside(self, block: Block) -> list[Statement | Section]:
        """The nodes directly in a section, what it includes opened."""
        if block.kind == "server":
            return list(direct(self.tree))
        node = self.nodes.get((block.origin.file, block.origin.line))
        return list(direct(node.children)) if isinstance(node, Section) else []

    def word(self, origin: Origin, text: str) -> Span:
        """The word that is `text`, or that begins with it."""
        node = self.nodes.get((origin.file, origin.line))
        if node is not None:
            for word in node.words:
                if word.text.lower().startswith(text.lower()):
                    return word.span
        return self.whole(origin)


READ_TIME = frozenset({"ifmodule", "ifdefine", "ifversion", "iffile", "ifdirective", "ifsection"})


def direct(nodes: list[Node]) -> Iterator[Statement | Section]:
    """What stands in one section, conditions of reading time and includes opened."""
    for node in nodes:
        if isinstance(node, Included):
            yield from direct(node.children)
        elif isinstance(node, Section) and node.name.lower() in READ_TIME:
            if node.taken:
                yield from direct(node.children)
        else:
            yield node


def line_of(origin: Origin, seen_from: Origin) -> str:
    """`line 18`, with its file where that is another."""
    return f"line {origin.line}" + ("" if origin.file == seen_from.file else f" of {origin.file}")
