"""The demo from the taken port to the last word, on ports of its own."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

from evenflow.tools.demo import checks, documents, editor_checks, front, show
from evenflow.tools.demo.cluster import DemoFault, Node
from tests.nodes.fronts import environment
from tests.peers import CHECKOUT, free_port, require_peer


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, int, Sequence[Node]]:
    """The published file on free ports, its port, and the nodes that it names."""
    monkeypatch.setenv("PYTHONPATH", environment()["PYTHONPATH"])
    monkeypatch.setenv("XDG_CACHE_HOME", str(CHECKOUT / "build" / "cache"))
    front, confluence, synchrony = free_port(), free_port("127.0.0.1", "127.0.0.2"), free_port("127.0.0.1", "127.0.0.2")
    text = (CHECKOUT / "examples" / "datacenter.conf").read_text()
    for old, new in (("8080", front), ("8090", confluence), ("8091", synchrony)):
        text = text.replace(old, str(new))
    file = tmp_path / "datacenter.conf"
    file.write_text(text)
    both = ("confluence", confluence), ("synchrony", synchrony)
    return file, front, [Node(kind, number, f"127.0.0.{number}", port) for kind, port in both for number in ("1", "2")]


def test_the_example_is_found() -> None:
    assert show.example_file().read_text() == (CHECKOUT / "examples" / "datacenter.conf").read_text()


def test_the_addresses_are_the_file_s() -> None:
    assert show.addresses_of(CHECKOUT / "examples" / "datacenter.conf") == [("", 8080)]


def test_a_file_with_errors_names_the_command_that_shows_them(tmp_path: Path) -> None:
    file = tmp_path / "bad.conf"
    file.write_text("Lissten 8080\n")
    with pytest.raises(DemoFault, match="evenflow check"):
        show.addresses_of(file)


def test_every_check_is_ticked(place: tuple[Path, int, Sequence[Node]], capfd: pytest.CaptureFixture[str]) -> None:
    file, port, nodes = place
    assert show.run(file, True, show.Ending(), nodes) == 0
    said = capfd.readouterr().out
    assert f"http://127.0.0.1:{port}" in said
    assert said.count("✓ ") == len(checks.CHECKS)
    assert "✗" not in said


def test_told_to_end_it_ends(place: tuple[Path, int, Sequence[Node]], capfd: pytest.CaptureFixture[str]) -> None:
    file, port, nodes = place
    assert show.run(file, False, show.Ending(told=True), nodes) == 0
    said = capfd.readouterr().out
    assert f"curl -i http://127.0.0.1:{port}/" in said
    assert said.endswith("ending\n")


def test_without_a_file_it_is_what_init_makes_and_two_windows(
    place: tuple[Path, int, Sequence[Node]], capfd: pytest.CaptureFixture[str]
) -> None:
    _, port, nodes = place
    inner = free_port()
    assert show.run(None, False, show.Ending(told=True), nodes, ports_of_front=(port, inner)) == 0
    said = capfd.readouterr().out
    for name in ("127.0.0.1", "localhost"):
        assert f"http://{name}:{port}/pages/editpage.action?pageId=1" in said
    assert f"http://127.0.0.1:{inner}/balancer-manager" in said


def test_without_pycrdt_the_rest_is_shown(
    place: tuple[Path, int, Sequence[Node]], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file, port, nodes = place
    monkeypatch.setattr(documents, "available", lambda: False)
    assert show.run(file, False, show.Ending(told=True), nodes) == 0
    said = capfd.readouterr()
    assert "pip install 'evenflow[demo]'" in said.err
    assert "editpage.action" not in said.out and f"curl -i http://127.0.0.1:{port}/" in said.out


def test_without_npm_there_is_no_editor(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not show.fetch_packages()
    assert "help: apt-get install npm" in capfd.readouterr().err
    assert "editpage.action" in show.what_to_try("127.0.0.1", 8080, "", editable=True)
    assert "editpage.action" not in show.what_to_try("127.0.0.1", 8080, "", editable=False)


def test_without_pycrdt_the_editor_is_not_checked(
    place: tuple[Path, int, Sequence[Node]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, nodes = place
    (stage,) = show.made_for(tmp_path, nodes, (8080, 8081))
    assert stage.checks == editor_checks.CHECKS
    monkeypatch.setattr(documents, "available", lambda: False)
    (stage,) = show.made_for(tmp_path, nodes, (8080, 8081))
    assert stage.checks == ()


def test_a_front_that_does_not_start_shows_its_log(
    place: tuple[Path, int, Sequence[Node]], monkeypatch: pytest.MonkeyPatch
) -> None:
    require_peer("apache2")
    file, _, nodes = place
    # This module wants a file that is not there, and httpd says so only in its log.
    monkeypatch.setattr(front, "MORE_MODULES", (*front.MORE_MODULES, "mime"))
    with pytest.raises(DemoFault, match=r"httpd ended with status 1 (?s:.*)mime.types"):
        show.run(file, True, show.Ending(), nodes, "httpd")


def test_every_taken_port_is_named_with_who_has_it(place: tuple[Path, int, Sequence[Node]]) -> None:
    file, port, nodes = place
    taken = [("127.0.0.2", nodes[0].port), ("127.0.0.1", port)]
    sockets = [socket.create_server(address) for address in taken]
    try:
        with pytest.raises(DemoFault) as fault:
            show.run(file, True, show.Ending(), nodes)
    finally:
        for listening in sockets:
            listening.close()
    assert f"`127.0.0.2:{nodes[0].port}` is taken by process {os.getpid()} (" in str(fault.value)
    assert f"`*:{port}` is taken by process {os.getpid()} (" in str(fault.value)
