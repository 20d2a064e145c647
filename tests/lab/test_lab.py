"""Each documented fault, put in on purpose at real nodes, is named; in the healthy deployment nothing is found."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest

from evenflow.tools.audit.audit import as_text as text_of_audit
from evenflow.tools.audit.audit import audit
from evenflow.tools.check import as_text as text_of_check
from evenflow.tools.check import examine
from evenflow.tools.doctor.run import Report, as_text
from evenflow.tools.doctor.visit import HINT
from evenflow.tools.symptoms import SYMPTOMS
from tests.lab.faults import FAULTS, Fault
from tests.lab.kinds import SYNCHRONIES, WIKIS
from tests.lab.laboratory import NAME, SYNCHRONY, WIKI, Deployment, Laboratory, laboratory, sick_server_xml
from tests.nodes.fronts import environment

pytestmark = pytest.mark.once

FRONTS: Final = ("evenflow", "httpd")
AT_ONCE: Final = 8
"""So many visits: they mostly wait."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    with laboratory(tmp_path_factory.mktemp("lab"), WIKIS, SYNCHRONIES) as made, pytest.MonkeyPatch.context() as patch:
        # Whom the doctor believes that a certificate is good.
        patch.setenv("SSL_CERT_FILE", str(made.authority.file))
        yield made


