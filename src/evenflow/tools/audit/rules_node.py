"""Routes, contexts and Synchrony: does the node answer where the balancer sends, and do editors find their way?"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from evenflow.config.diagnostics import Label, warning
from evenflow.config.settings import UNSET
from evenflow.tools.audit.findings import Finding, SetAttribute, place_of, wrong_attribute, wrong_property
from evenflow.tools.audit.front import DEFAULT_PORTS, Front, member_of
from evenflow.tools.audit.nodes import Node
from evenflow.tools.audit.server_xml import Element

INTERNAL_PROXY = "synchrony.proxy.enabled"
SERVICE_URL = "synchrony.service.url"
LOCAL = ("localhost", "127.0.0.1")


def check_route(node: Node, port: int, front: Front, order: int) -> Iterator[Finding]:
    """Tomcat writes jvmRoute behind the session's id, and the balancer reads it there."""
    if front.balancer is None or node.engine is None or front.balancer.cookie.upper() != "JSESSIONID":
        return
    member = member_of(front, node.route, port, order)
    if member is None or member.parameters.route is UNSET or member.parameters.route == node.route:
        return
    wanted = member.parameters.route
    line = front.balancer.places.word(member.origin, "route=")
    yield wrong_attribute(
        "jvm-route",
        node,
        node.engine,
        "jvmRoute",
        wanted,
        f"sessions of this node carry the route `{node.route}`, and the balancer looks for `{wanted}`"
        if node.route
        else f"sessions of this node carry no route, and the balancer looks for `{wanted}` in them",
        "the balancer sticks by JSESSIONID: every request of a session may go to another node, which does not know it",
        also=(Label(line, "the member's route", False),),
    )


def check_context(node: Node, front: Front) -> Iterator[Finding]:
    """The path below which the application lives must be the one that is public."""
    if node.xml is None or front.balancer is None:
        return
    application = front.balancer.application
    behind = application.target_path.rstrip("/") if application.mapping is not None else front.path
    paths = {one.value("path").rstrip("/"): one for one in node.xml.all("Context") if "Host" in one.within}
    own = {path: one for path, one in paths.items() if "synchrony-proxy" not in one.value("docBase")}
    if not own or behind in own:
        return
    element = next(iter(own.values()))
    if "$" in element.value("path"):
        return
    line = front.balancer.places.whole(application.origin)
    yield Finding(
        node,
        warning(
            "context-path",
            f"the node answers below `{element.value('path') or '/'}`, and the balancer asks below `{behind or '/'}`",
            element.place("path"),
            also=(Label(line, "sent here", False),),
            notes=("Confluence writes its own path into every link: in front and behind it must be the same",),
            help=f'write `path="{behind}"` into the Context, or lead `{element.value("path") or "/"}` to it',
        ),
        (SetAttribute(element, "path", behind),),
    )


def internal_proxy(node: Node) -> str:
    """`on`, `off`, or "" for what the files do not say for certain."""
    said = node.properties.get(INTERNAL_PROXY)
    if said is None or not said.certain:
        return ""
    return "off" if said.value.lower() == "false" else "on"


def check_internal_proxy(node: Node, front: Front) -> Iterator[Finding]:
    """Editors come to Synchrony directly, through Confluence, or not at all."""
    if front.balancer is None:
        return
    synchrony = front.balancer.synchrony
    way = internal_proxy(node)
    if synchrony is not None and way != "off" and node.start_up is not None:
        line = front.balancer.places.whole(synchrony.origin)
        yield wrong_property(
            "synchrony-internal-proxy",
            node,
            INTERNAL_PROXY,
            "false",
            "editors may go through Confluence, although the balancer leads them to Synchrony directly",
            "the internal proxy costs the node a thread and two sockets for each editor",
            also=(Label(line, "the direct way", False),),
            hint=way != "on",
        )
    if synchrony is None and way == "off":
        application = front.balancer.places.whole(front.balancer.application.origin)
        yield Finding(
            node,
            warning(
                "synchrony-nowhere",
                "editors reach Synchrony in no way",
                place_of(node, INTERNAL_PROXY),
                also=(Label(application, "`/synchrony` goes to Confluence too", False),),
                notes=("the internal proxy is off, and the balancer has no mapping for `/synchrony`",),
                help="write `ProxyPass /synchrony http://NODE:8091/synchrony upgrade=websocket` above it",
            ),
        )
    if node.xml is None or way != "on":
        return
    if not any("synchrony-proxy" in one.value("docBase") for one in node.xml.all("Context")):
        host = next(node.xml.all("Host"), node.xml.elements[0])
        yield Finding(
            node,
            warning(
                "synchrony-proxy-context",
                "the internal proxy is on, and the server.xml has no Context for it",
                host.span,
                notes=("`/synchrony-proxy` is answered with 404, and editors fall back to nothing",),
                help='write `<Context path="${confluence.context.path}/synchrony-proxy" docBase="../synchrony-proxy" '
                'debug="0" reloadable="false" useHttpOnly="true" />` into the Host',
            ),
        )


