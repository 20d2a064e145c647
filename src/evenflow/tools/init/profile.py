"""What is known of each application: its port, what it is called, and what its own files must say.

One more is a row here, a file in `profiles`, and its case in the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from evenflow.tools.init.site import Node, Site

COMMON_MODULES: Final = (
    "proxy, proxy_http, proxy_wstunnel, proxy_balancer, proxy_hcheck, watchdog, lbmethod_byrequests, slotmem_shm, "
    "headers, alias, status, authz_core, authz_host"
)


@dataclass(frozen=True, slots=True)
class Profile:
    """`own` tells what to write into the files of a node."""

    name: str
    title: str
    port: int
    own: Callable[[Site, Node], Sequence[str]]
    synchrony: bool = False


def connector(site: Site, node: Node) -> list[str]:
    """Tomcat must believe in the address that browsers use."""
    tls = ' scheme="https" secure="true"' if site.tls else ' scheme="http" secure="false"'
    lines = [
        f"in server.xml of {node.host}, the Connector:",
        f'    <Connector port="{node.port}"{tls} proxyName="{site.name}" proxyPort="{site.port}"',
        '               connectionTimeout="20000" maxThreads="200" acceptCount="100" URIEncoding="UTF-8"',
        '               encodedSolidusHandling="passthrough" protocol="org.apache.coyote.http11.Http11NioProtocol"/>',
        "and in its Context, for the clients' own addresses:",
        '    <Valve className="org.apache.catalina.valves.RemoteIpValve" remoteIpHeader="x-forwarded-for"',
        '           protocolHeader="x-forwarded-proto" portHeader="x-forwarded-port"/>',
    ]
    if not is_inside(node.host):
        lines.append("    (with internalProxies, the balancer's address: Tomcat trusts private networks alone)")
    return lines


def is_inside(host: str) -> bool:
    """Whether Tomcat believes a balancer in this node's network without being told: one of a private network."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return True


def confluence(site: Site, node: Node) -> list[str]:
    """The connector, and the way to Synchrony."""
    return [
        *connector(site, node),
        f"in setenv.sh of {node.host}, above `export CATALINA_OPTS`:",
        f'    CATALINA_OPTS="-Dsynchrony.service.url={site.root}/synchrony/v1 -Dsynchrony.proxy.enabled=false '
        '${CATALINA_OPTS}"',
    ]


def bitbucket(site: Site, node: Node) -> list[str]:
    """Bitbucket brings its Tomcat with it, and reads these."""
    return [
        f"in bitbucket.properties of {node.host}:",
        f"    server.proxy-name={site.name}",
        f"    server.proxy-port={site.port}",
        f"    server.scheme={site.scheme}",
        f"    server.secure={'true' if site.tls else 'false'}",
        "    server.forward-headers-strategy=native",
        "(clones by SSH do not come this way: lead their port to the nodes besides)",
    ]


def jupyter(site: Site, node: Node) -> list[str]:
    """The hub's own proxy listens where the balancer asks."""
    lines = [
        f"in jupyterhub_config.py of {node.host}:",
        f'    c.JupyterHub.bind_url = "http://:{node.port}{site.path}/"',
    ]
    if site.tls:
        lines.append('    c.JupyterHub.tornado_settings = {"xheaders": True}')
    return lines


def nothing(site: Site, node: Node) -> list[str]:
    """What an application that nobody knows has to be told is its own affair."""
    return []


PROFILES: Final = {
    one.name: one
    for one in (
        Profile("confluence", "Confluence with Synchrony", 8090, confluence, synchrony=True),
        Profile("jira", "Jira", 8080, connector),
        Profile("bitbucket", "Bitbucket", 7990, bitbucket),
        Profile("jupyter", "JupyterHub", 8000, jupyter),
        Profile("generic", "An application", 8080, nothing),
    )
}
