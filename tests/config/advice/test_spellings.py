"""What goes wrong most, each in several spellings, and what only looks like it."""

from __future__ import annotations

from tests.config.advice.told import check_advice
from tests.config.cases import Case, cases_of


@cases_of(__file__)
def test_case(case: Case) -> None:
    check_advice(case)
