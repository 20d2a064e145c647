"""What is shown beside a certificate: with OpenSSL as responder and as client, and with authorities that misbehave."""

from __future__ import annotations

import ssl
import subprocess
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as library

from evenflow.plan.fronts import Front, Stapling
from evenflow.serve import stapling
from evenflow.serve.stapling import TRY_LATER, Staple, faults_of_stapling, staple_of
from tests.peers import free_port, require_peer
from tests.serve.authority import DAY, HOUR, Authority, Responder, write
from tests.serve.served import Served, until

REVOKED = library.OCSPCertStatus.REVOKED


def front_for(folder: Path, authority: Authority, said: Stapling = Stapling(), name: str = "a.example") -> Front:  # noqa: B008
    made = authority.sign(name)
    return Front(((write(folder, f"{name}.pem", made.pem(authority.own)), None),), stapling=said)


def staple(folder: Path, authority: Authority, said: Stapling = Stapling()) -> Staple:  # noqa: B008
    front = front_for(folder, authority, said)
    found = staple_of(front, front.certificates[0][0])
    assert isinstance(found, Staple)
    return found


# --- what is shown ------------------------------------------------------------------------------------------------


def test_a_good_answer_is_kept(tmp_path: Path) -> None:
    authority = Authority()
    with Responder(lambda request: response) as responder:
        made = staple(tmp_path, authority, Stapling(url=responder.url))
        response = authority.answer(made.certificate)
        now = time.time()
        told = made.ask(now)
        assert (told.response, told.cause, told.known) == (response, "", True)
        assert told.until == now + 3600
        # What ends sooner is not kept longer than it says.
        response = authority.answer(made.certificate, ends=HOUR / 2)
        assert abs(made.ask(now).until - now - 1800) < 5


@pytest.mark.parametrize(
    ("returns", "fakes", "shown"), [(True, True, TRY_LATER), (True, False, b""), (False, True, b"")]
)
def test_where_nobody_answers(tmp_path: Path, returns: bool, fakes: bool, shown: bytes) -> None:
    said = Stapling(url=f"http://127.0.0.1:{free_port()}/", returns_errors=returns, fakes_try_later=fakes)
    now = time.time()
    told = staple(tmp_path, Authority(), said).ask(now)
    assert (told.response, told.known) == (shown, False)
    assert told.until == now + 600
    assert "cannot be asked" in told.cause


@pytest.mark.parametrize("returns", [True, False])
def test_a_certificate_that_is_revoked(tmp_path: Path, returns: bool) -> None:
    authority = Authority()
    with Responder(lambda request: response) as responder:
        made = staple(tmp_path, authority, Stapling(url=responder.url, returns_errors=returns))
        response = authority.answer(made.certificate, REVOKED)
        told = made.ask(time.time())
        assert told.known and "revoked" in told.cause
        assert told.response == (response if returns else b"")


def test_what_is_not_to_be_believed_is_never_shown(tmp_path: Path) -> None:
    authority = Authority()
    stranger = Authority()
    with Responder(lambda request: response) as responder:
        made = staple(tmp_path, authority, Stapling(url=responder.url))
        for response in (  # noqa: B007
            authority.answer(made.certificate, begins=-2 * DAY, ends=-DAY),
            authority.answer(authority.sign("b.example").certificate),
            authority.answer(made.certificate, signer=stranger.own, by_key=False, shows=False),
            b"nonsense",
        ):
            told = made.ask(time.time())
            assert told.response == TRY_LATER and told.cause and not told.known


def test_what_is_over_is_not_shown(tmp_path: Path) -> None:
    made = staple(tmp_path, Authority(responder="http://127.0.0.1:1/"))
    assert made.shown(0.0) is None
    made.response, made.until = b"x", 100.0
    assert made.shown(99.0) == b"x"
    assert made.shown(100.0) is None


def test_who_cannot_have_one(tmp_path: Path) -> None:
    nobody = front_for(tmp_path, Authority())
    assert "names nobody who could be asked" in str(staple_of(nobody, nobody.certificates[0][0]))
    alone = Authority(responder="http://127.0.0.1:1/").sign("b.example")
    path = write(tmp_path, "alone.pem", alone.pem())
    assert "is not in the chain" in str(staple_of(Front(((path, None),), stapling=Stapling()), path))
    wrong = front_for(tmp_path, Authority(), Stapling(url="ldap://a/"))
    assert "does not begin with `http://`" in str(staple_of(wrong, wrong.certificates[0][0]))


