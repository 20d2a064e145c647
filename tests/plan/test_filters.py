"""Which answers are compressed."""

from __future__ import annotations

import pytest

from evenflow.compiler.expr import compile_condition
from evenflow.plan.decide import decide
from evenflow.plan.decision import Inquiry, afterwards
from evenflow.plan.filters import (
    BROTLI,
    GZIP,
    INFLATE,
    SUBSTITUTE,
    ByType,
    Compression,
    Smart,
    accepts,
    chained,
    coding_of,
    compression_of,
    etag_for,
    filters_for,
    may_compress,
)
from evenflow.plan.model import Scope
from evenflow.proxy.answered import Answered
from evenflow.wire.headers import Headers
from tests.plan.cases import facts_of, head_of, inside, plan_of

HTML = (ByType((GZIP,), frozenset((b"text/html", b"text/plain"))),)


def test_types_count_for_200_only() -> None:
    assert filters_for((), HTML, 200, b"text/html; charset=utf-8") == (GZIP,)
    assert filters_for((), HTML, 200, b"Text/HTML") == ()
    assert filters_for((), HTML, 200, b"image/png") == ()
    assert filters_for((), HTML, 404, b"text/html") == ()
    assert filters_for((BROTLI, GZIP), HTML, 404, b"image/png") == (BROTLI, GZIP)
    assert filters_for((BROTLI,), HTML, 200, b"text/html") == (BROTLI, GZIP)


@pytest.mark.parametrize(
    ("field", "answer"),
    [
        (b"gzip", True),
        (b"GZIP", True),
        (b"br, gzip;q=0.5", True),
        (b"gzip;q=0", False),
        (b"gzip; q=0.000", False),
        (b"gzip;q=0.001", True),
        (b"x-gzip", False),
        (b"*", False),
        (b"", False),
    ],
)
def test_what_a_client_takes(field: bytes, answer: bool) -> None:
    assert accepts(field, GZIP) is answer


def test_the_first_that_the_client_takes() -> None:
    assert coding_of((BROTLI, GZIP), b"gzip, br", False) == BROTLI
    assert coding_of((BROTLI, GZIP), b"gzip", False) == GZIP
    assert coding_of((BROTLI, GZIP), None, False) == b""
    assert coding_of((GZIP,), None, True) == GZIP
    assert coding_of((INFLATE, SUBSTITUTE, GZIP), b"gzip, substitute", True) == GZIP
    assert coding_of((INFLATE, SUBSTITUTE), b"gzip, substitute", True) == b""


@pytest.mark.parametrize(
    ("env", "status", "encoding", "ranged", "answer"),
    [
        ({}, 200, b"", False, True),
        ({}, 500, b"identity", False, True),
        ({}, 204, b"", False, False),
        ({}, 304, b"", False, False),
        ({}, 206, b"", True, False),
        ({}, 206, b"", False, True),
        ({}, 200, b"br", False, False),
        ({b"no-gzip": b"1"}, 200, b"", False, False),
        ({b"gzip-only-text/html": b"1"}, 200, b"", False, False),
        ({b"gzip-only-text/html": b"0"}, 200, b"", False, True),
    ],
)
def test_what_is_left_alone(env: dict[bytes, bytes], status: int, encoding: bytes, ranged: bool, answer: bool) -> None:
    assert may_compress(env, status, b"text/plain", encoding, ranged) is answer


@pytest.mark.parametrize(
    ("mode", "etag", "changed"),
    [
        ("addsuffix", b'"abc"', b'"abc-gzip"'),
        ("addsuffix", b'W/"abc"', b'W/"abc-gzip"'),
        ("addsuffix", b"abc", b"abc"),
        ("nochange", b'"abc"', b'"abc"'),
        ("remove", b'"abc"', None),
    ],
)
def test_etags(mode: str, etag: bytes, changed: bytes | None) -> None:
    compression = Compression()
    compression.deflate_etag = mode
    assert etag_for(etag, GZIP, compression) == changed


def test_a_place_without_numbers_has_the_defaults() -> None:
    scope = Scope()
    assert compression_of(scope).deflate_level == -1
    scope.compression = Compression()
    assert compression_of(scope) is scope.compression


def test_of_a_filter_the_first_provider_that_holds_is_the_only_one() -> None:
    scope = Scope()
    html, always = compile_condition("%{CONTENT_TYPE} == 'text/html'"), compile_condition("true")
    scope.smart_filters = (
        Smart(b"a", ((BROTLI, always),)),
        Smart(b"a", ((BROTLI, html), (GZIP, always))),
        Smart(b"b", ((BROTLI, compile_condition("req('X') == 'y'")),)),
    )
    # No name of a filter that is there is one of a chain.
    scope.filter_chain = (b"a", None, b"deflate", b"a", b"b", b"nobody")
    assert chained(scope, answered(b"text/html"), 200) == ((BROTLI,), (b"Accept-Encoding", b"X"))
    assert chained(scope, answered(b"image/png"), 200) == ((GZIP,), (b"Accept-Encoding", b"X"))
    assert chained(scope, answered(b"text/html"), 404) == ((), ())
    scope.smart_filters = (Smart(b"a", ((SUBSTITUTE, always),)),)
    assert chained(scope, answered(b"text/html"), 200) == ((SUBSTITUTE,), ())
    scope.smart_filters = (Smart(b"a", ((BROTLI, html), (GZIP, always))),)
    inquiry = answered(b"text/html")
    inquiry.env[b"filter-errordocs"] = b"1"
    assert chained(scope, inquiry, 404)[0] == (BROTLI,)


def answered(content_type: bytes) -> Inquiry:
    plan = plan_of(inside("ProxyPass / http://b1/"))
    facts, head = facts_of(plan), head_of("GET", "/")
    response = Answered(200, Headers([(b"Content-Type", content_type)]), Headers(), b"")
    return afterwards(plan, facts, head, decide(plan, facts, head), {}, response)
