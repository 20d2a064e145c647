"""Cases of directives/tracing.py."""

from __future__ import annotations

from tests.config.cases import Case, cases_of, check_case


@cases_of(__file__)
def test_case(case: Case) -> None:
    check_case(case)
