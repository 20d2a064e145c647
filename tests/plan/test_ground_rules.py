"""Strict names, registered methods, ServerPath and TRACE."""

from __future__ import annotations

import pytest

from evenflow.plan.decide import Decider, decide
from evenflow.plan.ground_rules import TRACE_HANDLER
from tests.plan.cases import facts_of, head_of, plan_of

HOSTS = """\
Listen 8000
{rules}
<VirtualHost *:8000>
    ServerName one.example
    ProxyPass / http://127.0.0.1:1/
</VirtualHost>
<VirtualHost *:8000>
    ServerName two.example
    ServerPath /two
    ProxyPass / http://127.0.0.1:2/
</VirtualHost>
"""


@pytest.mark.parametrize(
    "rules, method, host, expected",
    [
        ("", "GET", "other.example", b"http://127.0.0.1:1/"),
        ("StrictHostCheck On", "GET", "other.example", 400),
        ("StrictHostCheck On", "GET", "two.example:8000", b"http://127.0.0.1:2/"),
        ("", "FOO", "one.example", b"http://127.0.0.1:1/"),
        ("HttpProtocolOptions RegisteredMethods", "FOO", "one.example", 501),
        ("HttpProtocolOptions RegisteredMethods\nRegisterHttpMethod FOO", "FOO", "one.example", b"http://127.0.0.1:1/"),
        ("TraceEnable Off", "TRACE", "one.example", 405),
        ("", "TRACE", "one.example", b"http://127.0.0.1:1/"),
    ],
)
def test_who_answers(rules: str, method: str, host: str, expected: bytes | int) -> None:
    plan = plan_of(HOSTS.format(rules=rules))
    decision = decide(plan, facts_of(plan), head_of(method, "/x", host=host))
    assert (decision.status or (decision.member and decision.member.name)) == expected


@pytest.mark.parametrize("path, port", [("/two", 2), ("/two/x", 2), ("/twox", 1), ("/x", 1)])
def test_a_server_path_is_for_who_names_no_host(path: str, port: int) -> None:
    plan = plan_of(HOSTS.format(rules=""))
    decision = decide(plan, facts_of(plan), head_of("GET", path, version="1.0"))
    assert decision.member is not None and decision.member.port == port
    decision = decide(plan, facts_of(plan), head_of("GET", path, host="one.example"))
    assert decision.member is not None and decision.member.port == 1


def test_trace_of_our_own_content_is_ours() -> None:
    plan = plan_of("Listen 8000\n<Location />\nRequire all denied\n</Location>\n")
    assert decide(plan, facts_of(plan), head_of("TRACE", "/x")).handler == TRACE_HANDLER
    assert decide(plan, facts_of(plan), head_of("GET", "/x")).status == 403


def test_how_often_rules_may_go_round() -> None:
    text = "Listen 8000\nDocumentRoot /srv/x\nLimitInternalRecursion 2\nRewriteEngine On\n<Location />\n"
    text += "RewriteEngine On\nRewriteRule (.*) $1x\n</Location>\n"
    plan = plan_of(text)
    decision = decide(plan, facts_of(plan), head_of("GET", "/x"))
    assert decision.status == 500 and "more than 2 times" in decision.reason


def test_a_remembered_answer_knows_its_port() -> None:
    text = "Listen 8000\nListen 8001\nUseCanonicalPhysicalPort On\nRewriteEngine On\nRewriteRule ^/r /to [R]\n"
    plan = plan_of(text)
    decider = Decider(plan)
    for _ in range(2):
        for port in (8000, 8001):
            decision = decider.decide(facts_of(plan, port=port), head_of("GET", "/r", host="a.example"))
            assert decision.location == b"http://a.example:%d/to" % port
