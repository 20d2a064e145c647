"""Whether a password belongs to a hash as htpasswd and crypt(3) write them. Slow on purpose: never on the loop.

bcrypt by its library, apr1 here, everything else (SHA-crypt, yescrypt, MD5-crypt) by the C library's crypt where there
is one. A hash that nobody knows matches nothing.
"""

from __future__ import annotations

import base64
import ctypes
import hashlib
import hmac
import threading
from collections.abc import Callable
from typing import Final

import bcrypt

ROUNDS: Final = 1000
"""apr1 hashes so many times."""

ALPHABET: Final = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

MOST_BCRYPT: Final = 72
"""bcrypt looks at no more bytes of a password."""

one_at_a_time = threading.Lock()
"""crypt(3) keeps its result in one place."""


def is_password(password: bytes, stored: bytes) -> bool:
    """Whether the password belongs to the hash. Takes up to a second or so; raises nothing."""
    made = hashed(password, stored)
    return made is not None and hmac.compare_digest(made, stored)


def hashed(password: bytes, stored: bytes) -> bytes | None:
    """The password hashed in the way of `stored`; None where nobody can."""
    if stored.startswith(b"$apr1$"):
        salt = stored[6:].partition(b"$")[0][:8]
        return apr1(password, salt)
    if stored.startswith(b"{SHA}"):
        return b"{SHA}" + base64.b64encode(hashlib.sha1(password, usedforsecurity=False).digest())
    if stored.startswith((b"$2a$", b"$2b$", b"$2y$")):
        try:
            return bcrypt.hashpw(password[:MOST_BCRYPT], stored)
        except ValueError:
            return None
    return by_crypt(password, stored)


def apr1(password: bytes, salt: bytes) -> bytes:
    """Apache's variant of MD5-crypt."""

    def md5(*parts: bytes) -> bytes:
        digest = hashlib.md5(usedforsecurity=False)
        for part in parts:
            digest.update(part)
        return digest.digest()

    twice = md5(password, salt, password)
    size = len(password)
    start = [password, b"$apr1$", salt, (twice * (size // 16 + 1))[:size]]
    bits = size
    while bits:
        start.append(b"\0" if bits & 1 else password[:1])
        bits >>= 1
    final = md5(*start)
    for number in range(ROUNDS):
        odd = number & 1
        final = md5(
            password if odd else final,
            salt if number % 3 else b"",
            password if number % 7 else b"",
            final if odd else password,
        )
    out = b"$apr1$" + salt + b"$"
    for first, second, third in ((0, 6, 12), (1, 7, 13), (2, 8, 14), (3, 9, 15), (4, 10, 5)):
        out += letters(final[first] << 16 | final[second] << 8 | final[third], 4)
    return out + letters(final[11], 2)


def letters(value: int, count: int) -> bytes:
    """Six bits to a letter, the lowest first."""
    out = b""
    for _ in range(count):
        out += ALPHABET[value & 63 : (value & 63) + 1]
        value >>= 6
    return out


def find_crypt() -> Callable[[bytes, bytes], bytes | None] | None:
    """crypt(3) of this machine, None where it has none."""
    for name in ("libcrypt.so.1", "libcrypt.so.2", None):
        try:
            found = ctypes.CDLL(name).crypt
        except (OSError, AttributeError):
            continue
        found.restype = ctypes.c_char_p
        found.argtypes = (ctypes.c_char_p, ctypes.c_char_p)
        return found
    return None


CRYPT: Final = find_crypt()


def by_crypt(password: bytes, stored: bytes) -> bytes | None:
    """What crypt(3) makes of it; None where it does not know the hash."""
    if CRYPT is None or b"\0" in password or b"\0" in stored or len(stored) < 13:
        return None
    with one_at_a_time:
        made = CRYPT(password, stored)
    # a failure token is shorter than any hash
    return made if made is not None and len(made) >= 13 else None
