"""SSLOptions FakeBasicAuth: who is the user of whose certificate."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from evenflow.plan.decide import Decider, decide, resume
from evenflow.plan.decision import Step
from evenflow.plan.fake_basic import is_typed
from evenflow.plan.model import ASK, FORWARD, ConnectionFacts, Decision, Plan
from evenflow.plan.vhosts import table_for
from evenflow.wire.http1 import RequestHead
from tests.plan.cases import plan_of
from tests.plan.test_tls import Known

SHA = "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="
APR1 = "$apr1$abcdefgh$FBwExRW4dCc8aL.OvjpIE1"
TEXT = """
    Listen 443
    <VirtualHost *:443>
        ServerName a.example
        SSLEngine on
        SSLCertificateFile a.crt
        SSLVerifyClient optional_no_ca
        <Location />
            SSLOptions +FakeBasicAuth
            AuthType Basic
            AuthName x
            AuthUserFile users
            Require valid-user
        </Location>
        ProxyPass / http://b1/
    </VirtualHost>
"""
ANN = {"subject": b"/CN=ann", "SSL_CLIENT_VERIFY": b"SUCCESS", "above": b"1"}


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    (tmp_path / "users").write_text(f"/CN=ann:{SHA}\n/CN=slow:{APR1}\n/CN=a:{SHA}\n:{SHA}\n")
    return plan_of(TEXT, str(tmp_path))


def head_with(typed: str = "") -> RequestHead:
    head = RequestHead()
    field = f"Authorization: Basic {base64.b64encode(typed.encode()).decode()}\r\n" if typed else ""
    head.parse(f"GET / HTTP/1.1\r\nHost: a.example\r\n{field}\r\n".encode(), 0, 0, 0)
    return head


def facts_with(plan: Plan, **values: bytes) -> ConnectionFacts:
    facts = ConnectionFacts(b"127.0.0.1", 5, b"127.0.0.1", 443, True, b"", table_for(plan, b"127.0.0.1", 443))
    facts.tls_facts = Known(**values)
    return facts


def ask(plan: Plan, head: RequestHead, trace: list[Step] | None = None, **values: bytes) -> Decision:
    return decide(plan, facts_with(plan, **values), head, trace)


def typed_in(head: RequestHead) -> bytes:
    return base64.b64decode((head.get(b"authorization") or b"").removeprefix(b"Basic "))


def test_the_member_gets_the_name_for_whatever_was_typed(plan: Plan) -> None:
    for typed in ("", "somebody:else"):
        head = head_with(typed)
        made = ask(plan, head, **ANN)
        assert (made.kind, made.user, made.auth_type) == (FORWARD, b"/CN=ann", b"Basic")
        assert typed_in(head) == b"/CN=ann:password"


@pytest.mark.parametrize("verify", [b"GENEROUS", b"NONE", b"FAILED:self-signed certificate", b""])
def test_who_is_not_verified_is_nobody(plan: Plan, verify: bytes) -> None:
    head = head_with()
    assert ask(plan, head, **{**ANN, "SSL_CLIENT_VERIFY": verify}).status == 401
    assert head.get(b"authorization") is None


def test_it_is_remembered_for_nobody_else(plan: Plan) -> None:
    decider = Decider(plan)
    for values, status in ((ANN, 0), ({**ANN, "SSL_CLIENT_VERIFY": b"GENEROUS"}, 401), (ANN, 0)):
        assert decider.decide(facts_with(plan, **values), head_with()).status == status


def test_a_certificate_without_a_subject_is_nobody_s(plan: Plan) -> None:
    assert ask(plan, head_with(), **{**ANN, "subject": b""}).status == 401


def test_a_colon_ends_the_name_as_in_what_is_typed(plan: Plan) -> None:
    assert ask(plan, head_with(), **{**ANN, "subject": b"/CN=a:b"}).status == 401


def test_nobody_types_a_subject(plan: Plan) -> None:
    for typed in ("/CN=ann:password", "/:password"):
        made = ask(plan, head_with(typed), **{**ANN, "SSL_CLIENT_VERIFY": b"NONE"})
        assert (made.status, made.user) == (403, None)
    assert ask(plan, head_with("/CN=slow:password"), **ANN).status == 403
    assert ask(plan, head_with("/CN=ann:other"), **{**ANN, "SSL_CLIENT_VERIFY": b"NONE"}).status == 401


def test_what_was_made_is_not_taken_for_typed(plan: Plan) -> None:
    """A request that is decided anew has the field already."""
    head = head_with()
    for _ in range(2):
        assert ask(plan, head, **ANN).kind == FORWARD


def test_a_hash_that_takes_long_is_asked_for(plan: Plan) -> None:
    head = head_with()
    made = ask(plan, head, **{**ANN, "subject": b"/CN=slow"})
    assert made.kind == ASK and head.get(b"authorization") is None
    assert resume(made, True).kind == FORWARD
    assert typed_in(head) == b"/CN=slow:password"


def test_it_says_where_the_user_comes_from(plan: Plan) -> None:
    for verify, told in ((b"SUCCESS", "/CN=ann"), (b"GENEROUS", "nobody has verified a certificate")):
        trace: list[Step] = []
        ask(plan, head_with(), trace, **{**ANN, "SSL_CLIENT_VERIFY": verify})
        assert [step.result for step in trace if step.saw == "SSLOptions FakeBasicAuth"] == [told]


def test_without_the_option_no_certificate_helps(tmp_path: Path) -> None:
    plan = plan_of(TEXT.replace("+Fake", "-Fake"), str(tmp_path))
    assert ask(plan, head_with(), **ANN).status == 401


def test_what_counts_as_typed(plan: Plan) -> None:
    class Asked:
        main = None

    asked: object = Asked()
    assert is_typed((b"/x", b"password"), asked)  # type: ignore[arg-type]
    assert not is_typed((b"x", b"password"), asked)  # type: ignore[arg-type]
    assert not is_typed(None, asked)  # type: ignore[arg-type]
