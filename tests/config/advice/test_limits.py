"""Cases of advice/limits.py; the pages under docs/checks have more."""

from __future__ import annotations

from tests.config.advice.told import check_advice
from tests.config.cases import Case, cases_of


@cases_of(__file__)
def test_case(case: Case) -> None:
    check_advice(case)
