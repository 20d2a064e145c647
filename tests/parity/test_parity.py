"""Every case of cases/*.md: what httpd does is what the case says, and what evenflow does is what httpd does."""

from __future__ import annotations

import atexit
import difflib
import functools
import re
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from tests.peers import require_peer

from .agreed import disagreements
from .casebook import Case, read_book
from .fronts import folder
from .logged import stale, wrong_lines
from .observed import OWN_SERVER, Seen, complaints, has_length, text
from .passed_over import PASSED_OVER
from .play import make_certificates, make_stage, play, play_refusal

HERE = Path(__file__).parent
EXAMPLES = HERE.parent.parent / "examples"

STAGE = make_stage()
CASES = [
    case for path in sorted((HERE / "cases").glob("*.md")) for case in read_book(path, EXAMPLES, STAGE.addresses())
]
SERVED = [pytest.param(case, id=case.name) for case in CASES if case.refused is None]
COMPARED = [pytest.param(case, id=case.name) for case in CASES if case.refused is None]
LOGGING = [pytest.param(case, id=case.name) for case in CASES if case.logs]
REFUSED = [pytest.param(case, id=case.name) for case in CASES if case.refused is not None]


@functools.cache
def certificates() -> tuple[Path, dict[str, str]]:
    """The folder with the certificates of this run, and their names by fingerprint."""
    kept = tempfile.TemporaryDirectory(prefix="parity-certificates-")
    atexit.register(kept.cleanup)
    root = Path(kept.name)
    root.chmod(0o755)
    return root, make_certificates(root)


@functools.cache
def played(name: str, kind: str) -> tuple[list[Seen], dict[str, list[str]]]:
    """What a front did with the case of that name, and what it wrote into its logs; played once."""
    require_peer("apache2")
    case = next(case for case in CASES if case.name == name)
    root, names = certificates()
    logs: dict[str, list[str]] = {}
    return play(case, kind, STAGE, root, names, logs), logs


def observed(name: str, kind: str) -> list[Seen]:
    """The answers alone."""
    return played(name, kind)[0]


@pytest.mark.once
@pytest.mark.parametrize("case", SERVED)
def test_httpd_does_what_the_case_says(case: Case) -> None:
    found = [
        f"{case.book}.md:{seen.request.line_number}: {seen.request.title}: {complaint}\n" + "\n".join(text(seen))
        for seen in observed(case.name, "httpd")
        for complaint in complaints(seen, seen.request.expected)
    ]
    assert not found, "\n\n".join(found)


@pytest.mark.parametrize("case", COMPARED)
def test_evenflow_does_what_httpd_does(case: Case) -> None:
    found = []
    for theirs, ours in zip(observed(case.name, "httpd"), observed(case.name, "evenflow"), strict=True):
        request = ours.request
        where = f"{case.book}.md:{request.line_number}: {request.title}"
        if request.differs is not None:
            wrong = complaints(ours, request.evenflow, looks=request.evenflow_looks)
            found += [f"{where}: {complaint}\n" + "\n".join(text(ours)) for complaint in wrong]
            if text(theirs) == text(ours):
                found.append(f"{where}: `differs {request.differs}` is stale: both answer alike")
            continue
        if not has_length(ours):
            found.append(f"{where}: a page of our own without its length")
        if text(theirs) != text(ours):
            lines = difflib.unified_diff(text(theirs), text(ours), "httpd", "evenflow", n=30, lineterm="")
            found.append(f"{where}\n" + "\n".join(lines))
        elif wrong := complaints(ours, request.expected):
            found.append(f"{where}: {wrong}")
    assert not found, "\n\n".join(found)


@pytest.mark.parametrize("case", LOGGING)
def test_evenflow_logs_what_httpd_logs(case: Case) -> None:
    found: list[str] = []
    theirs, ours = played(case.name, "httpd")[1], played(case.name, "evenflow")[1]
    for told in case.logs:
        where = f"{case.book}.md:{told.line_number}"
        found += [f"{where}: `differs {line.differs}` is stale" for line in stale(told)]
        wrong = wrong_lines(told, theirs[told.path], "httpd") or wrong_lines(told, ours[told.path], "evenflow")
        if not wrong and not told.lines:
            wrong = list(
                difflib.unified_diff(theirs[told.path], ours[told.path], "httpd", "evenflow", n=30, lineterm="")
            )
        found += [f"{where}\n" + "\n".join(wrong)] if wrong else []
    assert not found, "\n\n".join(found)


@pytest.mark.parametrize("case", COMPARED)
def test_explain_says_what_evenflow_did(case: Case) -> None:
    seen = observed(case.name, "evenflow")
    members = {member.address: member.name for member in STAGE.members}
    with folder(case, STAGE.front, certificates()[0]) as root:
        found, passed_over = disagreements(root / "front.conf", STAGE.front, seen, members)
    assert not found, "\n".join(f"{case.book}.md:{one}" for one in found)
    assert Counter(passed_over) == PASSED_OVER.get(case.name, {}), "requests were passed over (passed_over.py)"


def test_every_case_that_is_passed_over_is_there() -> None:
    assert PASSED_OVER.keys() <= {param.id for param in COMPARED}


@pytest.mark.once
@pytest.mark.parametrize("case", REFUSED)
def test_httpd_refuses(case: Case) -> None:
    status, told = play_refusal(case, "httpd", STAGE, certificates()[0])
    assert status == 1 and (case.refused or "") in told, f"exit {status}\n{told}"


@pytest.mark.once
@pytest.mark.parametrize("case", REFUSED)
def test_evenflow_refuses(case: Case) -> None:
    status, told = play_refusal(case, "evenflow", STAGE, certificates()[0])
    assert status == 1 and "Traceback" not in told, f"exit {status}\n{told}"


def test_the_server_field_names_its_own_product() -> None:
    """The difference `server-token`, which every comparison leaves out; `page-length` stands beside it."""
    case = next(case for case in CASES if case.refused is None)
    for kind, token in OWN_SERVER.items():
        answer = observed(case.name, kind)[0].reply.answer
        assert answer is not None
        assert all(value.startswith(token) for value in answer.values("server")) and answer.values("server")


def test_every_difference_is_listed_and_every_listed_one_has_a_case() -> None:
    listed = set(re.findall(r"^\| `([a-z0-9-]+)` \|", (HERE / "differences.md").read_text("utf-8"), re.M))
    named = {request.differs for case in CASES for request in case.requests if request.differs}
    named |= {line.differs for case in CASES for told in case.logs for line in told.lines if line.differs}
    assert listed == named | {"server-token", "page-length"}


def test_there_are_cases_enough() -> None:
    assert len(COMPARED) >= 60
    assert sum(len(case.requests) for case in CASES) >= 120
