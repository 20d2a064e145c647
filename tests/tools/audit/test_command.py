"""`evenflow audit` as it is typed: output, exit status, corrected copies."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from evenflow.tools.cli import main
from tests.tools.audit.nodes import XML, Place


def run(place: Place, *words: str) -> Result:
    nodes = [str(place.folder / "node1"), str(place.folder / "node2")]
    return CliRunner().invoke(main, ["audit", *nodes, "--balancer", str(place.folder / "balancer.conf"), *words])


def test_nothing_found_is_0_and_something_is_1(tmp_path: Path) -> None:
    place = Place(tmp_path).fill()
    assert run(place).exit_code == 0
    place.change(XML, 'proxyPort="8443"', 'proxyPort="80"')
    done = run(place, "--write", str(tmp_path / "new"))
    assert done.exit_code == 1 and "warning[connector-proxy-port]" in done.output
    assert 'help: write `proxyPort="8443"` into the Connector' in done.output
    assert 'proxyPort="8443"' in (tmp_path / "new/node1/server.xml").read_text()
    assert run(place, "--write", str(tmp_path / "new")).exit_code == 2


def test_hints_do_not_count(tmp_path: Path) -> None:
    place = Place(tmp_path).fill()
    for number in (1, 2):
        place.change(f"node{number}/bin/setenv.sh", "fallback=true", "fallback=false")
    done = run(place)
    assert done.exit_code == 0 and "2 hints" in done.output
    assert "hint[synchrony-no-fallback]: " in done.output and "warning" not in done.output
    said = json.loads(run(place, "--format", "json").output)
    assert {one["severity"] for one in said["findings"]} == {"hint"} and all(one["hint"] for one in said["findings"])


def test_a_file_that_cannot_be_used_is_2(tmp_path: Path) -> None:
    place = Place(tmp_path).fill()
    place.write("node1/conf/server.xml", "<Server>")
    done = run(place, "--format", "json")
    assert done.exit_code == 2 and json.loads(done.output)["problems"][0]["code"] == "file-not-understood"
    nothing = CliRunner().invoke(main, ["audit", "--url", "wiki", str(tmp_path / "node2")])
    assert nothing.exit_code == 2 and "https://wiki.example.com" in nothing.output
