"""Certificates of clients; the pages under docs/checks have more."""

from __future__ import annotations

import pytest

from evenflow.config.advice import advise
from tests.config.cases import load_text

TLS = "SSLEngine on\nSSLCertificateFile a.crt\n"
ASKS = "<Location /x>\nSSLVerifyClient %s\n</Location>\n"
NAME = "SSLUserName SSL_CLIENT_S_DN_CN\n"


def lines(text: str, code: str) -> list[int]:
    return [one.span.line for one in advise(load_text(text)) if one.code == code and one.span]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (TLS + ASKS % "require", [4]),
        (TLS + ASKS % "optional_no_ca", [4]),
        (TLS + ASKS % "none", []),
        (ASKS % "require", []),
        (TLS + "SSLVerifyClient optional\n" + ASKS % "require", []),
        (TLS + "SSLProtocol TLSv1.2 TLSv1.3\n" + ASKS % "require", []),
        (TLS + "SSLProtocol -all +TLSv1.2 +TLSv1.3\n" + ASKS % "require", [5]),
        # What the main server's sections say holds for its virtual hosts, and is told once.
        (ASKS % "require" + 2 * f"<VirtualHost *:443>\n{TLS}</VirtualHost>\n", [2]),
        (TLS + '<If "true">\n' + "<If 'true'>\nSSLVerifyClient require\n</If>\n</If>\n", [5]),
    ],
)
def test_who_is_asked_before_the_request_is_known(text: str, found: list[int]) -> None:
    assert lines("Listen 443\n" + text, "certificate-asked-early") == [line + 1 for line in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (TLS + "SSLVerifyClient optional_no_ca\n" + NAME, [4]),
        (TLS + NAME + ASKS % "optional_no_ca", [3]),
        (TLS + "SSLVerifyClient optional\n" + NAME + ASKS % "optional_no_ca", []),
        (TLS + "SSLVerifyClient optional_no_ca\nSSLUserName SSL_SERVER_S_DN_CN\n", []),
        ("SSLVerifyClient optional_no_ca\n" + NAME, []),
    ],
)
def test_names_that_anybody_may_have(text: str, found: list[int]) -> None:
    assert lines("Listen 443\n" + text, "user-not-verified") == [line + 1 for line in found]
