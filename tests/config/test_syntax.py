"""Walking the tree."""

from __future__ import annotations

from evenflow.config.syntax import Section, statements
from tests.config.cases import load_text

TEXT = "Listen 80\n<IfDefine NO>\nNonsense 1\n</IfDefine>\n<VirtualHost *:80>\n  ServerName a\n</VirtualHost>\n"


def test_the_tree_keeps_what_is_left_out() -> None:
    tree = load_text(TEXT).tree
    assert [node.name for node in statements(tree.nodes)] == ["Listen", "VirtualHost", "ServerName"]
    everything = [node.name for node in statements(tree.nodes, taken=False)]
    assert everything == ["Listen", "IfDefine", "Nonsense", "VirtualHost", "ServerName"]


def test_nodes_know_their_place() -> None:
    tree = load_text(TEXT).tree
    section = tree.nodes[2]
    assert isinstance(section, Section)
    assert (section.origin.line, section.closed_on, section.rest, section.origin.text) == (
        5,
        7,
        "*:80",
        "<VirtualHost *:80>",
    )
    (inner,) = section.children
    assert not isinstance(inner, Section)
    assert (inner.span.line, inner.span.column, inner.span.width) == (6, 3, 12)  # type: ignore[union-attr]
