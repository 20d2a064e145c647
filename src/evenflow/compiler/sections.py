"""What a server or a section says, from settings to `plan.locations`: the base scope of a server and the sections in
it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from evenflow.compiler.access import say_access
from evenflow.compiler.alias import say_aliases
from evenflow.compiler.documents import compile_documents
from evenflow.compiler.edits import compile_edits
from evenflow.compiler.environment import compile_conditions, compile_variables
from evenflow.compiler.expires import say_expires
from evenflow.compiler.expr import compile_condition
from evenflow.compiler.files import say_files
from evenflow.compiler.filters import say_filters
from evenflow.compiler.findings import Findings, Refused
from evenflow.compiler.http2 import say_http2
from evenflow.compiler.identity import balancer_name
from evenflow.compiler.lookups import absolute
from evenflow.compiler.mappings import compile_cookie, compile_mapping, compile_reverse
from evenflow.compiler.maps import Maps
from evenflow.compiler.regex import compile_regex, wildcard_regex
from evenflow.compiler.rewrite import place_of, says_anything
from evenflow.compiler.texts import to_bytes
from evenflow.compiler.tls import compile_member_tls, say_tls
from evenflow.config.settings import UNSET, Block, Unset
from evenflow.origin import Origin
from evenflow.plan import client_names
from evenflow.plan.backends import Backends
from evenflow.plan.branches import Branch
from evenflow.plan.expr import Condition
from evenflow.plan.locations import Section
from evenflow.plan.model import Scope
from evenflow.plan.patterns import Pattern
from evenflow.plan.places import Place
from evenflow.plan.rewrite import Rule
from evenflow.plan.scope import Said, add


def base_scope(block: Block, backends: Backends, findings: Findings, maps: Maps) -> Scope:
    """The scope of a request that meets no section; `block` is the main server and the virtual host merged."""
    scope = Scope()
    add(scope, compile_said(replace(block, blocks=()), None, backends, findings, maps, server=True))
    if block.proxy.via is not UNSET:
        scope.via = to_bytes(block.proxy.via.lower())
    if block.proxy.max_forwards is not UNSET:
        scope.max_forwards = block.proxy.max_forwards
    scope.bad_header = BAD_HEADERS[block.proxy.bad_header or "iserror"]
    return scope


def compile_said(
    block: Block, path: str | None, backends: Backends, findings: Findings, maps: Maps, *, server: bool = False
) -> Said:
    """What one section says. `path` is a Location's, for lines in it that leave theirs out."""
    said = Said()
    proxy = block.proxy
    said.say("preserve_host", known(proxy.preserve_host))
    said.say("error_override", known(proxy.error_override))
    if proxy.error_override is not UNSET:
        said.say("error_override_codes", frozenset(proxy.error_override_codes or ()))
    said.say("add_headers", known(proxy.add_headers))
    said.say("interpolate", known(proxy.interpolate))
    said.say("forwards_expect", known(proxy.forwards_expect))
    if block.core.use_canonical_name:
        said.say("canonical_name", block.core.use_canonical_name == "on")
        said.say("name_by_dns", block.core.use_canonical_name == "dns")
    if block.core.server_signature:
        said.say("signature", to_bytes(block.core.server_signature.lower()))
    if block.core.hostname_lookups is not UNSET:
        lookups, origin = block.core.hostname_lookups
        said.say("hostname_lookups", LOOKUPS[lookups])
        said.say("lookups_origin", origin)
    said.say("physical_port", known(block.core.physical_port))
    if block.core.body_limit is not UNSET:
        said.say("body_limit", block.core.body_limit)
    said.say("cookie_paths", tuple(compile_cookie(line) for line in proxy.cookie_paths or ()))
    said.say("cookie_domains", tuple(compile_cookie(line) for line in proxy.cookie_domains or ()))
    said.say(
        "reverses",
        tuple(reverse for line in proxy.reverses or () for reverse in compile_reverse(line, path, backends)),
    )
    request_edits, always_edits, onsuccess_edits = compile_edits(
        block.headers.edits or (), findings, server
    )
    said.say("request_edits", request_edits)
    said.say("always_edits", always_edits)
    said.say("onsuccess_edits", onsuccess_edits)
    if not server:
        said.say("conditions", compile_conditions(block.environment.conditions or (), findings))
    said.say("variables", compile_variables(block.environment.variables or ()))
    if not server:
        say_aliases(said, block, findings)
    say_files(said, block)
    said.say("redirect_relative", known(block.alias.relative))
    said.say("alias_preserves", known(block.alias.preserve_path))
    handler = block.core.handler
    if handler is not UNSET:
        said.say("handler", "" if handler.lower() == "none" else handler)
        if block.core.handler_origin is not UNSET:
            said.say("handler_origin", block.core.handler_origin)
    say_access(said, block.access, findings)
    say_filters(said, block.filters, block.origin, findings)
    say_tls(said, block.tls, server, findings)
    say_expires(said, block.expires)
    say_http2(said, block.http2)
    said.say("documents", compile_documents(block.core.documents or (), findings))
    said.say("rewrite_on", known(block.rewrite.engine))
    if block.blocks:
        said.say("branches", compile_branches(block.blocks, backends, findings, maps))
    if says_anything(block.rewrite):
        # A section with a RewriteEngine and no rule counts: it replaces the rules of earlier ones too.
        said.say("places", (place_of(block.rewrite, None if server else directory_of(block), findings, maps),))
    return said


