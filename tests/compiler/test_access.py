"""Compiling Require lines."""

from __future__ import annotations

import pytest

from evenflow.compiler.access import compile_require, read_network
from evenflow.compiler.findings import Findings, Refused
from evenflow.config.settings import RequireLine
from evenflow.origin import Origin
from evenflow.plan import access

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
    ],
)
def test_providers(said: RequireLine, provider: int) -> None:
    assert compile_require(said).provider == provider


def test_words() -> None:
    assert compile_require(line("env", "A", "B")).words == {b"A", b"B"}
    assert compile_require(line("method", "GET", "POST")).words == {b"GET", b"HEAD", b"POST"}


@pytest.mark.parametrize(
    "text, first, last, outside",
    [
        ("10", "10.0.0.0", "10.255.255.255", "11.0.0.0"),
        ("10.", "10.0.0.0", "10.255.255.255", "11.0.0.0"),
        ("172.16", "172.16.0.0", "172.16.255.255", "172.17.0.0"),
        ("10.1.2", "10.1.2.0", "10.1.2.255", "10.1.3.0"),
        ("10.1.2.3", "10.1.2.3", "10.1.2.3", "10.1.2.4"),
        ("10.1.2.3/8", "10.0.0.0", "10.255.255.255", "11.0.0.0"),
        ("10.1.0.0/255.255.0.0", "10.1.0.0", "10.1.255.255", "10.2.0.0"),
        ("2001:db8::/32", "2001:db8::", "2001:db8:ffff::1", "2001:db9::"),
        ("::1", "::1", "::1", "::2"),
    ],
)
def test_networks(text: str, first: str, last: str, outside: str) -> None:
    network = (read_network(text),)
    found = [access.contains(network, address.encode()) for address in (first, last, outside)]
    assert found == [True, True, False]


@pytest.mark.parametrize(
    "said, code",
    [
        (line("all", "granted", negated=True), "require-without-effect"),
        (line("all", "maybe"), "value-not-allowed"),
        (line("all"), "value-not-allowed"),
        (line("ip"), "argument-count"),
        (line("ip", "10.256"), "address-malformed"),
        (line("ip", "a.example"), "address-malformed"),
        (line("expr", "true"), "provider-not-supported"),
        (line("valid-user"), "provider-not-supported"),
        (line("host", "a.example"), "provider-not-supported"),
    ],
)
def test_what_is_refused(said: RequireLine, code: str) -> None:
    with pytest.raises(Refused) as caught:
        compile_require(said)
    findings = Findings()
    caught.value.report(findings, HERE)
    assert [diagnostic.code for diagnostic in findings.diagnostics] == [code]
