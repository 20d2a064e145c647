"""What path does a request ask for, and how is a path written on the wire?

`normalise` makes the one form that everything is matched against, `canonical` the one form that is forwarded, both as httpd
does (`ap_normalize_path`, `ap_unescape_url`, `ap_proxy_canonenc`). `split_host` reads a Host field. This file knows bytes;
it does not know which server they are for, and it never guesses: what httpd refuses is a fault.
"""

from __future__ import annotations

from typing import Final

from evenflow.wire.faults import ProtocolFault

_ALNUM: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_DIGITS: Final = b"0123456789"

# RFC 3986 section 2.3: an escape of one of these means the same as the character itself.
_UNRESERVED: Final = frozenset(_ALNUM + b"-._~")

SAFE: Final = _ALNUM + b"~$-_.+!*'(),;:@&=/"
"""What stands unescaped in a forwarded path; everything else is %XX."""

# What may stand in a target without a second look: anything but an escape, a fragment, blanks and control characters.
_ORDINARY: Final = bytes(b for b in range(0x21, 0x100) if b not in b"%#\x7f")

_UPPER: Final = tuple(bytes([b]) if b in SAFE else b"%%%02X" % b for b in range(256))
_LOWER: Final = tuple(bytes([b]) if b in SAFE else b"%%%02x" % b for b in range(256))

_HEX: Final = {
    **{digit: value for value, digit in enumerate(b"0123456789abcdef")},
    **{digit: value for value, digit in enumerate(b"0123456789ABCDEF")},
}

_HOST_BYTES: Final = _ALNUM + b".-_"
_IPV6_BYTES: Final = b"0123456789abcdefABCDEF:."


def normalise(path: bytes) -> bytes:
    """The decoded path that mappings, locations and rules are matched against: dot segments resolved, slashes merged.

    Raises `ProtocolFault`: 400 for a bad escape, a blank, control character or `#`, a path that does not begin with `/` or climbs
    above the root; 404 for an escaped slash or NUL (AllowEncodedSlashes Off).
    """
    if not path.translate(None, _ORDINARY) and path.startswith(b"/") and b"//" not in path and b"/." not in path:
        return path
    if not path.startswith(b"/"):
        raise ProtocolFault("the request target does not begin with a slash", 400)
    if path.translate(None, _ORDINARY).replace(b"%", b""):
        raise ProtocolFault("a blank, a control character or `#` in the request target", 400)
    return _decode(_resolve(_decode_unreserved(path)))


def canonical(path: bytes) -> bytes:
    """A decoded path as it is forwarded: every byte outside `SAFE` as %XX in upper case."""
    if not path.translate(None, SAFE):
        return path
    return b"".join([_UPPER[byte] for byte in path])


def escape(path: bytes) -> bytes:
    """A decoded path as it stands in a Location field that a rule makes: like `canonical`, in lower case."""
    if not path.translate(None, SAFE):
        return path
    return b"".join([_LOWER[byte] for byte in path])


def split_host(host: bytes) -> tuple[bytes, int]:
    """A Host field's name, lower case without its trailing dot, and its port (0 where none is written).

    Raises `ProtocolFault` 400 for what httpd's strict check refuses: other bytes than letters, digits, `.`, `-` and `_`,
    an empty or impossible port, dotted decimals that are no address, a last label that begins with a digit.
    """
    if host.startswith(b"["):
        end = host.find(b"]")
        name = host[: end + 1]
        rest = host[end + 1 :]
        if end < 3 or name[1:end].translate(None, _IPV6_BYTES) or b":" not in name:
            raise ProtocolFault("the Host field holds no valid IPv6 address", 400)
        if rest and not rest.startswith(b":"):
            raise ProtocolFault("the Host field goes on after the address", 400)
        return name.lower(), _port(rest[1:]) if rest else 0
    colon = host.find(b":")
    port = 0
    name = host
    if colon >= 0:
        name = host[:colon]
        port = _port(host[colon + 1 :])
    if not name or name.translate(None, _HOST_BYTES) or b".." in name or name.startswith(b"."):
        raise ProtocolFault("the Host field holds no valid name", 400)
    if name.endswith(b"."):
        name = name[: len(name) - 1]
    labels = name.split(b".")
    if not name.translate(None, b".0123456789"):
        if len(labels) != 4:
            raise ProtocolFault("the Host field holds digits that are no address", 400)
        for label in labels:
            if len(label) > 1 and label.startswith(b"0"):
                raise ProtocolFault("the Host field holds an address with leading zeros", 400)
    elif len(labels) > 1 and labels[len(labels) - 1][:1] not in _LETTERS:
        raise ProtocolFault("the last label of the Host field's name does not begin with a letter", 400)
    return name.lower(), port


_LETTERS: Final = frozenset(bytes([byte]) for byte in _ALNUM if byte not in _DIGITS)


def _port(text: bytes) -> int:
    if not text or len(text) > 5 or text.translate(None, _DIGITS):
        raise ProtocolFault("the port in the Host field is no number", 400)
    port = 0
    for digit in text:
        port = port * 10 + digit - 48
    if port < 1 or port > 65535:
        raise ProtocolFault("the port in the Host field is out of range", 400)
    return port


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


def _resolve(path: bytes) -> bytes:
    """Merge slashes and take out `.` and `..` segments."""
    out: list[bytes] = []
    segments = path.split(b"/")
    last = len(segments) - 1
    ends_in_slash = False
    for index in range(1, last + 1):
        segment = segments[index]
        ends_in_slash = segment == b"" or segment == b"." or segment == b".."
        if segment == b"..":
            if not out:
                raise ProtocolFault("the path climbs above the root", 400)
            out.pop()
        elif not ends_in_slash:
            out.append(segment)
    if not out:
        return b"/"
    if ends_in_slash:
        out.append(b"")
    return b"/" + b"/".join(out)


def _decode(path: bytes) -> bytes:
    pieces = path.split(b"%")
    if len(pieces) == 1:
        return path
    out = [pieces[0]]
    for piece in pieces[1:]:
        byte = _escaped_byte(piece)
        if byte == 0:
            raise ProtocolFault("an escaped NUL in the path", 404)
        if byte == 0x2F:
            raise ProtocolFault("an escaped slash in the path", 404)
        out.append(bytes([byte]))
        out.append(piece[2:])
    return b"".join(out)
