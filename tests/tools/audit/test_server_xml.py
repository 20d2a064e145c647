"""server.xml: elements with the places of their attributes, and what is not read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenflow.config.source import make_source
from evenflow.tools.audit.server_xml import ServerXml, Unreadable, read_server_xml


def read(text: str) -> ServerXml:
    return read_server_xml(make_source("server.xml", text))


def test_attributes_have_their_places_over_several_lines() -> None:
    found = read("<Server>\n <Connector port='8090'\n   scheme = \"a>b\" x='1'/>\n</Server>")
    connector = found.connectors[0]
    assert connector.value("port") == "8090" and connector.value("scheme") == "a>b"
    assert (connector.place("port").line, connector.place("port").column, connector.place("port").width) == (2, 13, 11)
    assert (connector.place("scheme").line, connector.place("scheme").column) == (3, 4)
    assert (connector.place("x").line, connector.place("missing").line) == (3, 2)


def test_a_tag_does_not_take_the_next_ones_attributes() -> None:
    found = read("<Server>\n<Engine name='a'/><Host jvmRoute='no'/>\n</Server>")
    assert [element.name for element in found.elements] == ["Server", "Engine", "Host"]
    assert found.elements[1].place("jvmRoute").column == 1


def test_only_connectors_in_the_clear_are_a_balancers() -> None:
    found = read(
        "<Server><!-- <Connector port='1'/> --><Connector port='2' protocol='AJP/1.3'/>"
        "<Connector port='3' SSLEnabled='true'/><Connector port='4'/></Server>"
    )
    assert [one.value("port") for one in found.connectors] == ["4"]


@pytest.mark.parametrize(
    ("text", "says", "line"),
    [
        ("<!DOCTYPE Server [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>\n<Server>&a;</Server>", "document type", 1),
        ("<Server>\n<Host>\n</Server>", "not well-formed", 3),
        ("<web-app/>", "no server.xml", 1),
        ("", "not well-formed", 1),
        ("<Server>" + "x" * (5 << 20) + "</Server>", "MiB", 0),
    ],
)
def test_what_is_not_read_is_said_with_its_line(text: str, says: str, line: int) -> None:
    with pytest.raises(Unreadable, match=says) as caught:
        read(text)
    assert caught.value.line == line


@given(st.text(alphabet="<>/=\"'abServ &;!-\n", max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = read(f"<Server>{text}</Server>")
    except Unreadable:
        return
    for element in found.elements:
        for attribute in element.attributes.values():
            assert attribute.span.line >= 1 and attribute.span.column >= 1
