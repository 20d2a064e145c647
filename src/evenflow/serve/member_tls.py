"""TLS towards members: what is agreed on, whether the member is who it should be, and the handshake itself.

As mod_ssl's SSLProxy directives have it: whether anybody whom we believe signed the certificate is one question
(SSLProxyVerify), its name and its dates are others, asked even where the first is not. The name is the member's, or
the client's Host under ProxyPreserveHost; the same goes into the handshake (SNI), unless it is an address.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import socket
import ssl
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from evenflow.plan.fronts import MemberTls, member_tls_of
from evenflow.plan.locations import Section
from evenflow.proxy.attempt import NO_ENGINE
from evenflow.serve.machine_certificates import is_chosen, show_own
from evenflow.serve.revocation import load_lists, revoked
from evenflow.serve.tls import faults_of_files, height_of, limit_ciphers, limit_protocols, refuse_password, unreadable
from evenflow.wire.targets import split_host

if TYPE_CHECKING:
    from cryptography import x509

    from evenflow.origin import Origin
    from evenflow.plan.model import Decision, Member, Plan
    from evenflow.wire.http1 import RequestHead

VERIFIED: Final = ("optional", "require")


class Way:
    """How TLS is spoken on a connection, and who must be at its other end. Kept connections are for one way."""

    __slots__ = ("said", "name", "of_client")

    def __init__(self, said: MemberTls, name: str, of_client: bool = False) -> None:
        self.said = said
        self.name = name
        self.of_client = of_client
        """The name is of a client's own choosing: that the member does not have it says nothing of the member."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Way) and self.name == other.name and self.said == other.said

    def __hash__(self) -> int:
        return hash((self.said, self.name))


def way_to(member: Member, decision: Decision, head: RequestHead) -> Way:
    """The way for one request."""
    scope = decision.scope
    name = member.host
    of_client = False
    if scope.preserve_host and head.host:
        asked = split_host(head.host)[0]
        name = asked.decode("latin-1").lower()
        host = decision.host
        of_client = name != member.host and asked != host.server_name and asked not in host.aliases
    return Way(member_tls_of(scope.member_tls), name, of_client)


@lru_cache(maxsize=256)
def context_of(said: MemberTls) -> ssl.SSLContext:
    """The context for it, made before the fork where it can be known. OSError and ValueError where a file or a cipher
    cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED if said.verify in VERIFIED else ssl.CERT_NONE
    limit_protocols(context, said.protocols)
    limit_ciphers(context, said.ciphers, said.suites)
    if said.ca_file or said.ca_path:
        context.load_verify_locations(said.ca_file or None, said.ca_path or None)
    if context.verify_mode != ssl.CERT_NONE:
        load_lists(context, said)
    if is_chosen(said):
        show_own(context, said)
    elif said.certificate:
        context.load_cert_chain(said.certificate, None, refuse_password)
    return context


class Handshake:
    """The handshake of one connection to a member: it is told of readiness until it knows."""

    def __init__(self, connection: Any, way: Way) -> None:
        self.connection = connection
        self.loop = connection.server.loop
        self.fd = connection.fd
        self.way = way
        self.tls: ssl.SSLSocket | None = None
        self.reading = False
        self.writing = False

    def begin(self) -> None:
        """Say hello."""
        if not self.way.said.engine:
            self.connection.not_secured(NO_ENGINE)
            return
        asked = None if is_address(self.way.name) else self.way.name
        cause = self.wrap(asked)
        # Not from within the clause of an exception: that keeps what failed, and with it a descriptor, alive.
        if cause:
            self.connection.not_secured(f"TLS cannot be begun: {cause}")
            return
        self.connection.secure(self.tls)
        self.go_on()

    def wrap(self, asked: str | None) -> str:
        """Give the descriptor to TLS, which asks for this name; why not, where that fails."""
        try:
            context = context_of(self.way.said)
            if asked is not None:
                # Python looks at it when the descriptor is its own already, and would close it behind our back.
                asked.encode("idna")
        except (OSError, ValueError) as fault:
            return str(fault)
        plain = socket.socket(fileno=self.fd)
        try:
            plain.setblocking(False)
            self.tls = context.wrap_socket(
                plain, do_handshake_on_connect=False, suppress_ragged_eofs=False, server_hostname=asked
            )
        except (OSError, ValueError) as fault:
            if plain.fileno() >= 0:
                plain.detach()
            else:
                self.connection.forget()
            return str(fault) or type(fault).__name__
        return ""

    def go_on(self) -> None:
        """The loop's call-back."""
        tls = self.tls
        if tls is None:
            return
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            self.wait(False)
            return
        except ssl.SSLWantWriteError:
            self.wait(True)
            return
        except OSError as fault:
            self.stop()
            self.connection.not_secured(f"TLS: {cause_of(fault)}")
            return
        cause = objection(tls, self.way)
        self.stop()
        if cause:
            self.connection.not_secured(cause)
        else:
            self.connection.secured()

    def wait(self, writing: bool) -> None:
        """Be told when the member has said more, or takes more."""
        if not self.reading:
            self.reading = True
            self.loop.add_reader(self.fd, self.go_on)
        if writing != self.writing:
            self.writing = writing
            if writing:
                self.loop.add_writer(self.fd, self.go_on)
            else:
                self.loop.remove_writer(self.fd)

    def stop(self) -> None:
        """Be told no more."""
        if self.reading:
            self.reading = False
            self.loop.remove_reader(self.fd)
        if self.writing:
            self.writing = False
            self.loop.remove_writer(self.fd)
        self.tls = None


