"""Which filters does an answer's body go through, and is it compressed, and how?

As httpd decides (2.4.71, observed): SetOutputFilter names filters for every answer of its place, mod_filter for answers
with status 200 by media type and expression. In whatever order they are named, INFLATE acts first, then SUBSTITUTE,
then what compresses: the first filter whose coding the client takes. That the answer depends on Accept-Encoding is said
wherever a filter would have acted.
"""

from __future__ import annotations

from typing import Final

from evenflow.plan.decision import Inquiry
from evenflow.plan.expr import Condition, holds
from evenflow.plan.model import Scope

GZIP: Final = b"gzip"
BROTLI: Final = b"br"
INFLATE: Final = b"inflate"
SUBSTITUTE: Final = b"substitute"

ACCEPT_ENCODING: Final = b"Accept-Encoding"

CODINGS: Final = (GZIP, BROTLI)
"""Of the filters, those that compress."""

TOKENS: Final = {"DEFLATE": GZIP, "BROTLI_COMPRESS": BROTLI, "INFLATE": INFLATE, "SUBSTITUTE": SUBSTITUTE}
"""What a filter of that name is called here: one that compresses, by its coding."""


class Compression:
    """How hard to compress, for one server. What is not said is the module's default."""

    __slots__ = (
        "deflate_level", "deflate_memory", "deflate_window", "deflate_etag",
        "brotli_quality", "brotli_window", "brotli_etag", "deflate_notes", "brotli_notes",
    )  # fmt: skip

    def __init__(self) -> None:
        self.deflate_level = -1
        self.deflate_memory = 9
        self.deflate_window = 15
        self.deflate_etag = "addsuffix"
        """addsuffix, nochange or remove"""
        self.brotli_quality = 5
        self.brotli_window = 18
        self.brotli_etag = "addsuffix"
        self.deflate_notes: tuple[tuple[str, bytes], ...] = ()
        """(input, output or ratio, the note that holds it)"""
        self.brotli_notes: tuple[tuple[str, bytes], ...] = ()


class ByType:
    """One AddOutputFilterByType: filters, and media types, compared letter by letter as httpd does."""

    __slots__ = ("filters", "types")

    def __init__(self, filters: tuple[bytes, ...], types: frozenset[bytes]) -> None:
        self.filters = filters
        self.types = types


class Smart:
    """A filter of somebody's own name: providers with what they wait for, in the order in which they are asked; `words`
    are FilterProtocol's."""

    __slots__ = ("name", "providers", "words")

    def __init__(
        self, name: bytes, providers: tuple[tuple[bytes, Condition], ...], words: frozenset[str] = frozenset()
    ) -> None:
        self.name = name
        self.providers = providers
        self.words = words


class Choice:
    """What mod_filter chooses for one answer.

    `filters` in order; `varied`: the request's fields that this depended on, Accept-Encoding where one that compresses
    was chosen; `words`: what FilterProtocol says of the providers that were chosen, one set for each.
    """

    __slots__ = ("filters", "varied", "words")

    def __init__(self) -> None:
        self.filters: tuple[bytes, ...] = ()
        self.varied: tuple[bytes, ...] = ()
        self.words: tuple[frozenset[str], ...] = ()

    def take(self, scope: Scope, provider: bytes) -> None:
        if provider not in self.filters:
            self.filters = (*self.filters, provider)
        words = (scope.filter_words or {}).get(provider)
        if words:
            self.words = (*self.words, words)


def is_looked_at(status: int, env: dict[bytes, bytes]) -> bool:
    """Whether mod_filter looks at an answer with this status at all."""
    return status == 200 or b"filter-errordocs" in env


def is_fixed(cache_control: bytes | None) -> bool:
    """Whether nobody on the way may change the answer."""
    return cache_control is not None and b"no-transform" in cache_control.lower()


def choose_by_type(choice: Choice, scope: Scope, content_type: bytes, proxied: bool, fixed: bool) -> None:
    """AddOutputFilterByType; a member's answer if `proxied`, one that says `no-transform` if `fixed`."""
    media = content_type.partition(b";")[0].strip(b" \t")
    for one in scope.typed_filters:
        assert isinstance(one, ByType)
        if media in one.types:
            for name in one.filters:
                if not proxied or may_act((scope.filter_words or {}).get(name, NO_WORDS), fixed):
                    choice.take(scope, name)


