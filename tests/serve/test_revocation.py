"""What is looked up in lists of revoked certificates, with real handshakes."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from evenflow.plan.fronts import Front
from evenflow.serve.revocation import chain_of, faults_of_lists, lists_of, load_lists, revoked
from tests.serve.test_tls import signed

DAY = datetime.timedelta(days=1)


def make_list(folder: Path, name: str, *serials: int, ends: datetime.timedelta = DAY, stranger: bool = False) -> str:
    """A list that the authority of `signed` gives out, or somebody of its name."""
    text = (folder / "authority.pem").read_bytes()
    key = serialization.load_pem_private_key(text, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(x509.load_pem_x509_certificate(text).subject)
        .last_update(now - 2 * DAY)
        .next_update(now + ends)
    )
    for serial in serials:
        made = made.add_revoked_certificate(
            x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now - DAY).build()
        )
    signer = ec.generate_private_key(ec.SECP256R1()) if stranger else key
    path = folder / name
    path.write_bytes(made.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return str(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    signed(tmp_path)
    return tmp_path


def serial(folder: Path, name: str) -> int:
    return x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes()).serial_number


def shaken(folder: Path, said: Front) -> str:
    """How a client with a certificate fares: "refused" in the handshake, or what `revoked` says behind it."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "client.pem")
    server.verify_mode = ssl.CERT_REQUIRED
    server.load_verify_locations(folder / "authority.pem")
    load_lists(server, said)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    client.load_cert_chain(folder / "client.pem")
    ours, theirs = socket.socketpair()

    def shake() -> None:
        try:
            with client.wrap_socket(theirs) as tls:
                tls.recv(1)
        except OSError:
            pass

    thread = threading.Thread(target=shake)
    thread.start()
    try:
        tls = server.wrap_socket(ours, server_side=True)
    except ssl.SSLError as fault:
        ours.close()
        thread.join()
        assert fault.reason == "CERTIFICATE_VERIFY_FAILED"
        return "refused"
    with tls:
        assert len(chain_of(tls)) == 2
        told = revoked(tls, said)
    thread.join()
    return told


@pytest.mark.parametrize("kind", ["leaf", "chain"])
@pytest.mark.parametrize("lax", [False, True])
def test_who_is_in_a_list_is_refused(folder: Path, kind: str, lax: bool) -> None:
    clean = make_list(folder, "clean.crl", 1)
    own = make_list(folder, "own.crl", serial(folder, "client"))
    above = make_list(folder, "above.crl", serial(folder, "authority"))
    assert shaken(folder, Front((), crl_file=clean, crl_check=(kind, lax))) == ""
    refused = "the certificate is revoked" if lax else "refused"
    assert shaken(folder, Front((), crl_file=own, crl_check=(kind, lax))) == refused
    assert shaken(folder, Front((), crl_file=above, crl_check=(kind, lax))) == (refused if kind == "chain" else "")


@pytest.mark.parametrize("lax", [False, True])
def test_a_list_that_is_over_or_somebody_else_s_lets_nobody_pass(folder: Path, lax: bool) -> None:
    over = make_list(folder, "over.crl", 1, ends=-DAY)
    assert ("over" if lax else "refused") in shaken(folder, Front((), crl_file=over, crl_check=("leaf", lax)))
    strange = make_list(folder, "strange.crl", 1, stranger=True)
    assert ("not signed" if lax else "refused") in shaken(folder, Front((), crl_file=strange, crl_check=("leaf", lax)))


def test_without_a_list_of_the_issuer(folder: Path, tmp_path: Path) -> None:
    empty = tmp_path / "lists"
    empty.mkdir()
    assert shaken(folder, Front((), crl_path=str(empty), crl_check=("leaf", False))) == "refused"
    assert shaken(folder, Front((), crl_path=str(empty), crl_check=("leaf", True))) == ""
    assert shaken(folder, Front((), crl_path=str(empty), crl_check=("none", False))) == ""


def test_lists_in_a_directory_are_found_by_the_form_of_their_names(folder: Path) -> None:
    lists = folder / "lists"
    lists.mkdir()
    make_list(folder, "lists/01234567.r0", serial(folder, "client"))
    make_list(folder, "lists/notes.txt", 1)
    assert len(lists_of("", str(lists))) == 1
    assert shaken(folder, Front((), crl_path=str(lists), crl_check=("leaf", True))) == "the certificate is revoked"


def test_what_cannot_be_used_is_told(folder: Path) -> None:
    told = [message for _, message in faults_of_lists(Front((), crl_check=("leaf", False)))]
    assert told == ["`SSLCARevocationCheck leaf` needs a list: write `SSLCARevocationFile`"]
    (told,) = [message for _, message in faults_of_lists(Front((), crl_file="/nowhere.crl"))]
    assert "cannot be read" in told
    (told,) = [message for _, message in faults_of_lists(Front((), crl_file=str(folder / "client.pem")))]
    assert "holds no list" in told
    (told,) = [message for _, message in faults_of_lists(Front((), crl_path="/nowhere"))]
    assert "is no directory" in told
    assert faults_of_lists(Front((), crl_file=make_list(folder, "ours.crl"), crl_check=("chain", True))) == []
