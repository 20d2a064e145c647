"""`evenflow doctor` as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from evenflow.tools.cli import main
from evenflow.tools.doctor.run import CHECKS
from tests.tools.doctor.site import HEALTHY, Site


def test_a_file_is_visited_with_its_members(tmp_path: Path) -> None:
    with Site(tmp_path) as site:
        assert site.server is not None
        text = site.server.file.read_text().replace("ServerName 127.0.0.1", f"ServerName 127.0.0.1:{site.port}")
        (tmp_path / "visited.conf").write_text(text)
        words = ["doctor", str(tmp_path / "visited.conf"), "--idle", "0", "--rate", "50", "--format", "json"]
        words += ["--expect", "direct"]
        done = CliRunner().invoke(main, words)
    said = json.loads(done.stdout)
    # Nodes by the site's own address: this is what an open port looks like from outside.
    assert done.exit_code == 0, done.output
    assert {one["code"] for one in said["findings"] if "code" in one} <= {"node-reachable"}
    assert said["requests"] < 200
    assert (said["expected"], said["way"]["name"], said["way"]["address"]) == ("direct", "direct", "/synchrony")


def test_a_fault_is_exit_1_and_nonsense_is_2(tmp_path: Path) -> None:
    with Site(tmp_path, HEALTHY.replace(" upgrade=websocket", "")) as site:
        url = f"http://127.0.0.1:{site.port}"
        # As on a terminal: what is being looked at is shown meanwhile.
        done = CliRunner(env={"FORCE_COLOR": "1"}).invoke(main, ["doctor", url, "--idle", "0", "--rate", "50"])
        assert f"0 of {len(CHECKS)}: affinity" in done.stderr and "0 of" not in done.stdout
        assert done.exit_code == 1 and "FAIL  websocket: websocket-lost" in done.stdout
        elsewhere = CliRunner().invoke(
            main, ["doctor", "http://wiki.example.com", "--at", f"127.0.0.1:{site.port}", "--idle", "0", "--rate", "50"]
        )
        assert "http://wiki.example.com\n" in elsewhere.stdout
    for words, says in (
        (["doctor", "ftp://wiki"], "type one like https://"),
        (["doctor", "http://wiki", "--at", "x"], "127.0.0.1:8443"),
        (["doctor", "/nowhere.conf"], "evenflow check"),
    ):
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 2 and says in done.output
