"""A healthy pair of nodes behind the example's balancer, as files; tests break one thing at a time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from evenflow.tools.audit.audit import Audited, audit
from tests.peers import CHECKOUT

BALANCER_TEXT = (CHECKOUT / "examples" / "datacenter-complete.conf").read_text()
SERVER_XML = """\
<?xml version="1.0" encoding="utf-8"?>
<Server port="8000" shutdown="SHUTDOWN">
    <Service name="Tomcat-Standalone">
        <!-- <Connector port="8090" proxyName="left.over.example"/> -->
        <Connector port="8090" connectionTimeout="20000" redirectPort="8443"
                   maxThreads="48" acceptCount="10" URIEncoding="UTF-8"
                   protocol="org.apache.coyote.http11.Http11NioProtocol"
                   scheme="https" secure="true" proxyName="wiki.example.com" proxyPort="8443"/>
        <Engine name="Standalone" defaultHost="localhost" jvmRoute="{route}">
            <Host name="localhost" appBase="webapps">
                <Context path="" docBase="../confluence" reloadable="false" useHttpOnly="true">
                    <Valve className="org.apache.catalina.valves.RemoteIpValve"
                           remoteIpHeader="x-forwarded-for" protocolHeader="x-forwarded-proto"
                           httpsServerPort="8443"/>
                </Context>
                <Context path="${{confluence.context.path}}/synchrony-proxy" docBase="../synchrony-proxy"/>
            </Host>
        </Engine>
    </Service>
</Server>
"""
SETENV_TEXT = """\
# CATALINA_OPTS="-Dsynchrony.proxy.enabled=true ${CATALINA_OPTS}"
CATALINA_OPTS="-Dsynchrony.enable.xhr.fallback=true ${CATALINA_OPTS}"
CATALINA_OPTS="-Dsynchrony.proxy.enabled=false ${CATALINA_OPTS}"
CATALINA_OPTS="-Dsynchrony.service.url=https://wiki.example.com:8443/synchrony/v1 ${CATALINA_OPTS}"
CATALINA_OPTS="-Dsynchrony.port=8091 ${CATALINA_OPTS}"

export CATALINA_OPTS
"""

XML = "node1/conf/server.xml"
OTHER_XML = "node2/conf/server.xml"
SETENV = "node1/bin/setenv.sh"
BALANCER = "balancer.conf"
DIFFER = "nodes-differ"
VALVE = (
    '<Valve className="org.apache.catalina.valves.RemoteIpValve"\n'
    '                           remoteIpHeader="x-forwarded-for" protocolHeader="x-forwarded-proto"\n'
    '                           httpsServerPort="8443"/>'
)
IN_THE_CLEAR = (
    "Listen 8080\nServerName wiki.example.com:8080\nProxyPreserveHost On\n<Proxy balancer://c>\n"
    "BalancerMember http://127.0.0.1:8090 route=1 max=46\nBalancerMember http://127.0.0.2:8090 route=2 max=46\n"
    "ProxySet stickysession=JSESSIONID\n</Proxy>\nRequestHeader set X-Forwarded-Proto http\n"
    "ProxyPass /synchrony http://127.0.0.1:8091/synchrony upgrade=websocket\nProxyPass / balancer://c/\n"
)


@dataclass
class Place:
    """A folder with `balancer.conf`, and `node1` and `node2` as Tomcat keeps them."""

    folder: Path

    def fill(self) -> Place:
        self.write("balancer.conf", BALANCER_TEXT.replace("8090 route", "8090 max=46 route"))
        for number in (1, 2):
            self.write(f"node{number}/conf/server.xml", SERVER_XML.format(route=number))
            self.write(f"node{number}/bin/setenv.sh", SETENV_TEXT)
        return self

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def change(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        text = path.read_text()
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new))

    def audit(self) -> Audited:
        paths = [str(self.folder / "node1"), str(self.folder / "node2")]
        return audit(paths, str(self.folder / "balancer.conf"), None, {})


def codes(audited: Audited) -> set[str]:
    """Of what was found, hints in parentheses."""
    return {f"({one.diagnostic.code})" if one.hint else one.diagnostic.code for one in audited.findings}


def in_the_clear(place: Place) -> None:
    """The same without TLS, and with the route in the session."""
    place.write(BALANCER, IN_THE_CLEAR)
    for name in (XML, OTHER_XML):
        place.change(name, 'scheme="https" secure="true" ', "")
        place.change(name, 'proxyPort="8443"', 'proxyPort="8080"')
        place.change(name, 'redirectPort="8443"', "")
        place.change(name, 'httpsServerPort="8443"', 'httpServerPort="8080"')
    for name in (SETENV, "node2/bin/setenv.sh"):
        place.change(name, "https://wiki.example.com:8443", "http://wiki.example.com:8080")


def check_fault(place: Place, old: str, new: str, where: str, expected: set[str], typed: str) -> None:
    """One change finds what is expected, besides that the nodes differ; the line to type has `typed` in it."""
    place.change(where, old, new)
    audited = place.audit()
    assert codes(audited) - {DIFFER} == expected
    assert all(typed in one.diagnostic.help for one in audited.findings if one.diagnostic.code != DIFFER)
