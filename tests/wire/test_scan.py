"""Bytes are found, counted, copied and compared within the bounds that were said, and nowhere else."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenflow.wire import scan

KINDS: Final = (bytes, bytearray)

# Few different bytes, so that what is looked for is often nearly there.
LINES: Final = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"a", b"\x00", b"\xff"])).map(b"".join)


@st.composite
def pieces(draw: st.DrawFn, contents: st.SearchStrategy[bytes] = LINES) -> tuple[bytes, int, int]:
    """A buffer and a piece of it."""
    buffer = draw(contents)
    start = draw(st.integers(0, len(buffer)))
    return buffer, start, draw(st.integers(start, len(buffer)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("buffer", "value", "start", "end", "found"),
    [
        (b"abcabc", 99, 0, 6, 2),
        (b"abcabc", 99, 2, 6, 2),
        (b"abcabc", 99, 3, 6, 5),
        (b"abcabc", 99, 3, 5, -1),
        (b"abcabc", 99, 5, 5, -1),
        (b"abcabc", 99, 6, 3, -1),
        (b"a\x00b\xff", 0, 0, 4, 1),
        (b"a\x00b\xff", 255, 0, 4, 3),
        (b"", 0, 0, 0, -1),
    ],
)
def test_a_byte_is_found_between_start_and_end(
    kind: type[bytes] | type[bytearray], buffer: bytes, value: int, start: int, end: int, found: int
) -> None:
    assert scan.find_byte(kind(buffer), value, start, end) == found


@settings(deadline=None)
@given(pieces(), st.sampled_from([10, 13, 0, 97, 255]))
def test_find_byte_finds_what_bytes_find_finds(piece: tuple[bytes, int, int], value: int) -> None:
    buffer, start, end = piece
    assert scan.find_byte(buffer, value, start, end) == buffer.find(bytes((value,)), start, end)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("buffer", "start", "end", "found"),
    [
        (b"a\r\n\r\ntail", 0, 9, 5),
        (b"a\r\n\r\ntail\r\n\r\n", 1, 13, 5),
        (b"a\r\n\r\ntail\r\n\r\n", 2, 13, 13),
        (b"a\r\n\r\n", 0, 4, -1),
        (b"a\n\n", 0, 3, -1),
        (b"a\n\r\n", 0, 4, -1),
        (b"\r\r\n\r\n", 0, 5, 5),
        (b"\r\n", 0, 2, -1),
        (b"", 0, 0, -1),
    ],
)
def test_a_head_ends_behind_its_empty_line(
    kind: type[bytes] | type[bytearray], buffer: bytes, start: int, end: int, found: int
) -> None:
    assert scan.find_head_end(kind(buffer), start, end) == found


@settings(deadline=None)
@given(pieces())
def test_find_head_end_looks_at_nothing_outside(piece: tuple[bytes, int, int]) -> None:
    buffer, start, end = piece
    found = buffer.find(b"\r\n\r\n", start, end)
    assert scan.find_head_end(buffer, start, end) == (found + 4 if found >= 0 else -1)


@pytest.mark.parametrize("value", range(256))
def test_control_characters_are_all_below_32_but_the_tab_and_del(value: int) -> None:
    control = value < 32 or value == 127
    assert scan.count_controls(bytes((value,)), 0, 1) == (control and value != 9)


@settings(deadline=None)
@given(pieces(st.binary(max_size=100)))
def test_controls_are_counted_between_start_and_end(piece: tuple[bytes, int, int]) -> None:
    buffer, start, end = piece
    assert scan.count_controls(buffer, start, end) == sum(c in scan.CONTROLS for c in buffer[start:end])
    assert scan.count_controls(bytearray(buffer), start, end) == sum(c in scan.CONTROLS for c in buffer[start:end])


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=60), pieces(st.binary(max_size=40)), st.data())
def test_copied_bytes_replace_as_many(before: bytes, piece: tuple[bytes, int, int], data: st.DataObject) -> None:
    source, start, end = piece
    target = bytearray(before + bytes(end - start))
    at = data.draw(st.integers(0, len(before)))
    expected = bytes(target[:at]) + source[start:end] + bytes(target[at + end - start :])
    scan.copy_bytes(target, at, source, start, end)
    assert target == expected


@pytest.mark.parametrize(
    ("text", "name", "same"),
    [
        (b"Host", b"host", True),
        (b"hOST", b"host", True),
        (b"Hos", b"host", False),
        (b"Hosts", b"host", False),
        (b"X_Real_IP", b"x_real_ip", True),
        (b"a^b", b"a^b", True),
        (b"a^b", b"a~b", False),
        (b"a\x0db", b"a-b", False),
        (b"A\x10B", b"a0b", False),
        (b"x\x7fy", b"x_y", False),
        (b"", b"", True),
    ],
)
def test_names_are_the_same_regardless_of_case_only(text: bytes, name: bytes, same: bool) -> None:
    assert scan.same_name(text, 0, len(text), name) is same
    assert scan.same_name(bytearray(b"x" + text + b"y"), 1, len(text) + 1, name) is same


@settings(deadline=None)
@given(st.binary(max_size=12), st.binary(max_size=12))
def test_same_name_is_comparing_in_lower_case(one: bytes, other: bytes) -> None:
    assert scan.same_name(one, 0, len(one), other.lower()) == (one.lower() == other.lower())
    assert scan.same_name(one.swapcase(), 0, len(one), one.lower()) is True
