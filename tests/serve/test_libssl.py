"""OpenSSL's own functions, beside Python's ssl."""

from __future__ import annotations

import ssl
import subprocess
import sys

import pytest

from evenflow.serve import libssl


def test_they_may_be_used_here() -> None:
    libssl.obstacle.cache_clear()
    assert libssl.obstacle() == ""


def test_they_are_tried_in_a_process_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-c", libssl.PROVE.format(sys.path)], capture_output=True, check=False, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_trial_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libssl, "PROVE", "import os; os.abort()  # {!r}")
    libssl.obstacle.cache_clear()
    try:
        assert libssl.obstacle() == "a trial of OpenSSL's functions failed: signal 6"
        libssl.obstacle.cache_clear()
        monkeypatch.setattr(libssl, "PROVE", "raise ValueError('no')  # {!r}")
        assert libssl.obstacle().endswith("ValueError: no")
    finally:
        libssl.obstacle.cache_clear()


def test_what_is_kept_in_another_way_is_not_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    used = libssl.library()
    monkeypatch.setattr(used, "options", lambda address: 0)
    with pytest.raises(libssl.Unavailable, match="in another way"):
        used.address_of(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))


@pytest.mark.parametrize("answer", [b"", None])
def test_a_handshake_goes_on_without_a_response(answer: bytes | None) -> None:
    server, _ = libssl.server_context()
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    used = libssl.library()
    used.control_context(used.address_of(client), libssl.SET_STATUS_TYPE, libssl.OCSP, None)
    asked = []

    def choose(certificate: object) -> bytes | None:
        asked.append(certificate)
        return answer

    kept = used.staple(server, choose)
    libssl.shake(server, client)
    assert len(asked) == 1 and kept is not None

    def fail(certificate: object) -> bytes | None:
        raise RuntimeError("a mistake of ours")

    kept = used.staple(server, fail)
    libssl.shake(server, client)
