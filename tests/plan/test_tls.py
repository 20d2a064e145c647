"""What requests learn of TLS, and what is refused without it."""

from __future__ import annotations

from evenflow.plan.decide import decide
from evenflow.plan.fronts import Front
from evenflow.plan.model import ANSWER, ConnectionFacts, Decision, Plan
from evenflow.plan.vhosts import table_for
from evenflow.wire.http1 import RequestHead
from tests.compiler.test_tls import plan_of


class Known:
    """Facts of a handshake."""

    def __init__(self, **values: bytes) -> None:
        self.values = values

    def get(self, name: bytes) -> bytes:
        return self.values.get(name.decode(), b"")


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


def test_require_a_verified_client() -> None:
    plan = plan_of("<Location />\nRequire ssl-verify-client\n</Location>\n")
    assert ask(plan, b"/", True, SSL_CLIENT_VERIFY=b"NONE").status == 403
    assert ask(plan, b"/", True, SSL_CLIENT_VERIFY=b"SUCCESS").status == 404
    assert ask(plan, b"/", False).status == 403
