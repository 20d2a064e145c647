"""The connector that the balancer speaks to, and the valve behind it: do they believe what browsers see?"""

from __future__ import annotations

from collections.abc import Iterator

from evenflow.config.diagnostics import Label, warning
from evenflow.config.settings import UNSET
from evenflow.tools.audit.findings import Finding, wrong_attribute
from evenflow.tools.audit.front import Front, member_of
from evenflow.tools.audit.nodes import Node
from evenflow.tools.audit.server_xml import Element

USUAL_THREADS = 200
USUAL_WAITING = 100
USUAL_HEAD = 8192
"""Tomcat's own, where the connector says nothing."""


def number(element: Element, name: str, unsaid: int) -> int:
    """An attribute's number; `unsaid` too for what is none."""
    text = element.value(name)
    return int(text) if text.isdecimal() else unsaid


def valve_scheme(node: Node, front: Front) -> str:
    """The scheme that RemoteIpValve takes from the balancer's X-Forwarded-Proto; "" where the connector's holds."""
    valve = node.xml.valve("RemoteIpValve") if node.xml is not None else None
    if valve is None or front.balancer is None:
        return ""
    said = front.balancer.field(valve.value("protocolHeader", "x-forwarded-proto"))
    return said[0].lower() if said is not None else ""


def check_scheme(node: Node, connector: Element, front: Front) -> Iterator[Finding]:
    """Redirects, links and cookies are made for this scheme."""
    believed = valve_scheme(node, front) or connector.value("scheme", "http")
    if believed != front.scheme and not valve_scheme(node, front):
        yield wrong_attribute(
            "connector-scheme",
            node,
            connector,
            "scheme",
            front.scheme,
            f"the node believes in {believed}://, and browsers come by {front.url}",
            "redirects then lead to the wrong scheme (a loop, if the front redirects it), and pages carry links that "
            "browsers block as mixed content",
        )
    secure = connector.value("secure").lower() == "true"
    if front.scheme == "https" and not secure and not valve_scheme(node, front):
        yield wrong_attribute(
            "connector-secure",
            node,
            connector,
            "secure",
            "true",
            "session cookies of a site with TLS are set without `Secure`",
            "a page in the clear of the same host then sends them where everybody can read them",
        )
    elif front.scheme == "http" and secure and not valve_scheme(node, front):
        yield wrong_attribute(
            "connector-secure",
            node,
            connector,
            "secure",
            None,
            f"session cookies are set with `Secure`, and {front.url} is in the clear",
            "browsers do not keep such a cookie: the login page comes back for ever",
        )


def check_valve(node: Node, connector: Element, front: Front) -> Iterator[Finding]:
    """X-Forwarded-Proto undoes what the connector says."""
    valve = node.xml.valve("RemoteIpValve") if node.xml is not None else None
    if front.balancer is None:
        return
    if valve is None:
        yield Finding(
            node,
            warning(
                "valve-missing",
                "the node takes every client for the balancer",
                connector.span,
                notes=(
                    "without RemoteIpValve the balancer's address stands in access logs, audit logs and rate limits",
                ),
                help='write `<Valve className="org.apache.catalina.valves.RemoteIpValve" '
                'remoteIpHeader="x-forwarded-for" protocolHeader="x-forwarded-proto" />` into the Host',
            ),
            hint=True,
        )
        return
    header = valve.value("protocolHeader", "x-forwarded-proto")
    said = front.balancer.field(header)
    if said is None and front.scheme == "https":
        yield Finding(
            node,
            warning(
                "valve-believes-strangers",
                f"any client may say in `{header}` by which scheme it came",
                valve.place("protocolHeader"),
                also=(
                    Label(front.balancer.places.whole(front.balancer.application.origin), "this passes it on", False),
                ),
                notes=("RemoteIpValve believes what the balancer hands on, and the balancer does not set this field",),
                help=f"write `RequestHeader set {header.title()} {front.scheme}` into the balancer's virtual host",
            ),
        )
    elif said is not None and said[0] and said[0].lower() != front.scheme and "%" not in said[0]:
        yield Finding(
            node,
            warning(
                "valve-undoes-scheme",
                f"RemoteIpValve turns {front.scheme} into {said[0].lower()}, whatever the Connector says",
                valve.place("protocolHeader"),
                also=(Label(said[1], f"the balancer says {said[0]}", False),),
                notes=(
                    "Tomcat then reports port 80 and builds redirects in the clear, which the front redirects again",
                ),
                help=f"write `RequestHeader set {header.title()} {front.scheme}` into the balancer's virtual host",
            ),
        )


