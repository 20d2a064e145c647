"""Plays one case through one front: starts it, sends the requests in order, and collects what was seen."""

from __future__ import annotations

import datetime
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.peers import free_port

from .casebook import MEMBERS, Case, Request
from .client import Connection, Reply
from .fronts import Front, folder, refusal, running
from .http2 import Streams
from .logged import read_log
from .members import Chronicle, Member
from .observed import Seen

HOUR = datetime.timedelta(hours=1)
SECURED = {"t1": "a.example", "t2": "b.example", "t3": "localhost", "t4": "over.example", "t5": "127.0.0.1"}
"""Members that speak TLS, and whose certificate each shows; t5 wants to see one of the client's."""
CERTIFIED = (
    *("a.example", "b.example", "wiki.example.com", "localhost", "over.example", "127.0.0.1", "client.example"),
    "staff.example",
)

NAMES = {
    "staff.example": x509.Name(
        [
            x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(x509.NameOID.LOCALITY_NAME, "München"),
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Snake Oil, Ltd."),
            x509.NameAttribute(x509.NameOID.ORGANIZATIONAL_UNIT_NAME, "a/b+c"),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, "Ann"),
            x509.NameAttribute(x509.NameOID.EMAIL_ADDRESS, "ann@staff.example"),
        ]
    )
}
"""Certificates that are for somebody with more than a name."""


@dataclass(slots=True)
class Stage:
    """What all cases share: the members, the ports and the certificates. Addresses stay the same for the process."""

    chronicle: Chronicle
    members: tuple[Member, ...]
    taken: tuple[socket.socket, ...]
    front: int

    def addresses(self) -> Mapping[str, str]:
        """What a case's `{names}` stand for."""
        known = {member.name: member.address for member in self.members}
        known["front"] = str(self.front)
        for name, sock in zip(("dead", "dead2"), self.taken, strict=True):
            known[name] = f"127.0.0.1:{sock.getsockname()[1]}"
        return known


def make_stage() -> Stage:
    """Members listen from here on; a dead address is bound, so that nobody else takes it, and never listens."""
    chronicle = Chronicle()
    members = tuple(Member(name, chronicle) for name in MEMBERS)
    return Stage(chronicle, members, (_bound(), _bound()), free_port("0.0.0.0"))


def _bound() -> socket.socket:
    sock = socket.socket()
    sock.bind(("127.0.0.1", free_port()))
    return sock


