"""What to type, by what is there already."""

from __future__ import annotations

from evenflow.config.source import make_source
from evenflow.tools.audit.findings import SetAttribute, SetProperty, wrong_attribute, wrong_property
from evenflow.tools.audit.nodes import Node
from evenflow.tools.audit.server_xml import read_server_xml
from evenflow.tools.audit.start_up import read_start_up


def test_an_attribute_is_written_changed_or_removed() -> None:
    element = read_server_xml(make_source("server.xml", "<Server><Connector port='1'/></Server>")).connectors[0]
    finding = wrong_attribute("a-code", Node("n"), element, "port", "2", "why", "because", "and", hint=True)
    assert finding.diagnostic.help == 'write `port="2"` into the Connector'
    assert finding.diagnostic.notes == ("it may be so on purpose: because", "and")
    assert finding.diagnostic.span == element.place("port") and finding.hint
    assert finding.edits == (SetAttribute(element, "port", "2"),)
    assert wrong_attribute("c", Node("n"), element, "port", None, "why").diagnostic.help.startswith("remove `port`")


def test_a_property_is_changed_where_it_stands_or_added() -> None:
    source = make_source("setenv.sh", "\nX=-Da=1")
    node = Node("n", None, read_start_up(source), source)
    there, new = (wrong_property("c", node, name, "2", "why") for name in ("a", "b"))
    assert there.diagnostic.help == "write `-Da=2`" and there.diagnostic.span == node.properties["a"].span
    assert "setenv.sh" in new.diagnostic.help and '"-Db=2 ${CATALINA_OPTS}"' in new.diagnostic.help
    assert new.diagnostic.span is not None and new.diagnostic.span.line == 1
    assert new.edits == (SetProperty("b", "2"),)
    assert wrong_property("c", Node("n"), "b", "2", "why").diagnostic.span is None