def check_valve_port(node: Node, connector: Element, front: Front) -> Iterator[Finding]:
    """Where the valve believes in the balancer's scheme, the Connector's proxyPort does not count."""
    valve = node.xml.valve("RemoteIpValve") if node.xml is not None else None
    if valve is None or front.balancer is None or valve_scheme(node, front) != front.scheme:
        return
    usual, unsaid = ("httpsServerPort", "443") if front.scheme == "https" else ("httpServerPort", "80")
    header = valve.value("portHeader")
    said = front.balancer.field(header) if header else None
    believed = said[0] if said is not None and said[0].isdecimal() else valve.value(usual, unsaid)
    if believed == str(front.port):
        return
    told = front.balancer.field("X-Forwarded-Port")
    tells = told is not None and told[0] == str(front.port)
    yield wrong_attribute(
        "valve-undoes-port",
        node,
        valve,
        "portHeader" if tells else usual,
        "x-forwarded-port" if tells else str(front.port),
        f"RemoteIpValve turns port {front.port} into {believed}, whatever the Connector says",
        "redirects and links lead to a port that is not the public one, and saving is refused (`XSRF check failed`)",
        also=(Label(connector.place("proxyPort"), "the Connector", False),),
    )


def check_name(node: Node, connector: Element, front: Front) -> Iterator[Finding]:
    """The host and port that links and redirects are made with."""
    name = connector.value("proxyName")
    keeps_host = front.balancer is not None and front.balancer.keeps_host
    if name and name.lower() != front.host.lower():
        yield wrong_attribute(
            "connector-proxy-name",
            node,
            connector,
            "proxyName",
            front.host,
            f"the node calls itself `{name}`, and browsers come to `{front.host}`",
            "redirects, mails and gadgets lead to the wrong host, and signed requests are refused",
        )
    elif not name:
        yield wrong_attribute(
            "connector-proxy-name",
            node,
            connector,
            "proxyName",
            front.host,
            "the node is not told its public name",
            "the balancer keeps the browser's Host (ProxyPreserveHost), so pages are right; requests by another name "
            "are answered with that name"
            if keeps_host
            else "redirects and links lead to the node's own address, which browsers do not reach",
            hint=keeps_host,
        )
    port = connector.value("proxyPort")
    if port and port != str(front.port):
        yield wrong_attribute(
            "connector-proxy-port",
            node,
            connector,
            "proxyPort",
            str(front.port),
            f"the node believes in port {port}, and browsers come to port {front.port}",
            "redirects and links lead to a port that nobody serves",
        )
    elif not port and (name or not keeps_host):
        yield wrong_attribute(
            "connector-proxy-port",
            node,
            connector,
            "proxyPort",
            str(front.port),
            "the node is not told its public port",
            f"redirects and links may lead to port {connector.value('port')}, the node's own",
            hint=keeps_host,
        )


def check_redirect_port(node: Node, connector: Element, front: Front) -> Iterator[Finding]:
    """Where Tomcat sends a browser that must use TLS."""
    port = connector.value("redirectPort")
    if front.scheme == "https" and port and port != str(front.port):
        yield wrong_attribute(
            "connector-redirect-port",
            node,
            connector,
            "redirectPort",
            str(front.port),
            f"pages that demand TLS are redirected to port {port}, and browsers come to {front.port}",
            "it matters only while the node takes requests for unprotected ones (`secure`)",
            hint=connector.value("secure").lower() == "true",
        )


def check_threads(node: Node, connector: Element, front: Front, order: int) -> Iterator[Finding]:
    """How much the balancer sends at once, and how much the node takes."""
    member = member_of(front, node.route, number(connector, "port", 0), order)
    if member is None or front.balancer is None:
        return
    threads = number(connector, "maxThreads", USUAL_THREADS)
    waiting = number(connector, "acceptCount", USUAL_WAITING)
    most = member.parameters.max
    line = front.balancer.places.whole(member.origin)
    where = connector.place("maxThreads")
    if most is not UNSET and most > threads:
        yield Finding(
            node,
            warning(
                "connector-threads",
                f"the balancer sends up to {most} requests at once to {threads} threads",
                where,
                also=(Label(line, f"max={most}", False),),
                notes=(
                    f"what the threads do not take waits unseen in the node (acceptCount {waiting}), and behind that "
                    "connections are refused",
                ),
                help=f"write `max={max(1, threads - 2)}` behind the BalancerMember: then the rest waits here, and may "
                "be given to another node",
            ),
        )
    elif most is UNSET:
        yield Finding(
            node,
            warning(
                "connector-threads",
                f"nothing keeps the balancer from sending more than {threads} requests at once",
                where,
                also=(Label(line, "no `max`", False),),
                notes=(f"from {threads + waiting} on the node refuses connections, and is taken for dead",),
                help=f"write `max={max(1, threads - 2)}` behind the BalancerMember (WebSockets count too)",
            ),
            hint=True,
        )


