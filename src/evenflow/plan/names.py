"""Under which name and port do we speak of ourselves?

Redirects, reversed Location fields and %{SERVER_NAME} all ask here, and get what httpd's UseCanonicalName gives them
(`ap_get_server_name_for_url`, `ap_get_server_port`). The port of the listener plays no part; nor does X-Forwarded-
Proto.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenflow.plan.model import ConnectionFacts, Scope, VirtualHost
from evenflow.wire.targets import split_host

if TYPE_CHECKING:
    from evenflow.wire.http1 import RequestHead


def own_scheme(host: VirtualHost, facts: ConnectionFacts) -> bytes:
    """`http` or `https`: ServerName's own scheme if it has one, else whether the connection has TLS."""
    if host.server_scheme:
        return host.server_scheme
    return b"https" if facts.tls else b"http"


def own_name(host: VirtualHost, scope: Scope, head: RequestHead, facts: ConnectionFacts) -> bytes:
    """The name without port: the Host field's, or ServerName's under UseCanonicalName On and where there is no Host;
    under DNS what the resolver calls the address that the client has connected to, or ServerName's."""
    if scope.name_by_dns:
        return facts.own_host or host.server_name
    if scope.canonical_name or not head.host:
        return host.server_name
    return split_host(head.host)[0]


def own_port(host: VirtualHost, scope: Scope, head: RequestHead, facts: ConnectionFacts) -> int:
    """The port: Host's, else ServerName's, else the scheme's default; with UseCanonicalPhysicalPort the connection's
    own comes before the scheme's, and before ServerName's where UseCanonicalName is off."""
    if not scope.canonical_name:
        port = split_host(head.host)[1] if head.host else 0
        if port:
            return port
        if scope.physical_port and facts.local_port:
            return facts.local_port
    if host.server_port:
        return host.server_port
    if scope.physical_port and facts.local_port:
        return facts.local_port
    return default_port(own_scheme(host, facts))


def default_port(scheme: bytes) -> int:
    """443 for `https` and `wss`, else 80."""
    return 443 if scheme == b"https" or scheme == b"wss" else 80


def own_url(host: VirtualHost, scope: Scope, head: RequestHead, facts: ConnectionFacts) -> bytes:
    """`scheme://name[:port]`, no slash behind it; the scheme's default port is left out."""
    scheme = own_scheme(host, facts)
    port = own_port(host, scope, head, facts)
    url = scheme + b"://" + own_name(host, scope, head, facts)
    if port != default_port(scheme):
        url += b":%d" % port
    return url
