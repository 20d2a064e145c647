"""A certificate's subject in one line, as X509_NAME_oneline of OpenSSL 3 writes it: `/C=DE/O=Snake Oil/CN=ann`.

Files of users hold it (SSLOptions FakeBasicAuth), so it is the same to the letter: values as the bytes that they are,
`\\xHH` for what is not printable, and a backslash before `/` and `+`, without which a name could be another's. Python's
`ssl` does not tell it, and `cryptography` decodes what is wanted as it is.
"""

from __future__ import annotations

import ssl
from typing import Final

SEQUENCE: Final = 0x30
SET: Final = 0x31
OID: Final = 0x06
VERSION: Final = 0xA0
GENERAL_STRING: Final = 0x1B
BEFORE_SUBJECT: Final = 4
"""Serial number, algorithm, issuer, validity."""


class Malformed(ValueError):
    """This is no certificate."""


def subject_of(der: bytes) -> bytes:
    """The subject of a certificate in DER; b"" where it has none, or is none."""
    try:
        whole = content(der, SEQUENCE)
        inner = content(whole, SEQUENCE)
        parts = pieces(inner)
        if parts[0][0] == VERSION:
            del parts[0]
        tag, name = parts[BEFORE_SUBJECT]
        if tag != SEQUENCE:
            raise Malformed
        return b"".join([relative(value) for _, value in pieces(name)])
    except (IndexError, ValueError):
        return b""


def relative(data: bytes) -> bytes:
    """What a name says in one place: one attribute, seldom several."""
    out = b""
    for _, attribute in pieces(data):
        (kind, oid), (type_, value) = pieces(attribute)[:2]
        if kind != OID:
            raise Malformed
        out += b"%c%b=%b" % (b"+" if out else b"/", letters(oid), escaped(value, type_))
    return out


def escaped(value: bytes, kind: int) -> bytes:
    """Its bytes, printable."""
    if kind == GENERAL_STRING and len(value) % 4 == 0 and not any(value[at] for at in range(len(value)) if at % 4 != 3):
        # Four bytes to a letter, of which one says something.
        value = value[3::4]
    out = b""
    for c in value:
        if c in b"/+":
            out += b"\\%c" % c
        elif 32 <= c <= 126:
            out += b"%c" % c
        else:
            out += b"\\x%02X" % c
    return out


def letters(oid: bytes) -> bytes:
    """OpenSSL's short name of an attribute, `CN`; its number where it has none."""
    numbers: list[int] = []
    current = 0
    for c in oid:
        current = current << 7 | c & 0x7F
        if not c & 0x80:
            numbers.append(current)
            current = 0
    first = min(numbers[0] // 40, 2)
    dotted = ".".join(str(one) for one in (first, numbers[0] - 40 * first, *numbers[1:]))
    try:
        return ssl._ASN1Object(dotted).shortname.encode("ascii")
    except (ValueError, AttributeError):
        # OpenSSL has room for so many letters of it.
        return dotted.encode("ascii")[:79]


# --- DER ----------------------------------------------------------------------------------------------------------


def content(data: bytes, tag: int) -> bytes:
    """What is in the first piece, which has this tag. Raises Malformed."""
    found = pieces(data)
    if not found or found[0][0] != tag:
        raise Malformed
    return found[0][1]


def pieces(data: bytes) -> list[tuple[int, bytes]]:
    """Tag and content of each. Raises Malformed, and IndexError where it breaks off."""
    found: list[tuple[int, bytes]] = []
    at = 0
    while at < len(data):
        tag, size = data[at], data[at + 1]
        at += 2
        if size & 0x80:
            count = size & 0x7F
            if not 1 <= count <= 4 or at + count > len(data):
                raise Malformed
            size = int.from_bytes(data[at : at + count], "big")
            at += count
        if at + size > len(data):
            raise Malformed
        found.append((tag, data[at : at + size]))
        at += size
    return found
