"""The handshake with a member is told without a connection: the name, the authorities, the checks."""

from __future__ import annotations

from typing import Any

import pytest

from tests.control.explanation.told import head, told
from tests.plan.cases import inside, plan_of

MEMBERS = "<Proxy balancer://c>\nBalancerMember https://b1.example:8443\n</Proxy>\nProxyPass / balancer://c/\n"


def tls_of(lines: str, *fields: str) -> Any:
    return told(plan_of(inside(lines)), head(*fields))["member_tls"]


def meanings(lines: str) -> dict[str, str]:
    return {check["name"]: check["means"] for check in tls_of(lines)["checks"]}


def test_without_the_engine_the_answer_is_500_and_nothing_is_sent() -> None:
    said = told(plan_of(inside(MEMBERS)), head())
    assert said["member_tls"]["engine"] is False and said["member_tls"]["checks"] == []
    assert (said["outcome"]["kind"], said["outcome"]["status"]) == ("refused", 500)
    assert "SSLProxyEngine is off" in said["outcome"]["reason"]
    assert said["outcome"]["member"] == "https://b1.example:8443"
    assert said["to_member"] is None and said["own"].startswith("HTTP/1.1 500 ")


@pytest.mark.parametrize("scheme, shown", [("https", True), ("wss", True), ("http", False), ("ws", False)])
def test_only_members_that_are_asked_by_tls_shake_hands(scheme: str, shown: bool) -> None:
    found = tls_of(f"SSLProxyEngine On\nProxyPass / {scheme}://b1.example:8443/\n")
    assert (found is not None) is shown


@pytest.mark.parametrize(
    "lines, name, source, asked",
    [
        ("ProxyPass / https://b1.example/", "b1.example", "member", "b1.example"),
        ("ProxyPass / https://127.0.0.1/", "127.0.0.1", "member", None),
        ("ProxyPreserveHost On\nProxyPass / https://b1.example/", "www.example", "client", "www.example"),
    ],
)
def test_the_name_is_the_members_or_the_clients_host(lines: str, name: str, source: str, asked: str | None) -> None:
    found = tls_of("SSLProxyEngine On\n" + lines)
    assert (found["name"], found["name_from"], found["server_name_indication"]) == (name, source, asked)


def test_what_is_looked_at_unless_it_is_said() -> None:
    assert meanings("SSLProxyEngine On\n" + MEMBERS) == {
        "SSLProxyVerify": "who signed the certificate is not looked at",
        "SSLProxyCheckPeerName": "the certificate must be for `b1.example`",
        "SSLProxyCheckPeerExpire": "the certificate must be valid today",
    }


def test_what_the_lines_ask_for_and_where_they_stand() -> None:
    found = tls_of(
        "SSLProxyEngine On\nSSLProxyVerify require\nSSLProxyVerifyDepth 3\nSSLProxyCACertificateFile /ca.pem\n"
        "SSLProxyCheckPeerName off\nSSLProxyCheckPeerCN on\nSSLProxyCheckPeerExpire off\nSSLProxyProtocol TLSv1.3\n"
        "SSLProxyMachineCertificateFile /own.pem\nSSLProxyMachineCertificatePath /own\n"
        "SSLProxyMachineCertificateChainFile /chain.pem\n" + MEMBERS
    )
    checks = {check["name"]: (check["value"], check["means"]) for check in found["checks"]}
    assert checks == {
        "SSLProxyVerify": ("require", "an authority of /ca.pem must have signed it"),
        "SSLProxyVerifyDepth": ("3", "at most 3 authorities stand above the certificate"),
        "SSLProxyCheckPeerName": ("Off", "whom the certificate is for is not asked"),
        "SSLProxyCheckPeerCN": ("On", "the certificate's common name must be `b1.example`"),
        "SSLProxyCheckPeerExpire": ("Off", "a certificate that is over will do"),
        "SSLProxyProtocol": ("TLSv1.3", "nothing else is spoken"),
        "SSLProxyMachineCertificateFile": ("/own.pem", "shown to a member that asks who we are"),
        "SSLProxyMachineCertificatePath": ("/own", "one of them is shown, by whom the member believes"),
        "SSLProxyMachineCertificateChainFile": ("/chain.pem", "sent behind the certificate that is shown"),
    }
    places = {check["name"]: check["place"] for check in found["checks"]}
    assert places["SSLProxyVerify"]["text"] == "SSLProxyVerify require"
    assert places["SSLProxyCheckPeerExpire"]["text"] == "SSLProxyCheckPeerExpire off"


def test_a_section_of_the_balancer_has_the_last_word() -> None:
    lines = MEMBERS.replace("<Proxy balancer://c>\n", "<Proxy balancer://c>\nSSLProxyVerify require\n")
    assert meanings("SSLProxyEngine On\n" + lines)["SSLProxyVerify"] == "nobody is believed: no authority is named"