def cause_of(fault: OSError) -> str:
    """In words for the log."""
    if isinstance(fault, ssl.SSLCertVerificationError):
        return f"the certificate is not one that we believe: {fault.verify_message}"
    if isinstance(fault, ssl.SSLError):
        return str(fault.reason or fault).lower().replace("_", " ")
    return fault.strerror or "the connection broke"


def is_address(name: str) -> bool:
    """Whether it is an IP address: those are not named in a handshake."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


# --- is it the member? --------------------------------------------------------------------------------------------


def objection(tls: ssl.SSLSocket, way: Way) -> str:
    """Why this is not the member that we want; "" where it is."""
    said = way.said
    if said.verify in VERIFIED and height_of(tls) > said.depth:
        return f"more than {said.depth} authorities stand above the certificate (SSLProxyVerifyDepth)"
    if said.verify in VERIFIED:
        cause = revoked(tls, said)
        if cause:
            return f"{cause} (SSLProxyCARevocationCheck)"
    if not (said.check_expire or said.check_name or said.check_cn):
        return ""
    der = tls.getpeercert(binary_form=True)
    if not der:
        return "the member showed no certificate"
    from cryptography import x509

    try:
        certificate = x509.load_der_x509_certificate(der)
        now = datetime.datetime.now(datetime.UTC)
        if said.check_expire and not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            return f"the certificate is over since {certificate.not_valid_after_utc:%Y-%m-%d} (SSLProxyCheckPeerExpire)"
        if said.check_name and not any(names(known, way.name) for known in names_in(certificate)):
            known = ", ".join(f"`{one}`" for one in names_in(certificate)) or "nobody"
            return f"the certificate is for {known}, not for `{way.name}` (SSLProxyCheckPeerName)"
        if said.check_cn and not said.check_name and way.name not in [one.lower() for one in common_names(certificate)]:
            return f"the certificate's common name is not `{way.name}` (SSLProxyCheckPeerCN)"
    except Exception as fault:
        # The library has many ways to say so, and the certificate is somebody else's.
        return f"the certificate cannot be read: {fault}"
    return ""


def names_in(certificate: x509.Certificate) -> list[str]:
    """The hosts that a certificate is for, as mod_ssl has them: those of subjectAltName, and the common names."""
    from cryptography import x509

    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return common_names(certificate)
    return [*extension.value.get_values_for_type(x509.DNSName), *common_names(certificate)]


def common_names(certificate: x509.Certificate) -> list[str]:
    from cryptography.x509.oid import NameOID

    found = [one.value for one in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    return [one for one in found if isinstance(one, str)]


def names(known: str, name: str) -> bool:
    """Whether a certificate's `known` name is this one; `*.` stands for one label."""
    known, name = known.lower(), name.lower()
    if known == name:
        return True
    return known.startswith("*.") and name.partition(".")[2] == known[2:] and not name.startswith(".")


def is_quiet(tls: ssl.SSLSocket) -> bool:
    """Whether the other side has neither ended the connection nor said a word."""
    try:
        tls.recv(1)
    except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return True
    except OSError:
        pass
    return False


# --- before anything is served ------------------------------------------------------------------------------------


def ways_of(plan: Plan) -> list[MemberTls]:
    """How TLS may be spoken to members: what servers say, and each of their `<Proxy>` sections."""
    found: dict[MemberTls, None] = {}
    hosts = plan.hosts if plan.main is None or plan.main in plan.hosts else (*plan.hosts, plan.main)
    for host in hosts:
        base = host.base.member_tls
        found[member_tls_of(base)] = None
        for section in host.proxies:
            assert isinstance(section, Section)
            said = section.said.get("member_tls")
            if isinstance(said, tuple):
                found[member_tls_of((*base, *said))] = None
    return [said for said in found if said.engine]


def check_members(plan: Plan) -> list[tuple[Origin, str]]:
    """What is wrong with what is said of TLS towards members, each with who said it. What can be used is ready."""
    # The same lines may name files that were renewed since: a reload reads them again.
    context_of.cache_clear()
    faults: list[tuple[Origin, str]] = []
    for said in ways_of(plan):
        mine = faults_of_files(said)
        for directive, path in (
            ("SSLProxyMachineCertificateFile", said.certificate),
            ("SSLProxyMachineCertificateChainFile", said.certificate_chain),
        ):
            message = unreadable(directive, path) if path else ""
            if message:
                mine.append((said.origin_of(directive), message))
        if said.certificate_path and not os.path.isdir(said.certificate_path):
            directive = "SSLProxyMachineCertificatePath"
            mine.append((said.origin_of(directive), f"`{directive} {said.certificate_path}` is no directory"))
        if not mine:
            try:
                context_of(said)
            except (OSError, ValueError) as fault:
                where = said.origins[-1][1] if said.origins else None
                directive = "SSLProxyMachineCertificateFile" if said.certificate else "SSLProxyCACertificateFile"
                if said.certificate_path:
                    directive = "SSLProxyMachineCertificatePath"
                place = said.origin_of(directive)
                mine.append((place if where is None or place.file else where, f"`{directive}` cannot be used: {fault}"))
        faults += mine
    return list(dict.fromkeys(faults))
