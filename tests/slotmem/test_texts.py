"""Texts in cells: cut where httpd cuts them, and never into the neighbour's cells."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evenflow.slotmem.region import Region
from evenflow.slotmem.texts import read_text, write_text


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_what_is_written_is_read_up_to_63_bytes_or_a_zero_byte(first: bytes, second: bytes) -> None:
    region = Region(24)
    write_text(region, 0, b"left" * 16)
    write_text(region, 16, b"right" * 13)
    write_text(region, 8, first)
    write_text(region, 8, second)
    assert read_text(region, 8) == second.partition(b"\0")[0][:63]
    assert read_text(region, 0) == b"left" * 15 + b"lef"
    assert read_text(region, 16) == (b"right" * 13)[:63]
