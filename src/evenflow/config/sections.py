"""The sections that enclose settings: VirtualHost, Location, Proxy, Directory, Files with their Match forms, and If.

A row says where a section may stand and how its argument is read; the answer is an empty `Draft` to write into.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from evenflow.config.arguments import key_value, proxy_url
from evenflow.config.contexts import (
    ANYWHERE,
    DIRECTORY,
    FILES,
    IF,
    INSIDE,
    LOCATION,
    PROXY,
    SERVER,
    SERVERS,
    VHOST,
    Context,
)
from evenflow.config.diagnostics import Wrong, warning
from evenflow.config.directives.authz import close_group, close_limit, open_group, open_limit
from evenflow.config.directives.proxy import set_line
from evenflow.config.providers import close_require, close_users, open_require, open_users
from evenflow.config.scope import Draft
from evenflow.config.settings import Address
from evenflow.config.syntax import Section, Word

WILDCARDS = "*?["


def enclose(outer: Draft, inner: Draft, section: Section) -> None:
    """The end of most sections: they become a block of the one around them."""
    outer.blocks.append(inner)


@dataclass(frozen=True, slots=True)
class SectionRow:
    """A section that we act on. `open` makes its draft; `sentence` says what it is for."""

    name: str
    contexts: Context
    open: Callable[[Draft, Section], Draft]
    sentence: str
    close: Callable[[Draft, Draft, Section], None] = enclose
    """(around it, the draft, the section) -> nothing: what happens at its end; raises Wrong."""
    syntax: str = ""
    """Its argument, for the reference."""


def _draft(outer: Draft, section: Section, kind: str, match: str, pattern: str, place: Context) -> Draft:
    return Draft(kind, match, pattern, section.origin, place, section.name, outer, outer.reports)


def _words(section: Section, least: int = 1) -> tuple[Word, ...]:
    if len(section.words) < least:
        raise Wrong(
            "section-argument-missing",
            f"`<{section.name}>` needs an argument",
            says=f"<{section.name}> directive requires additional arguments",
            help={"location": "write `<Location /path>`", "virtualhost": "write `<VirtualHost *:80>`"}.get(
                section.name.lower(), ""
            ),
        )
    return section.words


def _pattern(section: Section, *, regex: bool) -> tuple[str, str]:
    """(match, pattern) of `<X pattern>`, `<X ~ pattern>` and `<XMatch pattern>`."""
    words = _words(section)
    if words[0].text == "~":
        if len(words) < 2:
            raise Wrong(
                "section-argument-missing",
                f"`<{section.name} ~>` needs a pattern",
                says=f"<{section.name}> directive requires additional arguments",
            )
        regex = True
        words = words[1:]
    if len(words) > 1:
        raise Wrong(
            "argument-count",
            f"`<{section.name}>` takes one argument, and `{words[1].text}` is too many",
            words[1].span,
            says=f"Multiple <{section.name}> arguments not (yet) supported.",
            help="put a pattern with blanks into quotes",
        )
    text = words[0].text
    if regex:
        return "regex", text
    return ("glob" if any(mark in text for mark in WILDCARDS) else "prefix"), text


# --- VirtualHost --------------------------------------------------------------------------------------------------


def open_virtual_host(outer: Draft, section: Section) -> Draft:
    draft = _draft(outer, section, "virtualhost", "prefix", section.rest, VHOST)
    addresses = [read_address(draft, section, word) for word in _words(section)]
    draft.addresses = tuple(address for address in addresses if address is not None)
    return draft


def read_address(draft: Draft, section: Section, word: Word) -> Address | None:
    """`host[:port]`, `[v6]:port`, `*[:port|:*]`, `_default_[:port]`.

    None for one that httpd leaves out with a message.
    """
    text = word.text
    if text.isascii() and text.isdigit():
        raise Wrong(
            "address-malformed",
            f"`<VirtualHost {text}>` is a port without an address",
            word.span,
            says="Missing address for VirtualHost",
            help=f"write `<VirtualHost *:{text}>`",
        )
    host_port = read_host_port(text)
    if host_port is None:
        draft.reports.append(
            warning(
                "address-ignored",
                f"`{text}` is not an address: the virtual host does not listen there",
                word.span,
                notes=(f"httpd says: Could not resolve host name {text} -- ignoring!",),
                help="write `*:PORT`, `ADDRESS:PORT` or `[IPV6]:PORT`",
            )
        )
        return None
    host, port = host_port
    if port is not None and not 0 <= port <= 65535:
        raise Wrong(
            "value-out-of-range",
            f"a port must be between 1 and 65535, not {port}",
            word.span,
            says="The address or port is invalid",
        )
    if host.lower() in ("*", "_default_"):
        host = ""
    return Address(host, port or None, section.origin)


def read_host_port(text: str) -> tuple[str, int | None] | None:
    """(host without brackets, port or None for `*` and for none); None where it is neither."""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            return None
        port_text = rest[1:]
    else:
        host, colon, port_text = text.rpartition(":")
        if not colon or ":" in host:
            host, port_text = text, ""
    if port_text in ("", "*"):
        return host, None
    if not (port_text.isascii() and port_text.isdigit()):
        return None
    return host, int(port_text[:6])


# --- the others ---------------------------------------------------------------------------------------------------


def open_location(outer: Draft, section: Section) -> Draft:
    match, pattern = _pattern(section, regex=False)
    return _draft(outer, section, "location", match, pattern, LOCATION)


def open_location_match(outer: Draft, section: Section) -> Draft:
    match, pattern = _pattern(section, regex=True)
    return _draft(outer, section, "location", match, pattern, LOCATION)


def open_proxy(outer: Draft, section: Section) -> Draft:
    rest = section.words
    if rest and rest[0].text == "~":
        raise Wrong(
            "value-not-allowed",
            "`<Proxy>` takes no `~`",
            rest[0].span,
            says="<Proxy> arguments are not supported for non url.",
            help=f"write `<ProxyMatch {section.rest[1:].strip()}>`",
        )
    pattern = rest[0].text if rest else ""
    match = "glob" if any(mark in pattern for mark in WILDCARDS) else "prefix"
    draft = _draft(outer, section, "proxy", match, pattern, PROXY)
    said = []
    for word in rest[1:]:
        pair = key_value(word)
        if pair is None:
            raise Wrong(
                "unknown-parameter",
                f"`{word.text}` behind the URL is not `key=value`",
                word.span,
                says="Invalid Proxy parameter. Parameter must be in the form 'key=value'",
            )
        said.append(pair)
    if said:
        if match != "prefix" or "://" not in pattern:
            raise Wrong(
                "unknown-parameter",
                f"`{pattern}` is no single balancer or member, so parameters have no place here",
                said[0][1].span,
                says="<Proxy> arguments are not supported for non url.",
            )
        draft.add("proxy", "sets", set_line("<Proxy", proxy_url("<Proxy>", rest[0]), said, section, outer))
    return draft


def open_proxy_match(outer: Draft, section: Section) -> Draft:
    match, pattern = _pattern(section, regex=True)
    return _draft(outer, section, "proxy", match, pattern, PROXY)


def open_directory(outer: Draft, section: Section) -> Draft:
    match, pattern = _pattern(section, regex=section.name.lower().endswith("match"))
    return _draft(outer, section, "directory", match, pattern, DIRECTORY)


def open_files(outer: Draft, section: Section) -> Draft:
    match, pattern = _pattern(section, regex=section.name.lower().endswith("match"))
    return _draft(outer, section, "files", match, pattern, FILES)


# --- If, ElseIf, Else ---------------------------------------------------------------------------------------------

CHAIN: Final = ("if", "elseif", "else")
"""The kinds of block that are asked for each request; `pattern` is the expression's text, "" for Else."""


