"""Header lines without a colon that are forgiven."""

from __future__ import annotations

import pytest

from evenflow.proxy.bad_lines import IGNORE, START_BODY, forgiven

HEAD = b"HTTP/1.1 200 OK\r\nX-A: 1\r\nno colon\r\n folded\r\nX-B: 2\r\n\r\n"


def test_they_are_left_out() -> None:
    assert forgiven(HEAD.replace(b" folded\r\n", b""), IGNORE) == (
        b"HTTP/1.1 200 OK\r\nX-A: 1\r\nX-B: 2\r\n\r\n",
        len(HEAD) - 9,
    )


def test_the_body_begins_behind_the_first() -> None:
    head, size = forgiven(HEAD, START_BODY)
    assert head == b"HTTP/1.1 200 OK\r\nX-A: 1\r\n\r\n"
    assert HEAD[size:] == b" folded\r\nX-B: 2\r\n\r\n"


@pytest.mark.parametrize("way", [IGNORE, START_BODY])
def test_a_good_head_stays(way: int) -> None:
    head = b"HTTP/1.1 200\nX-A: 1\n folded without\n\n"
    assert forgiven(head, way) == (head, len(head))
