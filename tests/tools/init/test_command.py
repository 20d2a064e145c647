"""`evenflow init` as it is typed."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from evenflow.tools.cli import main

WIKI = ("confluence", "--name", "wiki.example.com", "--node", "10.0.0.1", "--node", "10.0.0.2")


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["init", *words])


def test_it_is_printed_and_the_rest_is_said_beside_it() -> None:
    done = run(*WIKI)
    assert done.exit_code == 0
    assert done.stdout.startswith("# Confluence with Synchrony at http://wiki.example.com on 2 nodes.\n")
    assert "http://10.0.0.2:8091 route=node2" in done.stdout
    assert "Connector port" not in done.stdout and '<Connector port="8090"' in done.stderr
    assert "-Dsynchrony.service.url=http://wiki.example.com/synchrony/v1 -Dsynchrony.proxy.enabled=false" in done.stderr


def test_it_is_written_once(tmp_path: Path) -> None:
    file = tmp_path / "wiki.conf"
    done = run(*WIKI, "--robots", "-o", str(file))
    assert done.exit_code == 0 and done.stdout == ""
    assert "doctor" not in done.stderr
    assert f"wrote {file}" in done.stderr and f"Now type: evenflow check {file}" in done.stderr
    assert f'Alias /robots.txt "{tmp_path}/robots.txt"' in file.read_text()
    assert (tmp_path / "robots.txt").read_text() == "User-agent: *\nDisallow: /\n"
    file.unlink()
    again = run(*WIKI, "--robots", "-o", str(file))
    assert again.exit_code == 2 and f"`{tmp_path}/robots.txt` is there already" in again.stderr
    assert not file.exists()
    direct = run(*WIKI, "--direct", "-o", str(tmp_path / "direct.conf"))
    assert f"evenflow doctor {tmp_path}/direct.conf --expect direct" in direct.stderr


def test_files_of_the_certificate_are_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*WIKI, "--tls", "c.pem", "k.pem", "--port", "8443")
    assert f'SSLCertificateFile    "{tmp_path}/c.pem"' in done.stdout and "Listen 80\n" not in done.stdout
    assert 'proxyPort="8443"' in done.stderr


def test_synchrony_may_be_elsewhere() -> None:
    done = run(*WIKI, "--synchrony", "10.0.0.3", "--synchrony", "10.0.0.4:9000")
    assert "http://10.0.0.3:8091 route=node1" in done.stdout and "http://10.0.0.4:9000 route=node2" in done.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((*WIKI, "--synchrony", "a"), "say --synchrony for each of the 2 nodes"),
        ((*WIKI, "--robots"), "say -o FILE as well"),
        ((*WIKI, "--node", "10.0.0.1:8090"), "`10.0.0.1:8090` is said twice"),
        ((*WIKI, "--path", "wiki"), "`wiki` is not a path"),
        ((*WIKI, "--port", "8081"), "port 8081 is a public one: say another with --manager-port"),
        (("jira", "--name", "j", "--node", "a", "--direct"), "jira has no Synchrony"),
        (("jira", "--name", "j", "--node", "a b"), "`a b` is not a node"),
        (("wiki", "--name", "j", "--node", "a"), "'wiki' is not one of"),
        (("jira", "--name", "j"), "Missing option '--node'"),
        ((*WIKI, "-o", "/nowhere/at/all"), "`/nowhere/at/all` cannot be written: No such file or directory"),
    ],
)
def test_what_cannot_be_is_said(words: tuple[str, ...], says: str) -> None:
    done = run(*words)
    assert done.exit_code == 2 and done.stdout == "" and says in done.stderr
