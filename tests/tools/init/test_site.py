"""The words that are typed: read, or refused with what to type."""

from __future__ import annotations

import pytest

from evenflow.tools.init.site import Site, Unusable, read_file, read_name, read_node, read_path


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("10.0.0.1", "10.0.0.1:8090"), ("10.0.0.1:81", "10.0.0.1:81"), ("node-1.example", "node-1.example:8090"),
        ("[::1]:81", "[::1]:81"), ("[::1]", "[::1]:8090"), ("fd00::1", "[fd00::1]:8090"),
    ],
)  # fmt: skip
def test_nodes(text: str, address: str) -> None:
    assert read_node(text, 8090).address == address


@pytest.mark.parametrize(
    "text", ["", ":81", "a:0", "a:65536", "a:b", "a b", "a/b", "-a", "[1.2.3.4]", "a\nListen 1", "http://a", "a:1:2"]
)
def test_what_is_no_node(text: str) -> None:
    with pytest.raises(Unusable, match="is not a node: write"):
        read_node(text, 8090)


def test_names_and_paths() -> None:
    assert read_name("Wiki.Example.com") == "wiki.example.com"
    assert (read_path("/"), read_path(""), read_path("/wiki/"), read_path("/a/b")) == ("", "", "/wiki", "/a/b")
    for wrong in ("wiki example", "wiki.example.com:443", "https://wiki", "a..b", "x" * 254, "a\n"):
        with pytest.raises(Unusable, match="is not a host's name"):
            read_name(wrong)
    for wrong in ("wiki", "/a b", "/a//b", "/$1", "/a\n"):
        with pytest.raises(Unusable, match="is not a path"):
            read_path(wrong)
    for wrong in ("", 'a"b', "a$b", "a\nb", "a%b"):
        with pytest.raises(Unusable, match="cannot stand in a configuration"):
            read_file(wrong)


def test_the_public_address() -> None:
    site = Site("wiki.example", 443, 8081, "/wiki", (), certificate="c", key="k")
    assert (site.root, site.scheme) == ("https://wiki.example", "https")
    assert Site("wiki.example", 8443, 8081, "", (), certificate="c", key="k").root == "https://wiki.example:8443"
    assert Site("wiki.example", 80, 8081, "", ()).root == "http://wiki.example"
    assert Site("wiki.example", 443, 8081, "", ()).root == "http://wiki.example:443"
