"""The table of faults: every row is found by somebody, and nobody finds another."""

from __future__ import annotations

import re

from evenflow.tools.doctor.faults import FAULTS
from tests.peers import CHECKOUT

ROOM = CHECKOUT / "src" / "evenflow" / "tools" / "doctor"


def test_every_fault_is_found_by_a_check_and_every_check_finds_one_of_them() -> None:
    text = "".join(path.read_text() for path in ROOM.glob("*.py") if path.name != "faults.py")
    assert {code for code in FAULTS if f'"{code}"' not in text} == set()
    assert set(re.findall(r'found\(\s*"([a-z-]+)"', text)) <= set(FAULTS)


def test_every_fault_says_four_things() -> None:
    for code, fault in FAULTS.items():
        assert fault.code == code and re.fullmatch(r"[a-z]+(-[a-z]+)*", code)
        assert all((fault.symptom, fault.cause, fault.fix)) and not fault.fix.endswith(".")