CHAIN: Final = ("if", "elseif", "else")

def compile_branches(
    blocks: tuple[Block, ...], backends: Backends, findings: Findings, maps: Maps
) -> tuple[Branch, ...]:
    """The `<If>` sections among these blocks, in order, with those that belong to them."""
    made: list[Branch] = []
    for block in blocks:
        if block.kind not in CHAIN:
            continue
        condition: Condition | None = None
        if block.kind != "else":
            try:
                condition = compile_condition(block.pattern, block.origin)
            except Refused as refused:
                refused.report(findings, block.origin)
                continue
        said = compile_said(block, "*If", backends, findings, maps)
        made.append(Branch(condition, block.kind != "if", said, block.origin))
    return tuple(made)


LOOKUPS: Final = {"off": client_names.OFF, "on": client_names.ON, "double": client_names.DOUBLE}

BAD_HEADERS: Final = {"iserror": 0, "ignore": 1, "startbody": 2}
"""ProxyBadHeader's words, as `proxy.bad_lines` numbers them."""


def known(value: bool | Unset) -> bool | None:
    """None for what was not said."""
    return None if value is UNSET else value


def directory_of(block: Block) -> str:
    """What httpd calls the directory of a section's rules."""
    return "*If" if block.kind in ("if", "elseif", "else") else block.pattern


def compile_section(block: Block, backends: Backends, findings: Findings, root: str, maps: Maps) -> Section | None:
    """A Location, Proxy, Directory or Files section; None where its pattern is a finding."""
    if block.kind == "directory" and block.match != "regex":
        block = replace(block, pattern=absolute(root, block.pattern))
    said = compile_said(block, block.pattern, backends, findings, maps)
    said.say("member_tls", compile_member_tls(block.member_tls, root) or None)
    text = block.pattern
    if block.kind == "directory" and block.match != "regex":
        text = text.rstrip("/") or "/"
    pattern: Pattern | None = None
    try:
        if block.match == "regex":
            pattern = compile_regex(text, origin=block.origin)
        elif block.match == "glob":
            pattern = wildcard_regex(text, crosses_slashes=block.kind == "proxy")
        elif block.kind == "files":
            pattern = compile_regex(f"\\A{re.escape(text)}\\z")
    except Refused as refused:
        refused.report(findings, block.origin)
        return None
    if block.kind == "proxy":
        # Compared with where a mapping leads; the name of a balancer there is in lower case, however it is written
        # here.
        name = balancer_name(text)
        if name is not None and pattern is None:
            text = text[: len("balancer://")].lower() + name + text[len("balancer://") + len(name) :]
    section = Section(to_bytes(text), block.kind != "proxy", pattern, said, block.origin)
    section.of_name = block.kind == "files"
    if pattern is not None and block.kind == "location":
        section.names = tuple((name, to_bytes("MATCH_" + name.upper())) for name in pattern.groupindex)
    section.searches = block.match == "regex"
    for line in block.proxy.mappings or ():
        section.mapping = compile_mapping(line, block.pattern, findings)
    return section


def rules_of(sections: tuple[object, ...]) -> list[Rule]:
    """All rules in these sections."""
    found: list[Rule] = []
    for section in sections:
        assert isinstance(section, Section)
        found += rules_said(section.said)
    return found


def rules_said(said: Said) -> list[Rule]:
    """All rules that a section says, those in its `<If>` sections too."""
    places = said.get("places")
    found: list[Rule] = []
    for place in places if isinstance(places, tuple) else ():
        assert isinstance(place, Place)
        found += [rule for rule in place.rules if isinstance(rule, Rule)]
    inside = said.get("branches")
    return found + rules_in_branches(inside if isinstance(inside, tuple) else ())


def rules_in_branches(branches: tuple[object, ...]) -> list[Rule]:
    """All rules in `<If>` sections."""
    return [rule for branch in branches if isinstance(branch, Branch) for rule in rules_said(branch.said)]


def directory_order(block: Block, root: str) -> tuple[int, int]:
    """Directories by depth, then those by regular expression, then Files: the order in which httpd merges them."""
    if block.kind == "files":
        return (2, 0)
    if block.match == "regex":
        return (1, 0)
    return (0, absolute(root, block.pattern).rstrip("/").count("/"))


def options_of(section: object) -> tuple[object, ...]:
    """The Options of one section."""
    assert isinstance(section, Section)
    said = section.said.get("options")
    return said if isinstance(said, tuple) else ()


def misplaced_files(block: Block) -> list[Origin]:
    """Files sections inside other sections."""
    found: list[Origin] = []
    for outer in block.blocks:
        if outer.kind != "virtualhost":
            found += [
                inner.origin
                for inner in outer.blocks
                if inner.kind not in CHAIN and (outer.kind, inner.kind) != ("directory", "files")
            ]
            found += misplaced_files(outer)
    return list(dict.fromkeys(found))
