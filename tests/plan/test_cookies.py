"""CO: the cookies of rules."""

from __future__ import annotations

import re

import pytest

from evenflow.plan.cookies import add_cookie, leading, spell
from evenflow.plan.decision import NOTHING, TIME, Inquiry
from tests.plan.cases import facts_of, head_of, inside, plan_of


def inquiry() -> Inquiry:
    plan = plan_of(inside("ProxyPass / http://b1/"))
    return Inquiry(plan, facts_of(plan), head_of("GET", "/p", ()), plan.hosts[0], None)


@pytest.mark.parametrize(
    "text, cookie",
    [
        (b"a:b:d", b"a=b; path=/; domain=d"),
        (b"a:b:d:0", b"a=b; path=/; domain=d"),
        (b"a:b:d:x:/p", b"a=b; path=/p; domain=d"),
        (b"a::b::d", b"a=b; path=/; domain=d"),
        (b"a:b:d:0:/:TRUE:1:lax", b"a=b; path=/; domain=d; secure; HttpOnly; SameSite=lax"),
        (b"a:b:d:0:/:secure:HttpOnly:false", b"a=b; path=/; domain=d; secure; HttpOnly"),
        (b"a:b:d:0:/:no:no:0", b"a=b; path=/; domain=d"),
        (b";a;b:c;d", b"a=b:c; path=/; domain=d"),
        (b"a:b\r\nX: y:d", b"a=b  X; path=/; domain= y"),
    ],
)
def test_a_cookie(text: bytes, cookie: bytes) -> None:
    one = inquiry()
    add_cookie(one, text)
    assert one.cookies == ((b"a", cookie),)
    assert one.asked == NOTHING


def test_a_cookie_that_expires_depends_on_the_time() -> None:
    one = inquiry()
    add_cookie(one, b"a:b:d:5")
    ((_, cookie),) = one.cookies
    assert re.fullmatch(rb"a=b; path=/; domain=d; expires=[A-Z][a-z]{2}, \d\d-[A-Z][a-z]{2}-\d{4} [\d:]{8} GMT", cookie)
    assert one.asked == TIME
    add_cookie(one, b"c:b:d:99999999999999999999999")
    assert len(one.cookies) == 2


def test_each_name_comes_once_and_a_domain_is_needed() -> None:
    one = inquiry()
    for text in (b"a:1:d", b"a:2:d", b"b:3", b"", b"b:4:d"):
        add_cookie(one, text)
    assert [name for name, _ in one.cookies] == [b"a", b"b"]
    assert one.cookies[0][1].startswith(b"a=1;")


def test_numbers_and_dates() -> None:
    assert [leading(text) for text in (b"12x", b" -7", b"+3", b"", b"x", b"9" * 40)] == [12, -7, 3, 0, 0, int("9" * 18)]
    assert spell(0) == b"Thu, 01-Jan-1970 00:00:00 GMT"
