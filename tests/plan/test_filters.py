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
    Choice,
    Compression,
    Smart,
    accepts,
    choose_by_chain,
    choose_by_type,
    coding_of,
    compression_of,
    etag_for,
    is_fixed,
    is_looked_at,
    may_compress,
)
from evenflow.plan.model import Scope
from evenflow.proxy.answered import Answered
from evenflow.wire.headers import Headers
from tests.plan.cases import facts_of, head_of, inside, plan_of

HTML = (ByType((GZIP,), frozenset((b"text/html", b"text/plain"))),)


def by_type(content_type: bytes, proxied: bool = True, fixed: bool = False, **words: str) -> tuple[bytes, ...]:
    scope = Scope()
    scope.typed_filters = HTML
    scope.filter_words = {name.encode(): frozenset(said.split()) for name, said in words.items()}
    choice = Choice()
    choose_by_type(choice, scope, content_type, proxied, fixed)
    return choice.filters


def test_types_are_compared_letter_by_letter() -> None:
    assert by_type(b"text/html; charset=utf-8") == (GZIP,)
    assert by_type(b"Text/HTML") == by_type(b"image/png") == ()


def test_answers_other_than_200_are_not_looked_at() -> None:
    assert is_looked_at(200, {}) and not is_looked_at(404, {})
    assert is_looked_at(404, {b"filter-errordocs": b""})


def test_what_a_provider_says_of_members_answers() -> None:
    assert by_type(b"text/html", gzip="proxy=no") == ()
    assert by_type(b"text/html", proxied=False, gzip="proxy=no") == (GZIP,)
    assert by_type(b"text/html", br="proxy=no") == (GZIP,)
    assert by_type(b"text/html", gzip="proxy=transform") == (GZIP,)
    assert by_type(b"text/html", fixed=True, gzip="proxy=transform") == ()
    assert by_type(b"text/html", fixed=True) == (GZIP,)
    assert is_fixed(b"private, No-Transform") and not is_fixed(b"private") and not is_fixed(None)


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
    assert chained(scope, b"text/html") == ((BROTLI,), (b"Accept-Encoding", b"X"))
    assert chained(scope, b"image/png") == ((GZIP,), (b"Accept-Encoding", b"X"))
    scope.smart_filters = (Smart(b"a", ((SUBSTITUTE, always),)),)
    assert chained(scope, b"text/html") == ((SUBSTITUTE,), ())


def test_a_provider_that_may_not_act_makes_room_for_the_next() -> None:
    scope = Scope()
    always = compile_condition("true")
    scope.smart_filters = (Smart(b"a", ((BROTLI, always), (GZIP, always))),)
    scope.filter_chain = (b"a", b"a", b"A")
    scope.filter_words = {BROTLI: frozenset(("proxy=no",)), GZIP: frozenset(("cache=no",))}
    choice = Choice()
    choose_by_chain(choice, scope, answered(b"text/html"), True, False)
    assert (choice.filters, choice.words) == ((GZIP,), (frozenset(("cache=no",)),) * 2)
    scope.smart_filters = (Smart(b"a", ((GZIP, always),), frozenset(("proxy=no",))),)
    assert chained(scope, b"text/html") == ((), ())
    scope.smart_filters = (Smart(b"a", ((GZIP, always),), frozenset(("proxy=transform",))),)
    assert chained(scope, b"text/html", fixed=True) == ((), ())
    assert chained(scope, b"text/html")[0] == (GZIP,)


def chained(scope: Scope, content_type: bytes, fixed: bool = False) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    choice = Choice()
    choose_by_chain(choice, scope, answered(content_type), True, fixed)
    return choice.filters, choice.varied


def answered(content_type: bytes) -> Inquiry:
    plan = plan_of(inside("ProxyPass / http://b1/"))
    facts, head = facts_of(plan), head_of("GET", "/")
    response = Answered(200, Headers([(b"Content-Type", content_type)]), Headers(), b"")
    return afterwards(plan, facts, head, decide(plan, facts, head), {}, response)
