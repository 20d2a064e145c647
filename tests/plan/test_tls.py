"""What requests learn of TLS, and what is refused without it."""

from __future__ import annotations

import pytest

from evenflow.plan.decide import decide, resume
from evenflow.plan.decision import CLIENT
from evenflow.plan.fronts import Front
from evenflow.plan.model import ANSWER, ASK, ConnectionFacts, Decision, Plan
from evenflow.plan.questions import CANNOT_ASK, CERTIFICATE, TOO_LONG
from evenflow.plan.vhosts import table_for
from evenflow.wire.http1 import RequestHead
from tests.compiler.test_tls import plan_of


class Known:
    """Facts of a handshake. A certificate with authorities `above` it is a verified one, where nothing else is said."""

    def __init__(self, **values: bytes) -> None:
        self.values = {**({"SSL_CLIENT_VERIFY": b"SUCCESS"} if "above" in values else {}), **values}

    def get(self, name: bytes) -> bytes:
        return self.values.get(name.decode(), b"")

    def subject(self) -> bytes:
        return self.values.get("subject", b"")

    def above(self) -> int:
        return int(self.values.get("above", b"-1"))


def ask(plan: Plan, path: bytes, tls: bool, **values: bytes) -> Decision:
    facts = ConnectionFacts(b"127.0.0.1", 5, b"127.0.0.1", 443, tls, b"", table_for(plan, b"127.0.0.1", 443))
    if tls:
        facts.tls_facts = Known(**values)
    head = RequestHead()
    head.parse(b"GET %s HTTP/1.1\r\nHost: a.example\r\n\r\n" % path, 0, 0, 0)
    return decide(plan, facts, head)


def test_what_must_come_over_tls() -> None:
    plan = plan_of("<Location /x>\nSSLRequireSSL\n</Location>\n")
    made = ask(plan, b"/x", False)
    assert (made.kind, made.status, made.origin.line) == (ANSWER, 403, 3)
    assert ask(plan, b"/y", False).status == 404
    assert ask(plan, b"/x", True).status == 404


def test_standard_variables_and_the_users_name() -> None:
    plan = plan_of(
        "<Location /std>\nSSLOptions +StdEnvVars\nSSLUserName SSL_CLIENT_S_DN_CN\n</Location>\n"
        "<Location /std/not>\nSSLOptions -StdEnvVars\n</Location>\n"
    )
    known = {"SSL_PROTOCOL": b"TLSv1.3", "SSL_CLIENT_S_DN_CN": b"ann"}
    made = ask(plan, b"/std", True, **known)
    assert made.env == {b"HTTPS": b"on", b"SSL_PROTOCOL": b"TLSv1.3", b"SSL_CLIENT_S_DN_CN": b"ann"}
    assert ask(plan, b"/std/not", True, **known).env == {b"HTTPS": b"on"}
    assert ask(plan, b"/std", False).env == {}


def test_whoever_wants_a_certificate_gets_one_over_whatever_handshake() -> None:
    plan = plan_of("SSLEngine on\nSSLCertificateFile a.crt\nSSLVerifyClient require\n")
    assert plan.main is not None and isinstance(plan.main.front, Front)
    assert ask(plan, b"/", True, SSL_CLIENT_VERIFY=b"NONE").status == 403
    assert ask(plan, b"/", True, SSL_CLIENT_VERIFY=b"SUCCESS").status == 404


UNVERIFIED = (b"NONE", b"GENEROUS", b"FAILED:self-signed certificate", b"")


@pytest.mark.parametrize("verify", UNVERIFIED)
def test_who_is_not_verified_is_not_let_in_where_that_is_required(verify: bytes) -> None:
    """Over the handshake of another virtual host, of which more is forgiven, or after a section that forgives."""
    plan = plan_of("SSLEngine on\nSSLCertificateFile a.crt\nSSLVerifyClient require\n")
    assert ask(plan, b"/", True, SSL_CLIENT_VERIFY=verify, above=b"0").status == 403
    plan = plan_of(LATER)
    assert ask(plan, b"/must", True, SSL_CLIENT_VERIFY=verify, above=b"0").status == 403
    assert ask(plan, b"/may", True, SSL_CLIENT_VERIFY=verify, above=b"0").status == 404
    plan = plan_of("<Location />\nRequire ssl-verify-client\n</Location>\n")
    assert ask(plan, b"/", True, SSL_CLIENT_VERIFY=verify, above=b"0").status == 403


def test_require_a_verified_client() -> None:
    plan = plan_of("<Location />\nRequire ssl-verify-client\n</Location>\n")
    assert ask(plan, b"/", True, SSL_CLIENT_VERIFY=b"NONE").status == 403
    assert ask(plan, b"/", True, SSL_CLIENT_VERIFY=b"SUCCESS").status == 404
    assert ask(plan, b"/", False).status == 403


