"""Whatever is written in whatever way comes out in order, however a sender takes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenflow.wire.outlet import Outlet

LARGE: Final = 16385
"""So many bytes are lent, one less is copied."""

PATTERN: Final = bytearray(i % 251 for i in range(60000))


def waiting(outlet: Outlet) -> bytes:
    """What a sender would send."""
    kept = bytes(outlet.data[outlet.start : outlet.end])
    lent = b"" if outlet.lent is None else bytes(outlet.lent[outlet.lent_start : outlet.lent_end])
    return kept + lent


def send(outlet: Outlet, most: int) -> bytes:
    """Take up to `most` bytes off its front, as a sender does whose socket took no more."""
    kept = bytes(outlet.data[outlet.start : outlet.end])[:most]
    outlet.start += len(kept)
    lent = b""
    if outlet.lent is not None:
        lent = bytes(outlet.lent[outlet.lent_start : outlet.lent_end])[: most - len(kept)]
        outlet.lent_start += len(lent)
    if not outlet.pending():
        outlet.clear()
    return kept + lent


def test_a_new_outlet_has_nothing() -> None:
    outlet = Outlet()
    assert outlet.pending() == 0
    assert waiting(outlet) == b""


def test_what_was_put_waits_in_order() -> None:
    outlet = Outlet()
    outlet.put(b"HTTP/1.1 200 OK\r\n")
    outlet.put(b"")
    outlet.put_range(b"..Server: a\r\n..", 2, 13)
    outlet.put_range(bytearray(b"Content-Length: "), 0, 16)
    outlet.put_decimal(1234567890123)
    assert waiting(outlet) == b"HTTP/1.1 200 OK\r\nServer: a\r\nContent-Length: 1234567890123"
    assert outlet.pending() == len(waiting(outlet))


@pytest.mark.parametrize("number", [0, 7, 10, 65535, 2**62])
def test_a_decimal_is_written_without_more(number: int) -> None:
    outlet = Outlet()
    outlet.put_decimal(number)
    assert waiting(outlet) == str(number).encode()


@pytest.mark.parametrize("size", [0, 1, 9, 10, 15, 16, 255, 256, 4096, 65535, 2**32, 2**60 - 1, 2**63, 2**64 - 1])
def test_a_chunk_begins_with_its_size(size: int) -> None:
    outlet = Outlet()
    outlet.put_chunk_size(size)
    assert waiting(outlet) == b"%x\r\n" % size


def test_a_chunk_size_fits_wherever_the_buffer_ends() -> None:
    for filled in range(len(Outlet().data) - 25, len(Outlet().data) + 1):
        outlet = Outlet()
        outlet.put(b"x" * filled)
        outlet.put_chunk_size(2**64 - 1)
        assert waiting(outlet) == b"x" * filled + b"ffffffffffffffff\r\n"


def test_a_large_run_is_lent_and_a_small_one_copied() -> None:
    outlet = Outlet()
    outlet.put(b"head")
    outlet.lend(PATTERN, 5, 4 + LARGE)
    assert outlet.lent is None
    outlet.lend(PATTERN, 5, 5 + LARGE)
    assert outlet.lent is PATTERN
    assert (outlet.lent_start, outlet.lent_end) == (5, 5 + LARGE)
    assert waiting(outlet) == b"head" + PATTERN[5 : 4 + LARGE] + PATTERN[5 : 5 + LARGE]


def test_what_was_lent_and_settled_does_not_change_with_its_buffer() -> None:
    buffer = bytearray(PATTERN)
    outlet = Outlet()
    outlet.lend(buffer, 0, 30000)
    assert send(outlet, 100) == PATTERN[:100]
    outlet.settle()
    buffer[:] = bytes(len(buffer))
    assert outlet.lent is None
    assert waiting(outlet) == PATTERN[100:30000]
    outlet.settle()
    assert waiting(outlet) == PATTERN[100:30000]


@pytest.mark.parametrize(
    "write",
    [
        lambda outlet: outlet.put(b""),
        lambda outlet: outlet.put_range(b"", 0, 0),
        lambda outlet: outlet.make_room(1),
        lambda outlet: outlet.lend(bytearray(), 0, 0),
    ],
)
def test_whoever_writes_behind_a_lent_run_settles_it(write: Callable[[Outlet], None]) -> None:
    outlet = Outlet()
    outlet.put(b"head")
    outlet.lend(PATTERN, 0, LARGE)
    write(outlet)
    assert outlet.lent is None
    assert waiting(outlet) == b"head" + PATTERN[:LARGE]


def test_clear_forgets_everything() -> None:
    outlet = Outlet()
    outlet.put(b"head")
    outlet.lend(PATTERN, 0, LARGE)
    outlet.clear()
    assert outlet.pending() == 0
    assert outlet.lent is None
    outlet.put(b"again")
    assert waiting(outlet) == b"again"


def test_room_that_was_made_is_there() -> None:
    outlet = Outlet()
    outlet.put(b"x" * 100)
    outlet.make_room(100_000)
    assert len(outlet.data) - outlet.end >= 100_000
    assert waiting(outlet) == b"x" * 100


def test_an_outlet_that_never_empties_grows_with_what_waits_and_not_with_what_went_through() -> None:
    outlet = Outlet()
    outlet.put(b"x" * 500)
    for turn in range(5000):
        outlet.put(bytes((turn % 256,)) * 1000)
        assert len(send(outlet, 1000)) == 1000
    assert outlet.pending() == 500
    assert len(outlet.data) <= 8192


Step = tuple[str, int, int]

STEPS: Final = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 3000), st.integers(0, 250)),
        st.tuples(st.just("put_range"), st.integers(0, 3000), st.integers(0, 250)),
        st.tuples(st.just("lend"), st.integers(0, 40000), st.integers(0, 250)),
        st.tuples(st.just("settle"), st.just(0), st.just(0)),
        st.tuples(st.just("make_room"), st.integers(0, 20000), st.just(0)),
        st.tuples(st.just("put_chunk_size"), st.integers(0, 2**64 - 1), st.just(0)),
        st.tuples(st.just("put_decimal"), st.integers(0, 2**62), st.just(0)),
        st.tuples(st.just("send"), st.integers(0, 50000), st.just(0)),
        st.tuples(st.just("send"), st.integers(0, 100), st.just(0)),
    ),
    max_size=40,
)


@settings(deadline=None)
@given(STEPS)
def test_bytes_keep_their_order_whatever_is_done(steps: list[Step]) -> None:
    outlet = Outlet()
    expected = bytearray()
    for act, size, at in steps:
        if act == "put":
            outlet.put(bytes(PATTERN[at : at + size]))
            expected += PATTERN[at : at + size]
        elif act in ("put_range", "lend"):
            getattr(outlet, act)(PATTERN, at, at + size)
            expected += PATTERN[at : at + size]
        elif act == "put_chunk_size":
            outlet.put_chunk_size(size)
            expected += b"%x\r\n" % size
        elif act == "put_decimal":
            outlet.put_decimal(size)
            expected += b"%d" % size
        elif act == "make_room":
            outlet.make_room(size)
            assert len(outlet.data) - outlet.end >= size
        elif act == "settle":
            outlet.settle()
            assert outlet.lent is None
        else:
            sent = send(outlet, size)
            assert sent == expected[:size]
            del expected[:size]
        assert outlet.pending() == len(expected)
        assert 0 <= outlet.start <= outlet.end <= len(outlet.data)
    assert waiting(outlet) == expected
