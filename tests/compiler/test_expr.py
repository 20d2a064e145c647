"""What is an expression, and what is none: httpd's words for it were heard from httpd itself."""

from __future__ import annotations

import pytest

from evenflow.compiler.expr import compile_condition, compile_text
from evenflow.compiler.findings import Refused
from evenflow.plan.expr import Compared, Constant, Text


@pytest.mark.parametrize(
    "text, at, says",
    [
        ("", 1, "syntax error, unexpected $end"),
        ("'a'", 4, "syntax error, unexpected $end"),
        ("'a' == ", 8, "syntax error, unexpected $end"),
        ("true and", 9, "syntax error, unexpected $end"),
        ("foo == 'x'", 5, "syntax error, unexpected T_OP_STR_EQ"),
        ("'a' = 'b' 'c'", 11, "syntax error, unexpected T_STR_BEGIN"),
        ("('a') == 'x'", 5, "syntax error, unexpected ')'"),
        ("-in", 1, "syntax error, unexpected T_OP_IN"),
        ("'a' in { }", 10, "syntax error, unexpected '}'"),
        ("replace('x','y')", 12, "syntax error, unexpected ','"),
        ("%{HTTP:} == 'x'", 8, "syntax error, unexpected T_VAR_END"),
        ("%{REQUEST_URI} =~ /a", 19, "syntax error, unexpected $end"),
        ("%{REQUEST_URI} =~ /a/ix", 23, "syntax error, unexpected T_ID"),
        ("%{REQUEST_URI} =~ m_a_", 19, "syntax error, unexpected T_ID"),
        ("%{REQUEST_URI} =~ m(a(", 19, "syntax error, unexpected T_ID"),
        ("%{REQUEST_URI} =~ /a(/", 19, "Failed to compile regular expression"),
        ("%{NOPE} == 'x'", 3, "Variable 'NOPE' does not exist"),
        ("%{SERVER_ADDR} == 'x'", 3, "Variable 'SERVER_ADDR' does not exist"),
        ("nope('x') == 'x'", 1, "Function 'nope' does not exist"),
        ("'a' -in nolist('x')", 9, "List-returning function 'nolist' does not exist"),
        ("-q 'x'", 1, "Unary operator '-q' does not exist"),
        ("'a' -quux 'x'", 5, "Binary operator '-quux' does not exist"),
        ("'a' -eqx 'x'", 5, "Binary operator '-eqx' does not exist"),
        ("-R 'nonsense'", 1, "parsing of subnet/netmask failed"),
        ("-R %{REMOTE_ADDR}", 1, "-R requires subnet/netmask as constant argument"),
        ("'a' -ipmatch 10", 5, "-ipmatch requires subnet/netmask as constant argument"),
        ("'abc", 5, "Unterminated string or variable"),
        ("-n %{REMOTE_ADDR", 17, "Unterminated string or variable"),
        ("'a' == 'x'  #", 13, "Parse error near '#'"),
        ("%{R-} == 'x'", 4, "Invalid character in variable name '-'"),
        (r"'\400' == 'x'", 2, "Escape sequence out of bound"),
        (r"'\9' == 'x'", 2, "Bad escape sequence"),
        ("'a\nb' == 'x'", 3, "Unterminated string or variable"),
    ],
)
def test_what_httpd_refuses(text: str, at: int, says: str) -> None:
    with pytest.raises(Refused) as caught:
        compile_condition(text)
    assert caught.value.headline.endswith(f"(character {at} of `{text}`)")
    assert caught.value.notes == (f"httpd says: {says}",)


@pytest.mark.parametrize(
    "text, code",
    [
        ("ldap('x') == 'x'", "function-not-supported"),
        ("'a' -in PeerExtList('x')", "function-not-supported"),
        ("%{SSL_SERVER_M_NOTHING} == 'x'", "variable-not-supported"),
        ("%{SSL:SSL_SERVER_M_NOTHING} == 'x'", "variable-not-supported"),
        ("not " * 201 + "true", "expression-too-deep"),
        ("(" * 201 + "true" + ")" * 201, "expression-too-deep"),
        ("tolower(" * 201 + "'a'" + ")" * 201 + " == 'a'", "expression-too-deep"),
        ("'%{tolower:" * 1 + "%{tolower:" * 201 + "a" + "}" * 202 + "' == 'a'", "expression-too-deep"),
    ],
)
def test_what_we_refuse(text: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        compile_condition(text)
    assert caught.value.code == code


@pytest.mark.parametrize("text", ["%{", "a%{NOPE}", "%{req:", "a\nb", "%{req:a'b}", "%{}", "\\"])
def test_texts_that_are_none(text: str) -> None:
    with pytest.raises(Refused):
        compile_text(text)


def test_constant_comparisons_are_decided_here() -> None:
    assert compile_condition("'a' == 'a'").constant is True
    assert compile_condition("not 1 -gt 2").constant is True
    assert compile_condition("'a' == %{REQUEST_URI}").constant is None
    assert isinstance(compile_condition("'a' < 'b'").test, Constant)
    assert isinstance(compile_condition("%{REQUEST_URI} < 'b'").test, Compared)


def test_a_text_without_anything_to_put_in_is_known() -> None:
    made = compile_text("'plain' \\101")
    assert isinstance(made, Text)
    assert made.literal == b"'plain' A"
    assert compile_text("%{REQUEST_URI}").literal is None


def test_names_are_known_in_any_case() -> None:
    assert compile_condition("%{request_uri} == ToLower('X')").constant is None


def test_a_name_in_capital_letters_is_no_operator() -> None:
    with pytest.raises(Refused):
        compile_condition("true AND true")


def test_only_what_looks_at_the_answer_says_so() -> None:
    assert compile_condition("%{REQUEST_STATUS} -eq 200").answers
    assert compile_text("%{resp:X}").answers
    assert not compile_condition("%{req:X} == '1'").answers
