"""Changes that were written down, read again, by others too."""

from __future__ import annotations

import os
from pathlib import Path

from evenflow.control.console import ledger
from evenflow.control.console.ledger import MOST_BYTES, MOST_SHOWN, Ledger
from evenflow.control.console.settings import Difference

ONE = Difference(("wiki", 0, "http://a"), "w_status_N", "0", "1")
OTHER = Difference(("wiki", 0, "http://b"), "w_wr", "n1", "é\n\"")


def test_it_is_kept_over_a_restart(tmp_path: Path) -> None:
    path = str(tmp_path / "state" / "x.changes.jsonl")
    first = Ledger(path)
    made = first.note("eve (192.0.2.7)", "page", [ONE, OTHER])
    assert [one.member for one in made] == ["http://a", "http://b"]
    assert os.stat(path).st_mode & 0o777 == 0o600
    again = Ledger(path)
    assert again.all() == made and again.find(made[1].id) == made[1]
    again.note("eve", "page", [ONE], made[0].id)
    # Whoever has it open sees what others write.
    assert first.undone() == {made[0].id} and len(first.all()) == 3


def test_it_may_be_memory_that_a_child_shares() -> None:
    shared = Ledger()
    pid = os.fork()
    if pid == 0:
        shared.note("root", "evenflow drain", [ONE])
        os._exit(0)
    os.waitpid(pid, 0)
    assert [(one.who, one.how, one.words) for one in shared.all()] == [("root", "evenflow drain", "drains")]


def test_what_is_no_change_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "x"
    good = ledger.write(Ledger().note("a", "page", [ONE])[0])
    path.write_bytes(b"\xff\n{}\n[]\n" + good.replace(b"w_status_N", b"later") + good + good[: len(good) // 2])
    kept = Ledger(str(path))
    assert [one.words for one in kept.all()] == ["later 0 → 1", "drains"]
    # The half line at the end becomes part of the next; that one is lost, those behind it are not.
    kept.note("b", "page", [ONE])
    kept.note("c", "page", [ONE])
    assert [one.who for one in kept.all()] == ["a", "a", "c"]


def test_it_does_not_grow_for_ever() -> None:
    one = Ledger()
    for number in range(MOST_SHOWN + 10):
        one.note(f"n{number}", "page", [ONE])
    assert len(one.all()) == MOST_SHOWN and one.all()[-1].who == f"n{MOST_SHOWN + 9}"
    while os.fstat(one.descriptor).st_size <= MOST_BYTES:
        one.note("x" * 1000, "page", [ONE])
    last = one.note("last", "page", [ONE])[0]
    one.trim()
    assert os.fstat(one.descriptor).st_size <= MOST_BYTES // 2 and one.all()[-1] == last
    one.trim()
    assert one.all()[-1] == last


def test_where_nothing_can_be_written_it_is_known_all_the_same() -> None:
    one = Ledger()
    os.close(one.descriptor)
    one.descriptor = os.open("/dev/full", os.O_RDWR)
    assert one.note("a", "page", [ONE]) == one.changes
