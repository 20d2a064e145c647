"""CO: a rule's cookie, `name:value:domain[:minutes[:path[:secure[:httponly[:samesite]]]]]`, as a Set-Cookie.

The parts are split after everything was put in, as httpd does it: at colons, or at semicolons where the text begins
with one. Empty parts do not count.
"""

from __future__ import annotations

import time
from typing import Final

from evenflow.plan.decision import TIME, Inquiry

DAYS: Final = (b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun")
MONTHS: Final = (
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
)  # fmt: skip

BLANKED: Final = bytes.maketrans(b"\r\n\0", b"   ")

FARTHEST: Final = 60 * 24 * 366 * 100
"""Minutes: a cookie that lives longer lives a hundred years."""


def add_cookie(inquiry: Inquiry, text: bytes) -> None:
    """Add the cookie to the answer, unless it has one of that name from a rule already. Without a domain there is none.
    """
    separator = b":"
    if text.startswith(b";"):
        separator = b";"
        text = text[1:]
    parts = [part for part in text.split(separator) if part]
    if len(parts) < 3:
        return
    name = parts[0]
    for known, _ in inquiry.cookies:
        if known == name:
            return
    rest = parts[3:8]
    while len(rest) < 5:
        rest.append(b"")
    expires, path, secure, httponly, samesite = rest
    cookie = name + b"=" + parts[1] + b"; path=" + (path or b"/") + b"; domain=" + parts[2]
    minutes = leading(expires)
    if minutes:
        inquiry.asked |= TIME
        cookie += b"; expires=" + spell(time.time() + 60 * max(-FARTHEST, min(FARTHEST, minutes)))
    if secure.lower() in (b"true", b"1", b"secure"):
        cookie += b"; secure"
    if httponly.lower() in (b"true", b"1", b"httponly"):
        cookie += b"; HttpOnly"
    if samesite and samesite != b"0" and samesite.lower() != b"false":
        cookie += b"; SameSite=" + samesite
    # What came from the request must not end the field.
    cookie = cookie.translate(BLANKED)
    inquiry.cookies += ((name, cookie),)


def leading(text: bytes) -> int:
    """As C's atol."""
    text = text.lstrip(b" \t\n\v\f\r")
    digits = text[1:] if text[:1] in (b"-", b"+") else text
    size = 0
    while size < len(digits) and size < 18 and 48 <= digits[size] <= 57:
        size += 1
    number = int(digits[:size] or b"0")
    return -number if text.startswith(b"-") else number


def spell(seconds: float) -> bytes:
    """`Sat, 21-Nov-2026 15:01:04 GMT`"""
    at = time.gmtime(seconds)
    return b"%s, %02d-%s-%04d %02d:%02d:%02d GMT" % (
        DAYS[at.tm_wday], at.tm_mday, MONTHS[at.tm_mon - 1], at.tm_year, at.tm_hour, at.tm_min, at.tm_sec,
    )  # fmt: skip
