"""Corrected copies: with them nothing is found any more, and nothing else has changed."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from evenflow.tools.audit.audit import audit
from evenflow.tools.audit.corrected import write_corrected
from tests.tools.audit.nodes import OTHER_XML, SETENV, XML, Place, codes


def broken(folder: Path) -> Place:
    place = Place(folder).fill()
    for name in (XML, OTHER_XML):
        place.change(name, 'proxyName="wiki.example.com" proxyPort="8443"', "proxyName='old'\n proxyPort='80'")
        place.change(name, 'URIEncoding="UTF-8"', 'URIEncoding="latin1" useBodyEncodingForURI="true"')
        place.change(name, 'acceptCount="10"', 'acceptCount="10" maxHttpHeaderSize="100"')
    for name in (SETENV, "node2/bin/setenv.sh"):
        place.change(name, "8443/synchrony/v1", "8443/synchrony")
        place.change(name, "-Dsynchrony.port=8091", "-Dhttp.proxyHost=out -Dsynchrony.port=8091")
    return place


def test_nothing_is_found_in_the_corrected_copies(tmp_path: Path) -> None:
    place = broken(tmp_path)
    audited = place.audit()
    assert len(codes(audited)) == 7
    written = write_corrected(str(tmp_path / "new"), audited.nodes, audited.findings)
    assert sorted(path.removeprefix(f"{tmp_path}/new/") for path in written) == [
        "node1/server.xml", "node1/setenv.sh", "node2/server.xml", "node2/setenv.sh",
    ]  # fmt: skip
    again = audit([str(tmp_path / "new")], str(tmp_path / "balancer.conf"), None, {})
    assert codes(again) == set() and not again.problems
    before, after = ((tmp_path / name).read_text() for name in (XML, "new/node1/server.xml"))
    changed = [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[0] in "+-"]
    assert len(changed) == 6 and "left.over" in after


def test_new_switches_stand_before_the_export(tmp_path: Path) -> None:
    place = broken(tmp_path)
    audited = place.audit()
    write_corrected(str(tmp_path / "new"), audited.nodes, audited.findings)
    lines = (tmp_path / "new/node1/setenv.sh").read_text().splitlines()
    added = 'CATALINA_OPTS="-Dhttp.nonProxyHosts=localhost|127.0.0.1|wiki.example.com ${CATALINA_OPTS}"'
    assert lines.index(added) < lines.index("export CATALINA_OPTS")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    audited = broken(tmp_path).audit()
    there = tmp_path / "new/node2/setenv.sh"
    there.parent.mkdir(parents=True)
    there.write_text("mine")
    with pytest.raises(FileExistsError, match=r"node2/setenv\.sh"):
        write_corrected(str(tmp_path / "new"), audited.nodes, audited.findings)
    assert there.read_text() == "mine" and not (tmp_path / "new/node1").exists()
