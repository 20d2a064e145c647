"""Redirect and Alias: paths that are answered with another address, or stand for a file elsewhere.

What mod_alias does, step by step (`translate_alias_redir`, `fixup_redir`). A server's lines act when no ProxyPass has
taken the path, and with them what a Location says without a path; whatever sections say acts once more at the end of
the way, so there it wins even over a ProxyPass.
"""

from __future__ import annotations

from typing import Any

from evenflow.origin import Origin
from evenflow.plan import decision, expr, steps
from evenflow.plan.decision import QUERY, Inquiry
from evenflow.plan.mapping import Mapping, covered
from evenflow.plan.model import Decision
from evenflow.plan.names import own_url
from evenflow.plan.patterns import Pattern
from evenflow.wire.targets import escape

BAD_TARGET = "a Redirect leads to what is neither a URL nor a path (AH00674)"


class Substitution:
    """A text with `$N` in it. `parts` are texts and numbers of groups."""

    __slots__ = ("parts",)

    def __init__(self, parts: tuple[bytes | int, ...]) -> None:
        self.parts = parts

    def expand(self, match: Any) -> bytes:
        """The text with the groups of `match` put in."""
        out: list[bytes] = []
        for part in self.parts:
            if isinstance(part, bytes):
                out.append(part)
            elif part <= match.re.groups:
                out.append(match.group(part) or b"")
        return b"".join(out)


class Redirect:
    """One Redirect with a path, or RedirectMatch. `target` is b"" where the status is no redirect."""

    __slots__ = ("status", "prefix", "pattern", "target", "substitution", "origin")

    def __init__(self, status: int, target: bytes, origin: Origin) -> None:
        self.status = status
        self.prefix: Mapping | None = None
        self.pattern: Pattern | None = None
        self.target = target
        self.substitution: Substitution | None = None
        """With `pattern`."""
        self.origin = origin

    def follow(self, path: bytes) -> bytes | None:
        """Where the path leads, escaped; b"" where the status says it all, None where this is not its line."""
        if self.prefix is not None:
            size = covered(self.prefix, path)
            if not size:
                return None
            return self.target + escape(path[size:]) if self.target else b""
        assert self.pattern is not None
        match = self.pattern.search(path)
        if match is None:
            return None
        return escape_path(self.substitution.expand(match)) if self.substitution is not None else b""


class RedirectHere:
    """A Redirect without a path, for all that its section covers. `text` is None where the status is no redirect."""

    __slots__ = ("status", "text", "origin")

    def __init__(self, status: int, text: expr.Text | None, origin: Origin) -> None:
        self.status = status
        self.text = text
        self.origin = origin


class Alias:
    """One Alias with a path, or AliasMatch; `target` is absolute or below ServerRoot."""

    __slots__ = ("prefix", "pattern", "target", "substitution", "script", "origin")

    def __init__(self, target: bytes, script: bool, origin: Origin) -> None:
        self.prefix: Mapping | None = None
        self.pattern: Pattern | None = None
        self.target = target
        self.substitution: Substitution | None = None
        self.script = script
        """ScriptAlias: what it names are programs."""
        self.origin = origin

    def follow(self, path: bytes) -> bytes | None:
        """The file that the path stands for; None where this is not its line."""
        if self.prefix is not None:
            size = covered(self.prefix, path)
            return self.target + path[size:] if size else None
        assert self.pattern is not None
        match = self.pattern.search(path)
        if match is None or self.substitution is None:
            return None
        return self.substitution.expand(match)


class AliasHere:
    """An Alias without a path; `prefix` is its Location's, for AliasPreservePath."""

    __slots__ = ("text", "prefix", "script", "origin")

    def __init__(self, text: expr.Text, prefix: Mapping | None, script: bool, origin: Origin) -> None:
        self.text = text
        self.prefix = prefix
        self.script = script
        self.origin = origin


