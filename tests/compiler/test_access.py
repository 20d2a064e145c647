"""Compiling Require lines."""

from __future__ import annotations

import pytest

from evenflow.compiler.access import compile_order, compile_require, compile_requires
from evenflow.compiler.findings import Findings, Refused
from evenflow.config.settings import AccessRule, AccessSettings, Methods, RequireLine
from evenflow.origin import Origin
from evenflow.plan import access, compat

HERE = Origin("x.conf", 3, "Require")


def line(provider: str, *arguments: str, negated: bool = False) -> RequireLine:
    return RequireLine(provider, arguments, negated, HERE)


@pytest.mark.parametrize(
    "said, provider",
    [
        (line("all", "granted"), access.ALL_GRANTED),
        (line("ALL", "Denied"), access.ALL_DENIED),
        (line("local"), access.LOCAL),
        (line("ip", "10"), access.IP),
        (line("env", "A", "B"), access.ENV),
        (line("method", "GET"), access.METHOD),
        (line("ssl"), access.TLS),
        (line("ssl-verify-client"), access.TLS_VERIFIED),
        (line("user", "alice"), access.USER),
        (line("group", "staff"), access.GROUP),
        (line("valid-user"), access.VALID_USER),
    ],
)
def test_providers(said: RequireLine, provider: int) -> None:
    assert compile_require(said).provider == provider


def test_words() -> None:
    assert compile_require(line("env", "A", "B")).words == {b"A", b"B"}
    assert compile_require(line("method", "GET", "POST")).words == {b"GET", b"HEAD", b"POST"}


@pytest.mark.parametrize(
    "said, code",
    [
        (line("all", "maybe"), "value-not-allowed"),
        (line("all"), "value-not-allowed"),
        (line("ip"), "argument-count"),
        (line("ip", "10.256"), "address-malformed"),
        (line("ip", "a.example"), "address-malformed"),
        (line("expr", "true"), "expression-malformed"),
        (line("ldap-user", "x"), "provider-not-supported"),
    ],
)
def test_what_is_refused(said: RequireLine, code: str) -> None:
    with pytest.raises(Refused) as caught:
        compile_require(said)
    findings = Findings()
    caught.value.report(findings, HERE)
    assert [diagnostic.code for diagnostic in findings.diagnostics] == [code]


def methods(*names: str, others: bool = False) -> Methods:
    return Methods(frozenset(names), others)


def test_a_container_is_for_the_methods_of_its_lines() -> None:
    def limited(said: Methods) -> RequireLine:
        return RequireLine("local", (), False, HERE, "", said)

    two = compile_requires((limited(methods("GET")), limited(methods("PUT", "GET", others=True))), "", Findings()).root
    assert two is not None and two.methods is not None
    held = [two.methods.hold(method) for method in (b"GET", b"HEAD", b"POST", b"PUT")]
    assert held == [True, True, True, False]
    whole = compile_requires((limited(methods("GET")), line("local")), "", Findings()).root
    assert whole is not None and whole.methods is None


def test_words_of_allow_and_deny() -> None:
    rules = tuple(
        AccessRule(True, word, None, HERE) for word in ("ALL", "env=X", "ENV=!X", "10.1", "a.example", "env")
    )
    order = compile_order(AccessSettings(rules=rules, compat_origin=HERE))
    assert order is not None
    assert [rule.kind for rule in order.allows] == [
        compat.EVERYBODY,
        compat.VARIABLE,
        compat.NO_VARIABLE,
        compat.NETWORK,
        compat.DOMAIN,
        compat.DOMAIN,
    ]
    assert compile_order(AccessSettings()) is None