def choose_by_chain(choice: Choice, scope: Scope, inquiry: Inquiry, proxied: bool, fixed: bool) -> None:
    """FilterChain, for the answer that the inquiry sees. A provider that is chosen is the only one of its filter,
    whether the client takes its coding or not (httpd)."""
    chain = scope.filter_chain
    start = 0
    for at in range(len(chain)):
        if chain[at] is None:
            start = at + 1
    kept, inquiry.vary = inquiry.vary, ()
    for link in chain[start:]:
        chosen = provided(scope, link, inquiry, proxied, fixed)
        if chosen:
            if chosen in CODINGS:
                inquiry.vary = (*inquiry.vary, ACCEPT_ENCODING)
            choice.take(scope, chosen)
    choice.varied, inquiry.vary = inquiry.vary, kept


NO_WORDS: Final[frozenset[str]] = frozenset()


def may_act(words: frozenset[str], fixed: bool) -> bool:
    """Whether it may act on a member's answer, which says `no-transform` if `fixed`."""
    return "proxy=no" not in words and not (fixed and "proxy=transform" in words)


def provided(scope: Scope, name: bytes | None, inquiry: Inquiry, proxied: bool, fixed: bool) -> bytes:
    """The first provider of this filter whose expression holds and that may act; b"" for none."""
    for smart in reversed(scope.smart_filters):
        assert isinstance(smart, Smart)
        if smart.name == name:
            if proxied and not may_act(smart.words, fixed):
                break
            for provider, condition in smart.providers:
                words = (scope.filter_words or {}).get(provider, NO_WORDS)
                if (not proxied or may_act(words, fixed)) and holds(condition, inquiry):
                    return provider
            break
    return b""


def may_compress(env: dict[bytes, bytes], status: int, content_type: bytes, encoding: bytes, ranged: bool) -> bool:
    """Whether the answer may be compressed at all, whoever asks: not what is coded already, a part of something, or
    without a body.
    """
    if status < 200 or status == 204 or status == 304 or ranged:
        return False
    if encoding and encoding.strip(b" \t").lower() != b"identity":
        return False
    if b"no-gzip" in env:
        return False
    if env.get(b"gzip-only-text/html", b"0") != b"0":
        return content_type.partition(b";")[0].strip(b" \t").lower() == b"text/html"
    return True


def accepts(field: bytes, coding: bytes) -> bool:
    """Whether an Accept-Encoding field names the coding. As httpd reads it: a weight of 0 refuses, other weights and
    `*` count for nothing.
    """
    for part in field.split(b","):
        name, _, parameters = part.partition(b";")
        if name.strip(b" \t").lower() == coding:
            weight = parameters.strip(b" \t").lower().replace(b" ", b"")
            return not (weight.startswith(b"q=0") and not weight[3:].strip(b".0"))
    return False


def coding_of(filters: tuple[bytes, ...], accepted: bytes | None, forced: bool) -> bytes:
    """The coding to use of those among the filters, b"" for none; `forced` is the environment's force-gzip."""
    for coding in filters:
        if coding in CODINGS and ((forced and coding == GZIP) or (accepted is not None and accepts(accepted, coding))):
            return coding
    return b""


def etag_for(etag: bytes, coding: bytes, compression: Compression) -> bytes | None:
    """The ETag of the compressed answer, None where it is removed."""
    mode = compression.brotli_etag if coding == BROTLI else compression.deflate_etag
    if mode == "remove":
        return None
    if mode == "nochange" or not etag.endswith(b'"') or len(etag) < 2:
        return etag
    return etag[:-1] + b"-" + coding + b'"'


LEAST: Final = 68
"""Bytes of a body that is known whole, up to which httpd leaves it alone."""


def filters_of_name(filters: bytes) -> tuple[bytes, ...]:
    """The filters that the end of a file's name chooses: `DEFLATE;BROTLI_COMPRESS`."""
    found: tuple[bytes, ...] = ()
    for name in filters.decode("latin-1").split(";"):
        token = TOKENS.get(name.strip().upper())
        if token is not None and token not in found:
            found = (*found, token)
    return found


DEFAULT: Final = Compression()


def compression_of(scope: Scope) -> Compression:
    """How hard to compress at this place."""
    said = scope.compression
    return said if isinstance(said, Compression) else DEFAULT
