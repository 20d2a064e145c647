"""Fields in order: found without regard to case, changed in place, and kept as they came otherwise."""

from __future__ import annotations

import pytest

from evenflow.wire.headers import Headers

Items = list[tuple[bytes, bytes]]


def fields() -> Headers:
    return Headers([(b"Vary", b"A"), (b"Set-Cookie", b"x=1"), (b"vary", b"B"), (b"X-Empty", b"")])


def test_a_field_is_found_in_any_case_and_the_first_line_counts() -> None:
    assert fields().get(b"VARY") == b"A"
    assert fields().get_all(b"vary") == [b"A", b"B"]
    assert fields().get(b"X-Nothing") is None
    assert fields().get_all(b"X-Nothing") == []


def test_an_empty_value_is_a_value() -> None:
    made = fields()
    assert made.get(b"x-empty") == b""
    assert b"x-empty" in made
    assert b"x-nothing" not in made
    assert "x-empty" not in made


def test_order_and_spelling_stay() -> None:
    made = fields()
    assert [name for name, _ in made] == [b"Vary", b"Set-Cookie", b"vary", b"X-Empty"]
    assert len(made) == 4


def test_a_copy_goes_its_own_way() -> None:
    made = fields()
    copy = made.copy()
    assert copy == made
    copy.add(b"Age", b"1")
    assert copy != made and made == fields()


def test_two_that_hold_the_same_are_equal_to_nothing_else() -> None:
    assert Headers() == Headers([])
    assert Headers() != []


def test_add_repeats() -> None:
    made = fields()
    made.add(b"Vary", b"C")
    assert made.get_all(b"Vary") == [b"A", b"B", b"C"]


@pytest.mark.parametrize(
    ("name", "after"),
    [
        (b"VARY", [(b"VARY", b"new"), (b"Set-Cookie", b"x=1"), (b"X-Empty", b"")]),
        (b"Age", [(b"Vary", b"A"), (b"Set-Cookie", b"x=1"), (b"vary", b"B"), (b"X-Empty", b""), (b"Age", b"new")]),
    ],
    ids=["in the place of the first line", "at the end"],
)
def test_set_leaves_one_line(name: bytes, after: Items) -> None:
    made = fields()
    made.set(name, b"new")
    assert made.items == after


def test_remove_takes_every_line_and_says_whether_there_was_one() -> None:
    made = fields()
    assert made.remove(b"VARY")
    assert made.items == [(b"Set-Cookie", b"x=1"), (b"X-Empty", b"")]
    assert not made.remove(b"VARY")


def test_append_puts_it_behind_the_first_line() -> None:
    made = fields()
    made.append(b"VARY", b"C")
    made.append(b"Age", b"1")
    assert made.items == [*[(b"Vary", b"A, C"), (b"Set-Cookie", b"x=1"), (b"vary", b"B"), (b"X-Empty", b"")],
                          (b"Age", b"1")]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "value", "new"),
    [
        (b"A,B", b"B", b"A,B"),
        (b"A \t,B", b"A", b"A \t,B"),
        (b"A,B", b"b", b"A,B, b"),
        (b"A,BC", b"B", b"A,BC, B"),
        (b"", b"A", b", A"),
    ],
)
def test_merge_appends_what_is_not_an_element_yet(old: bytes, value: bytes, new: bytes) -> None:
    made = Headers([(b"Vary", old)])
    made.merge(b"vary", value)
    assert made.items == [(b"Vary", new)]


def test_merge_adds_a_field_that_is_not_there() -> None:
    made = Headers()
    made.merge(b"Vary", b"A")
    assert made.items == [(b"Vary", b"A")]
