"""ProxyPass, ProxyPassReverse and the cookie reverses, from lines to what `plan.mapping` and `plan.reverse` walk
through."""

from __future__ import annotations

import re

from evenflow.compiler.findings import Findings, Refused
from evenflow.compiler.identity import balancer_name, split_socket
from evenflow.compiler.regex import compile_regex
from evenflow.compiler.texts import to_bytes
from evenflow.config.settings import CookieLine, MappingLine, ReverseLine
from evenflow.plan.backends import Backends
from evenflow.plan.mapping import Mapping
from evenflow.plan.mapping_forms import split_groups, split_variables
from evenflow.plan.model import CookieReverse, Reverse
from evenflow.plan.reverse import prefixes_of


def compile_mapping(line: MappingLine, path: str | None, findings: Findings) -> Mapping | None:
    """A ProxyPass; `path` for one inside a Location. None where its pattern is a finding."""
    prefix = line.path if line.path is not None else path or "/"
    # In a section httpd takes whatever looks like a wildcard for a regular expression.
    regex = line.regex or (line.path is None and looks_like_wildcard(prefix))
    if not regex:
        prefix = re.sub("/+", "/", prefix)
    target = None if line.target == "!" else to_bytes(lower_origin(split_socket(line.target)[1]))
    mapping = Mapping(to_bytes(prefix), target, line.nocanon, line.origin)
    if regex:
        try:
            mapping.pattern = compile_regex(prefix, origin=line.origin)
        except Refused as refused:
            refused.report(findings, line.origin)
            return None
        mapping.pieces = split_groups(target or b"")
    mapping.interpolate = line.interpolate
    mapping.prefix_texts = split_variables(mapping.prefix)
    mapping.target_texts = split_variables(target or b"")
    mapping.encoded = line.encoded
    mapping.servlet = line.servlet
    mapping.ordinary = not (regex or line.interpolate or line.encoded)
    return mapping


def compile_mappings(lines: tuple[MappingLine, ...], findings: Findings) -> tuple[Mapping, ...]:
    """Those of a server."""
    made = [compile_mapping(line, None, findings) for line in lines]
    return tuple(mapping for mapping in made if mapping is not None)


def looks_like_wildcard(text: str) -> bool:
    """apr_fnmatch_test: whether a shell pattern is in it."""
    return re.search(r"[*?]|\\.|\[[^\]]*\]", text, re.DOTALL) is not None


def lower_origin(url: str) -> str:
    """A URL with scheme and authority in lower case, but for the names of variables."""
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    if "${" not in authority:
        authority = authority.lower()
    return f"{scheme.lower()}{separator}{authority}{slash}{path}"


def compile_reverse(line: ReverseLine, path: str | None, backends: Backends) -> list[Reverse]:
    """A ProxyPassReverse; for a balancer one prefix for each of its members."""
    fake = to_bytes(line.path if line.path is not None else path or "/")
    name = balancer_name(line.url)
    if name is None:
        reverse = Reverse((to_bytes(line.url.lower()),), fake, line.origin)
        if line.interpolate:
            reverse.texts = (split_variables(to_bytes(line.url)), split_variables(fake))
        return [reverse]
    balancer = backends.balancers.get(to_bytes(name))
    if balancer is None:
        return []
    part = to_bytes(line.url)[len("balancer://") + len(to_bytes(name)) :]
    prefixes: list[bytes] = []
    for member in balancer.members:
        prefixes += prefixes_of(member.name, part, fake)
    reverse = Reverse(tuple(prefixes), fake, line.origin)
    if balancer.spares:
        balancer.reverses.append((reverse, part))
    return [reverse]


def compile_cookie(line: CookieLine) -> CookieReverse:
    """A ProxyPassReverseCookiePath or CookieDomain."""
    inner, public = to_bytes(line.inner), to_bytes(line.public)
    reverse = CookieReverse(inner, public, line.origin)
    if line.interpolate:
        reverse.texts = (split_variables(inner), split_variables(public))
    return reverse
