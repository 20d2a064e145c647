"""A certificate for clients that speak TLS; and `tell`, for what is asked of an exchange without sockets."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from tests.proxy.conftest import tell
from tests.serve.test_tls import make_certificate

__all__ = ["tell"]


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, str]:
    return make_certificate(tmp_path, "a.example")


@pytest.fixture
def context(certificate: tuple[str, str]) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=certificate[0])
    return made
