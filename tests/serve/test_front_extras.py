"""What Python's ssl has no word for: who clients are told of, tickets of several machines, OpenSSL's own commands."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from pathlib import Path

import pytest

from evenflow.plan.fronts import Front
from evenflow.serve import front_extras
from evenflow.serve.front_extras import faults_of_extras, ticket_keys
from evenflow.serve.tls import check_certificates, load_context
from tests.peers import require_peer
from tests.serve.authority import Authority, write
from tests.serve.test_tls import host, make_certificate, plan_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("extras")
    make_certificate(made, "a.example")
    return made


def front(folder: Path, **said: object) -> Front:
    return Front(((str(folder / "a.example.crt"), str(folder / "a.example.key")),), **said)  # type: ignore[arg-type]


def context_of(made: Front) -> ssl.SSLContext:
    context = load_context(made)
    context.sslsocket_class = ssl.SSLSocket
    return context


def met(context: ssl.SSLContext, *said: str) -> str:
    """What `openssl s_client` says of a handshake."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(20)

    def serve() -> None:
        made, _ = listening.accept()
        made.settimeout(20)
        try:
            with context.wrap_socket(made, server_side=True) as tls:
                tls.recv(1)
        except OSError:
            made.close()

    thread = threading.Thread(target=serve)
    thread.start()
    done = subprocess.run(
        [str(require_peer("openssl")), "s_client", "-connect", f"127.0.0.1:{listening.getsockname()[1]}", *said],
        input=b"Q\n",
        capture_output=True,
        timeout=30,
        check=False,
    )
    thread.join()
    listening.close()
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def test_clients_are_told_whom_we_believe(folder: Path) -> None:
    ca = write(folder, "ca.pem", Authority("the-authority").own.pem())
    others = write(folder, "others.pem", Authority("another").own.pem() + Authority("a-third").own.pem())
    text = met(context_of(front(folder, verify="optional", ca_file=ca)))
    assert "Acceptable client certificate CA names" in text and "the-authority" in text
    text = met(context_of(front(folder, verify="optional", ca_file=ca, names_file=others)))
    assert "another" in text and "a-third" in text and "the-authority" not in text
    names = folder / "names"
    names.mkdir()
    write(names, "1.pem", Authority("from-a-folder").own.pem())
    write(names, "2.pem", Authority("from-there-too").own.pem())
    text = met(context_of(front(folder, verify="optional", ca_file=ca, names_path=str(names))))
    assert "from-a-folder" in text and "from-there-too" in text


@pytest.mark.parametrize(("groups", "spoken"), [("P-256", "ECDH, prime256v1"), ("P-384", "ECDH, secp384r1")])
def test_openssl_s_own_commands(folder: Path, groups: str, spoken: str) -> None:
    text = met(context_of(front(folder, commands=(("Curves", groups),))))
    assert f"Server Temp Key: {spoken}" in text


def test_the_suites_of_tls_1_3(folder: Path) -> None:
    text = met(context_of(front(folder, suites="TLS_CHACHA20_POLY1305_SHA256")))
    assert "Cipher is TLS_CHACHA20_POLY1305_SHA256" in text


@pytest.mark.parametrize(
    ("commands", "says"),
    [
        ((("Foo", "bar"),), "knows no command `Foo`"),
        ((("Curves", "bar"),), "does not take `Curves bar`"),
        ((("MinProtocol", "foo"),), "does not take `MinProtocol foo`"),
    ],
)
def test_commands_that_openssl_does_not_take(folder: Path, commands: tuple[tuple[str, str], ...], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        context_of(front(folder, commands=commands))
    served = host(folder, 0, "a.example")
    served.front = front(folder, commands=commands)
    ((_, message),) = check_certificates(plan_of(served))
    assert says in message


def resumed(folder: Path, first: ssl.SSLContext, second: ssl.SSLContext) -> bool:
    """Whether a client that has a ticket of the first resumes at the second."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    session = None
    for server in (first, second):
        ours, theirs = socket.socketpair()
        near: list[ssl.SSLSocket] = []
        thread = threading.Thread(
            target=lambda near=near, ours=ours, server=server: near.append(server.wrap_socket(ours, server_side=True))
        )
        thread.start()
        far = client.wrap_socket(theirs, session=session)
        thread.join()
        session, again = far.session, far.session_reused
        far.close()
        near[0].close()
    return bool(again)


def test_machines_with_one_key_file_know_each_other_s_tickets(folder: Path) -> None:
    one = write(folder, "one.key", bytes(range(48)))
    other = write(folder, "other.key", bytes(48))
    assert resumed(folder, context_of(front(folder, ticket_key=one)), context_of(front(folder, ticket_key=one)))
    assert not resumed(folder, context_of(front(folder, ticket_key=one)), context_of(front(folder, ticket_key=other)))
    assert not resumed(folder, context_of(front(folder)), context_of(front(folder)))
    assert len(ticket_keys(one)) == 80 and ticket_keys(one) != ticket_keys(other)
    # No part of the file itself is a part of a ticket.
    assert bytes(range(16)) not in ticket_keys(one)


def test_what_cannot_be_used_is_told(folder: Path) -> None:
    (told,) = [message for _, message in faults_of_extras(front(folder, ticket_key="/nowhere"))]
    assert "cannot be read" in told
    (told,) = [message for _, message in faults_of_extras(front(folder, ticket_key=write(folder, "x.key", b"x")))]
    assert "must hold 48 bytes" in told
    (told,) = [message for _, message in faults_of_extras(front(folder, names_path="/nowhere"))]
    assert "is no directory" in told
    assert faults_of_extras(front(folder)) == []


def test_where_openssl_cannot_be_reached(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front_extras, "obstacle", lambda: "because")
    with pytest.raises(ValueError, match="`SSLOpenSSLConfCmd` cannot be done here: because"):
        context_of(front(folder, commands=(("Curves", "P-256"),)))
    # Names are left out where nobody has asked for them.
    context_of(front(folder, verify="optional", ca_file=str(folder / "a.example.crt")))