def check_head(node: Node, connector: Element, front: Front) -> Iterator[Finding]:
    """Fields that the balancer lets through and the node refuses."""
    if front.balancer is None:
        return
    most = number(connector, "maxHttpRequestHeaderSize", number(connector, "maxHttpHeaderSize", USUAL_HEAD))
    parts = (front.balancer.server.main, front.balancer.server.block)
    said = [part.core.limit_request_field_size for part in parts if part.core.limit_request_field_size is not UNSET]
    if (said and said[-1] > most) or most < USUAL_HEAD:
        wanted = max(said[-1] if said else 0, USUAL_HEAD)
        yield wrong_attribute(
            "connector-head",
            node,
            connector,
            "maxHttpHeaderSize",
            str(wanted),
            f"the node takes {most} bytes of header, and the balancer lets more through",
            "people with many cookies get a bare 400 from the node, the others nothing",
        )


def check_encodings(node: Node, connector: Element, front: Front) -> Iterator[Finding]:
    """Paths and queries are UTF-8; bodies are compressed once."""
    encoding = connector.value("URIEncoding", "UTF-8")
    if encoding.upper() != "UTF-8":
        yield wrong_attribute(
            "connector-uri-encoding",
            node,
            connector,
            "URIEncoding",
            "UTF-8",
            f"addresses are read as {encoding}, and browsers write UTF-8",
            "pages and attachments with letters outside of ASCII are not found",
        )
    if connector.value("useBodyEncodingForURI").lower() == "true":
        yield wrong_attribute(
            "connector-body-encoding",
            node,
            connector,
            "useBodyEncodingForURI",
            None,
            "how an address is read depends on the request's body",
            "signed requests of linked applications are refused (`signature_invalid`)",
        )
    compression = connector.value("compression", "off").lower()
    if compression not in ("", "off") and front.balancer is not None and front.balancer.compresses():
        yield wrong_attribute(
            "connector-compression",
            node,
            connector,
            "compression",
            "off",
            "the node compresses, and so does the balancer",
            "what the node has compressed the balancer passes on as it is: the node's threads do work that the "
            "balancer was given",
        )


def check_slashes(node: Node, connector: Element, front: Front) -> Iterator[Finding]:
    """`%2F` that the balancer hands on and the node refuses."""
    if front.balancer is None or front.balancer.application.mapping is None:
        return
    slashes = front.balancer.server.block.core.encoded_slashes
    if slashes is UNSET:
        slashes = front.balancer.server.main.core.encoded_slashes
    if slashes is UNSET or slashes.lower() != "nodecode" or not front.balancer.application.mapping.nocanon:
        return
    if connector.value("encodedSolidusHandling", "reject").lower() == "reject":
        yield wrong_attribute(
            "connector-slashes",
            node,
            connector,
            "encodedSolidusHandling",
            "passthrough",
            "the balancer hands `%2F` on, and the node answers it with 400",
            "the balancer's lines mean such addresses to work (`AllowEncodedSlashes NoDecode`, `nocanon`)",
        )


def check_kept(node: Node, connector: Element, front: Front, order: int) -> Iterator[Finding]:
    """Connections that the balancer keeps for longer than the node."""
    member = member_of(front, node.route, number(connector, "port", 0), order)
    if member is None or front.balancer is None or member.parameters.ttl is UNSET:
        return
    milliseconds = number(connector, "keepAliveTimeout", number(connector, "connectionTimeout", 20000))
    if member.parameters.ttl * 1000 >= milliseconds:
        yield Finding(
            node,
            warning(
                "connector-keep-alive",
                f"the node ends idle connections after {milliseconds / 1000:g} s, and the balancer keeps them for "
                f"{member.parameters.ttl:g} s",
                connector.place("keepAliveTimeout" if connector.value("keepAliveTimeout") else "connectionTimeout"),
                also=(Label(front.balancer.places.whole(member.origin), f"ttl={member.parameters.ttl:g}", False),),
                notes=("a request that meets the end of its connection is lost where it may not be repeated (POST)",),
                help=f"write `ttl={max(1, milliseconds // 1000 - 2)}` behind the BalancerMember",
            ),
        )
