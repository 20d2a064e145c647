"""No two rows overlap, and rows that different processes write share no cache line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evenflow.slotmem import layout
from evenflow.slotmem.layout import Layout

small = st.integers(0, 5)


@given(small, small, small, small)
def test_rows_do_not_overlap(children: int, members: int, balancers: int, hosts: int) -> None:
    rows = Layout(children, members, balancers, members + hosts)
    begins = (
        [(rows.child(child), layout.CHILD_CELLS) for child in range(rows.rows)]
        + [(rows.member(member), layout.MEMBER_CELLS) for member in range(members)]
        + [(rows.balancer(balancer), layout.BALANCER_CELLS) for balancer in range(balancers)]
        + [(rows.own(child, member), layout.OWN_CELLS) for child in range(rows.rows) for member in range(members)]
        + [
            (rows.measure(child, index), layout.MEASURED_CELLS)
            for child in range(rows.rows)
            for index in range(rows.measured)
        ]
        + [(rows.address(member), layout.ADDRESS_CELLS) for member in range(members)]
    )
    cells = [cell for begin, size in begins for cell in range(begin, begin + size)]
    assert sorted(cells) == list(range(rows.cells))
    assert all(begin % 8 == 0 for begin, _ in begins)


def test_every_status_has_its_own_bit() -> None:
    bits = [bit for _, bit in layout.STATUS_BITS]
    assert sum(bits) == 2 ** len(bits) - 1
    assert len({letter for letter, _ in layout.STATUS_BITS}) == len(bits)


def test_texts_stand_behind_the_numbers_of_their_row() -> None:
    assert layout.ROUTE > layout.ERROR_SINCE and layout.REDIRECT + layout.TEXT_CELLS == layout.URL
    assert layout.URL + layout.URL_CELLS == layout.MEMBER_CELLS and layout.URL_LIMIT == layout.URL_CELLS * 8 - 1
    assert layout.STICKY_COOKIE == layout.NONCE + 2 > layout.TIMEOUT + 2
    assert layout.STICKY_PATH + layout.TEXT_CELLS == layout.BALANCER_CELLS
