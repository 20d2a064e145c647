"""Groups, variables, and paths as servlet containers read them."""

from __future__ import annotations

import re

import pytest

from evenflow.plan.mapping_forms import filled, interpolated, servlet_rest, split_groups, split_variables


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