def translate(inquiry: Inquiry) -> Decision | None:
    """What a path that no ProxyPass took leads to: a redirect, or a file that an Alias names (left in the inquiry)."""
    made = redirect_here(inquiry)
    if made is None and inquiry.host.redirects:
        made = first_redirect(inquiry, inquiry.host.redirects)
    if made is not None:
        return made
    here = inquiry.scope.alias
    if isinstance(here, AliasHere):
        name = expr.write(here.text, inquiry)
        if inquiry.scope.alias_preserves and here.prefix is not None:
            size = covered(here.prefix, inquiry.path)
            if size:
                name += inquiry.path[size:]
        inquiry.script = here.script
        take_file(inquiry, name, here.origin)
        return None
    for alias in inquiry.host.file_aliases:
        assert isinstance(alias, Alias)
        found = alias.follow(inquiry.path)
        if found is not None:
            inquiry.script = alias.script
            take_file(inquiry, found, alias.origin)
            return None
    return None


def redirect_in_section(inquiry: Inquiry) -> Decision | None:
    """The redirects of the sections that met, at the end of the way."""
    made = redirect_here(inquiry)
    if made is None and inquiry.scope.redirects:
        made = first_redirect(inquiry, inquiry.scope.redirects)
    return made


def redirect_here(inquiry: Inquiry) -> Decision | None:
    """The Redirect without a path of the last section that has one."""
    here = inquiry.scope.redirect
    if not isinstance(here, RedirectHere):
        return None
    target = b"" if here.text is None else escape_path(expr.write(here.text, inquiry))
    return answer(inquiry, here.status, target, here.origin)


def first_redirect(inquiry: Inquiry, lines: tuple[object, ...]) -> Decision | None:
    """The first line that covers the path."""
    for line in lines:
        assert isinstance(line, Redirect)
        target = line.follow(inquiry.path)
        if target is not None:
            return answer(inquiry, line.status, target, line.origin)
    return None


def answer(inquiry: Inquiry, status: int, target: bytes, origin: Origin) -> Decision:
    """The redirect to `target`, made absolute and with the request's query unless it has its own."""
    inquiry.origin = origin
    if status < 300 or status >= 400:
        return decision.answer(inquiry, status, "a Redirect with a status that is none")
    if target.startswith(b"/"):
        if not inquiry.scope.redirect_relative:
            target = own_url(inquiry.host, inquiry.scope, inquiry.head, inquiry.facts) + target
    elif not is_url(target):
        return decision.answer(inquiry, 500, BAD_TARGET)
    if b"?" not in target:
        inquiry.asked |= QUERY
        if inquiry.query is not None:
            target += b"?" + inquiry.query
    if inquiry.trace is not None:
        inquiry.note(steps.ALIAS, origin, inquiry.path, target)
    return decision.redirect(inquiry, status, target)


def is_url(text: bytes) -> bool:
    """Whether it begins with a scheme and `:` (ap_is_url)."""
    scheme, colon, _ = text.partition(b":")
    return bool(colon and scheme) and not scheme.translate(
        None, b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-."
    )


def escape_path(target: bytes) -> bytes:
    """A URL or path with everything before its query and fragment escaped."""
    end = len(target)
    for mark in (63, 35):  # `?` and `#`
        found = target.find(mark)
        if 0 <= found < end:
            end = found
    return escape(target[:end]) + target[end:]


def take_file(inquiry: Inquiry, name: bytes, origin: Origin) -> None:
    """The path stands for this file; nobody asks for DocumentRoot."""
    if not name.startswith(b"/"):
        name = inquiry.plan.server_root.encode() + b"/" + name
    name = tidy(name)
    inquiry.filename = name
    inquiry.located = True
    inquiry.origin = origin
    if inquiry.trace is not None:
        inquiry.note(steps.ALIAS, origin, inquiry.path, name)


def tidy(name: bytes) -> bytes:
    """An absolute file name without double slashes and dot segments; a slash at its end stays."""
    if b"//" not in name and b"/." not in name:
        return name
    out: list[bytes] = []
    for segment in name.split(b"/"):
        if segment == b"..":
            if out:
                out.pop()
        elif segment and segment != b".":
            out.append(segment)
    return b"/" + b"/".join(out) + (b"/" if out and name.endswith((b"/", b"/.", b"/..")) else b"")
