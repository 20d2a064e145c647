"""The two phases in which rules run, and what becomes of what they made.

Rules of a server run on the path before anything is mapped; rules of sections run on the mapped URL or the file when
access was allowed. A result is proxied, a redirect, a path to go on with, or, from a section, a path to begin anew with
(httpd's `hook_uri2file` and `hook_fixup`).
"""

from __future__ import annotations

import os
from typing import Final

from evenflow.plan import decision, lookahead, places, rewrite, steps
from evenflow.plan.decision import FILES, QUERY, Inquiry
from evenflow.plan.files import DEFAULT_OPTIONS, FOLLOW, OWNER, fold
from evenflow.plan.model import Decision
from evenflow.plan.names import own_url
from evenflow.plan.places import Place, place_of
from evenflow.plan.rewrite import Rule
from evenflow.wire.targets import escape

BAD_QUERY: Final = "the configuration made a query with a blank or a control character in it (AH10410)"

BAD: Final = bytes(range(0x21)) + b"\x7f"


def run_server_rules(inquiry: Inquiry) -> Decision | None:
    """The virtual host's own rules. What they change is final unless it is a URL, [P] or [PT]."""
    rules = inquiry.host.rules
    if not rules or inquiry.ended or not inquiry.scope.rewrite_on:
        return None
    query = inquiry.query
    inquiry.reduced = False
    outcome = rewrite.run_rules(inquiry, rules)
    if outcome == rewrite.UNCHANGED:
        return None
    name = inquiry.filename
    refused = refusal(inquiry, outcome)
    if refused is not None:
        return refused
    if name.startswith(b"proxy:"):
        inquiry.mapped = True
        inquiry.nocanon = outcome == rewrite.CHANGED_AS_IS
        return None
    if rewrite.scheme_end(name) != 0:
        return redirected(inquiry, outcome, query)
    if name.startswith(b"passthrough:") and len(name) > 12:
        if not name.startswith(b"/", 12):
            return decision.answer(inquiry, 400, "a rule passed on what is no path (AH00126)")
        inquiry.path = name[12:]
        inquiry.filename = inquiry.path
        return None
    if not name.startswith(b"/"):
        return decision.answer(inquiry, 400, "a rule made a path that does not begin with a slash")
    # A local path, and the end of translation: ProxyPass does not see it.
    inquiry.translated = True
    inquiry.mapped = False
    inquiry.located = is_of_machine(inquiry)
    return None


def rules_for_any(inquiry: Inquiry) -> Decision | None:
    """The server's rules for `OPTIONS *`, which they see only under AllowAnyURI; what they do there but refuse and
    redirect does not matter."""
    if not (place_of(inquiry.scope).options or 0) & places.ALLOW_ANY_URI:
        return None
    return run_server_rules(inquiry)


def is_of_machine(inquiry: Inquiry) -> bool:
    """Whether the path that rules of the server made is the machine's own and not DocumentRoot's (`prefix_stat`)."""
    options = place_of(inquiry.scope).options or 0
    if inquiry.reduced and not options & places.LEGACY_PREFIX_DOCROOT:
        return False
    name = inquiry.filename
    first = b"/" + name.lstrip(b"/").partition(b"/")[0]
    root = inquiry.host.document_root
    if root and name.startswith(root):
        return True
    rule = inquiry.last_rule
    unsafe = bool(options & places.UNSAFE_PREFIX_STAT)
    if rule is not None and not unsafe:
        assert isinstance(rule, Rule)
        assert rule.substitution is not None
        unsafe = bool(rule.flags & rewrite.PREFIX_STAT) or rule.substitution.source.startswith(first)
    if not unsafe:
        return False
    inquiry.asked |= FILES
    return os.path.exists(first)