def run(lab: Laboratory, *commands: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Commands as they are typed, at the same time; the exit status of each and what it says."""
    trusting = {**environment(), "SSL_CERT_FILE": str(lab.authority.file)}
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "evenflow", *words], env=trusting, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        for words in commands
    ]  # fmt: skip
    for process in started:
        said, _ = process.communicate(timeout=120)
        yield process.returncode, said


# --- one thing is wrong -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Broken:
    """A fault that was put in: its deployment, and the doctor's visits by front."""

    deployment: Deployment
    visits: dict[str, Future[Report]]


@pytest.fixture(scope="module")
def broken(lab: Laboratory, request: pytest.FixtureRequest) -> Iterator[dict[str, Broken]]:
    """All faults that this run asks for, and the visits to them, several at a time. They last longest: the tests that
    wait for them are the last of the file.
    """
    items = [item for item in request.session.items if item.path == request.path]
    asked = [item.callspec.params for item in items if hasattr(item, "callspec")]
    visited = {(one["fault"].name, one["front"]) for one in asked if {"fault", "front"} <= one.keys()}
    pool = ThreadPoolExecutor(AT_ONCE)
    made = {}
    for fault in dict.fromkeys(one["fault"] for one in asked if "fault" in one):
        deployment = put_in(lab, fault)
        fronts = [front for front in FRONTS if (fault.name, front) in visited]
        made[fault.name] = Broken(
            deployment, {front: pool.submit(visit, lab, front, deployment, fault) for front in fronts}
        )
    yield made
    pool.shutdown(cancel_futures=True)


def put_in(lab: Laboratory, fault: Fault) -> Deployment:
    """The healthy deployment with the fault in it."""
    certificate = {
        "good": lambda: lab.certificate,
        "": lambda: None,
        "ends": lambda: lab.authority.sign(NAME, "ends", 5),
        "other": lambda: lab.authority.sign("other.example.test", "other"),
    }[fault.certificate]()
    deployment = lab.deploy(fault.wikis, fault.synchronies, certificate, fault.direct)
    text = deployment.text
    for old, new in fault.change:
        assert old in text, f"{old!r} is not in the file"
        if new is None:
            text = "".join(line for line in text.splitlines(keepends=True) if old.strip() not in line)
        else:
            text = text.replace(old, new.replace("@network@", str(lab.network)))
    return replace(deployment, text=text)


def visit(lab: Laboratory, front: str, deployment: Deployment, fault: Fault) -> Report:
    with lab.front(front, deployment) as (_, host):
        return lab.visit(deployment, host, fault.idle, fault.expect)


CHECKED = [pytest.param(fault, id=fault.name) for fault in FAULTS]
AUDITED = [pytest.param(fault, id=fault.name) for fault in FAULTS if fault.audit is not None]
VISITED = [
    pytest.param(fault, front, id=f"{fault.name}-{front}")
    for fault in FAULTS
    if fault.doctor is not None
    for front in FRONTS
    if getattr(fault, front)
]


@pytest.mark.parametrize("fault", CHECKED)
def test_check_names_the_fault(broken: dict[str, Broken], fault: Fault, tmp_path: Path) -> None:
    file = tmp_path / "confluence.conf"
    file.write_text(broken[fault.name].deployment.text)
    found = examine(str(file), {}, advice=True)
    assert {one.code for one in found.diagnostics} == set(fault.check.split()), text_of_check(found, False)


@pytest.mark.parametrize("fault", AUDITED)
def test_audit_names_the_fault(lab: Laboratory, broken: dict[str, Broken], fault: Fault, tmp_path: Path) -> None:
    file = tmp_path / "confluence.conf"
    file.write_text(broken[fault.name].deployment.text)
    files = [node_files(lab, fault, place, tmp_path) for place in (0, 1)]
    found = audit(map(str, files), str(file), None, {})
    codes = {f"({one.diagnostic.code})" if one.hint else one.diagnostic.code for one in found.findings}
    assert codes == set((fault.audit or "").split()) and not found.problems, text_of_audit(found, False)


def node_files(lab: Laboratory, fault: Fault, place: int, folder: Path) -> Path:
    """The folder with a node's files: the healthy node's own, or written as they are for the broken kind."""
    kind, (old, new) = fault.wikis[place], fault.start_up[place]
    if not kind and not old:
        return lab.bases[place]
    node = folder / f"node{place + 1}"
    shutil.copytree(lab.bases[place] / "conf", node / "conf")
    lines = (lab.bases[place] / "bin" / "setenv.sh").read_text()
    assert old in lines
    (node / "bin").mkdir()
    (node / "bin" / "setenv.sh").write_text(lines.replace(old, new) if old else lines)
    if kind:
        (node / "conf" / "server.xml").write_text(sick_server_xml(lab, kind, place))
    return node


# --- the table ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", CHECKED)
def test_the_tools_say_what_the_guide_says_of_the_symptom(fault: Fault) -> None:
    said = {code.strip("()") for codes in (fault.doctor, fault.check, fault.audit) for code in (codes or "").split()}
    for number in fault.rows.split():
        row = SYMPTOMS[number]
        assert said & {*row.doctor, *row.check, *row.audit}


def test_names_are_used_once() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


# --- nothing is wrong ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("front", FRONTS)
def test_nothing_is_found_where_nothing_is_wrong(lab: Laboratory, front: str) -> None:
    deployment = lab.deploy(tls=lab.certificate)
    with lab.front(front, deployment) as (file, host):
        manner = ("--at", f"{host}:{lab.port}", "--idle", "1.5", "--rate", "50")
        nodes = [word for wiki in deployment.wikis for word in ("--node", f"http://{wiki}:{WIKI}")]
        nodes += [word for one in deployment.synchronies for word in ("--synchrony", f"http://{one}:{SYNCHRONY}")]
        by_file, checked, audited, by_url = run(
            lab,
            ("doctor", str(file), *manner),
            ("check", str(file)),
            ("audit", *map(str, lab.bases), "--balancer", str(file)),
            ("doctor", lab.url, *manner, *nodes),
        )
    assert checked == (0, f"{file}: no problems\n")
    assert audited == (0, f"node1, node2 behind {lab.url}: nothing found\n")
    for status, said in (by_file, by_url):
        assert status == 0 and "nothing found; " in said, said


def test_the_direct_way_is_proven(lab: Laboratory) -> None:
    deployment = lab.deploy(("internal", "internal"), tls=lab.certificate, direct=True)
    with lab.front("evenflow", deployment) as (_, host):
        report = lab.visit(deployment, host, 0.3, "direct")
    assert "nothing found; " in as_text(report) and not report.failed, as_text(report)


def test_nothing_is_found_below_a_path_either(lab: Laboratory) -> None:
    deployment = lab.deploy(("path", "path"), tls=lab.certificate)
    with lab.front("evenflow", deployment) as (_, host):
        report = lab.visit(deployment, host, 1.5)
    assert "nothing found; " in as_text(report), as_text(report)


# --- the visits ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fault", "front"), VISITED)
def test_the_doctor_names_the_fault(broken: dict[str, Broken], fault: Fault, front: str) -> None:
    report = broken[fault.name].visits[front].result()
    found = {(one.verdict, one.fault.code) for one in report.findings if one.fault is not None}
    said = {f"({code})" if verdict == HINT else code for verdict, code in found}
    assert said == set((fault.doctor or "").split()), as_text(report)
