"""Which protocols are left of a line of words."""

from __future__ import annotations

import pytest

from tests.config.cases import load_text

ALL = {"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"}


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("all", ALL),
        ("all -SSLv3 -TLSv1", ALL - {"TLSv1"}),
        ("-all +TLSv1.3", {"TLSv1.3"}),
        ("TLSv1.2", {"TLSv1.2"}),
        ("+tlsv1.2 +TLSV1.3", {"TLSv1.2", "TLSv1.3"}),
        ("all -TLSv1.2 -SSLv2", ALL - {"TLSv1.2"}),
    ],
)
def test_protocols(words: str, left: set[str]) -> None:
    loaded = load_text(f"SSLProtocol {words}\nSSLProxyProtocol {words}\n")
    assert loaded.settings is not None
    main = loaded.settings.main
    assert main.tls.protocols and main.tls.protocols[0] == left
    assert main.member_tls.protocols and main.member_tls.protocols[0] == left