def make_certificates(root: Path) -> dict[str, str]:
    """Write NAME.crt and NAME.key for each certified name, and what it says of revoked certificates: NAME.crl of none,
    NAME.revoked.crl of its own; clients.pem has client.example and staff.example. Answer the names by fingerprint."""
    names: dict[str, str] = {}
    now = datetime.datetime.now(datetime.UTC)
    for name in CERTIFIED:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]) if name not in NAMES else NAMES[name]
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - HOUR)
            .not_valid_after(now + datetime.timedelta(days=2) if name != "over.example" else now - HOUR / 2)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .sign(key, hashes.SHA256())
        )
        for kind, serial in (("", 1), (".revoked", certificate.serial_number)):
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now - HOUR).build()
            made = (
                x509.CertificateRevocationListBuilder()
                .issuer_name(subject)
                .last_update(now - HOUR)
                .next_update(now + HOUR)
                .add_revoked_certificate(entry)
                .sign(key, hashes.SHA256())
            )
            (root / f"{name}{kind}.crl").write_bytes(made.public_bytes(serialization.Encoding.PEM))
        (root / f"{name}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (root / f"{name}.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        (root / f"{name}.pem").write_bytes((root / f"{name}.crt").read_bytes() + (root / f"{name}.key").read_bytes())
        names[certificate.fingerprint(hashes.SHA256()).hex()] = name
    clients = [(root / f"{name}.crt").read_bytes() for name in ("client.example", "staff.example")]
    (root / "clients.pem").write_bytes(b"".join(clients))
    return names


def secure_members(stage: Stage, root: Path) -> None:
    """From here on the members that speak TLS have their certificates."""
    for member in stage.members:
        name = SECURED.get(member.name)
        if name is not None and member.context is None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(root / f"{name}.crt", root / f"{name}.key")
            if member.name == "t5":
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(root / "client.example.crt")
            member.context = context


def play(
    case: Case,
    kind: str,
    stage: Stage,
    certificates: Path,
    names: Mapping[str, str],
    logs: dict[str, list[str]] | None = None,
) -> list[Seen]:
    """Start the front, send every request, end the front; raises FrontFailed if it does not start.

    `logs` takes the lines of the logs that the case looks at, by their path.
    """
    secure_members(stage, certificates)
    for member in stage.members:
        member.settle(5)
        member.follow(case.scripts)
    with folder(case, stage.front, certificates) as root:
        with running(kind, root, stage.front) as front:
            seen = _converse(case, front, stage.chronicle)
        for member in stage.members:
            member.settle(5)
        if logs is not None:
            for told in case.logs:
                logs[told.path] = read_log(root, told.path, seen)
    for one in seen:
        if one.reply.certificate is not None:
            one.reply.certificate = names.get(one.reply.certificate, "(none of ours)")
    return seen


def play_refusal(case: Case, kind: str, stage: Stage, certificates: Path) -> tuple[int, str]:
    """Start a front on a configuration that it must refuse."""
    with folder(case, stage.front, certificates) as root:
        return refusal(kind, root)


def _converse(case: Case, front: Front, chronicle: Chronicle) -> list[Seen]:
    seen: list[Seen] = []
    connection: Connection | Streams | None = None
    at = 0
    while at < len(case.requests):
        batch = [case.requests[at]]
        while at + len(batch) < len(case.requests) and case.requests[at + len(batch)].pipelined:
            batch.append(case.requests[at + len(batch)])
        at += len(batch)
        kept = at < len(case.requests) and case.requests[at].same_connection
        if connection is not None and not batch[0].same_connection:
            connection.close()
            connection = None
        time.sleep(batch[0].wait)
        mark = chronicle.mark()
        if connection is None:
            try:
                how = batch[0].http2
                shows = front.folder / "certificates" / f"{batch[0].shows}.pem" if batch[0].shows else None
                if how is not None:
                    connection = Streams(front.port, batch[0].tls, how, shows)
                else:
                    connection = Connection(front.port, batch[0].tls, shows, batch[0].speaks, batch[0].agrees)
            except (ssl.SSLError, OSError):
                seen += [Seen(front.kind, request, Reply("closed"), []) for request in batch]
                continue
        if isinstance(connection, Streams):
            replies = connection.exchange(batch)
        else:
            replies = _exchange(connection, batch, kept)
        received = chronicle.since(mark)
        if isinstance(connection, Streams) and len(batch) > 1:
            # streams have no order: the path tells them apart
            for request, reply in zip(batch, replies, strict=True):
                target = request.payload.split(b" ")[1]
                seen.append(Seen(front.kind, request, reply, [one for one in received if target in one.line]))
        elif len(batch) == 1:
            seen.append(Seen(front.kind, batch[0], replies[0], received))
        else:
            # answers come in order, so the n-th answered request is the n-th that was received
            for index, (request, reply) in enumerate(zip(batch, replies, strict=True)):
                seen.append(Seen(front.kind, request, reply, received[index : index + 1]))
    if connection is not None:
        connection.close()
    return seen


def _exchange(connection: Connection, batch: list[Request], kept: bool) -> list[Reply]:
    """Send the batch in one piece, read an answer for each, use the tunnel if there is one."""
    early = batch[-1].tunnel if batch[-1].tunnel_early else None
    payload = b"".join(request.payload for request in batch) + (early or b"")
    if batch[0].dribbled:
        connection.dribble(payload)
    else:
        connection.send(payload)
    if batch[-1].half_closed:
        connection.close_our_half()
    replies = []
    for request in batch:
        if request.leaves is not None:
            replies.append(connection.leave(request.leaves))
            continue
        reply = connection.reply(request.method)
        if request.tunnel is not None and reply.answer is not None and reply.answer.status == 101:
            connection.converse(reply, request.tunnel, request.tunnel_early, request.tunnel_idle)
        elif request is batch[-1] and not kept:
            connection.aftermath(reply)
        else:
            reply.after = "used again"
        replies.append(reply)
    return replies
