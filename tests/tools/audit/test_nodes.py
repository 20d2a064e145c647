"""Which files make a node, and what cannot be read."""

from __future__ import annotations

from pathlib import Path

from evenflow.tools.audit.nodes import read_nodes
from tests.tools.audit.nodes import SERVER_XML, SETENV_TEXT, Place


def test_tomcats_folders_and_files_beside_each_other(tmp_path: Path) -> None:
    Place(tmp_path).fill()
    flat = Place(tmp_path / "flat")
    for name in ("a", "b"):
        flat.write(f"{name}-server.xml", SERVER_XML.format(route=name))
        flat.write(f"{name}-setenv.sh", SETENV_TEXT)
    nodes = read_nodes([str(tmp_path / "node1"), str(tmp_path / "node2")]).nodes
    assert [node.name for node in nodes] == ["node1", "node2"]
    read = read_nodes([str(tmp_path / "flat")])
    assert [(node.name, node.route) for node in read.nodes] == [("a", "a"), ("b", "b")] and not read.problems
    assert all(node.properties["synchrony.port"].value == "8091" for node in read.nodes)


def test_folders_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for side in ("left", "right"):
        Place(tmp_path / side / "tomcat").write("conf/server.xml", SERVER_XML.format(route=side))
    assert [node.name for node in read_nodes([str(tmp_path)]).nodes] == ["left/tomcat", "right/tomcat"]


def test_the_command_line_is_stronger_than_what_is_stored(tmp_path: Path) -> None:
    place = Place(tmp_path)
    stored = '<confluence-configuration><property name="synchrony.proxy.enabled">true</property>\n' \
        '<property name="synchrony.port">1</property></confluence-configuration>\n'  # fmt: skip
    place.write("n/setenv.sh", "X=-Dsynchrony.proxy.enabled=false\n")
    place.write("n/confluence.cfg.xml", stored)
    for names in (("setenv.sh", "confluence.cfg.xml"), ("confluence.cfg.xml", "setenv.sh")):
        node = read_nodes([str(tmp_path / "n" / name) for name in names]).nodes[0]
        assert {name: one.value for name, one in node.properties.items()} == {
            "synchrony.proxy.enabled": "false", "synchrony.port": "1",
        }  # fmt: skip


def test_files_that_cannot_be_used_are_said_and_the_rest_is_read(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.write("a/server.xml", "<Server>")
    place.write("b/server.xml", SERVER_XML.format(route="b"))
    place.write("notes.txt", "")
    (tmp_path / "empty").mkdir()
    paths = ("a/server.xml", "b/server.xml", "notes.txt", "empty", "missing.xml")
    read = read_nodes([str(tmp_path / path) for path in paths])
    assert [node.name for node in read.nodes] == ["b"]
    said = " | ".join(one.headline for one in read.problems)
    assert len(read.problems) == 4
    for words in ("not well-formed", "told by its name", "there is no server.xml", "cannot be read: No such file"):
        assert words in said
