"""ProxyPass: which URL does a path stand for?

The first mapping in file order whose prefix covers the path wins, and the URL is its target with the rest of the path
behind it: text and text, whatever slashes that makes (httpd's `alias_match` and `ap_proxy_trans_match`). Who answers at
that URL is not known here.
"""

from __future__ import annotations

from typing import Any

from evenflow.origin import Origin
from evenflow.plan import mapping_forms, steps
from evenflow.plan.decision import QUERY, Inquiry


class Mapping:
    """One ProxyPass. `prefix` has its runs of slashes merged; `target` is None for an exclusion (`!`)."""

    __slots__ = (
        "prefix", "target", "nocanon", "origin", "subtree", "ordinary", "pattern", "pieces", "interpolate",
        "prefix_texts", "target_texts", "encoded", "servlet",
    )  # fmt: skip

    def __init__(self, prefix: bytes, target: bytes | None, nocanon: bool, origin: Origin) -> None:
        self.prefix = prefix
        self.target = target
        self.nocanon = nocanon
        self.origin = origin
        self.subtree = prefix if prefix.endswith(b"/") else prefix + b"/"
        """What a longer path must begin with, so that `/app` does not cover `/apple`."""
        self.ordinary = True
        """A prefix and a URL, and none of the following."""
        self.pattern: Any = None
        """A ProxyPassMatch: what the path is searched for; `prefix` is its text."""
        self.pieces: mapping_forms.Pieces = ()
        """The target of a pattern with its groups."""
        self.interpolate = False
        self.prefix_texts: mapping_forms.Texts = ()
        self.target_texts: mapping_forms.Texts = ()
        """Prefix and target with their variables, for `interpolate`."""
        self.encoded = False
        """mapping=encoded: the path is compared before its escapes are decoded."""
        self.servlet = False
        """mapping=servlet, which is `encoded` too."""


def covered(mapping: Mapping, path: bytes) -> int:
    """How many bytes of `path` the prefix takes, 0 where it does not cover it; several slashes count as one."""
    prefix = mapping.prefix
    if path.startswith(mapping.subtree) or path == prefix:
        if b"//" not in path:
            return len(prefix)
    elif b"//" not in path:
        return 0
    return _covered_with_runs(prefix, path)


def _covered_with_runs(prefix: bytes, path: bytes) -> int:
    at = 0
    pos = 0
    while at < len(prefix) and pos < len(path):
        if prefix[at] != path[pos]:
            return 0
        if prefix[at] == 47:
            while at < len(prefix) and prefix[at] == 47:
                at += 1
            while pos < len(path) and path[pos] == 47:
                pos += 1
        else:
            at += 1
            pos += 1
    if at < len(prefix):
        return 0
    if not prefix.endswith(b"/") and pos < len(path) and path[pos] != 47:
        return 0
    return pos


def map_path(inquiry: Inquiry) -> bool:
    """Look for the mapping of the inquiry's path and make it its target; False where none covers it or the first one
    excludes it.

    The mapping of a Location comes before the list, even before an exclusion in it.
    """
    if b"no-proxy" in inquiry.env:
        return False
    inside = inquiry.location_mapping
    if isinstance(inside, Mapping):
        if inside.ordinary:
            size = covered(inside, inquiry.path)
            if size:
                return _take(inquiry, inside, size)
        elif not inside.encoded and take_otherwise(inquiry, inside):
            return inquiry.mapped
    index: Any = inquiry.host.mapping_index if inquiry.trace is None else None
    mappings = inquiry.host.mappings if index is None else index.worth(inquiry.path)
    for mapping in mappings:
        assert isinstance(mapping, Mapping)
        if mapping.ordinary:
            size = covered(mapping, inquiry.path)
            if size:
                return _take(inquiry, mapping, size)
        elif not mapping.encoded and take_otherwise(inquiry, mapping):
            return inquiry.mapped
    return False


def map_encoded(inquiry: Inquiry) -> bool:
    """The same for `mapping=encoded` and `mapping=servlet`, while the inquiry's path still has its escapes."""
    if b"no-proxy" in inquiry.env:
        return False
    inside = inquiry.location_mapping
    if isinstance(inside, Mapping) and inside.encoded and take_otherwise(inquiry, inside):
        return inquiry.mapped
    for mapping in inquiry.host.mappings:
        assert isinstance(mapping, Mapping)
        if mapping.encoded and take_otherwise(inquiry, mapping):
            return inquiry.mapped
    return False


