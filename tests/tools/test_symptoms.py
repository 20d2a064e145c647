"""Each symptom's fault is put in, and the tools that its row names find it; the rows know every code that there is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from evenflow.tools.doctor.addresses import check_by_address, check_page
from evenflow.tools.doctor.bodies import check_error_bodies, check_markup
from evenflow.tools.doctor.faults import FAULTS
from evenflow.tools.doctor.health import check_builds, check_clocks, check_pages, check_status
from evenflow.tools.doctor.run import Report, examine
from evenflow.tools.doctor.security import check_nodes
from evenflow.tools.doctor.sessions import check_stale_route
from evenflow.tools.doctor.synchrony import check_internal_reload
from evenflow.tools.doctor.visit import Check, Finding, Node, Visit, found
from evenflow.tools.doctor.ways import check_own_paths
from evenflow.tools.symptoms import GROUPS, SYMPTOMS, Symptom
from evenflow.tools.troubleshooting import ERRORS
from tests.config.advice.told import told
from tests.config.cases import load_text, read_cases
from tests.peers import CHECKOUT
from tests.tools.audit.nodes import BALANCER, OTHER_XML, SETENV, VALVE, XML, Place
from tests.tools.audit.nodes import codes as audited_codes
from tests.tools.doctor.answering import Answering, Say, answer
from tests.tools.test_certificates import make_files

PutIn = Callable[[Path], set[str]]

RUNNING: Final = answer(200, b'{"state":"RUNNING"}', "Content-Type: application/json")


def codes_of(findings: Iterator[Finding]) -> set[str]:
    return {one.fault.code for one in findings if one.fault is not None}


def living(check: Check, say: Say, prepare: Callable[[Visit, Answering], None] = lambda visit, there: None) -> PutIn:
    """A site that answers so."""

    def put_in(folder: Path) -> set[str]:
        with Answering(say) as there:
            visit = there.visit()
            prepare(visit, there)
            return codes_of(check(visit))

    return put_in


def written(*changes: tuple[str, str, str]) -> PutIn:
    """Files of the nodes and the balancer, with (where, old, new)."""

    def put_in(folder: Path) -> set[str]:
        place = Place(folder).fill()
        for where, old, new in changes:
            place.change(where, old, new)
        return {code.strip("()") for code in audited_codes(place.audit())}

    return put_in


def refused(line: str) -> PutIn:
    return lambda folder: {one.code for one in load_text(line).errors}


def route_of_nobody(visit: Visit, there: Answering) -> None:
    visit.routes = {"ROUTEID"}


def a_node_beside(visit: Visit, there: Answering) -> None:
    visit.nodes = [Node("node1", there.asker())]


def with_robots(visit: Visit, there: Answering) -> None:
    visit.own = ("/robots.txt",)


def two_builds(folder: Path) -> set[str]:
    pages = [f'<meta name="ajs-build-number" content="{number}">'.encode() for number in (1, 2)]
    with Answering(lambda head: answer(200, pages[0])) as one, Answering(lambda head: answer(200, pages[1])) as other:
        visit = one.visit()
        visit.nodes = [Node("node1", one.asker()), Node("node2", other.asker())]
        return codes_of(check_builds(visit))


def nobody_there(folder: Path) -> set[str]:
    with Answering(lambda head: b"") as gone:
        visit = gone.visit()
    return codes_of(iter(examine(visit).findings))


def no_answer_whole(folder: Path) -> set[str]:
    with Answering(lambda head: b"HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\nxy") as there:
        visit = there.visit()
        visit.idle = 0.0
        return codes_of(iter(examine(visit).findings))


def behind_a_firewall(head: bytes) -> bytes:
    refuses = b"<script>" in head
    return answer(403, b"<html>blocked") if refuses else answer(200, b"[]", "Content-Type: application/json")


def only_by_name(head: bytes) -> bytes:
    return RUNNING if b"Host: wiki.example.com\r\n" in head else answer(404, b"<html>default")


PUT_IN: Final[dict[str, PutIn]] = {
    # Where `check` finds a row, the examples of its pages are put in.
    "D12": written(*((f"node{n}/bin/setenv.sh", "\nexport", f'X="-Djwt.public.key=key{n}"\n\nexport') for n in (1, 2))),
    "D13": written((SETENV, "//wiki.example.com:8443", "//node1.internal:8091")),
    "D14": written((SETENV, "-Dsynchrony.port=8091", "-Dsynchrony.port=8091 -Dhttp.proxyHost=out.example.com")),
    "D15": written((SETENV, "/synchrony/v1", "/synchrony")),
    "D17": written((SETENV, "proxy.enabled=false", "proxy.enabled=true")),
    "D18": living(check_markup, behind_a_firewall),
    "D23": living(check_stale_route, lambda head: answer(503 if b"Cookie" in head else 200), route_of_nobody),
    "D33": living(check_page, lambda head: answer(200, b'<meta name="ajs-base-url" content="http://old.example.com">')),
    "D36": living(check_clocks, lambda head: answer(200, b"", "Date: Sat, 01 Jan 2000 00:00:00 GMT")),
    "D47": living(check_error_bodies, lambda head: answer(503, b"<html>Service Unavailable")),
    "D48": no_answer_whole,
    "D52": living(check_status, lambda head: answer(503, b'{"state":"MAINTENANCE"}'), a_node_beside),
    "D54": living(check_pages, lambda head: RUNNING if b" /status " in head else answer(500), a_node_beside),
    "D55": written((BALANCER, "max=46 route=1", "max=46 ttl=60 route=1")),
    "D58": two_builds,
    "D59": written((XML, 'maxThreads="48"', 'maxThreads="20"'), (OTHER_XML, 'maxThreads="48"', 'maxThreads="20"')),
    "D62": living(check_by_address, only_by_name),
    "S03": refused("ProxyRequests On"),
    "S05": living(check_nodes, lambda head: RUNNING, a_node_beside),
    "S06": living(check_internal_reload, lambda head: answer(200, b"", "Allow: PUT, OPTIONS")),
    "E01": nobody_there,
    "E02": written((XML, VALVE, "")),
    "E03": living(check_own_paths, lambda head: answer(200, b"", "X-Confluence-Request-Time: 1"), with_robots),
}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("certificates")
    make_files(folder)
    return str(folder)


def told_on_its_page(code: str, certificates: str) -> set[str]:
    case = next(one for one in read_cases(CHECKOUT / "docs" / "checks" / f"{code}.md") if one.title == "Told")
    return {one.code for one in told(case, certificates)[0]}


@pytest.mark.parametrize("row", [row for row in SYMPTOMS.values() if row.covered], ids=lambda row: row.number)
def test_a_fault_that_is_put_in_is_named(row: Symptom, tmp_path: Path, certificates: str) -> None:
    pages = [code for code in row.check if code not in ERRORS]
    for code in pages:
        assert code in told_on_its_page(code, certificates)
    assert pages or row.number in PUT_IN
    if row.number in PUT_IN:
        assert PUT_IN[row.number](tmp_path) & {*row.doctor, *row.audit, *row.check}


def test_at_least_fifty_rows_are_found_and_the_rest_say_what_to_do() -> None:
    catalogue = [row for row in SYMPTOMS.values() if row.number[0] in "DS"]
    assert len(catalogue) == 72 and len(SYMPTOMS) == sum(len(rows) for _, rows in GROUPS)
    assert [row.number for row in catalogue if not row.covered] == ["D50", "D56", "D57", "D60", "S07"]
    assert all(row.doctor or (row.cause and row.fix) for row in SYMPTOMS.values())
    assert not [row.number for row in SYMPTOMS.values() if row.seen.endswith(".") or row.fix.endswith(".")]


def test_the_rows_have_every_code_and_no_other() -> None:
    named: dict[str, set[str]] = {tool: set() for tool in ("doctor", "audit", "check")}
    for row in SYMPTOMS.values():
        for tool, codes in named.items():
            codes |= set(getattr(row, tool))
    guide = (CHECKOUT / "docs" / "guide" / "audit.md").read_text()
    row = "give it a row of tools/symptoms.py, and type `make docs`"
    assert named["doctor"] == set(FAULTS), row
    assert named["audit"] == set(re.findall(r"^\| `([a-z-]+)` \|", guide, re.M)), row
    assert named["check"] <= {page.stem for page in (CHECKOUT / "docs" / "checks").glob("*.md")} | set(ERRORS)


@pytest.mark.parametrize("tool", ["doctor", "audit"])
def test_every_code_is_expected_by_a_test_of_its_own_room(tool: str) -> None:
    rooms = (CHECKOUT / "tests" / "tools" / tool).glob("test_*.py")
    text = "".join(path.read_text() for path in rooms if path.name != "test_faults.py")
    codes = {code for row in SYMPTOMS.values() for code in getattr(row, tool)}
    assert {code for code in codes if not re.search(rf'"\(?{code}\)?"', text)} == set()


def test_what_is_only_guessed_is_a_hint_and_fails_nothing() -> None:
    guessed = [code for row in SYMPTOMS.values() if row.inferred for code in row.doctor]
    hints = [found(code, "x", "y") for code, fault in FAULTS.items() if not fault.sure]
    assert not [code for code in guessed if FAULTS[code].sure] and len(hints) >= len(guessed)
    assert not Report("http://wiki", tuple(hints), 1).failed
    assert Report("http://wiki", (*hints, found("affinity-lost", "x", "y")), 1).failed