def open_if(outer: Draft, section: Section) -> Draft:
    return _draft(outer, section, "if", "expr", _expression(section), IF)


def open_else_if(outer: Draft, section: Section) -> Draft:
    _follows(outer, section)
    return _draft(outer, section, "elseif", "expr", _expression(section), IF)


def open_else(outer: Draft, section: Section) -> Draft:
    _follows(outer, section)
    if section.words:
        raise Wrong(
            "argument-count",
            f"`<{section.name}>` takes no argument, and `{section.words[0].text}` is too many",
            section.words[0].span,
            says="<Else> does not take an argument",
            help=f"write `<Else>`, or `<ElseIf {section.rest}>`",
        )
    return _draft(outer, section, "else", "expr", "", IF)


def _expression(section: Section) -> str:
    """The text of the expression; httpd reads one word and splits it itself."""
    words = _words(section)
    if len(words) > 1:
        quoted = section.rest.replace('"', "'")
        raise Wrong(
            "argument-count",
            f"`<{section.name}>` takes one argument, and `{words[1].text}` is too many",
            words[1].span,
            says=f"Multiple <{section.name}> arguments not supported.",
            help=f'put the whole expression into quotes: `<{section.name} "{quoted}">`',
        )
    return words[0].text


def _follows(outer: Draft, section: Section) -> None:
    """httpd looks at the last If, ElseIf or Else of the same section; what stands between does not matter."""
    chain = [block for block in outer.blocks if block.kind in CHAIN]
    if not chain or chain[-1].kind == "else":
        raise Wrong(
            "else-without-if",
            f"`<{section.name}>` has no `<If>` before it in the same section"
            if not chain
            else f"`<{section.name}>` comes behind an `<Else>`, which takes all that is left",
            section.span,
            says="<Else> or <ElseIf> section without previous <If> or <ElseIf> section in same scope",
            help='write `<If "EXPRESSION">` above it, or in place of it' if not chain else "move it above the `<Else>`",
        )