def take_otherwise(inquiry: Inquiry, mapping: Mapping) -> bool:
    """Whether a mapping that is not `ordinary` covers the path; then it was taken, or is an exclusion."""
    prefix = mapping.prefix
    target = mapping.target
    if mapping.interpolate and inquiry.scope.interpolate:
        prefix = mapping_forms.interpolated(mapping.prefix_texts, inquiry.env)
        if target is not None:
            target = mapping_forms.interpolated(mapping.target_texts, inquiry.env)
    url: bytes | None
    if mapping.pattern is not None:
        if target is None:
            if mapping.pattern.search(inquiry.path) is None:
                return False
        else:
            url = matched_target(inquiry, mapping, target)
            if url is None:
                return False
            _go(inquiry, mapping, url)
            return True
    elif mapping.servlet:
        size, path = mapping_forms.servlet_rest(prefix, inquiry.path)
        if size < 0:
            return False
        if target is not None:
            inquiry.nocanon = True
            _go(inquiry, mapping, target + inquiry.path[size:])
            # What Locations are compared with from here on: nobody passes one by with a parameter.
            inquiry.path = path
            return True
    else:
        plain = Mapping(prefix, target, mapping.nocanon, mapping.origin)
        size = covered(plain, inquiry.path)
        if not size:
            return False
        if target is not None:
            _take(inquiry, plain, size)
            inquiry.nocanon = inquiry.nocanon or mapping.encoded
            return True
    inquiry.origin = mapping.origin
    if inquiry.trace is not None:
        inquiry.note(steps.MAPPING, mapping.origin, inquiry.path, b"!")
    return True


def matched_target(inquiry: Inquiry, mapping: Mapping, target: bytes) -> bytes | None:
    """The URL of a pattern, None where it does not match. `target` is the mapping's, interpolated."""
    match = mapping.pattern.search(inquiry.path)
    if match is None:
        return None
    pieces = mapping.pieces if not mapping.interpolate else mapping_forms.split_groups(target)
    rest = inquiry.path
    inquiry.nocanon = False
    if mapping.nocanon:
        # What httpd searches now is the target as received, with its query: that is then the URL's, or nobody's.
        inquiry.asked |= QUERY
        raw = inquiry.raw_path
        if inquiry.head.query is not None:
            raw += b"?" + inquiry.head.query
        again = mapping.pattern.search(raw)
        if again is not None:
            match = again
            rest = raw
            inquiry.nocanon = True
    if len(pieces) == 1 and pieces[0] == target:
        # Nothing was put in: the whole path goes behind it.
        url = target + rest
    else:
        url = mapping_forms.filled(pieces, match)
    if inquiry.nocanon:
        url, mark, query = url.partition(b"?")
        inquiry.query = query if mark else None
        inquiry.own_query = False
    return url


def _go(inquiry: Inquiry, mapping: Mapping, url: bytes) -> None:
    inquiry.origin = mapping.origin
    inquiry.filename = b"proxy:" + url
    inquiry.mapped = True
    if inquiry.trace is not None:
        inquiry.note(steps.MAPPING, mapping.origin, inquiry.path, url)


def _take(inquiry: Inquiry, mapping: Mapping, size: int) -> bool:
    inquiry.origin = mapping.origin
    if mapping.target is None:
        if inquiry.trace is not None:
            inquiry.note(steps.MAPPING, mapping.origin, inquiry.path, b"!")
        return False
    rest = inquiry.path[size:]
    if mapping.nocanon:
        raw_size = covered(mapping, inquiry.raw_path)
        # Where the raw path would not be covered, httpd forwards the canonical one (AH01136).
        if raw_size == size:
            rest = inquiry.raw_path[raw_size:]
            inquiry.nocanon = True
    inquiry.filename = b"proxy:" + mapping.target + rest
    inquiry.mapped = True
    if inquiry.trace is not None:
        inquiry.note(steps.MAPPING, mapping.origin, inquiry.path, mapping.target + rest)
    return True
