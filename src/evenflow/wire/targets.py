"""What path does a request ask for, and how is a path written on the wire?

`normalise` makes the one form that everything is matched against, `canonical` the one form that is forwarded, both as
httpd does (`ap_normalize_path`, `ap_unescape_url`, `ap_proxy_canonenc`). `split_host` takes a Host field apart. This
file knows bytes; it does not know which server they are for, and it never guesses: what httpd refuses is a fault.
"""

from __future__ import annotations

from typing import Final

from evenflow.wire.faults import ProtocolFault

_ALNUM: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

# RFC 3986 section 2.3: an escape of one of these means the same as the character itself.
_UNRESERVED: Final = frozenset(_ALNUM + b"-._~")

SAFE: Final = _ALNUM + b"~$-_.+!*'(),;:@&=/"
"""What stands unescaped in a forwarded path; everything else is %XX."""

# What may stand in a target without a second look: anything but an escape, a fragment, blanks and control characters.
_ORDINARY: Final = bytes(b for b in range(0x21, 0x100) if b not in b"%#\x7f")

_UPPER: Final = tuple(bytes([b]) if b in SAFE else b"%%%02X" % b for b in range(256))
_LOWER: Final = tuple(bytes([b]) if b in SAFE else b"%%%02x" % b for b in range(256))

# Spelled by numbers: compiled, a loop over a literal gives bytes and not numbers.
_HEX: Final = {
    **{48 + value: value for value in range(10)},
    **{65 + value: 10 + value for value in range(6)},
    **{97 + value: 10 + value for value in range(6)},
}


# What becomes of an escaped slash: AllowEncodedSlashes.
REFUSED: Final = 0
DECODED: Final = 1
KEPT: Final = 2


def normalise(path: bytes) -> bytes:
    """The decoded path that mappings, locations and rules are matched against: dot segments resolved, slashes merged.

    Raises `ProtocolFault`: 400 for a bad escape, a blank, control character or `#`, a path that does not begin with `/`
    or climbs above the root; 404 for an escaped slash or NUL (AllowEncodedSlashes Off).
    """
    if not path.translate(None, _ORDINARY) and path.startswith(b"/") and b"//" not in path and b"/." not in path:
        return path
    return decode(encoded_form(path, True), REFUSED)


def encoded_form(path: bytes, merge_slashes: bool) -> bytes:
    """The path with its dot segments resolved and only needless escapes decoded. 400 as `normalise` gives it."""
    if not path.startswith(b"/"):
        raise ProtocolFault("the request target does not begin with a slash", 400)
    if path.translate(None, _ORDINARY).replace(b"%", b""):
        raise ProtocolFault("a blank, a control character or `#` in the request target", 400)
    return normalise_dots(_decode_unreserved(path), merge_slashes)


def canonical(path: bytes) -> bytes:
    """A decoded path as it is forwarded: every byte outside `SAFE` as %XX in upper case."""
    if not path.translate(None, SAFE):
        return path
    return b"".join([_UPPER[byte] for byte in path])


def canonical_keeping_slashes(path: bytes) -> bytes:
    """Like `canonical`, with `%2F` (of either case) left as it is: what AllowEncodedSlashes NoDecode forwards."""
    pieces = path.replace(b"%2f", b"%2F\0").split(b"%2F")
    out = [canonical(pieces[0])]
    for piece in pieces[1:]:
        if piece.startswith(b"\0"):
            out.append(b"%2f" + canonical(piece[1:]))
        else:
            out.append(b"%2F" + canonical(piece))
    return b"".join(out)


def escape(path: bytes) -> bytes:
    """A decoded path as it stands in a Location field that a rule makes: like `canonical`, in lower case."""
    if not path.translate(None, SAFE):
        return path
    return b"".join([_LOWER[byte] for byte in path])


def split_host(host: bytes) -> tuple[bytes, int]:
    """A valid Host field's name, lower case and without its trailing dot, and its port: 0 where none is written."""
    if host.startswith(b"["):
        end = host.find(b"]") + 1
        return host[:end].lower(), _number(host[end + 1 :])
    colon = host.find(b":")
    port = 0
    if colon >= 0:
        port = _number(host[colon + 1 :])
        host = host[:colon]
    if host.endswith(b"."):
        host = host[: len(host) - 1]
    return host.lower(), port


def _number(digits: bytes) -> int:
    number = 0
    for digit in digits[:5]:
        if digit < 48 or digit > 57:
            return 0
        number = number * 10 + digit - 48
    return number


def _escaped_byte(piece: bytes) -> int:
    """The byte that the two hexadecimal digits at the front of `piece` mean; -1 where there are none."""
    if len(piece) < 2:
        return -1
    high = _HEX.get(piece[0], -1)
    low = _HEX.get(piece[1], -1)
    if high < 0 or low < 0:
        return -1
    return high * 16 + low


def _decode_unreserved(path: bytes) -> bytes:
    pieces = path.split(b"%")
    out = [pieces[0]]
    for piece in pieces[1:]:
        byte = _escaped_byte(piece)
        if byte < 0:
            raise ProtocolFault("a `%` in the path without two hexadecimal digits", 400)
        if byte in _UNRESERVED:
            out.append(bytes([byte]))
            out.append(piece[2:])
        else:
            out.append(b"%")
            out.append(piece)
    return b"".join(out)


def normalise_dots(path: bytes, merge_slashes: bool, may_climb: bool = False) -> bytes:
    """Take out `.` and `..` segments, and merge slashes if asked to. 400 for a path that climbs above the root, unless
    it may: it stays there then."""
    out: list[bytes] = []
    segments = path.split(b"/")
    last = len(segments) - 1
    ends_in_slash = False
    for index in range(1, last + 1):
        segment = segments[index]
        ends_in_slash = segment == b"." or segment == b".." or (segment == b"" and (merge_slashes or index == last))
        if segment == b"..":
            if out:
                out.pop()
            elif not may_climb:
                raise ProtocolFault("the path climbs above the root", 400)
        elif not ends_in_slash:
            out.append(segment)
    if not out:
        return b"/"
    if ends_in_slash:
        out.append(b"")
    return b"/" + b"/".join(out)


def decode(path: bytes, slashes: int) -> bytes:
    """Every escape decoded, a slash's by `slashes`: `REFUSED`, `DECODED` or `KEPT`. 404 for NUL and a refused slash."""
    pieces = path.split(b"%")
    if len(pieces) == 1:
        return path
    out = [pieces[0]]
    for piece in pieces[1:]:
        byte = _escaped_byte(piece)
        if byte == 0:
            raise ProtocolFault("an escaped NUL in the path", 404)
        if byte == 0x2F and slashes != DECODED:
            if slashes == REFUSED:
                raise ProtocolFault("an escaped slash in the path", 404)
            out.append(b"%")
            out.append(piece)
            continue
        out.append(bytes([byte]))
        out.append(piece[2:])
    return b"".join(out)
