"""Cases of macros.py, and what becomes of a macro's lines."""

from __future__ import annotations

import pytest

from evenflow.compiler.build import build
from evenflow.config import macros
from tests.config.cases import Case, cases_of, check_case, load_text

WIKI = """\
<Macro wiki $name $nameport>
<VirtualHost *:80>
ServerName $name
ProxyPass / http://127.0.0.1:$nameport/
</VirtualHost>
</Macro>
Listen 80
Use wiki a.example 8090
Use wiki b.example 8091
"""


@cases_of(__file__)
def test_case(case: Case) -> None:
    check_case(case)


def test_each_use_makes_its_own_settings_and_the_longer_parameter_wins() -> None:
    settings = load_text(WIKI).settings
    assert settings is not None
    hosts = settings.main.blocks
    names = [host.core.server_name for host in hosts]
    assert [name.host for name in names if name] == ["a.example", "b.example"]
    assert [line.target for host in hosts for line in host.proxy.mappings or ()] == [
        "http://127.0.0.1:8090/",
        "http://127.0.0.1:8091/",
    ]


def test_an_origin_names_the_macros_line_and_the_use() -> None:
    settings = load_text(WIKI).settings
    assert settings is not None
    origins = [line.origin for host in settings.main.blocks for line in host.proxy.mappings or ()]
    assert [str(origin) for origin in origins] == [
        "case.conf:4 (used at case.conf:8)",
        "case.conf:4 (used at case.conf:9)",
    ]
    assert origins[0].text == "ProxyPass / http://127.0.0.1:$nameport/"


def test_a_problem_is_shown_where_it_is_and_where_it_is_used() -> None:
    (problem,) = load_text("<Macro a $x>\nProxyTimeout $x\n</Macro>\n<Macro b>\nUse a 0\n</Macro>\nUse b\n").errors
    assert [(label.span.line, label.primary) for label in problem.labels] == [(2, True), (5, False), (7, False)]
    assert (problem.labels[0].span.column, problem.labels[0].span.width) == (14, 2)


def test_the_compilers_findings_name_the_use_too() -> None:
    settings = load_text("Listen 80\n<Macro a $x>\nRewriteRule $x -\n</Macro>\nUse a (\n").settings
    assert settings is not None
    (problem,) = build(settings).diagnostics
    assert [label.span.line for label in problem.labels] == [3, 5]


def test_members_of_two_uses_come_in_the_order_of_the_uses() -> None:
    text = (
        "Listen 80\n<Macro m $p>\nBalancerMember http://127.0.0.1:$p route=a$p\nBalancerMember http://127.0.0.1:1$p\n"
        "</Macro>\n<Proxy balancer://c>\nUse m 8001\nUse m 8002\n</Proxy>\nProxyPass / balancer://c/\n"
    )
    settings = load_text(text).settings
    assert settings is not None
    plan = build(settings).plan
    assert plan is not None
    names = [member.name for member in plan.balancers[0].members]
    assert [name.rpartition(b":")[2] for name in names] == [b"8001", b"18001", b"8002", b"18002"]


def test_macros_do_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    assert macros.MOST_LINES <= 1_000_000
    monkeypatch.setattr(macros, "MOST_LINES", 20_000)
    doubling = "".join(f"<Macro m{n}>\nUse m{n + 1}\nUse m{n + 1}\n</Macro>\n" for n in range(60))
    loaded = load_text(doubling + "<Macro m60>\nServerAdmin a\n</Macro>\nUse m0\n")
    assert {problem.code for problem in loaded.errors} == {"macro-too-large"}
