"""Cases of checks/patterns.py."""

from __future__ import annotations

from tests.config.cases import Case, cases_of, check_case, load_text


@cases_of(__file__)
def test_case(case: Case) -> None:
    check_case(case)


def test_the_part_of_a_substitution_is_marked() -> None:
    loaded = load_text('Substitute "s#^([a-z]+,?)*$#none#"\n')
    (one,) = loaded.diagnostics
    assert one.span is not None
    line = loaded.sources[one.span.file].lines[0]
    assert line[one.span.column - 1 : one.span.column - 1 + one.span.width] in ("([a-z]+,?)*", "[a-z]+")
