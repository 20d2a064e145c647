"""What a decision must ask others for: a client's name, a name's addresses, whether a password is right.

Deciding never waits. A phase that needs such an answer looks for it with `find`; where there is none, the decision
becomes ASK with the `Question`, somebody who may wait finds the answer, and `decide.resume` goes on where the phases
stopped. Answers are kept for a while and up to a bound; a password that was wrong is not.
"""

from __future__ import annotations

import hashlib
import os
import time
from typing import Final

NAME_OF: Final = 1
"""The host name of an address, confirmed by asking for the name's addresses (REMOTE_DOUBLE_REV); b"" for none."""
ADDRESSES_OF: Final = 2
"""A host name's addresses as text, in a tuple."""
PASSWORD: Final = 3
"""Whether a password belongs to a hash: True or False."""
NAME: Final = 4
"""The host name of an address as it is, not confirmed; b"" for none."""

CERTIFICATE: Final = 5
"""Whether the client has a certificate to show, now that its request is known (SSLVerifyClient in a section): b"" once
it was asked and all that it has shown is in the connection's facts; CANNOT_ASK, TOO_LONG."""

CANNOT_ASK: Final = "cannot ask"
"""Its TLS has no way to be asked after the handshake."""
TOO_LONG: Final = "too long"
"""The request has more of a body than may wait for its certificate (SSLRenegBufferSize)."""

OVERLOADED: Final = "overloaded"
"""The answer to any question where too many are waiting."""

KEPT_FOR: Final = {NAME_OF: 60.0, NAME: 60.0, ADDRESSES_OF: 60.0, PASSWORD: 3600.0}
"""Seconds. httpd keeps a name for a connection; nothing tells us how long a name is good for."""

MOST_KEPT: Final = 4096
"""So many answers are kept twice over: two generations, the older dropped when the younger is full."""


class Question:
    """`subject` is what it is kept by: an address, a name, or for a password a digest that tells nothing."""

    __slots__ = ("kind", "subject", "password", "hash")

    def __init__(self, kind: int, subject: bytes, password: bytes = b"", hash: bytes = b"") -> None:
        self.kind = kind
        self.subject = subject
        self.password = password
        self.hash = hash

    @property
    def key(self) -> tuple[int, bytes]:
        return (self.kind, self.subject)

    def __repr__(self) -> str:
        # never the password
        return f"Question({self.kind}, {self.subject!r})"


class Answers:
    """What one child has learned."""

    __slots__ = ("secret", "young", "old")

    def __init__(self) -> None:
        self.secret = os.urandom(32)
        self.young: dict[tuple[int, bytes], tuple[object, float]] = {}
        self.old: dict[tuple[int, bytes], tuple[object, float]] = {}

    def find(self, kind: int, subject: bytes) -> object:
        """The answer, None where there is none or it is too old."""
        key = (kind, subject)
        found = self.young.get(key)
        if found is None:
            found = self.old.get(key)
            if found is None:
                return None
        if found[1] < time.monotonic():
            self.young.pop(key, None)
            self.old.pop(key, None)
            return None
        return found[0]

    def keep(self, question: Question, answer: object) -> None:
        """Remember it, if it is one to remember."""
        if question.kind == CERTIFICATE or answer == OVERLOADED or (question.kind == PASSWORD and answer is not True):
            return
        if len(self.young) >= MOST_KEPT:
            self.old = self.young
            self.young = {}
        self.young[question.key] = (answer, time.monotonic() + KEPT_FOR[question.kind])

    def about_password(self, user: bytes, password: bytes, hash: bytes) -> Question:
        """The question whether this user's password belongs to this hash."""
        digest = hashlib.blake2b(key=self.secret, digest_size=32)
        for part in (user, hash, password):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
        return Question(PASSWORD, digest.digest(), password, hash)
