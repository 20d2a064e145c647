"""Lists of proxies."""

from __future__ import annotations

from pathlib import Path

from evenflow.compiler.findings import Findings
from evenflow.compiler.remoteip import compile_remoteip
from evenflow.config.settings import ProxyEntry, RemoteIpSettings
from evenflow.origin import NOWHERE

HEADER = ("X-Forwarded-For", NOWHERE)


def test_a_file_of_proxies(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("# who\n10.0.0.1 10.1 # more\n\n::1\n")
    entries = (ProxyEntry("list", True, False, NOWHERE), ProxyEntry("127.0.0.1", False, True, NOWHERE))
    findings = Findings()
    made = compile_remoteip(RemoteIpSettings(header=HEADER, proxies=entries), str(tmp_path), findings)
    assert made is not None and made.proxies is not None and not findings.diagnostics
    assert [(network.bits, internal) for network, internal in made.proxies] == [
        (32, False),
        (32, False),
        (128, False),
        (32, True),
    ]


def test_what_is_wrong_with_one(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("10.0.0.1\n10.0.0.0/40\n")
    entries = (
        ProxyEntry("list", True, False, NOWHERE),
        ProxyEntry("gone", True, False, NOWHERE),
        ProxyEntry("no.such.invalid", False, False, NOWHERE),
    )
    findings = Findings()
    compile_remoteip(RemoteIpSettings(header=HEADER, proxies=entries), str(tmp_path), findings)
    assert [one.code for one in findings.diagnostics] == ["address-malformed", "file-not-readable", "address-malformed"]
    assert "line 2" in findings.diagnostics[0].headline


def test_without_a_header_nobody_is_believed() -> None:
    assert compile_remoteip(RemoteIpSettings(), "/", Findings()) is None
