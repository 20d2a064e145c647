"""How long an answer may be kept: the fields of mod_expires (2.4.71, observed).

An answer that says Expires itself is left alone, and so is one with a status from 400 up. What is counted from a
file's last change says nothing of an answer that is no file.
"""

from __future__ import annotations

from evenflow.plan.model import Scope
from evenflow.wire.headers import Headers


class Expiry:
    """So many seconds from the request, or from the file's last change (`changed`)."""

    __slots__ = ("changed", "seconds")

    def __init__(self, changed: bool, seconds: int) -> None:
        self.changed = changed
        self.seconds = seconds


def age_of(scope: Scope, status: int, content_type: bytes, says_expires: bool, asked: int, changed: int) -> int:
    """Seconds that the answer may be kept; -1 where nothing is to be said. `asked` is when the request came, `changed`
    when the file changed, both in seconds since 1970; `changed` -1 for no file.
    """
    if status >= 400 or says_expires:
        return -1
    expiry = expiry_of(scope, content_type)
    if expiry is None:
        return -1
    if not expiry.changed:
        return max(expiry.seconds, 0)
    if changed < 0:
        return -1
    return max(changed + expiry.seconds - asked, 0)


def expiry_of(scope: Scope, content_type: bytes) -> Expiry | None:
    """What is said of this type, else of all of its kind, else of all."""
    media = content_type.partition(b";")[0].strip(b" \t").lower()
    of_kind = media[: media.find(b"/") + 1] + b"*"
    found = any_kind = None
    for name, expiry in scope.expires_types:
        if name == media:
            found = expiry
        elif name == of_kind:
            any_kind = expiry
    found = found or any_kind or scope.expires_default
    assert found is None or isinstance(found, Expiry)
    return found


def add_age(fields: Headers, age: int, until: bytes) -> None:
    """Write it; `until` is the date at which it ends."""
    control = b", ".join(fields.get_all(b"cache-control"))
    said = b"max-age=%d" % age
    fields.set(b"Cache-Control", control + b", " + said if control else said)
    fields.set(b"Expires", until)
