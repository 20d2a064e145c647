"""What is found is collected."""

from __future__ import annotations

from evenflow.compiler.findings import Findings, Refused, span_of
from evenflow.origin import NOWHERE, Origin

HERE = Origin("x.conf", 3, "ProxyPass / x")


def test_findings_point_at_their_statement() -> None:
    findings = Findings()
    findings.warning("some-code", "what is wrong", HERE, notes=("why",), help="what to type")
    assert not findings.failed
    (found,) = findings.diagnostics
    assert (found.code, found.severity, found.headline, found.notes, found.help) == (
        "some-code", "warning", "what is wrong", ("why",), "what to type",
    )  # fmt: skip
    assert found.span == span_of(HERE)
    assert found.span is not None
    assert (found.span.file, found.span.line, found.span.width) == ("x.conf", 3, len(HERE.text))


def test_what_nobody_wrote_has_no_place() -> None:
    assert span_of(NOWHERE) is None


def test_the_same_is_said_once() -> None:
    findings = Findings()
    for _ in range(2):
        Refused("some-code", "what is wrong").report(findings, HERE)
    Refused("some-code", "what is wrong").report(findings, Origin("x.conf", 4, ""))
    assert len(findings.diagnostics) == 2
    assert findings.failed
