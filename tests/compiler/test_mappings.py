"""ProxyPass lines become mappings; what cannot become one is a finding."""

from __future__ import annotations

import pytest

from evenflow.compiler.findings import Findings
from evenflow.compiler.mappings import compile_cookie, compile_mapping, looks_like_wildcard, lower_origin
from evenflow.config.settings import BalancerParameters, CookieLine, MappingLine, MemberParameters
from evenflow.origin import NOWHERE


def line(path: str | None, target: str, **more: bool) -> MappingLine:
    return MappingLine(path, target, MemberParameters(), BalancerParameters(), False, NOWHERE, **more)


def test_a_prefix_and_a_url_are_ordinary() -> None:
    mapping = compile_mapping(line("//app//", "HTTP://B1/X"), None, Findings())
    assert mapping is not None
    assert (mapping.prefix, mapping.target, mapping.ordinary) == (b"/app/", b"http://b1/X", True)


def test_a_pattern_is_compiled_or_a_finding() -> None:
    findings = Findings()
    mapping = compile_mapping(line("^//x/(.)$", "http://b1/$1", regex=True), None, findings)
    assert mapping is not None and not mapping.ordinary
    assert mapping.pattern.search(b"//x/y") is not None
    assert mapping.pieces == (b"http://b1/", 1, b"")
    assert compile_mapping(line("^(", "http://b1/", regex=True), None, findings) is None
    assert findings.failed


def test_a_section_with_wildcards_is_a_pattern() -> None:
    mapping = compile_mapping(line(None, "http://b1/"), "^/[ab]", Findings())
    assert mapping is not None and mapping.pattern is not None
    mapping = compile_mapping(line(None, "http://b1/"), "^/ab", Findings())
    assert mapping is not None and mapping.pattern is None


@pytest.mark.parametrize("text, wild", [("/a", False), ("/a*", True), ("/a?", True), ("/[a]", True), ("/[a", False)])
def test_what_looks_like_a_wildcard(text: str, wild: bool) -> None:
    assert looks_like_wildcard(text) is wild


def test_names_of_variables_keep_their_case() -> None:
    assert lower_origin("HTTP://${Who}:80/P") == "http://${Who}:80/P"


def test_a_cookie_reverse() -> None:
    reverse = compile_cookie(CookieLine("/${A}", "/b", True, NOWHERE))
    assert (reverse.inner, reverse.public) == (b"/${A}", b"/b")
    assert reverse.texts == (((b"/", False), (b"A", True), (b"", False)), ((b"/b", False),))
