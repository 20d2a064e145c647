"""An answer's body goes through several filters. What a client sees of it: tests/parity/cases/substitute.md."""

from __future__ import annotations

import gzip
import zlib

from evenflow.origin import NOWHERE
from evenflow.plan.filters import GZIP, INFLATE, SUBSTITUTE
from evenflow.plan.substitute import Part, Substitution
from evenflow.proxy.filtering import mark_protocol
from evenflow.wire.headers import Headers
from tests.plan.cases import head_of
from tests.proxy.story import Tell, answers, done, head, ready

LINES = (Part((Substitution(b"hello", None, (b"bye",), NOWHERE),), None),)
ALL = {"output_filters": (GZIP, SUBSTITUTE, INFLATE), "substitutes": LINES}
PACKED = gzip.compress(b"hello\n" * 50 + b"hello", mtime=0)
ANSWER = b'HTTP/1.1 200 OK\r\nETag: "a"\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n' % len(PACKED) + PACKED


def body_of(got: bytes) -> bytes:
    """A body in chunks, as far as it came."""
    made, rest = b"", got.partition(b"\r\n\r\n")[2]
    while True:
        size, _, rest = rest.partition(b"\r\n")
        if not size or not int(size, 16):
            return made
        made += rest[: int(size, 16)]
        rest = rest[int(size, 16) + 2 :]


def test_unpacked_changed_and_packed_anew(tell: Tell) -> None:
    story = tell(scope=ALL)
    story >> head("GET", "/", "Accept-Encoding: gzip") >> ready() >> answers(ANSWER) << done()
    assert b'\r\nETag: "a-gunzip-gzip"\r\n' in story.client_got
    assert b"\r\nContent-Encoding: gzip\r\n" in story.client_got and b"Content-Length" not in story.client_got
    assert zlib.decompress(body_of(story.client_got), 31) == b"bye\n" * 50 + b"bye"


def test_unpacked_for_who_takes_no_gzip(tell: Tell) -> None:
    story = tell(scope=ALL)
    story >> head("GET", "/") >> ready() >> answers(ANSWER) << done()
    assert b'\r\nETag: "a-gunzip"\r\n' in story.client_got and b"Content-Encoding" not in story.client_got
    assert b"\r\nVary: Accept-Encoding\r\n" in story.client_got
    assert body_of(story.client_got) == b"bye\n" * 50 + b"bye"


def test_what_is_flushed_comes_through_all(tell: Tell) -> None:
    story = tell(scope=ALL)
    story >> head("GET", "/", "Accept-Encoding: gzip") >> ready()
    story >> answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nhello\nhe\r\n")
    assert zlib.decompressobj(31).decompress(body_of(story.client_got)) == b"bye\n"
    story >> answers(b"4\r\nllo!\r\n0\r\n\r\n") << done()
    assert zlib.decompress(body_of(story.client_got), 31) == b"bye\nbye!"


def test_only_texts_leave_no_trace_in_the_fields(tell: Tell) -> None:
    story = tell(scope={"output_filters": (SUBSTITUTE,), "substitutes": LINES})
    story >> head("GET", "/") >> ready()
    story >> answers(b'HTTP/1.1 200 OK\r\nETag: "a"\r\nContent-Length: 6\r\n\r\nhello!') << done()
    assert b'\r\nETag: "a"\r\n' in story.client_got
    assert b"Vary" not in story.client_got and b"Content-Length" not in story.client_got
    assert body_of(story.client_got) == b"bye!"


def test_what_providers_say_is_done_to_the_fields() -> None:
    got = [(b"ETag", b"a"), (b"Content-MD5", b"m"), (b"Last-Modified", b"l"), (b"Cache-Control", b"public")]
    fields = Headers(list(got))
    head_of_it = head_of("GET", "/")
    mark_protocol(fields, (frozenset(("proxy=no",)),), head_of_it, True)
    assert fields.items == got
    mark_protocol(fields, (frozenset(("change=1:1", "proxy=transform")),), head_of_it, True)
    assert fields.items == [*got[2:], (b"Warning", b"214 www.example Transformation applied")]
    mark_protocol(fields, (frozenset(("cache=no", "byteranges=no", "proxy=transform")),), head_of_it, False)
    assert fields.items == [
        (b"Cache-Control", b"public"),
        (b"Warning", b"214 www.example Transformation applied"),
        (b"Cache-Control", b"no-cache"),
        (b"Accept-Ranges", b"none"),
    ]
