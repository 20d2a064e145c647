"""Prefixes and what they cover; where mappings lead is in the Markdown cases."""

from __future__ import annotations

import pytest

from evenflow.origin import NOWHERE
from evenflow.plan.mapping import Mapping, covered


@pytest.mark.parametrize(
    "prefix, path, size",
    [
        (b"/", b"/", 1),
        (b"/", b"/x", 1),
        (b"/app", b"/app", 4),
        (b"/app", b"/app/", 4),
        (b"/app", b"/app/x", 4),
        (b"/app", b"/apple", 0),
        (b"/app", b"/ap", 0),
        (b"/app", b"/", 0),
        (b"/app/", b"/app", 0),
        (b"/app/", b"/app/", 5),
        (b"/app/", b"/app/x", 5),
        (b"/a/b", b"/a//b/c", 5),
        (b"/a/", b"/a//b", 4),
        (b"/a", b"//a", 3),
        (b"/a", b"//ab", 0),
        (b"/a/b", b"/a//", 0),
        (b"/", b"///x", 3),
    ],
)
def test_a_prefix_covers(prefix: bytes, path: bytes, size: int) -> None:
    assert covered(Mapping(prefix, b"http://b1", False, NOWHERE), path) == size