ROWS: Final = (
    SectionRow(
        "VirtualHost",
        SERVER,
        open_virtual_host,
        "What holds for some addresses and names only.",
        syntax="ADDRESS[:PORT|:*] ...",
    ),
    SectionRow(
        "Location",
        SERVERS,
        open_location,
        "What holds below a path, or for paths that a pattern matches.",
        syntax="PATH|~ PATTERN",
    ),
    SectionRow(
        "LocationMatch",
        SERVERS,
        open_location_match,
        "What holds for paths that a regular expression matches.",
        syntax="PATTERN",
    ),
    SectionRow(
        "Proxy",
        SERVERS,
        open_proxy,
        "A balancer with its members, or what holds for requests to a URL.",
        syntax="URL|WILDCARDS [KEY=VALUE ...]",
    ),
    SectionRow(
        "ProxyMatch",
        SERVERS,
        open_proxy_match,
        "What holds for requests to URLs that a regular expression matches.",
        syntax="PATTERN",
    ),
    SectionRow(
        "Directory",
        SERVERS,
        open_directory,
        "What holds for files below a directory; never for what is proxied.",
        syntax="DIRECTORY|~ PATTERN",
    ),
    SectionRow("DirectoryMatch", SERVERS, open_directory, "Like Directory, by regular expression.", syntax="PATTERN"),
    SectionRow(
        "Files",
        ANYWHERE & ~LOCATION,
        open_files,
        "What holds for files of a name; never for what is proxied.",
        syntax="NAME|~ PATTERN",
    ),
    SectionRow("FilesMatch", ANYWHERE & ~LOCATION, open_files, "Like Files, by regular expression.", syntax="PATTERN"),
    SectionRow("If", ANYWHERE, open_if, "What holds for requests of which an expression is true.", syntax="CONDITION"),
    SectionRow(
        "ElseIf",
        ANYWHERE,
        open_else_if,
        "What holds if this is true and nothing before it in the chain was.",
        syntax="CONDITION",
    ),
    SectionRow("Else", ANYWHERE, open_else, "What holds if nothing before it in the chain was true."),
    SectionRow("RequireAll", INSIDE, open_group, "Every Require line in it must hold.", close_group),
    SectionRow("RequireAny", INSIDE, open_group, "One Require line in it must hold.", close_group),
    SectionRow("RequireNone", INSIDE, open_group, "None of the Require lines in it may hold.", close_group),
    SectionRow(
        "AuthnProviderAlias",
        SERVER,
        open_users,
        "A name for a file of users, for AuthBasicProvider.",
        close_users,
        syntax="file NAME",
    ),
    SectionRow(
        "AuthzProviderAlias",
        SERVER,
        open_require,
        "A name for a Require line.",
        close_require,
        syntax='PROVIDER NAME "ARGUMENTS"',
    ),
    SectionRow("Limit", INSIDE, open_limit, "Require lines for these methods only.", close_limit, syntax="METHOD ..."),
    SectionRow(
        "LimitExcept", INSIDE, open_limit, "Require lines for all but these methods.", close_limit, syntax="METHOD ..."
    ),
)

SECTIONS: Final = {row.name.lower(): row for row in ROWS}
"""By lower-case name."""
