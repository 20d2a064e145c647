"""An answer while `Header` works on it, as expressions see it: status, fields, type."""

from __future__ import annotations

from evenflow.plan.edits import AnswerType
from evenflow.wire.headers import Headers


class Answered:
    """`fields` are those that plain `Header` works on, `always` the table of `Header always`; both are looked at as
    they are now. `own_type` is the type of an answer of ours, which httpd does not keep among the fields; b"" for a
    member's answer."""

    __slots__ = ("status", "fields", "always", "own_type", "kind")

    def __init__(self, status: int, fields: Headers, always: Headers, own_type: bytes) -> None:
        self.status = status
        self.fields = fields
        self.always = always
        self.own_type = own_type
        self.kind = AnswerType(own_type or fields.get(b"content-type") or b"")
        """As `Header` left it."""

    def get(self, name: bytes) -> bytes | None:
        """The first field of this name, in any case; None for none."""
        if self.own_type and not self.kind.edited and name.lower() == b"content-type":
            return None
        value = self.fields.get(name)
        return self.always.get(name) if value is None else value

    def content_type(self) -> bytes:
        """Its type, b"" for none."""
        return self.kind.value if self.kind.edited else self.fields.get(b"content-type") or self.own_type
