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
import tempfile
import warnings
from collections.abc import Sequence
from typing import Any, Final

from evenflow.origin import Origin
from evenflow.plan.fronts import EVERY, Front, MemberTls
from evenflow.plan.model import Plan, VirtualHost
from evenflow.plan.vhosts import HostTable
from evenflow.serve import front_extras
from evenflow.serve.client_status import faults_of_status
from evenflow.serve.libssl import library, obstacle
from evenflow.serve.revocation import chain_of, faults_of_lists, load_lists, revoked
from evenflow.serve.stapling import Stapler, faults_of_stapling
from evenflow.serve.tls_facts import HandshakeFacts

HTTP_1: Final = ("http/1.1",)

BEGIN: Final = b"-----BEGIN CERTIFICATE-----"
END: Final = b"-----END CERTIFICATE-----"

VERSIONS: Final = (
    ("TLSv1", ssl.TLSVersion.TLSv1),
    ("TLSv1.1", ssl.TLSVersion.TLSv1_1),
    ("TLSv1.2", ssl.TLSVersion.TLSv1_2),
    ("TLSv1.3", ssl.TLSVersion.TLSv1_3),
)
FORBIDDEN: Final = {"TLSv1.1": ssl.OP_NO_TLSv1_1, "TLSv1.2": ssl.OP_NO_TLSv1_2}
"""How one in the middle is left out."""

SUITES: Final = frozenset(("TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"))
"""TLS 1.3's, as OpenSSL has them."""


SESSIONS: Final = 20480
"""So many sessions of one context OpenSSL remembers."""
DEEPEST: Final = 100
"""OpenSSL's longest chain."""


class TlsSocket(ssl.SSLSocket):
    """What `wrap` gives.

    `selected` is the virtual host whose certificate is shown, `sni` the name asked for (lower case). Both are final
    once the handshake has the client's first flight; before it they are the address's first host and b"".
    """

    table: HostTable
    selected: VirtualHost
    sni: bytes = b""
    vetted: bool = False
    """Authorities have been asked about the client's certificate, and say nothing against it."""


class TlsContexts:
    """The contexts of a plan, one for each way in which a virtual host speaks TLS, and those towards members.

    Raises OSError (ssl.SSLError is one) where a certificate cannot be used.
    """

    def __init__(self, plan: Plan) -> None:
        self._contexts: dict[tuple[Front, tuple[str, ...]], ssl.SSLContext] = {}
        self._tables: dict[tuple[VirtualHost, ...], HostTable] = {}
        self._leaves: dict[Front, bytes] = {}
        self._heights: dict[bytes, int] = {}
        """By the session's identity; sessions with certificates are resumed by the process alone that has made them."""
        for host in hosts_with_tls(plan):
            front = front_of(host)
            spoken = spoken_by(host)
            if (front, spoken) not in self._contexts:
                context = load_context(front, spoken)
                context.sni_callback = self._choose
                self._contexts[front, spoken] = context
                self._leaves[front] = leaf_of(front)

    def differ(self, table: HostTable) -> bool:
        """Whether the name must be known before the handshake with a client of this table begins."""
        return len({front_of(host).opening for host in table.hosts if host.tls}) > 1

    def wrap(self, accepted: socket.socket, hosts: Sequence[VirtualHost], name: bytes = b"") -> TlsSocket:
        """The TLS end of an accepted connection; no byte is read yet.

        `hosts` are the candidates of its local address in file order, `name` what the client will ask for where that
        is known. ValueError where none of them has TLS; OSError where the client is gone already.
        """
        key = tuple(hosts)
        table = self._tables.get(key)
        if table is None:
            table = self._tables[key] = HostTable(key)
        first = table.select_sni(name)
        if not first.tls:
            raise ValueError("none of these virtual hosts has SSLEngine on")
        wrapped = self._contexts[front_of(first), spoken_by(first)].wrap_socket(
            accepted, server_side=True, do_handshake_on_connect=False, suppress_ragged_eofs=False
        )
        assert isinstance(wrapped, TlsSocket)
        wrapped.table = table
        wrapped.selected = first
        return wrapped

    def admits(self, connection: TlsSocket) -> bool:
        """Whether not too many authorities stand above the client's certificate (SSLVerifyDepth), and no list says that
        it is revoked. Who is not admitted must be left without a farewell: OpenSSL then forgets the session, and it
        cannot be resumed."""
        front = front_of(connection.selected)
        if front.verify != "none" and self._height(connection) > front.depth:
            return False
        return not front.asking or not revoked(connection, front)

    def facts(self, connection: TlsSocket) -> HandshakeFacts:
        """What its handshake tells."""
        front = front_of(connection.selected)
        height = self._height(connection) if front.asking else -1
        return HandshakeFacts(connection, self._leaves.get(front, b""), front.generous, height)

    def _height(self, connection: TlsSocket) -> int:
        """How many authorities stand above the client's certificate; -1 where it has shown none. Over a session that is
        resumed no chain comes: then it is what stood above it before."""
        found = height_of(connection)
        if found < 0 and connection.getpeercert(True) is None:
            return -1
        session = connection.session if connection.version() != "TLSv1.3" else None
        if session is None or not session.id:
            return found
        if found < 0:
            front = front_of(connection.selected)
            return self._heights.get(session.id, front.depth if front.verify != "none" else DEEPEST)
        self._heights[session.id] = found
        if len(self._heights) > SESSIONS:
            del self._heights[next(iter(self._heights))]
        return found

    def staple(self, stapler: Stapler) -> None:
        """In each handshake from now on, show what authorities say of our certificates. After the fork: what OpenSSL
        calls belongs to one process."""
        for (front, _), context in self._contexts.items():
            stapler.attach(context, front)

    def _choose(self, connection: Any, name: str | None, context: ssl.SSLContext) -> int | None:
        """OpenSSL's call when the client's first flight is there; None goes on with the handshake."""
        if name:
            connection.sni = name.lower().encode("ascii", "replace")
            chosen = connection.table.select_sni(connection.sni)
            if front_of(chosen).opening != front_of(connection.selected).opening:
                # Whom to ask for a certificate cannot be changed here; `differ` has made sure of the name before.
                return ssl.ALERT_DESCRIPTION_INTERNAL_ERROR
            connection.selected = chosen
            connection.context = self._contexts[front_of(chosen), spoken_by(chosen)]
        return None