def test_where_openssl_cannot_be_reached_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    front = front_for(tmp_path, Authority())
    assert faults_of_stapling(front) == []
    monkeypatch.setattr(stapling, "obstacle", lambda: "because")
    ((_, message),) = faults_of_stapling(front)
    assert message == "`SSLUseStapling on` cannot be done here: because; leave it out"
    assert faults_of_stapling(Front(front.certificates)) == []


# --- in handshakes ------------------------------------------------------------------------------------------------


def seen(port: int, version: str = "-tls1_3") -> str:
    """What OpenSSL says of a handshake's response."""
    done = subprocess.run(
        [str(require_peer("openssl")), "s_client", "-connect", f"127.0.0.1:{port}", "-status", version],
        input=b"",
        capture_output=True,
        timeout=30,
        check=False,
    )
    text = done.stdout.decode("utf-8", "replace")
    assert "OCSP response:" in text, done.stderr
    return text[text.index("OCSP response:") : text.index("Certificate chain")]


@pytest.mark.parametrize("version", ["-tls1_3", "-tls1_2"])
def test_openssl_asks_and_openssl_answers(tmp_path: Path, version: str) -> None:
    port = free_port()
    authority = Authority(responder=f"http://127.0.0.1:{port}/")
    front = front_for(tmp_path, authority)
    own = staple_of(front, front.certificates[0][0])
    assert isinstance(own, Staple)
    serial = f"{own.certificate.serial_number:X}"
    serial = "0" * (len(serial) % 2) + serial
    index = write(tmp_path, "index.txt", f"V\t491231235959Z\t\t{serial}\tunknown\t/CN=a.example\n".encode())
    pem = write(tmp_path, "authority.pem", authority.own.pem())
    command = ["ocsp", "-index", index, "-port", str(port), "-rsigner", pem, "-CA", pem, "-ndays", "1"]
    responder = subprocess.Popen(
        [str(require_peer("openssl")), *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        assert responder.stderr is not None
        until(lambda: b"waiting" in responder.stderr.readline(), "the responder to begin")
        with Served(tmp_path, tls=True, host={"certificates": front.certificates, "front": front}) as served:
            text = until(lambda: "Cert Status: good" in (found := seen(served.port, version)) and found, "a response")
        assert serial in text and "OCSP Response Status: successful" in text
    finally:
        responder.kill()
        responder.wait()
        assert responder.stderr is not None
        responder.stderr.close()


def test_who_asks_before_there_is_an_answer_goes_without(tmp_path: Path) -> None:
    authority = Authority()
    front = front_for(tmp_path, authority, Stapling(url=f"http://127.0.0.1:{free_port()}/", fakes_try_later=False))
    with Served(tmp_path, tls=True, host={"certificates": front.certificates, "front": front}) as served:
        assert "no response sent" in seen(served.port)
        line = served.logged("no good OCSP response to staple")
        assert "CN=a.example" in line and "cannot be asked" in line


def test_a_client_is_told_to_try_later(tmp_path: Path) -> None:
    later = library.OCSPResponseBuilder.build_unsuccessful(library.OCSPResponseStatus.TRY_LATER)
    assert later.public_bytes(Encoding.DER) == TRY_LATER
    front = front_for(tmp_path, Authority(), Stapling(url=f"http://127.0.0.1:{free_port()}/"))
    with Served(tmp_path, tls=True, host={"certificates": front.certificates, "front": front}) as served:
        until(lambda: "trylater" in seen(served.port), "the answer that there is none")


def test_what_was_read_ahead_is_there_without_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    front = front_for(tmp_path, Authority(), Stapling(url="http://127.0.0.1:1/"))
    stapling.read_ahead([front])
    read = stapling.READ[front]
    Path(front.certificates[0][0]).unlink()
    stapler = stapling.Stapler(None, None)  # type: ignore[arg-type]
    asked: list[Staple] = []
    monkeypatch.setattr(stapler, "ask", asked.append)
    stapler.attach(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), front)
    assert asked == read and len(read) == 1
    stapling.read_ahead([])
    assert not stapling.READ
