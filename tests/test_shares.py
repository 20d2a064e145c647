"""What one process runs when several share the tests out."""

from __future__ import annotations

import pytest

from tests.shares import share_of

CASES = "tests/parity/test_parity.py"


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("tests/wire/test_scan.py::test_a", "tests/wire/test_scan.py::test_b[x]", True),
        ("tests/wire/test_scan.py::test_a", "tests/wire/test_http1.py::test_a", False),
        (f"{CASES}::test_httpd[book::case]", f"{CASES}::test_evenflow[book::case]", True),
        (f"{CASES}::test_httpd[book::case]", f"{CASES}::test_httpd[book::another]", False),
        (f"{CASES}::test_there_are_cases_enough", f"{CASES}::test_httpd[book::case]", False),
    ],
)
def test_a_file_stays_together_and_so_does_a_case(one: str, other: str, together: bool) -> None:
    assert (share_of(one) == share_of(other)) is together