def height_of(tls: Any) -> int:
    """How many authorities stand above the other side's certificate, in the chain that was verified."""
    return len(chain_of(tls)) - 1


def front_of(host: VirtualHost) -> Front:
    """How it speaks TLS."""
    return host.front if isinstance(host.front, Front) else Front(host.certificates)


def leaf_of(front: Front) -> bytes:
    """The first certificate, in PEM; b"" where there is none."""
    if not front.certificates:
        return b""
    with open(front.certificates[0][0], "rb") as file:
        text = file.read()
    start = text.find(BEGIN)
    end = text.find(END, start)
    return text[start : end + len(END)] + b"\n" if 0 <= start < end else b""


def hosts_with_tls(plan: Plan) -> list[VirtualHost]:
    """The virtual hosts with SSLEngine on, the main server among them."""
    hosts = plan.hosts if plan.main is None or plan.main in plan.hosts else (*plan.hosts, plan.main)
    return [host for host in hosts if host.tls]


def spoken_by(host: VirtualHost) -> tuple[str, ...]:
    """What its handshakes offer (ALPN), the preferred one first."""
    http2 = host.http2
    if http2 is None or not http2.secure:
        return HTTP_1
    return ("h2", *HTTP_1) if http2.preferred else (*HTTP_1, "h2")


