"""docs/guide/troubleshooting.md is what the tables say."""

from __future__ import annotations

import re
from pathlib import Path

from evenflow.tools.doctor.faults import FAULTS
from evenflow.tools.symptoms import SYMPTOMS
from evenflow.tools.troubleshooting import entry, main, page
from tests.peers import CHECKOUT

GUIDE = CHECKOUT / "docs" / "guide"


def test_the_page_is_what_the_generator_makes() -> None:
    assert (GUIDE / "troubleshooting.md").read_text() == page(), "type `make docs`"


def test_every_symptom_is_listed_and_leads_to_its_entry() -> None:
    made = page()
    anchors = re.findall(r"\(#([a-z0-9]+)\)", made)
    assert anchors == [number.lower() for number in SYMPTOMS]
    assert [line[4:] for line in made.splitlines() if line.startswith("### ")] == list(SYMPTOMS)


def test_an_entry_says_why_what_to_do_and_who_finds_it() -> None:
    lost = entry(SYMPTOMS["D20"])
    fault = FAULTS["affinity-lost"]
    assert f"`affinity-lost`: {fault.cause}. Do: {fault.fix}." in lost and "`no-route-cookie` *(hint)*" in lost
    assert "[sticky-cookie-never-set](../checks/sticky-cookie-never-set.md)" in lost and "`jvm-route`" in lost
    assert "No tool finds this one." in entry(SYMPTOMS["D60"]) and "Do: look at" in entry(SYMPTOMS["D60"])


def test_writing(tmp_path: Path, capsys: object) -> None:
    file = tmp_path / "page.md"
    assert main([str(file)]) == 0 and file.read_text() == page()
    before = file.stat().st_mtime_ns
    assert main([str(file)]) == 0 and file.stat().st_mtime_ns == before
    assert main([]) == 2
