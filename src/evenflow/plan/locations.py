"""Which sections does a request meet, and what do they say together?

`<Location>` by the decoded path, `<Proxy>` by the URL that it was mapped to, `<Directory>` by the file: each in file
order, later ones overriding. The set of sections that met is a number (one bit for each), and its merged `Scope` is
made once.
"""

from __future__ import annotations

from typing import Final

from evenflow.origin import Origin
from evenflow.plan import steps
from evenflow.plan.decision import Inquiry
from evenflow.plan.mapping import Mapping
from evenflow.plan.model import Scope, VirtualHost
from evenflow.plan.patterns import Pattern
from evenflow.plan.scope import Said, add, copy_scope

MOST_COMBINATIONS: Final = 4096
"""So many merged scopes are kept for a virtual host; with more they are made again."""


class Section:
    """One `<Location>`, `<Proxy>`, `<Directory>` or `<Files>`: a prefix, or a pattern."""

    __slots__ = (
        "prefix", "whole_segments", "pattern", "searches", "of_name", "names", "mapping", "within", "said", "origin",
    )  # fmt: skip

    def __init__(
        self, prefix: bytes, whole_segments: bool, pattern: Pattern | None, said: Said, origin: Origin
    ) -> None:
        self.prefix = prefix
        self.whole_segments = whole_segments
        """Whether the prefix ends where a segment ends; false for `<Proxy>`, which compares text."""
        self.pattern = pattern
        """A regular expression to search for (a wildcard pattern is one with its ends tied)."""
        self.searches = False
        """The pattern is a regular expression as written, which sees the path as it is."""
        self.of_name = False
        """Only the last segment is looked at (`<Files>`)."""
        self.names: tuple[tuple[str, bytes], ...] = ()
        """(group, variable): named groups of a LocationMatch go into the environment as MATCH_NAME."""
        self.mapping: Mapping | None = None
        """A ProxyPass inside."""
        self.within: Section | None = None
        """The Directory section that this Files section stands in."""
        self.said = said
        self.origin = origin

    def meets(self, text: bytes) -> bool:
        """Whether it is for this path (or URL)."""
        if self.of_name:
            if self.within is not None and not self.within.meets(text):
                return False
            text = text[text.rfind(b"/") + 1 :]
        if self.pattern is not None:
            return self.pattern.search(text) is not None
        prefix = self.prefix
        if not text.startswith(prefix):
            return False
        size = len(prefix)
        return not self.whole_segments or size == len(text) or prefix.endswith(b"/") or text[size] == 47


def meet_locations(inquiry: Inquiry) -> None:
    """Find the Locations of the inquiry's path, the variables that their patterns set, and the ProxyPass of the last
    that has one."""
    sections = inquiry.host.locations
    found = 0
    bit = 1
    inquiry.location_mapping = None
    path = inquiry.path
    if sections and not inquiry.host.merge_slashes:
        # A Location is met with its slashes merged all the same, so that nobody passes it by; a pattern is not.
        while b"//" in path:
            path = path.replace(b"//", b"/")
    for section in sections:
        assert isinstance(section, Section)
        if section.meets(inquiry.path if section.searches else path):
            found |= bit
            if section.mapping is not None:
                inquiry.location_mapping = section.mapping
            if section.names:
                _set_names(inquiry, section)
        bit <<= 1
    inquiry.sections = found
    inquiry.met_path = inquiry.path


def _set_names(inquiry: Inquiry, section: Section) -> None:
    match = section.pattern.search(inquiry.path) if section.pattern is not None else None
    if match is None:
        return
    for group, variable in section.names:
        value = match.group(group)
        if value:
            inquiry.env[variable] = value
            if inquiry.trace is not None:
                inquiry.note(steps.ENVIRONMENT, section.origin, variable, value)


def meet(sections: tuple[object, ...], text: bytes) -> int:
    """The sections for a URL or a file, one bit each."""
    found = 0
    bit = 1
    for section in sections:
        assert isinstance(section, Section)
        if section.meets(text):
            found |= bit
        bit <<= 1
    return found


def tell_sections(inquiry: Inquiry, outer: int) -> None:
    """Write into the trace which sections met: `outer` ones by URL or file, then Locations by the path."""
    host = inquiry.host
    name = inquiry.filename[6:] if inquiry.mapped else inquiry.filename
    for met, sections, text in (
        (outer, host.proxies if inquiry.mapped else host.directories, name),
        (inquiry.sections, host.locations, inquiry.path),
    ):
        bit = 1
        for section in sections:
            assert isinstance(section, Section)
            if met & bit:
                inquiry.note(steps.SECTION, section.origin, text, b"met")
            bit <<= 1


def scope_of(host: VirtualHost, outer: int, of_files: bool, locations: int) -> Scope:
    """The merged scope: the virtual host, then `outer` (Proxy sections, or Directory sections `of_files`), then
    Locations."""
    if not outer and not locations:
        return host.base
    key = (outer, 1 if of_files else 0, locations)
    scope = host.combinations.get(key)
    if scope is None:
        scope = copy_scope(host.base)
        add_all(scope, host.directories if of_files else host.proxies, outer)
        add_all(scope, host.locations, locations)
        if len(host.combinations) >= MOST_COMBINATIONS:
            host.combinations.clear()
        host.combinations[key] = scope
    return scope


def add_all(scope: Scope, sections: tuple[object, ...], met: int) -> None:
    """Merge those of `sections` that met, in file order."""
    bit = 1
    for section in sections:
        assert isinstance(section, Section)
        if met & bit:
            add(scope, section.said)
        bit <<= 1
