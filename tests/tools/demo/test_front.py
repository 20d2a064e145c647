"""The configuration of the demo, and who serves it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from evenflow.config.load import load
from evenflow.tools import check
from evenflow.tools.demo import front
from evenflow.tools.demo.cluster import NODES, DemoFault
from tests.peers import CHECKOUT, require_peer


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """What is served, around what `evenflow init` makes."""
    (tmp_path / "wiki.conf").write_text(front.made(NODES, 8080, 8081))
    whole = tmp_path / "demo.conf"
    whole.write_text(front.around(tmp_path / "wiki.conf", "/demo/", 8099))
    return whole


def test_it_is_what_init_writes_and_check_finds_nothing(file: Path) -> None:
    text = (file.parent / "wiki.conf").read_text()
    assert "Written by `evenflow init confluence`" in text
    for node in NODES:
        assert f"http://{node.host}:{node.port} route=node{node.name}" in text
    assert load(str(file), {}).settings is not None
    assert [one.code for one in check.examine(str(file), {}).diagnostics] == []


def test_the_switch_is_for_this_machine_alone(file: Path) -> None:
    text = file.read_text()
    section = text[text.index("<Location /demo/>") :]
    assert "Require local" in section and "ProxyPass http://127.0.0.1:8099/" in section


@pytest.mark.parametrize("published", [False, True])
def test_httpd_reads_it_as_well(file: Path, published: bool) -> None:
    require_peer("apache2")
    if published:
        file.write_text(front.around(CHECKOUT / "examples" / "datacenter.conf", "/demo/", 8099))
    program, *arguments = front.command("httpd", file)
    said = subprocess.run([program, "-t", *arguments[:2]], capture_output=True, text=True)
    assert said.returncode == 0 and "Syntax OK" in said.stderr, said.stderr


def test_without_httpd_it_says_what_to_type(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "HTTPD", Path("/nowhere/apache2"))
    with pytest.raises(DemoFault, match="help: apt-get install apache2"):
        front.command("httpd", file)