def check_service_url(node: Node, front: Front) -> Iterator[Finding]:
    """The address of Synchrony that Confluence gives to browsers, and asks itself."""
    said = node.properties.get(SERVICE_URL)
    if said is None or not said.certain:
        return
    url = urlsplit(said.value)
    wanted = f"{front.scheme}://{front.host}{_port(front)}/synchrony/v1"
    if not said.value.rstrip("/").endswith("/v1") or "/v1/v1" in said.value:
        yield wrong_property(
            "synchrony-service-url",
            node,
            SERVICE_URL,
            wanted,
            f"Synchrony's address `{said.value}` does not end in `/synchrony/v1`",
            "Confluence adds nothing to it: editors and the node itself ask for an address that is not there",
        )
        return
    try:
        port = url.port or DEFAULT_PORTS.get(url.scheme, 0)
    except ValueError:
        port = 0
    if (url.scheme, (url.hostname or "").lower(), port) != (front.scheme, front.host.lower(), front.port):
        yield wrong_property(
            "synchrony-service-url",
            node,
            SERVICE_URL,
            wanted,
            f"Synchrony's address is `{said.value}`, and browsers come by {front.url}",
            "browsers block a WebSocket in the clear from a page with TLS, and tokens are made for one address only",
        )


def check_synchrony(node: Node, front: Front) -> Iterator[Finding]:
    """Synchrony's own path and port, and what is left where WebSockets do not pass."""
    path = node.properties.get("synchrony.context.path")
    if path is not None and path.certain and path.value.rstrip("/") != "/synchrony":
        yield wrong_property(
            "synchrony-context-path",
            node,
            path.name,
            "/synchrony",
            f"Synchrony is to live below `{path.value}`, and does not start there",
            "it knows no other path than `/synchrony`, whatever Confluence's own is",
        )
    fallback = node.properties.get("synchrony.enable.xhr.fallback")
    if fallback is not None and fallback.value.lower() == "false":
        yield wrong_property(
            "synchrony-no-fallback",
            node,
            fallback.name,
            "true",
            "editors whose network lets no WebSocket through cannot edit",
            "without the fallback by plain HTTP they see a page that says so",
            hint=True,
        )
    port = node.properties.get("synchrony.port")
    if port is None or not port.certain or front.balancer is None or front.balancer.synchrony is None:
        return
    led = front.balancer.synchrony.ports
    if led and port.value.isdecimal() and int(port.value) not in led:
        line = front.balancer.places.whole(front.balancer.synchrony.origin)
        asked = ", ".join(str(one) for one in sorted(led))
        yield Finding(
            node,
            warning(
                "synchrony-port",
                f"Synchrony listens on port {port.value}, and the balancer asks port {asked}",
                port.span,
                also=(Label(line, f"port {asked}", False),),
                help=f"write port {port.value} behind the BalancerMember, or `-Dsynchrony.port={min(led)}`",
            ),
        )


def check_outgoing(node: Node, front: Front) -> Iterator[Finding]:
    """A proxy for what Confluence asks outside takes its calls to Synchrony too."""
    proxy = next(
        (node.properties[name] for name in ("http.proxyHost", "https.proxyHost") if name in node.properties), None
    )
    if proxy is None:
        return
    said = node.properties.get("http.nonProxyHosts")
    excluded = said.value.split("|") if said is not None else []
    missing = [name for name in (*LOCAL, front.host) if not any(_excludes(one, name) for one in excluded)]
    if missing:
        yield wrong_property(
            "synchrony-through-proxy",
            node,
            "http.nonProxyHosts",
            "|".join([*excluded, *missing]),
            f"Confluence asks for Synchrony through `{proxy.value}`",
            f"`http.nonProxyHosts` does not name {', '.join(f'`{name}`' for name in missing)}: the node says that it "
            "cannot reach Synchrony, while browsers can",
            also=(Label(proxy.span, "the proxy", False),),
        )


def check_port(node: Node, ports: set[int], front: Front) -> Iterator[Finding]:
    """No connector where the balancer asks."""
    if node.xml is None or front.balancer is None:
        return
    own = [one for one in node.xml.connectors if one.value("port").isdecimal()]
    if not own or any(int(one.value("port")) in ports for one in own):
        return
    line = front.balancer.places.whole(front.balancer.application.origin)
    asked = ", ".join(str(port) for port in sorted(ports))
    yield Finding(
        node,
        warning(
            "connector-port",
            f"no connector listens on port {asked}, where the balancer asks",
            own[0].place("port"),
            also=(Label(line, f"port {asked}", False),),
            help=f"write port {own[0].value('port')} behind the BalancerMember, or add a Connector for {asked}",
        ),
    )


def _excludes(pattern: str, name: str) -> bool:
    """As Java reads it: `*` only at one end."""
    if pattern.startswith("*"):
        return name.lower().endswith(pattern[1:].lower())
    if pattern.endswith("*"):
        return name.lower().startswith(pattern[:-1].lower())
    return name.lower() == pattern.lower()


def _port(front: Front) -> str:
    return "" if DEFAULT_PORTS[front.scheme] == front.port else f":{front.port}"


def connector_of(node: Node, front: Front) -> Element | None:
    """The connector that the balancer asks, or the one that there is."""
    if node.xml is None:
        return None
    if front.balancer is not None:
        found = node.connector(front.balancer.application.ports)
        if found is not None:
            return found
    return node.xml.connectors[0] if len(node.xml.connectors) == 1 else None
