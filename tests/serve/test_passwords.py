"""Passwords against hashes that htpasswd wrote."""

from __future__ import annotations

import pytest

from evenflow.serve import passwords
from evenflow.serve.passwords import is_password

SHA512 = (
    b"$6$DzXfb3y3N2HgfpxE$qdwY3AOXmUoJa/HqYSHINELp.LFmIiG0nroNmSl1PeY91XTlWGOCQpuwJF/k.FiK4Yl5Sy/vhYX/PKcsAbo/N1"
)


@pytest.mark.parametrize(
    "password, stored",
    [
        (b"secret", b"$apr1$6ILk626d$0sa6WZx6yqpSke4NeRLbD1"),
        (b"x" * 100, b"$apr1$hSUexZv1$DT9hMDWr29hIvFu.KVetX1"),
        (b"b:pass", b"$2y$05$5M68bZBVVhOIytec80F6p.IXxJdqIS0m/hTQyyENgpVCr8VPEML0K"),
        (b"y" * 72, b"$2y$04$NobonOCdYZ0b1VWXAehiU.FK3aezO0nr3cGRvqWTAim/QRNmHA0M2"),
        ("ca\u0155l".encode(), b"{SHA}z4JkK2CM/ujxqqVNDmaDI/6aHIU="),
    ],
)
def test_passwords(password: bytes, stored: bytes) -> None:
    assert is_password(password, stored)
    assert not is_password(password[:-1], stored)
    assert not is_password(b"", stored)
    assert not is_password(password, stored[:-1] + b"!")


@pytest.mark.skipif(passwords.CRYPT is None, reason="this machine has no crypt(3)")
def test_what_the_c_library_knows() -> None:
    assert is_password(b"dpw", SHA512)
    assert not is_password(b"dpx", SHA512)


@pytest.mark.parametrize(
    "stored",
    [b"", b"plain", b"secret", b"$2y$99$x", b"$2y$05$short", b"$2y$", b"$apr1$", b"$y$none", b"*0", b"\xff" * 20],
)  # fmt: skip
def test_a_hash_that_nobody_knows_matches_nothing(stored: bytes) -> None:
    for password in (b"", b"plain", b"secret", stored):
        assert not is_password(password, stored)


def test_without_crypt_its_hashes_match_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "CRYPT", None)
    assert not is_password(b"dpw", SHA512)
