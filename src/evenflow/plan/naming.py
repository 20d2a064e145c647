"""What the name of a file says of it: type, charset, encoding, language, handler.

mod_mime's `find_ct`: every extension counts, in order, the last that says something wins; encodings and languages are
collected. What a file holds is not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from evenflow.plan.model import Scope

TYPE: Final = 1
CHARSET: Final = 2
ENCODING: Final = 3
LANGUAGE: Final = 4
HANDLER: Final = 5
FILTER: Final = 6
INPUT: Final = 7
LED: Final = (FILTER, INPUT)
"""What leads bodies through filters, those of members too."""


class Naming:
    """One extension of an AddType and its like; `value` is None where a RemoveType takes it back."""

    __slots__ = ("kind", "extension", "value")

    def __init__(self, kind: int, extension: bytes, value: bytes | None) -> None:
        self.kind = kind
        self.extension = extension
        """Without its dot, lower case."""
        self.value = value


class Description:
    """What a name says; b"" where it says nothing."""

    __slots__ = ("content_type", "encoding", "language", "handler", "filter")

    def __init__(self) -> None:
        self.content_type = b""
        self.encoding = b""
        self.language = b""
        self.handler = b""
        self.filter = b""


def describe(scope: Scope, types: Mapping[bytes, bytes], name: bytes) -> Description:
    """What the last segment of a file's name says, by the scope's lines and the table of types."""
    made = Description()
    charset = b""
    encodings: list[bytes] = []
    languages: list[bytes] = []
    last = name[name.rfind(b"/") + 1 :].lstrip(b".")
    for extension in last.lower().split(b".")[1:]:
        if not extension:
            continue
        said = said_of(scope, extension)
        made.content_type = said.get(TYPE) or types.get(extension) or made.content_type
        charset = said.get(CHARSET) or charset
        if said.get(ENCODING):
            encodings.append(said[ENCODING])
        if said.get(LANGUAGE):
            languages.append(said[LANGUAGE])
        made.handler = said.get(HANDLER) or made.handler
        made.filter = said.get(FILTER) or made.filter
    if charset and made.content_type:
        made.content_type += b"; charset=" + charset
    if scope.force_type and scope.force_type != b"none":
        made.content_type = scope.force_type
    made.encoding = b", ".join(encodings)
    made.language = b",".join(languages) or scope.default_language
    return made


def said_of(scope: Scope, extension: bytes) -> dict[int, bytes]:
    """What the scope's lines say of one extension, by kind."""
    said: dict[int, bytes] = {}
    for naming in scope.names:
        assert isinstance(naming, Naming)
        if naming.extension == extension:
            if naming.value is None:
                said.pop(naming.kind, None)
            else:
                said[naming.kind] = naming.value
    return said


def filters_named(scope: Scope, filename: bytes, kind: int) -> bytes:
    """The filters that the extensions of what is forwarded choose, `DEFLATE;BROTLI_COMPRESS`; b"" for none.

    mod_mime looks at the name that a request was mapped to (`proxy:http://member/x.gz`), as at a file's; each
    extension adds its own.
    """
    found = b""
    last = filename[filename.rfind(b"/") + 1 :].lstrip(b".").lower()
    for extension in last.split(b".")[1:]:
        chosen: bytes | None = None
        for naming in scope.filter_names:
            assert isinstance(naming, Naming)
            if naming.kind == kind and naming.extension == extension:
                chosen = naming.value
        if chosen:
            found = found + b";" + chosen if found else chosen
    return found


def with_charset(content_type: bytes, charset: bytes) -> bytes:
    """The type with AddDefaultCharset's charset, where it is text that names none (`ap_make_content_type`)."""
    if not charset or not content_type:
        return content_type
    lower = content_type.lower()
    if b"charset" in lower or (b"text/plain" not in lower and b"text/html" not in lower):
        return content_type
    return content_type + b"; charset=" + charset
