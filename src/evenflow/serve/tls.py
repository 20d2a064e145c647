"""TLS towards clients: which certificate a handshake gets, and whether the certificates can be used at all.

Contexts are made before the fork, by whoever may read the keys; children share them, and with them the keys of
session tickets, so a client that comes back to another child resumes. The name that the client asks for (SNI)
chooses among the virtual hosts of the address, in the same way and order as a Host field does; an unknown name and
no name get the first one. Bytes on the connection are somebody else's.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Sequence
from typing import Any, Final

from evenflow.origin import Origin
from evenflow.plan.model import Plan, VirtualHost
from evenflow.plan.vhosts import HostTable

ALPN: Final = ["http/1.1"]


class TlsSocket(ssl.SSLSocket):
    """What `wrap` gives.

    `selected` is the virtual host whose certificate is shown, `sni` the name asked for (lower case). Both are final
    once the handshake has the client's first flight; before it they are the address's first host and b"".
    """

    table: HostTable
    selected: VirtualHost
    sni: bytes = b""


class TlsContexts:
    """The contexts of a plan, one for each set of certificates.

    Raises OSError (ssl.SSLError is one) where a certificate cannot be used.
    """

    def __init__(self, plan: Plan) -> None:
        self._contexts: dict[tuple[tuple[str, str | None], ...], ssl.SSLContext] = {}
        self._tables: dict[tuple[VirtualHost, ...], HostTable] = {}
        for host in hosts_with_tls(plan):
            if host.certificates not in self._contexts:
                context = load_context(host.certificates)
                context.sni_callback = self._choose
                self._contexts[host.certificates] = context

    def wrap(self, accepted: socket.socket, hosts: Sequence[VirtualHost]) -> TlsSocket:
        """The TLS end of an accepted connection; no byte is read yet.

        `hosts` are the candidates of its local address in file order. ValueError where none of them has TLS; OSError
        where the client is gone already.
        """
        key = tuple(hosts)
        table = self._tables.get(key)
        if table is None:
            table = self._tables[key] = HostTable(key)
        first = table.select_sni(b"")
        if not first.tls:
            raise ValueError("none of these virtual hosts has SSLEngine on")
        wrapped = self._contexts[first.certificates].wrap_socket(
            accepted, server_side=True, do_handshake_on_connect=False, suppress_ragged_eofs=False
        )
        assert isinstance(wrapped, TlsSocket)
        wrapped.table = table
        wrapped.selected = first
        return wrapped

    def _choose(self, connection: Any, name: str | None, context: ssl.SSLContext) -> int | None:
        """OpenSSL's call when the client's first flight is there; None goes on with the handshake."""
        if name:
            connection.sni = name.lower().encode("ascii", "replace")
            connection.selected = connection.table.select_sni(connection.sni)
            connection.context = self._contexts[connection.selected.certificates]
        return None


def hosts_with_tls(plan: Plan) -> list[VirtualHost]:
    """The virtual hosts with SSLEngine on, the main server among them."""
    hosts = plan.hosts if plan.main is None or plan.main in plan.hosts else (*plan.hosts, plan.main)
    return [host for host in hosts if host.tls]


def load_context(certificates: tuple[tuple[str, str | None], ...]) -> ssl.SSLContext:
    """A server context with these certificates. TLS 1.2 and up, HTTP/1.1 by ALPN. Raises as `TlsContexts`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(ALPN)
    context.sslsocket_class = TlsSocket
    for certificate, key in certificates:
        context.load_cert_chain(certificate, key, refuse_password)
    return context


class LockedKey(ValueError):
    """A private key is encrypted, and nobody is there to type its password."""


def refuse_password() -> bytes:
    raise LockedKey("the key is encrypted")


def check_certificates(plan: Plan) -> list[tuple[Origin, str]]:
    """What is wrong with the certificates of a plan, each with who asked for it; empty where all can be used."""
    faults = []
    seen: set[tuple[Origin, tuple[tuple[str, str | None], ...]]] = set()
    for host in hosts_with_tls(plan):
        if (host.origin, host.certificates) in seen:
            continue
        seen.add((host.origin, host.certificates))
        if not host.certificates:
            name = host.server_name.decode("latin-1")
            faults.append((host.origin, f"`SSLEngine on` for `{name}` needs a certificate: write `SSLCertificateFile`"))
        for certificate, key in host.certificates:
            message = fault_of(certificate, key)
            if message:
                faults.append((host.origin, message))
    return faults


def fault_of(certificate: str, key: str | None) -> str:
    """What is wrong with one certificate and its key, in words; "" where they can be used."""
    files = [("SSLCertificateFile", certificate)] + ([("SSLCertificateKeyFile", key)] if key is not None else [])
    for directive, path in files:
        try:
            with open(path, "rb") as file:
                text = file.read()
        except OSError as fault:
            return f"`{directive} {path}` cannot be read: {os.strerror(fault.errno or 0)}"
        if b"-----BEGIN " not in text:
            return f"`{directive} {path}` is not in PEM form: a PEM file has lines that begin with `-----BEGIN`"
        if directive == "SSLCertificateFile" and b"CERTIFICATE-----" not in text:
            return f"`{directive} {path}` holds no certificate"
        if (directive == "SSLCertificateKeyFile" or key is None) and b"PRIVATE KEY-----" not in text:
            more = "" if key is not None else ", and no `SSLCertificateKeyFile` is written"
            return f"`{directive} {path}` holds no private key{more}"
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, refuse_password)
    except LockedKey:
        return (
            f"the key in `{key or certificate}` is encrypted:"
            " write it without a password (`openssl pkey -in OLD -out NEW`)"
        )
    except ssl.SSLError as fault:
        if fault.reason in ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH"):
            return f"the key in `{key or certificate}` does not belong to the certificate in `{certificate}`"
        return f"`{certificate}` cannot be used as a certificate: {fault.reason or fault}"
    return ""


class _Prepared:
    """The contexts of the plan that was prepared last: made before the fork, found after it."""

    plan: Plan | None = None
    contexts: TlsContexts | None = None


def contexts_of(plan: Plan) -> TlsContexts:
    """The contexts of a plan, made at the first call: the supervisor's, while it can still read the keys. Raises as
    `TlsContexts`.
    """
    if _Prepared.contexts is None or _Prepared.plan is not plan:
        _Prepared.contexts = TlsContexts(plan)
        _Prepared.plan = plan
    return _Prepared.contexts
