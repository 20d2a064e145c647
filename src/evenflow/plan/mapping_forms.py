"""The ways to write a ProxyPass that are not a prefix and a URL: patterns, interpolation, and paths read otherwise.

ProxyPassMatch searches the path and puts groups into its URL; `interpolate` fills in variables of the request;
`mapping=encoded` and `mapping=servlet` compare the path before its escapes are decoded. httpd's
`ap_proxy_trans_match`, `ap_pregsub`, `ap_proxy_interpolate` and `alias_match_servlet`. Nothing here names a member: the
URL that comes out finds one among those of the configuration, or none.
"""

from __future__ import annotations

from typing import Any

Pieces = tuple[bytes | int, ...]
"""Text with groups in it: literal bytes, and the numbers of groups."""

Texts = tuple[tuple[bytes, bool], ...]
"""Text with variables in it: (literal or name, whether it is a name)."""


def interpolated(texts: Texts, env: dict[bytes, bytes]) -> bytes:
    """`${NAME}` filled in; a variable that is not set is empty."""
    return b"".join([env.get(text, b"") if is_name else text for text, is_name in texts])


def split_variables(text: bytes) -> Texts:
    """The text taken apart at its `${NAME}`; one that is not closed is text."""
    found: list[tuple[bytes, bool]] = []
    pos = 0
    while True:
        start = text.find(b"${", pos)
        end = text.find(b"}", start + 2) if start >= 0 else -1
        if end < 0:
            found.append((text[pos:], False))
            return tuple(found)
        found.append((text[pos:start], False))
        found.append((text[start + 2 : end], True))
        pos = end + 1


def split_groups(text: bytes) -> Pieces:
    """The text taken apart at its `$N`; a backslash makes `$` and `&` plain."""
    pieces: list[bytes | int] = []
    literal = bytearray()
    pos = 0
    while pos < len(text):
        mark = text[pos : pos + 1]
        after = text[pos + 1 : pos + 2]
        if mark == b"\\" and after in (b"$", b"&"):
            literal += after
            pos += 2
        elif mark == b"$" and after.isdigit():
            pieces.append(bytes(literal))
            literal.clear()
            pieces.append(after[0] - 48)
            pos += 2
        else:
            literal += mark
            pos += 1
    pieces.append(bytes(literal))
    return tuple(pieces)


def filled(pieces: Pieces, match: Any) -> bytes:
    """The groups put in; one that is not there or took no part is empty."""
    out: list[bytes] = []
    for piece in pieces:
        if isinstance(piece, bytes):
            out.append(piece)
        elif piece <= match.re.groups:
            out.append(match.group(piece) or b"")
    return b"".join(out)


# --- paths read otherwise -----------------------------------------------------------------------------------------


def servlet_rest(prefix: bytes, path: bytes) -> tuple[int, bytes]:
    """Where the rest of `path` begins behind `prefix`, as a servlet container reads paths, and the path so read.

    Parameters (`;name=value`) are no part of a segment, and `..;x` climbs like `..`. The rest is text of `path` itself,
    with what it holds of that. -1 where the prefix does not cover the path, or the path climbs above its root.
    """
    segments: list[tuple[bytes, int]] = []
    """(the segment without parameters, where it ends in `path`)"""
    pos = 1
    ends_in_slash = False
    while pos <= len(path):
        slash = path.find(b"/", pos)
        end = len(path) if slash < 0 else slash
        mark = path.find(b";", pos, end)
        stop = end if mark < 0 else mark
        name = path[pos:stop]
        ends_in_slash = name in (b"", b".", b"..")
        if name == b"..":
            if not segments:
                return -1, path
            segments.pop()
        elif not ends_in_slash:
            segments.append((name, stop if end < len(path) or mark >= 0 else end))
        pos = end + 1
    read = b"/" + b"/".join([name for name, _ in segments])
    if ends_in_slash and segments:
        read += b"/"
    wanted = [name for name in prefix.split(b"/") if name]
    names = [name for name, _ in segments]
    if names[: len(wanted)] != wanted:
        return -1, path
    if not wanted:
        return 1 if prefix.endswith(b"/") else 0, read
    at = segments[len(wanted) - 1][1]
    if prefix.endswith(b"/"):
        # The slash belongs to the prefix, and with it the parameters of its last segment.
        at = path.find(b"/", at)
        if at < 0:
            return -1, path
        return at + 1, read
    if at == len(path) or path.find(b"/", at) >= 0:
        return at, read
    # Nothing but parameters of the prefix's own last segment.
    return len(path), read