LATER = (
    "SSLEngine on\nSSLCertificateFile a.crt\n"
    "<Location /must>\nSSLVerifyClient require\n</Location>\n"
    "<Location /may>\nSSLVerifyClient optional\n</Location>\n"
    "<Location /must/deep>\nSSLVerifyDepth 3\n</Location>\n"
    "<Location /must/not>\nSSLVerifyClient none\n</Location>\n"
)


def test_a_section_asks_for_a_certificate_and_goes_on_with_the_answer() -> None:
    plan = plan_of(LATER)
    for path, answer, status in (
        (b"/must", b"", 403),
        (b"/may", b"", 404),
        (b"/must", CANNOT_ASK, 403),
        (b"/may", CANNOT_ASK, 403),
        (b"/may", TOO_LONG, 413),
    ):
        made = ask(plan, path, True)
        assert made.kind == ASK
        assert made.question.kind == CERTIFICATE  # type: ignore[attr-defined]
        assert made.inquiry.asked & CLIENT  # type: ignore[attr-defined]
        made = resume(made, answer)
        assert (made.kind, made.status) == (ANSWER, status)
    assert ask(plan, b"/must/not", True).status == 404
    assert ask(plan, b"/other", True).status == 404
    assert ask(plan, b"/must", False).status == 404


def test_a_certificate_that_comes_while_the_decision_waits() -> None:
    made = ask(plan_of(LATER), b"/must", True)
    inquiry = made.inquiry
    inquiry.facts.tls_facts = Known(above=b"1")  # type: ignore[attr-defined]
    assert resume(made, b"").status == 404
    made = ask(plan_of(LATER), b"/must", True)
    made.inquiry.facts.tls_facts = Known(above=b"0", SSL_CLIENT_VERIFY=b"GENEROUS")  # type: ignore[attr-defined]
    assert resume(made, b"").status == 403


def test_a_section_that_takes_unverified_certificates_asks_for_one() -> None:
    plan = plan_of(LATER.replace("optional", "optional_no_ca"))
    made = ask(plan, b"/may", True)
    assert made.kind == ASK
    assert resume(made, b"").status == 404
    assert ask(plan, b"/may", True, above=b"0", SSL_CLIENT_VERIFY=b"GENEROUS").status == 404


@pytest.mark.parametrize(
    ("path", "above", "status"),
    [(b"/must", 1, 404), (b"/must", 2, 403), (b"/must/deep", 3, 404), (b"/must/deep", 4, 403), (b"/may", 2, 403)],
)
def test_how_deep_the_chain_may_be_in_a_section(path: bytes, above: int, status: int) -> None:
    assert ask(plan_of(LATER), path, True, above=b"%d" % above).status == status


def test_where_the_handshake_has_asked_nobody_asks_again() -> None:
    plan = plan_of(LATER.replace("a.crt\n", "a.crt\nSSLVerifyClient optional\n"))
    assert ask(plan, b"/must", True).status == 403
    assert ask(plan, b"/may", True).status == 404
    assert ask(plan, b"/must", True, above=b"1").status == 404


@pytest.mark.parametrize(
    ("said", "holds"),
    [
        ("%{SSL_CIPHER_USEKEYSIZE} >= 128", True),
        # The longer one is the greater: by letters it would be the less, and as a number too.
        ("%{SSL_CIPHER_USEKEYSIZE} < 1000", True),
        ("%{SSL_CIPHER_USEKEYSIZE} lt 99", False),
        ('%{SSL_CIPHER_USEKEYSIZE} > "00"', True),
        ('%{SSL_CIPHER_USEKEYSIZE} gt "00000"', False),
        ('%{SSL_CIPHER_USEKEYSIZE} eq "0256"', False),
        ('%{SSL_CIPHER_USEKEYSIZE} == "256"', True),
        ('%{SSL_CLIENT_S_DN_OU} in {"a", "b"}', True),
        ("not %{SSL_CLIENT_S_DN_OU} =~ m/^[ab]$/", False),
    ],
)
def test_the_older_language_of_requirements(said: str, holds: bool) -> None:
    plan = plan_of(f"<Location /x>\nSSLRequire {said}\n</Location>\n")
    known = {"SSL_CIPHER_USEKEYSIZE": b"256", "SSL_CLIENT_S_DN_OU": b"b"}
    made = ask(plan, b"/x", True, **known)
    assert made.status == (404 if holds else 403)
    # httpd asks nothing of plain connections.
    assert ask(plan, b"/x", False).status == 404


def test_all_requirements_must_hold() -> None:
    plan = plan_of(
        "<Location /x>\nSSLRequire true\n</Location>\n<Location /x/y>\nSSLRequire false\n</Location>\n"
    )
    assert ask(plan, b"/x", True).status == 404
    made = ask(plan, b"/x/y", True)
    assert (made.status, made.origin.line) == (403, 6)
