"""Which responses of authorities are believed, and how they are asked."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

import pytest
from cryptography.x509 import ocsp as library

from evenflow.serve import ocsp
from evenflow.serve.ocsp import GOOD, REFUSED, REVOKED, UNKNOWN, Failure, Rules, Status
from tests.serve.authority import DAY, HOUR, Authority, Responder

AUTHORITY = Authority("authority", "http://127.0.0.1:1/")
OWN = AUTHORITY.sign("a.example")
OTHER = AUTHORITY.sign("b.example")
STRANGER = Authority("authority")


def told(response: bytes, rules: Rules = Rules(), nonce: bytes = b"", later: float = 0.0) -> str:  # noqa: B008
    """What is said of OWN: the kind of status, or why it is not believed."""
    try:
        found = ocsp.read(
            response, OWN.certificate, AUTHORITY.own.certificate, rules, time.time() + later, nonce
        )
    except Failure as fault:
        return str(fault)
    return found.kind


@pytest.mark.parametrize("by_key", [True, False])
def test_what_the_issuer_says_counts(by_key: bool) -> None:
    for status, kind in (
        (library.OCSPCertStatus.GOOD, GOOD),
        (library.OCSPCertStatus.REVOKED, REVOKED),
        (library.OCSPCertStatus.UNKNOWN, UNKNOWN),
    ):
        assert told(AUTHORITY.answer(OWN.certificate, status, by_key=by_key)) == kind


def test_until_when_it_counts() -> None:
    found = ocsp.read(
        AUTHORITY.answer(OWN.certificate), OWN.certificate, AUTHORITY.own.certificate, Rules(), time.time()
    )
    assert abs(found.until - time.time() - DAY.total_seconds()) < 60
    assert ocsp.read(
        AUTHORITY.answer(OWN.certificate, ends=None), OWN.certificate, AUTHORITY.own.certificate, Rules(), time.time()
    ) == Status(GOOD, 0.0)


def test_whom_the_issuer_has_named_counts_and_nobody_else() -> None:
    named = AUTHORITY.sign("responder", answers=True)
    unnamed = AUTHORITY.sign("responder")
    foreign = STRANGER.sign("responder", answers=True)
    assert told(AUTHORITY.answer(OWN.certificate, signer=named)) == GOOD
    assert "not signed by" in told(AUTHORITY.answer(OWN.certificate, signer=named, shows=False))
    assert "not signed by" in told(AUTHORITY.answer(OWN.certificate, signer=unnamed))
    assert "not signed by" in told(AUTHORITY.answer(OWN.certificate, signer=foreign))
    assert told(AUTHORITY.answer(OWN.certificate, signer=foreign), Rules(believed=(foreign.certificate,))) == GOOD
    assert told(AUTHORITY.answer(OWN.certificate, signer=foreign), Rules(unsigned=True)) == GOOD


def test_who_has_the_issuer_s_name_but_not_its_key() -> None:
    forged = AUTHORITY.answer(OWN.certificate, signer=STRANGER.own, shows=False, by_key=False)
    assert "signature is wrong" in told(forged)


def test_a_bit_that_fell_over() -> None:
    response = bytearray(AUTHORITY.answer(OWN.certificate))
    response[-1] ^= 1
    assert told(bytes(response)) not in (GOOD, REVOKED, UNKNOWN)


def test_another_certificate() -> None:
    assert "about another certificate" in told(AUTHORITY.answer(OTHER.certificate))
    elsewhere = STRANGER.answer(OWN.certificate, signer=AUTHORITY.own)
    assert "about another certificate" in told(elsewhere)


def test_its_time() -> None:
    assert "is over" in told(AUTHORITY.answer(OWN.certificate, begins=-DAY, ends=-HOUR))
    assert told(AUTHORITY.answer(OWN.certificate, begins=-DAY, ends=-HOUR), Rules(skew=7200)) == GOOD
    assert "to come" in told(AUTHORITY.answer(OWN.certificate, begins=HOUR))
    assert told(AUTHORITY.answer(OWN.certificate, begins=HOUR), Rules(skew=7200)) == GOOD
    assert "too old" in told(AUTHORITY.answer(OWN.certificate), Rules(skew=0, max_age=60))
    assert told(AUTHORITY.answer(OWN.certificate), Rules(skew=0, max_age=7200)) == GOOD


def test_a_nonce_must_come_back() -> None:
    nonce = ocsp.new_nonce()
    assert told(AUTHORITY.answer(OWN.certificate, nonce=nonce), nonce=nonce) == GOOD
    assert "nonce" in told(AUTHORITY.answer(OWN.certificate), nonce=nonce)
    assert "nonce" in told(AUTHORITY.answer(OWN.certificate, nonce=ocsp.new_nonce()), nonce=nonce)
    request = library.load_der_ocsp_request(
        ocsp.request_for(OWN.certificate, AUTHORITY.own.certificate, nonce)
    )
    assert request.serial_number == OWN.certificate.serial_number
    assert len(request.extensions) == 1


def test_who_does_not_answer_now() -> None:
    later = library.OCSPResponseBuilder.build_unsuccessful(library.OCSPResponseStatus.TRY_LATER)
    from cryptography.hazmat.primitives.serialization import Encoding

    assert told(later.public_bytes(Encoding.DER)) == REFUSED


@pytest.mark.parametrize("data", [b"", b"nonsense", b"\x30\x03\x0a\x01\x00", bytes(100)])
def test_what_is_no_response(data: bytes) -> None:
    assert told(data) not in (GOOD, REVOKED, UNKNOWN)


def test_who_is_to_be_asked() -> None:
    assert ocsp.responder_of(OWN.certificate) == "http://127.0.0.1:1/"
    assert ocsp.responder_of(STRANGER.sign("a").certificate) == ""
    assert ocsp.is_issuer(AUTHORITY.own.certificate, OWN.certificate)
    assert not ocsp.is_issuer(STRANGER.own.certificate, OWN.certificate)
    assert not ocsp.is_issuer(OTHER.certificate, OWN.certificate)
    assert ocsp.fault_of_url("http://a:80/x") == ""
    assert ocsp.fault_of_url("https://a/") and ocsp.fault_of_url("a") and ocsp.fault_of_url("http://a:x/")


def test_asking() -> None:
    with Responder(lambda request: AUTHORITY.answer(OWN.certificate)) as responder:
        assert told(ocsp.fetch(responder.url, b"question", 5.0)) == GOOD
        assert responder.asked == [("/ask", b"question")]
        # By way of a proxy the whole URL is asked for.
        ocsp.fetch("http://responder.example/x?y", b"", 5.0, responder.url)
        assert responder.asked[-1][0] == "http://responder.example/x?y"
        responder.answer = lambda request: b""
        with pytest.raises(Failure, match="answers 503"):
            ocsp.fetch(responder.url, b"", 5.0)
        responder.answer = lambda request: bytes(ocsp.MOST + 1)
        with pytest.raises(Failure, match="more than"):
            ocsp.fetch(responder.url, b"", 5.0)
    with pytest.raises(Failure, match="cannot be asked"):
        ocsp.fetch(responder.url, b"", 5.0)


@pytest.mark.parametrize("begins", [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "])
def test_who_answers_a_byte_at_a_time_has_no_more_time_than_others(begins: bytes) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def drip() -> None:
        made, _ = listening.accept()
        with made, contextlib.suppress(OSError):
            made.sendall(begins)
            while not over.wait(0.05):
                made.sendall(b"x")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        with pytest.raises(Failure, match="cannot be asked"):
            ocsp.fetch(f"http://127.0.0.1:{listening.getsockname()[1]}/", b"", 0.3)
    finally:
        over.set()
        thread.join()
        listening.close()
