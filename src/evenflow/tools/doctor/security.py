"""What strangers should not reach, and whom browsers may believe."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import warnings
from collections.abc import Iterator
from typing import Final

from cryptography import x509

from evenflow.tools.doctor.asking import PATIENCE, Asker, Unanswered
from evenflow.tools.doctor.visit import Finding, Visit, found, unknown

DAYS: Final = 21
OLD: Final = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)


def check_certificate(visit: Visit) -> Iterator[Finding]:
    """Verified as a browser does, and by its end."""
    site = visit.site.place
    if site.scheme != "https":
        return
    address = site.address or (site.host, site.port)
    visit.site.manners.wait_turn()
    try:
        with (
            socket.create_connection(address, PATIENCE) as link,
            ssl.create_default_context().wrap_socket(link, server_hostname=site.host),
        ):
            pass
    except ssl.SSLCertVerificationError as fault:
        code = "certificate-ends" if "expired" in fault.verify_message else "certificate-name"
        yield found(code, "certificate", f"{site.url}: {fault.verify_message}")
    except OSError as fault:
        yield unknown("certificate", str(fault))
        return
    with visit.site.connect() as link:
        der = link.getpeercert(binary_form=True) if isinstance(link, ssl.SSLSocket) else None
    if der:
        ends = x509.load_der_x509_certificate(der).not_valid_after_utc
        left = ends - datetime.datetime.now(datetime.UTC)
        if datetime.timedelta(0) < left < datetime.timedelta(days=DAYS):
            yield found("certificate-ends", "certificate", f"it ends on {ends:%Y-%m-%d}, in {left.days} days")


def check_old_tls(visit: Visit) -> Iterator[Finding]:
    """TLS 1.0 and 1.1 must be refused."""
    site = visit.site.place
    if site.scheme != "https":
        return
    for version in OLD:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = version
        context.set_ciphers("ALL:@SECLEVEL=0")
        visit.site.manners.wait_turn()
        try:
            with (
                socket.create_connection(site.address or (site.host, site.port), PATIENCE) as link,
                context.wrap_socket(link, server_hostname=site.host),
            ):
                yield found("old-tls", "TLS", f"{site.url} speaks {version.name}")
                return
        except OSError:
            continue


def check_handlers(visit: Visit) -> Iterator[Finding]:
    """The balancer's own pages. Who asks from the balancer's own machine is let in by `Require local`."""
    for target, code, sign in (
        ("/balancer-manager", "manager-open", "load balancer manager"),
        ("/server-status", "status-open", "server status"),
    ):
        answer = visit.site.ask(target)
        if answer.status == 200 and sign in answer.text.lower():
            local, own = _from_here(visit.site)
            yield found(code, "handlers", f"{answer.evidence('Server')}; asked from {own}", guessed=local)


def _from_here(asker: Asker) -> tuple[bool, str]:
    """(whether the site runs on this machine, the address from which it was asked)."""
    with asker.connect() as link:
        own, other = link.getsockname()[0], link.getpeername()[0]
    return own == other or ipaddress.ip_address(other).is_loopback, own


def check_nodes(visit: Visit) -> Iterator[Finding]:
    """Nodes that answer here answer everybody, if this is outside. Asked by the names that were given."""
    host = visit.site.place.host
    for node in visit.nodes:
        if node.asker.place.host != host:
            continue
        try:
            answer = node.asker.ask(f"{visit.path}/status")
        except Unanswered:
            continue
        yield found("node-reachable", "nodes", f"{node.asker.place.url}: {answer.evidence()}", node.name)
