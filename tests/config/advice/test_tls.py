"""Members that anybody could be, and old versions of TLS; the pages under docs/checks have more."""

from __future__ import annotations

import pytest

from evenflow.config.advice import advise
from tests.config.cases import load_text

ON = "SSLProxyEngine on\n"
VERIFIED = "SSLProxyVerify require\nSSLProxyCACertificateFile ca.pem\n"
PASS = "ProxyPreserveHost On\nProxyPass / https://b1/ timeout=300\n"
CLUSTER = "<Proxy balancer://c>\n%sBalancerMember https://b1 timeout=300\n</Proxy>\nProxyPass / balancer://c/\n"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (PASS, []),
        (ON + PASS, [1]),
        (ON + "SSLProxyVerify none\n" + PASS, [2]),
        (ON + VERIFIED + PASS, []),
        (ON + VERIFIED + "SSLProxyCheckPeerName off\n" + PASS, [4]),
        ("ProxyPreserveHost On\n" + CLUSTER % ON, [3]),
        ("ProxyPreserveHost On\n" + ON + CLUSTER % VERIFIED, []),
        (ON + PASS.replace("https", "http"), []),
    ],
)
def test_members_that_anybody_could_be(text: str, lines: list[int]) -> None:
    found = [one for one in advise(load_text(text)) if one.code == "backend-not-verified"]
    assert [one.span.line for one in found if one.span] == lines


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("all -SSLv3", False),
        ("TLSv1", True),
        ("+TLSv1.1 +TLSv1.2", True),
        ("+TLSv1.1 -all +TLSv1.3", False),
        ("-all +TLSv1.2", False),
    ],
)
def test_old_versions(words: str, told: bool) -> None:
    for name in ("SSLProtocol", "SSLProxyProtocol"):
        found = [one for one in advise(load_text(f"{name} {words}\n")) if one.code == "tls-version-old"]
        assert len(found) == told
