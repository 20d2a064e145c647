"""Are clients' certificates revoked? Authorities that say so, that say nothing, and that nobody can ask."""

from __future__ import annotations

import ssl
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as library

from evenflow.plan.fronts import ClientStatus, Front
from evenflow.serve.client_status import faults_of_status, verdict
from tests.peers import free_port
from tests.serve.authority import Authority, Made, Responder, write
from tests.serve.served import OK, Member, Served, request, until

REVOKED = library.OCSPCertStatus.REVOKED
UNKNOWN = library.OCSPCertStatus.UNKNOWN


def chain(*made: Made) -> list[bytes]:
    return [one.certificate.public_bytes(Encoding.DER) for one in made]


def answering(authority: Authority, made: Made, **said: Any) -> Any:
    """Answers about one certificate, with the nonce of the question."""

    def answer(request: bytes) -> bytes:
        asked = library.load_der_ocsp_request(request)
        nonce = next((one.value.nonce for one in asked.extensions), b"")
        return authority.answer(made.certificate, nonce=nonce, **said)

    return answer


def told(said: ClientStatus, *made: Made) -> str:
    return verdict(said, chain(*made), time.time())


def test_what_the_authority_says() -> None:
    authority = Authority()
    client = authority.sign("client")
    with Responder(answering(authority, client)) as responder:
        said = ClientStatus(url=responder.url)
        assert told(said, client, authority.own) == ""
        responder.answer = answering(authority, client, status=REVOKED)
        assert told(said, client, authority.own).endswith("its authority says that it is revoked")
        responder.answer = answering(authority, client, status=UNKNOWN)
        assert told(said, client, authority.own).endswith("its authority says that it is unknown")
        responder.answer = lambda request: b""
        assert "answers 503" in told(said, client, authority.own)
    assert "cannot be asked" in told(said, client, authority.own)


def test_a_nonce_must_come_back_unless_none_is_wanted() -> None:
    authority = Authority()
    client = authority.sign("client")
    with Responder(lambda request: authority.answer(client.certificate)) as responder:
        assert "nonce" in told(ClientStatus(url=responder.url), client, authority.own)
        assert told(ClientStatus(url=responder.url, nonce=False), client, authority.own) == ""


def test_whom_to_ask() -> None:
    authority = Authority()
    client = authority.sign("client")
    assert "names nobody to ask" in told(ClientStatus(), client, authority.own)
    assert told(ClientStatus(lax=True), client, authority.own) == ""
    with Responder(answering(authority, client)) as own, Responder(lambda request: b"") as other:
        authority.responder = own.url
        named = authority.sign("client")
        own.answer = answering(authority, named)
        assert told(ClientStatus(url=other.url), named, authority.own) == ""
        assert "answers 503" in told(ClientStatus(url=other.url, overrides=True), named, authority.own)
        assert len(other.asked) == 1
        # By way of a proxy the responder's whole URL is asked for.
        assert told(ClientStatus(proxy=own.url), named, authority.own) == ""
        assert own.asked[-1][0] == own.url


def test_the_whole_chain_or_the_client_s_own() -> None:
    root = Authority("root")
    inner = Authority("inner")
    inner.own = root.sign("inner", answers=True)
    client = inner.sign("client")

    def answer(request: bytes) -> bytes:
        asked = library.load_der_ocsp_request(request)
        if asked.serial_number == client.certificate.serial_number:
            return answering(inner, client)(request)
        return answering(root, inner.own, status=REVOKED)(request)

    with Responder(answer) as responder:
        assert told(ClientStatus(chain=False, url=responder.url), client, inner.own, root.own) == ""
        assert "CN=inner" in told(ClientStatus(url=responder.url), client, inner.own, root.own)
        assert len(responder.asked) == 3
    assert "issuer is not known" in told(ClientStatus(url=responder.url), client)


def test_what_cannot_be_used_is_told(tmp_path: Path) -> None:
    def faults(**said: Any) -> list[str]:
        return [message for _, message in faults_of_status(Front((), status=ClientStatus(**said)))]

    assert faults(url="http://a/") == [] == faults_of_status(Front(()))
    assert "`SSLOCSPDefaultResponder`" in faults(url="ldap://a/")[0]
    assert "`SSLOCSPProxyURL`" in faults(proxy="nobody")[0]
    assert "cannot be used" in faults(believed="/nowhere.pem")[0]
    assert "cannot be used" in faults(believed=write(tmp_path, "x.pem", b"x"))[0]


