"""What became of a file."""

from __future__ import annotations

from tests.config.cases import load_text


def test_errors_and_warnings_are_told_apart() -> None:
    loaded = load_text("Xyzzy\nMutex pthread\n")
    assert [one.code for one in loaded.errors] == ["unknown-directive"]
    assert [one.code for one in loaded.warnings] == ["directive-ignored"]
    assert loaded.settings is None
    assert loaded.path == "case.conf"
    assert list(loaded.sources) == ["case.conf"]


def test_problems_come_in_the_order_of_the_file() -> None:
    loaded = load_text("<Location /a>\nXyzzy\nMutex pthread\n${NO}\n")
    assert [one.span.line for one in loaded.diagnostics if one.span] == [1, 2, 3, 4, 4]
