"""Groups, variables, and paths as servlet containers read them."""

from __future__ import annotations

import re

import pytest

from evenflow.plan.decide import decide
from evenflow.plan.mapping_forms import filled, interpolated, servlet_rest, split_groups, split_variables
from evenflow.plan.model import ANSWER, FORWARD
from tests.plan.cases import facts_of, head_of, inside, plan_of


@pytest.mark.parametrize(
    "text, made",
    [
        (b"http://b1", b"http://b1"),
        (b"/$1/$0", b"/bc/abcd"),
        (b"$2", b""),
        (b"/$9", b"/"),
        (b"a\\$1&\\&", b"a$1&&"),
        (b"$$1$", b"$bc$"),
        (b"$", b"$"),
    ],
)
def test_groups_are_put_in(text: bytes, made: bytes) -> None:
    match = re.search(rb"a(bc)(x)?d", b"abcd")
    assert filled(split_groups(text), match) == made


@pytest.mark.parametrize(
    "text, made",
    [
        (b"plain", b"plain"),
        (b"${A}", b"1"),
        (b"/${A}/${NONE}${B}x", b"/1/2x"),
        (b"${A", b"${A"),
        (b"$A${}", b"$A"),
        (b"${A}${", b"1${"),
    ],
)
def test_variables_are_put_in(text: bytes, made: bytes) -> None:
    assert interpolated(split_variables(text), {b"A": b"1", b"B": b"2"}) == made


@pytest.mark.parametrize(
    "prefix, path, rest, read",
    [
        (b"/app", b"/app", b"", b"/app"),
        (b"/app", b"/app/x", b"/x", b"/app/x"),
        (b"/app", b"/app;v=1", b"", b"/app"),
        (b"/app", b"/app;v=1/x;y", b";v=1/x;y", b"/app/x"),
        (b"/app", b"/app/.;a/x", b"/.;a/x", b"/app/x"),
        (b"/app", b"/y/..;/app/x", b"/x", b"/app/x"),
        (b"/app", b"/app/y/..;/..;/app/z", b"/z", b"/app/z"),
        (b"/app/", b"/app;x/y;z", b"y;z", b"/app/y"),
        (b"/", b"/a;b/c", b"a;b/c", b"/a/c"),
        (b"/", b"/", b"", b"/"),
        (b"/app", b"/app/", b"/", b"/app/"),
        (b"/app", b"/app/..;/z", None, None),
        (b"/app", b"/..;/app", None, None),
        (b"/app", b"/apple", None, None),
        (b"/app/", b"/app", None, None),
        (b"/app", b"/;x/app/y", b"/y", b"/app/y"),
    ],
)
def test_a_servlet_container_reads(prefix: bytes, path: bytes, rest: bytes | None, read: bytes | None) -> None:
    size, made = servlet_rest(prefix, path)
    if rest is None:
        assert size < 0
    else:
        assert (path[size:], made) == (rest, read)


def test_no_query_is_made_that_ends_the_request_line() -> None:
    """A variable of the request in a mapping that is forwarded as it is."""
    text = """
        ProxyPassInterpolateEnv On
        ProxyPassMatch ^/x http://b1/y?${MATCH_REST} nocanon interpolate
        <LocationMatch ^/x/(?<rest>.*)>
        </LocationMatch>
        """
    plan = plan_of(inside(text))
    facts = facts_of(plan)
    made = decide(plan, facts, head_of("GET", "/x/a=b"))
    assert (made.kind, made.query) == (FORWARD, b"a=b/x/a=b")
    made = decide(plan, facts, head_of("GET", "/x/a%20HTTP/1.1%0d%0aX-Evil:%201"))
    assert (made.status, made.kind) == (403, ANSWER)