def load_context(front: Front, spoken: tuple[str, ...] = HTTP_1) -> ssl.SSLContext:
    """A server context for it, which offers these protocols. Raises as `TlsContexts`, and ValueError for what this
    Python cannot set."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    limit_protocols(context, front.protocols)
    context.options |= ssl.OP_NO_RENEGOTIATION
    if not front.prefers_own:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    if not front.tickets or front.asking:
        # A ticket would be a client's before we have looked how deep its chain is.
        context.options |= ssl.OP_NO_TICKET
        context.num_tickets = 0
    context.set_alpn_protocols(spoken)
    context.sslsocket_class = TlsSocket
    limit_ciphers(context, front.ciphers, front.suites)
    for certificate, key in front.certificates:
        load_certificate(context, certificate, key, front.chain)
    if front.asking:
        context.verify_mode = ssl.CERT_REQUIRED if front.verify == "require" else ssl.CERT_OPTIONAL
        # With it nobody is asked in a handshake of TLS 1.3; in one of TLS 1.2 everybody is.
        context.post_handshake_auth = front.verify == "none"
        if front.ca_file or front.ca_path:
            context.load_verify_locations(front.ca_file or None, front.ca_path or None)
        load_lists(context, front)
    front_extras.apply(context, front)
    return context


def limit_protocols(context: ssl.SSLContext, protocols: frozenset[str]) -> None:
    """Speak these only."""
    if protocols == EVERY:
        # OpenSSL does not speak the old ones at its ordinary security level, whatever is asked for.
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return
    with warnings.catch_warnings():
        # That the old ones are old is told by `evenflow check`.
        warnings.simplefilter("ignore", DeprecationWarning)
        named = [version for name, version in VERSIONS if name in protocols]
        context.minimum_version = named[0]
        context.maximum_version = named[-1]
        for name, version in VERSIONS:
            if named[0] < version < named[-1] and name not in protocols:
                context.options |= FORBIDDEN[name]


def limit_ciphers(context: ssl.SSLContext, ciphers: str, suites: str) -> None:
    """Use these only. ssl.SSLError where OpenSSL knows none of them; ValueError where Python cannot say it."""
    if ciphers and not ciphers.upper().startswith("PROFILE="):
        context.set_ciphers(ciphers)
    if not suites:
        return
    setter = getattr(context, "set_ciphersuites", None)
    if setter is not None:
        setter(suites)
    elif frozenset(suites.split(":")) != SUITES:
        # Python can since 3.15 only.
        cause = obstacle()
        if cause:
            raise ValueError(f"this Python cannot choose the suites of TLS 1.3: {cause}")
        library().configure(context, (("Ciphersuites", suites),))


def load_certificate(context: ssl.SSLContext, certificate: str, key: str | None, chain: str) -> None:
    """The certificate with its key, and the chain where it stands in a file of its own."""
    if not chain:
        context.load_cert_chain(certificate, key, refuse_password)
        return
    # OpenSSL reads the chain from behind the certificate only.
    with tempfile.NamedTemporaryFile() as both:
        for path in (certificate, chain):
            with open(path, "rb") as file:
                for part in certificates_in(file.read()):
                    both.write(part)
        both.flush()
        context.load_cert_chain(both.name, key or certificate, refuse_password)


def certificates_in(text: bytes) -> list[bytes]:
    """The certificates of a PEM file, each in PEM."""
    found = []
    start = text.find(BEGIN)
    while start >= 0:
        end = text.find(END, start)
        if end < 0:
            break
        found.append(text[start : end + len(END)] + b"\n")
        start = text.find(BEGIN, end)
    return found


class LockedKey(ValueError):
    """A private key is encrypted, and nobody is there to type its password."""


def refuse_password() -> bytes:
    raise LockedKey("the key is encrypted")


def check_certificates(plan: Plan) -> list[tuple[Origin, str]]:
    """What is wrong with what a plan says of TLS, each with who asked for it; empty where all can be used."""
    faults: list[tuple[Origin, str]] = []
    for host in hosts_with_tls(plan):
        front = front_of(host)
        before = len(faults)
        if not front.certificates:
            name = host.server_name.decode("latin-1")
            faults.append((host.origin, f"`SSLEngine on` for `{name}` needs a certificate: write `SSLCertificateFile`"))
        for certificate, key in front.certificates:
            message = fault_of(certificate, key)
            if message:
                faults.append((host.origin, message))
        faults += faults_of_files(front)
        faults += front_extras.faults_of_extras(front)
        faults += faults_of_stapling(front)
        faults += faults_of_status(front)
        if len(faults) == before:
            try:
                load_context(front)
            except (OSError, ValueError) as fault:
                faults.append((host.origin, f"TLS cannot be spoken with these settings: {fault}"))
    return list(dict.fromkeys(faults))


def faults_of_files(said: Front | MemberTls) -> list[tuple[Origin, str]]:
    """What is wrong with its authorities and ciphers."""
    prefix = "SSL" if isinstance(said, Front) else "SSLProxy"
    faults = []
    for directive, path in (
        (f"{prefix}CACertificateFile", said.ca_file),
        ("SSLCertificateChainFile", said.chain if isinstance(said, Front) else ""),
    ):
        if path:
            message = unreadable(directive, path)
            if message:
                faults.append((said.origin_of(directive), message))
    if said.ca_path and not os.path.isdir(said.ca_path):
        directive = f"{prefix}CACertificatePath"
        faults.append((said.origin_of(directive), f"`{directive} {said.ca_path}` is no directory"))
    faults += faults_of_lists(said)
    directive = f"{prefix}CipherSuite"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        limit_ciphers(context, said.ciphers, "")
    except ssl.SSLError:
        faults.append((said.origin_of(directive), f"OpenSSL knows no cipher of `{directive} {said.ciphers}`"))
    try:
        limit_ciphers(context, "", said.suites)
    except (ValueError, ssl.SSLError) as fault:
        message = f"`{directive} TLSv1.3 {said.suites}` cannot be done here: {fault}"
        faults.append((said.origin_of(f"{directive} TLSv1.3"), message))
    return faults


def unreadable(directive: str, path: str) -> str:
    """Why nothing can be read there; "" where certificates can."""
    try:
        with open(path, "rb") as file:
            text = file.read()
    except OSError as fault:
        return f"`{directive} {path}` cannot be read: {os.strerror(fault.errno or 0)}"
    return "" if BEGIN in text else f"`{directive} {path}` holds no certificate"


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
    """The contexts of the plan that was prepared last: made before the fork, found after it; and those of the one
    before it."""

    plan: Plan | None = None
    contexts: TlsContexts | None = None
    before: tuple[Plan | None, TlsContexts | None] = None, None


def contexts_of(plan: Plan) -> TlsContexts:
    """The contexts of a plan, made at the first call: the supervisor's, while it can still read the keys. Raises as
    `TlsContexts`.
    """
    if _Prepared.contexts is None or _Prepared.plan is not plan:
        made = TlsContexts(plan)
        _Prepared.before = _Prepared.plan, _Prepared.contexts
        _Prepared.plan, _Prepared.contexts = plan, made
    return _Prepared.contexts


def go_back(plan: Plan) -> None:
    """A younger plan is not served after all: the contexts of `plan` count again, as they were read."""
    if _Prepared.plan is not plan and _Prepared.before[0] is plan:
        _Prepared.plan, _Prepared.contexts = _Prepared.before
    _Prepared.before = None, None


def prepared() -> TlsContexts | None:
    """The contexts that `contexts_of` has made."""
    return _Prepared.contexts