def run_section_rules(inquiry: Inquiry) -> Decision | None:
    """Rules of sections: they see the URL that the path was mapped to, or the file's path."""
    scope = inquiry.scope
    if not scope.rewrite_on or inquiry.ended or not scope.places:
        return None
    place = place_of(scope)
    directory = place.directory
    if directory is None:
        return None
    options = place.options or 0
    if (
        not inquiry.mapped
        and not options & places.ALLOW_NO_SLASH
        and len(inquiry.filename) == len(directory) - 1
        and directory.startswith(inquiry.filename)
    ):
        # The slash comes first, and with it a request of its own.
        return None
    if scope.options and not fold(DEFAULT_OPTIONS, scope.options) & (FOLLOW | OWNER):
        return decision.answer(inquiry, 403, "rules need `Options FollowSymLinks` or `SymLinksIfOwnerMatch` (AH00670)")
    if not place.rules:
        return None
    whole = inquiry.filename
    query = inquiry.query
    inquiry.path_info = b""
    splits = not inquiry.mapped and needs_split(place)
    if splits:
        split_path_info(inquiry)
    before = inquiry.filename
    inquiry.directory_url = place.base
    outcome = rewrite.run_rules(inquiry, place.rules, directory)
    name = inquiry.filename
    rest = inquiry.path_info
    inquiry.path_info = b""
    if outcome == rewrite.UNCHANGED:
        inquiry.filename = whole
        return None
    refused = refusal(inquiry, outcome)
    if refused is not None:
        return refused
    if name.startswith(b"proxy:") and len(name) > 6:
        if not inquiry.mapped:
            slash = slash_first(inquiry, whole)
            if slash is not None or take_index(inquiry, whole):
                return slash
        if outcome == rewrite.CHANGED_AS_IS:
            inquiry.nocanon = True
        inquiry.mapped = True
        return None
    if rewrite.scheme_end(name) != 0:
        if place.base is not None:
            inquiry.filename = based(name, directory, place.base)
        return redirected(inquiry, outcome, query)
    if name.startswith(b"passthrough:") and len(name) > 12:
        name = name[12:]
    if not name.startswith(b"/"):
        return decision.answer(inquiry, 400, "a rule made a path that does not begin with a slash")
    if not inquiry.mapped and not splits:
        inquiry.filename = whole
        split_path_info(inquiry)
        before = inquiry.filename
        rest = inquiry.path_info
        inquiry.path_info = b""
    if name == before:
        inquiry.filename = name + rest
        return None
    if not inquiry.mapped:
        slash = slash_first(inquiry, whole)
        if slash is not None:
            return slash
    target = name_as_path(inquiry, name, place)
    if not target.startswith(b"/"):
        return decision.answer(inquiry, 400, "a rule made a path that does not begin with a slash")
    restart(inquiry, target)
    return None


def slash_first(inquiry: Inquiry, file: bytes) -> Decision | None:
    """A directory that is asked for without its slash is a redirect, whatever rules of a section made of it (mod_dir
    comes last)."""
    if inquiry.path.endswith(b"/") or inquiry.main is not None or not is_directory(inquiry, file):
        return None
    location = own_url(inquiry.host, inquiry.scope, inquiry.head, inquiry.facts) + escape(inquiry.path) + b"/"
    inquiry.asked |= QUERY
    if inquiry.query is not None:
        location += b"?" + inquiry.query
    return decision.redirect(inquiry, 301, location)


def take_index(inquiry: Inquiry, file: bytes) -> bool:
    """Where rules of a section forward a directory, mod_dir asks for its index all the same, and what the rules make of
    that is taken instead."""
    if inquiry.main is not None or not is_directory(inquiry, file):
        return False
    there = lookahead.look_at_url(inquiry, b"index.html")
    if there.status != 200 or not there.mapped:
        return False
    inquiry.path = there.path
    inquiry.filename = there.filename
    inquiry.mapped = True
    inquiry.nocanon = there.nocanon
    inquiry.env = there.env
    inquiry.scope = there.scope
    if there.query is not None:
        inquiry.query = there.query
        inquiry.own_query = False
    return True


def is_directory(inquiry: Inquiry, file: bytes) -> bool:
    """Whether the file that the request named is a directory."""
    inquiry.asked |= FILES
    try:
        return os.path.isdir(file)
    except ValueError:
        return False


def restart(inquiry: Inquiry, target: bytes) -> None:
    """Begin anew with the path (httpd's internal redirect): it is taken apart like the target of a request."""
    if inquiry.trace is not None:
        inquiry.note(steps.RESTART, inquiry.origin, inquiry.path, target)
    path, cut, _ = target.partition(b"#")
    path, mark, query = path.partition(b"?")
    if mark or cut:
        inquiry.asked |= QUERY
    if mark:
        if inquiry.query is not None and not cut:
            query += b"?" + inquiry.query
        inquiry.query = query
        inquiry.own_query = False
    elif cut and inquiry.query is not None:
        inquiry.query = None
        inquiry.own_query = False
    if inquiry.first_path is None:
        inquiry.first_path = inquiry.path
    inquiry.path = path
    inquiry.env = {b"REDIRECT_" + name: value for name, value in inquiry.env.items()}
    inquiry.env[b"REDIRECT_STATUS"] = b"200"
    inquiry.handler = ""
    inquiry.content_type = b""
    inquiry.restart = True


