"""Mappings that never match, and targets that are put together wrongly."""

from __future__ import annotations

from collections.abc import Iterator

from evenflow.config.checks.view import (
    Places,
    Prefixes,
    Server,
    flag,
    line_of,
    literal_start,
    location_mapping,
    only_below,
    rule_that_takes,
    sample,
    takes_all,
)
from evenflow.config.diagnostics import Diagnostic, Label, warning
from evenflow.config.directives.proxy import balancer_name
from evenflow.config.settings import MappingLine, RuleLine


def _what(mapping: MappingLine) -> str:
    name = mapping.origin.text.split(None, 1)[0] if mapping.regex else "ProxyPass"
    path = f" {mapping.path}" if mapping.path is not None else ""
    return f"{name}{path} !" if mapping.target == "!" else f"{name}{path}" if path else f"{name} {mapping.target}"


def _head(places: Places, mapping: MappingLine) -> int:
    """How many words of the statement to mark."""
    return 2 if mapping.path is not None and mapping.target == "!" else 1


def is_prefix(mapping: MappingLine) -> bool:
    """Whether it is a path as written, compared with decoded paths: what a pattern matches is not known here."""
    return not (mapping.regex or mapping.interpolate or mapping.encoded)


def check_shadowed(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A mapping below one that takes the same paths first."""
    known: Prefixes[MappingLine] = Prefixes()
    roots: list[MappingLine] = []
    in_sections: Prefixes[tuple[str, MappingLine]] = Prefixes()
    for location in server.locations:
        taking = location_mapping(location)
        if taking is not None and is_prefix(taking):
            if location.match == "prefix":
                in_sections.put(location.pattern, (location.pattern, taking))
            elif location.match == "regex" and takes_all(location.pattern):
                in_sections.put("/", ("/", taking))
    for mapping in server.mappings:
        assert mapping.path is not None
        if mapping.encoded:
            before = []
        else:
            before = [one for _, one in known.taking(mapping.path)] if is_prefix(mapping) else roots
        earlier = _first(before, mapping)
        forwarding = None if earlier is not None else rule_before(server, mapping)
        if forwarding is not None:
            yield _behind_a_rule(places, mapping, forwarding)
            continue
        if mapping.regex and takes_all(mapping.path):
            known.put("/", mapping)
            roots.append(mapping)
        if is_prefix(mapping):
            known.put(mapping.path, mapping)
            if mapping.path == "/":
                roots.append(mapping)
            if earlier is None:
                for _, (pattern, taking) in in_sections.taking(mapping.path):
                    if not taking.target == mapping.target == "!":
                        note = "a mapping in a section is tried before all mappings outside, wherever it stands"
                        yield _shadowed(places, mapping, taking, pattern, note, "")
                        break
        if earlier is not None:
            assert earlier.path is not None
            note = "mappings are tried in the order they are written"
            path = "/" if earlier.regex else earlier.path
            yield _shadowed(places, mapping, earlier, path, note, "above")


def rule_before(server: Server, mapping: MappingLine) -> RuleLine | None:
    """The rule that forwards whatever the mapping would take: rules run first, and this one asks nothing else."""
    if mapping.target == "!" or not is_prefix(mapping) or mapping.path is None:
        return None
    for rule in server.rules:
        if flag(rule, "P") and rule.substitution != "-" and not rule.conditions and takes_all(rule.pattern):
            return rule
        if not (flag(rule, "F") or flag(rule, "G")) and (rule.substitution != "-" or rule.flags):
            # What becomes of the path behind it is not known here.
            return None
    return None


def _behind_a_rule(places: Places, mapping: MappingLine, rule: RuleLine) -> Diagnostic:
    return warning(
        "mapping-shadowed",
        f"`{_what(mapping)}` can never match",
        places.head(mapping.origin, 1),
        also=(Label(places.whole(rule.origin), "this rule forwards every path first", primary=False),),
        notes=("rules run before ProxyPass, wherever they stand in the file",),
        help="leave one of the two out"
        if mapping.path == "/"
        else f"write `RewriteCond %{{REQUEST_URI}} !^{_escaped(mapping.path or '')}` above "
        + line_of(rule.origin, mapping.origin),
    )


def _first(before: list[MappingLine], mapping: MappingLine) -> MappingLine | None:
    """The first that takes what this one would; one exclusion behind another is no loss."""
    return next((one for one in before if not one.target == mapping.target == "!"), None)


def check_sections_shadowed(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A mapping in a section, and a later section that takes the same paths."""
    known: Prefixes[tuple[str, MappingLine]] = Prefixes()
    for location in server.locations:
        mapping = location_mapping(location)
        if mapping is not None and location.match == "prefix" and is_prefix(mapping):
            known.put(location.pattern, (location.pattern, mapping))
    place = 0
    for location in server.locations:
        mapping = location_mapping(location)
        if mapping is None or location.match != "prefix" or not is_prefix(mapping):
            continue
        later = next((one for order, one in known.taking(location.pattern) if order > place), None)
        place += 1
        if later is not None:
            pattern, taking = later
            note = "of several sections that match, the last one in the file has the mapping"
            yield _shadowed(places, mapping, taking, pattern, note, "below")


def _shadowed(places: Places, mapping: MappingLine, taking: MappingLine, path: str, note: str, move: str) -> Diagnostic:
    every = "every path" if path == "/" else f"`{path}` and every path below it"
    text = f"this mapping takes {every}" + (" first" if move == "above" else "")
    help = f"move line {mapping.origin.line} {move} {line_of(taking.origin, mapping.origin)}"
    if move == "below":
        help = f"put the section of line {mapping.origin.line} below that of {line_of(taking.origin, mapping.origin)}"
    elif not move:
        where = line_of(taking.origin, mapping.origin)
        help = f"put it into its own `<Location {mapping.path}>`, below the one of {where}"
    return warning(
        "mapping-shadowed",
        f"`{_what(mapping)}` can never match",
        places.head(mapping.origin, _head(places, mapping)),
        also=(Label(places.head(taking.origin, _head(places, taking)), text, primary=False),),
        notes=(note,),
        help=help,
    )


def check_exclusions(server: Server, places: Places) -> Iterator[Diagnostic]:
    """`ProxyPass X !`, and a rule that forwards X all the same."""
    excluded = []
    for mapping in server.mappings:
        alone = sample(mapping.path or "") if mapping.regex else mapping.path
        if mapping.target == "!" and alone:
            excluded.append((alone, mapping))
    for location in server.locations:
        inner = location_mapping(location)
        if inner is not None and inner.target == "!" and location.match == "prefix":
            excluded.append((location.pattern, inner))
    for path, mapping in excluded:
        rule = rule_that_takes(server.rules, path)
        if rule is None and not path.endswith("/"):
            # A rule for what lies below it, as `^/static/(.*)`.
            rule = rule_that_takes(server.rules, path + "/x")
            rule = rule if rule is not None and only_below(rule, path) else None
        if rule is None:
            continue
        yield warning(
            "rule-defeats-exclusion",
            f"`{_what(mapping)}` has no effect: a rule forwards `{path}` before mappings are looked at",
            places.head(mapping.origin, 2),
            also=(Label(places.whole(rule.origin), "this rule takes it", primary=False),),
            notes=("rules run before ProxyPass, wherever they stand in the file",),
            help=f"write `RewriteCond %{{REQUEST_URI}} !^{_escaped(path)}` above "
            + line_of(rule.origin, mapping.origin),
        )


def _escaped(path: str) -> str:
    """A path as a pattern. Only what a path is likely to hold is escaped, so that people can read it."""
    return path.replace(".", "\\.").replace("+", "\\+").replace(" ", "\\ ")


def check_slashes(server: Server, places: Places) -> Iterator[Diagnostic]:
    """The path's end and the target's end must agree: httpd puts them together as they are."""
    for path, mapping in paths_and_mappings(server):
        if mapping.target == "!" or mapping.regex:
            continue
        target = mapping.target
        authority_only = "/" not in target.partition("://")[2]
        if path.endswith("/") and not target.endswith("/"):
            effect = f"`{path}x` becomes `{target}x`"
            what = (
                "a host that does not exist"
                if authority_only and balancer_name(target) is None
                else "a balancer that does not exist"
            )
            yield warning(
                "missing-slash",
                f"`ProxyPass {path} {target}` lacks a slash at its end"
                if mapping.path is not None
                else f"`ProxyPass {target}` lacks a slash at its end",
                places.word(mapping.origin, target),
                notes=(
                    f"path and URL are put together as they are: {effect}" + (f", {what}" if authority_only else ""),
                ),
                help=f"write `{target}/`",
            )
        elif not path.endswith("/") and target.endswith("/") and path:
            yield warning(
                "slash-doubled",
                f"`{path}` has no slash at its end and `{target}` has one, so the member sees two",
                places.word(mapping.origin, target),
                notes=(f"path and URL are put together as they are: `{path}/x` becomes `{target}/x`",),
                help=f"write `{target.rstrip('/')}`, or `{path}/` for the path",
            )


def paths_and_mappings(server: Server) -> Iterator[tuple[str, MappingLine]]:
    """Every mapping with the prefix that it takes; those with patterns left out."""
    for mapping in server.mappings:
        if not mapping.regex:
            yield mapping.path or "", mapping
    for location in server.locations:
        found = location_mapping(location)
        if found is not None and location.match == "prefix":
            yield location.pattern, found


def patterns_and_mappings(server: Server) -> Iterator[tuple[str, MappingLine]]:
    """Every mapping with a pattern, with what each path that it takes begins with; "" where that is not certain."""
    for mapping in server.mappings:
        if mapping.regex:
            assert mapping.path is not None
            yield start_of(mapping.path), mapping
    for location in server.locations:
        found = location_mapping(location)
        if found is not None and location.match == "regex":
            yield start_of(location.pattern), found


def start_of(pattern: str) -> str:
    """What every path that the pattern takes begins with; "/" for all of them, "" where nothing is certain."""
    return "/" if takes_all(pattern) else literal_start(pattern)
