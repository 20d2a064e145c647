"""What belongs into the nodes' own files: the auditor, who reads them beside the configuration, has nothing to say."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenflow.tools.audit.audit import audit
from evenflow.tools.init.make import configuration, for_nodes
from evenflow.tools.init.profile import PROFILES, is_inside
from evenflow.tools.init.site import Node, Site

NODES = (Node("10.0.0.1", 8090), Node("10.0.0.2", 8090))
SYNCHRONY = (Node("10.0.0.1", 8091), Node("10.0.0.2", 8091))
SERVER_XML = """\
<?xml version="1.0" encoding="utf-8"?>
<Server port="8000" shutdown="SHUTDOWN">
    <Service name="Tomcat-Standalone">
        {connector}
        <Engine name="Standalone" defaultHost="localhost">
            <Host name="localhost" appBase="webapps">
                <Context path="{path}" docBase="../confluence" reloadable="false" useHttpOnly="true">
                    {valve}
                </Context>
            </Host>
        </Engine>
    </Service>
</Server>
"""


def between(text: str, begin: str, end: str) -> str:
    """The first piece of the text from `begin` to `end`, both included."""
    at = text.index(begin)
    return text[at : text.index(end, at) + len(end)]


@pytest.mark.parametrize("path", ["", "/wiki"])
@pytest.mark.parametrize("tls", [True, False])
def test_the_auditor_finds_nothing_in_what_is_told(tmp_path: Path, tls: bool, path: str) -> None:
    files = {"certificate": "/c.pem", "key": "/k.pem"} if tls else {}
    site = Site("wiki.example.com", 443 if tls else 8080, 8081, path, NODES, SYNCHRONY, **files)
    (tmp_path / "balancer.conf").write_text(configuration(PROFILES["confluence"], site, "wiki.conf"))
    told = for_nodes(PROFILES["confluence"], site)
    xml = SERVER_XML.format(connector=between(told, "<Connector", "/>"), valve=between(told, "<Valve", "/>"), path=path)
    line = between(told, "CATALINA_OPTS=", '}"')
    for number in (1, 2):
        folder = tmp_path / f"node{number}"
        folder.mkdir()
        (folder / "server.xml").write_text(xml)
        (folder / "setenv.sh").write_text(line + "\nexport CATALINA_OPTS\n")
    audited = audit([str(tmp_path / "node1"), str(tmp_path / "node2")], str(tmp_path / "balancer.conf"), None, {})
    assert [one.diagnostic.headline for one in audited.findings] == []
    assert audited.problems == ()


def test_every_node_is_told_its_own_port() -> None:
    site = Site("wiki.example.com", 80, 8081, "", (Node("a", 1), Node("b", 2)))
    told = for_nodes(PROFILES["jira"], site)
    assert 'in server.xml of a, the Connector:\n    <Connector port="1" scheme="http" secure="false"' in told
    assert 'in server.xml of b, the Connector:\n    <Connector port="2"' in told
    assert "synchrony" not in told
    assert "server.proxy-name=wiki.example.com" in for_nodes(PROFILES["bitbucket"], site)
    assert 'c.JupyterHub.bind_url = "http://:1/"' in for_nodes(PROFILES["jupyter"], site)
    assert for_nodes(PROFILES["generic"], site) == ""


def test_who_is_outside_has_to_say_whom_tomcat_may_believe() -> None:
    assert is_inside("10.0.0.1") and is_inside("node1.example") and not is_inside("8.8.8.8")
    site = Site("wiki.example.com", 80, 8081, "", (Node("8.8.8.8", 1),))
    assert "internalProxies" in for_nodes(PROFILES["jira"], site)