def shielded(path: bytes) -> bytes:
    """A path that did not come in a request line, with what could not stand there escaped: reading it takes that away
    again."""
    if not has_controls(path):
        return path
    return b"".join([b"%%%02x" % byte if byte <= 32 or byte == 127 else bytes((byte,)) for byte in path])


def needs_split(place: Place) -> bool:
    """Whether a rule of the place may see where the file's name ends and PATH_INFO begins."""
    if place.splits is None:
        changes = 0
        seen = False
        for rule in place.rules:
            assert isinstance(rule, Rule)
            changes += rule.substitution is not None
            seen = seen or rule.sees_files
        place.splits = seen or changes > 1
    return place.splits


def split_path_info(inquiry: Inquiry) -> None:
    """Split the file's path where the first name stands that is no directory (httpd's directory walk)."""
    name = inquiry.filename
    inquiry.asked |= FILES
    root = inquiry.host.document_root.rstrip(b"/")
    pos = len(root) + 1 if root and name.startswith(root + b"/") and is_directory(inquiry, root) else 1
    while True:
        end = name.find(b"/", pos)
        if end < 0:
            return
        if not is_directory(inquiry, name[:end]):
            inquiry.filename = name[:end]
            inquiry.path_info = name[end:]
            return
        pos = end + 1


def based(url: bytes, directory: bytes, base: bytes) -> bytes:
    """A URL whose path begins with the directory: RewriteBase takes its place."""
    slash = url.find(b"/", abs(rewrite.scheme_end(url)))
    if slash < 0 or slash + 1 == len(url):
        return url
    return url[: slash + 1] + moved(url[slash + 1 :], directory.removeprefix(b"/"), base[1:])


def moved(text: bytes, prefix: bytes, other: bytes) -> bytes:
    """The text with `other` in the place of `prefix`; as it is where it does not begin with that."""
    size = len(prefix)
    if prefix.endswith(b"/"):
        size -= 1
    if text[:size] != prefix[:size] or text[size : size + 1] != b"/":
        return text
    if other and not other.endswith(b"/"):
        other += b"/"
    return other + text[size + 1 :]


def name_as_path(inquiry: Inquiry, name: bytes, place: Place) -> bytes:
    """The path that stands for a file's name: RewriteBase for the directory, else without DocumentRoot."""
    root = inquiry.host.document_root.rstrip(b"/")
    if place.base is not None:
        assert place.directory is not None
        made = moved(name, place.directory, place.base)
        if made == name and not (place.options or 0) & places.IGNORE_CONTEXT_INFO and not inquiry.located:
            # Another directory's file: DocumentRoot goes with its slash, and nothing comes in its place.
            made = moved(name, root, b"")
        return made
    if root and name.startswith(root + b"/"):
        return name[len(root) :]
    return name


def refusal(inquiry: Inquiry, outcome: int) -> Decision | None:
    """The answer where the rules refuse, or made a query that cannot go on; else None."""
    escapes = outcome != rewrite.CHANGED_AS_IS and rewrite.scheme_end(inquiry.filename) != 0
    if not escapes and bad_query(inquiry):
        return decision.answer(inquiry, 403, BAD_QUERY)
    if outcome == rewrite.REFUSED:
        return decision.answer(inquiry, inquiry.status, "refused by a rule")
    return None


def redirected(inquiry: Inquiry, outcome: int, before: bytes | None) -> Decision:
    """The answer with the URL that a rule made; `before` is the query that the rules began with."""
    location = inquiry.filename
    as_is = outcome == rewrite.CHANGED_AS_IS
    if not as_is:
        location = rewrite.escape_url(location)
    inquiry.asked |= QUERY
    query = inquiry.query
    if query is not None:
        if not as_is and query != before:
            query = escape(query)
        location += b"?" + query
    return decision.redirect(inquiry, inquiry.redirect_status, location)


def has_controls(text: bytes) -> bool:
    """Whether a blank or a control character is in it."""
    return len(text.translate(None, BAD)) != len(text)


def bad_query(inquiry: Inquiry) -> bool:
    """Whether the query that goes on, changed by a rule, could not stand in a request line."""
    return not inquiry.own_query and inquiry.query is not None and has_controls(inquiry.query)