# --- connections --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def client_of(folder: Path, made: Made | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.post_handshake_auth = True
    if made is not None:
        context.load_cert_chain(write(folder, "client.pem", made.pem()))
    return context


def served(folder: Path, authority: Authority, member: Member, url: str, scope: Any = None, **said: Any) -> Served:
    own = write(folder, "a.example.pem", authority.sign("a.example").pem())
    front = Front(
        ((own, None),),
        ca_file=write(folder, "authority.pem", authority.own.pem()),
        status=ClientStatus(url=url),
        **{"verify": "optional", **said},
    )
    more = {} if scope is None else {"scope": scope}
    return Served(folder, member, tls=True, host={"certificates": front.certificates, "front": front}, **more)


def test_a_client_whose_certificate_is_good(tmp_path: Path, authority: Authority) -> None:
    made = authority.sign("client")
    member = Member()
    responder = Responder(answering(authority, made))
    with served(tmp_path, authority, member, responder.url) as front, responder:
        client = front.client(context=client_of(tmp_path, made))
        client.send(request())
        peer = member.accept()
        peer.head()
        peer.send(OK)
        assert client.answer()[0] == 200
        assert len(responder.asked) == 1


def test_a_client_without_a_certificate_is_nobody_s_business(tmp_path: Path, authority: Authority) -> None:
    member = Member()
    responder = Responder(lambda request: b"")
    with served(tmp_path, authority, member, responder.url) as front, responder:
        client = front.client(context=client_of(tmp_path, None))
        client.send(request())
        peer = member.accept()
        peer.head()
        peer.send(OK)
        assert client.answer()[0] == 200
        assert responder.asked == []


@pytest.mark.parametrize("cause", ["revoked", "cannot be asked"])
def test_a_client_that_is_refused(tmp_path: Path, authority: Authority, cause: str) -> None:
    made = authority.sign("client")
    member = Member()
    responder = Responder(answering(authority, made, status=REVOKED))
    url = responder.url if cause == "revoked" else f"http://127.0.0.1:{free_port()}/"
    with served(tmp_path, authority, member, url) as front, responder:
        client = front.client(context=client_of(tmp_path, made))
        try:
            client.send(request())
            assert client.read_to_end() == b""
        except (ssl.SSLError, ConnectionError):
            pass
        assert cause in front.logged("client refused")
        assert member.unasked()
        until(lambda: not any(front.busy()))


def test_a_certificate_that_a_section_asks_for_is_vetted_too(tmp_path: Path, authority: Authority) -> None:
    good, revoked = authority.sign("good"), authority.sign("revoked")
    member = Member()

    def answer(request: bytes) -> bytes:
        asked = library.load_der_ocsp_request(request)
        if asked.serial_number == good.certificate.serial_number:
            return bytes(answering(authority, good)(request))
        return bytes(answering(authority, revoked, status=REVOKED)(request))

    responder = Responder(answer)
    said = {"verify": "none", "later": True}
    scope = {"tls_verify": b"require"}
    with served(tmp_path, authority, member, responder.url, scope=scope, **said) as front, responder:
        client = front.client(context=client_of(tmp_path, good))
        client.send(request("POST", "/", "Content-Length: 5") + b"hello")
        # It hears that it is asked while it waits for the answer.
        answers: list[int] = []
        waiting = threading.Thread(target=lambda: answers.append(client.answer()[0]))
        waiting.start()
        peer = member.accept()
        assert b"Content-Length: 5" in peer.head()
        assert peer.read(5) == b"hello"
        peer.send(OK)
        waiting.join()
        assert answers == [200]
        client = front.client(context=client_of(tmp_path, revoked))
        try:
            client.send(request())
            assert client.read_to_end() == b""
        except (ssl.SSLError, ConnectionError):
            pass
        assert "revoked" in front.logged("client refused")
        assert member.unasked()
