"""What a request says: the fields of a query or of a form, and where the page was that it came from.

Spelled as httpd's handler reads them: `&` between fields, %XX escapes, a `+` is a plus. It knows no field's meaning.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote_to_bytes

BODY_LIMIT: Final = 1024
"""Bytes of a form that are read, as in httpd."""
IN_QUERY: Final = frozenset((b"b", b"w", b"nonce", b"xml"))
"""What a GET may say: it selects, it changes nothing."""


def read_parameters(method: bytes, query: bytes, body: bytes) -> dict[bytes, bytes]:
    """The fields of this request: a POST says them in its body, others may only select; the last of a name counts."""
    if method == b"POST":
        return read_fields(body[:BODY_LIMIT])
    return {name: value for name, value in read_fields(query).items() if name in IN_QUERY}


def read_fields(text: bytes) -> dict[bytes, bytes]:
    """`a=1&b=%20` as a dictionary; a name without `=` has an empty value."""
    fields = {}
    for field in text.split(b"&"):
        name, _, value = field.partition(b"=")
        if name:
            fields[unquote_to_bytes(name)] = unquote_to_bytes(value)
    return fields


def comes_from(referer: bytes, server_name: bytes) -> bool:
    """Whether the Referer is a URL on this host; scheme, user and port do not matter, and neither does case."""
    scheme, colon, rest = referer.partition(b"://")
    if not colon or not scheme.isalpha():
        return False
    for end in b"/?#":
        rest = rest.partition(bytes((end,)))[0]
    host = host_of(rest.rpartition(b"@")[2])
    return host != b"" and host == host_of(server_name)


def host_of(authority: bytes) -> bytes:
    """`host:port` without its port and without brackets, lower case."""
    if authority.startswith(b"["):
        return authority[1:].partition(b"]")[0].lower()
    return authority.partition(b":")[0].lower()


def leading_number(text: bytes) -> int:
    """The number that `text` begins with, read like C's atoi: blanks and a sign first, anything behind; 0 for none."""
    text = text.lstrip(b" \t")
    negative = text.startswith(b"-")
    if text[:1] in (b"-", b"+"):
        text = text[1:]
    digits = text[: len(text) - len(text.lstrip(b"0123456789"))][:18]
    number = 0
    for digit in digits:
        number = number * 10 + digit - 0x30
    return -number if negative else number


def leading_hundredths(text: bytes) -> int:
    """A hundredfold of the decimal number that `text` begins with, cut after the second decimal: b"1.5" is 150."""
    whole, point, rest = text.lstrip(b" \t").partition(b".")
    number = leading_number(whole) * 100
    if point and whole.lstrip(b"+").isdigit():
        decimals = rest[: len(rest) - len(rest.lstrip(b"0123456789"))][:2].ljust(2, b"0")
        number += leading_number(decimals)
    return number
