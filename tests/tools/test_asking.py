"""What is typed becomes bytes and a connection, by the listeners that are there."""

from __future__ import annotations

import pytest

from evenflow.plan.model import Plan
from evenflow.tools.asking import SOMEBODY, Asked, Unclear, question
from tests.plan.cases import plan_of

PLAN = """\
Listen 80
Listen 10.0.0.1:8080
<VirtualHost *:80>
    ServerName a.example
</VirtualHost>
<VirtualHost 10.0.0.7:80>
    ServerName b.example
</VirtualHost>
<VirtualHost *:8080>
    ServerName c.example
</VirtualHost>
"""


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of(PLAN)


def way(plan: Plan, asked: Asked) -> tuple[str, str, int]:
    facts = question(asked, plan).facts
    return facts.remote_address.decode(), facts.local_address.decode(), facts.local_port


def test_the_url_finds_the_listener_and_the_address(plan: Plan) -> None:
    assert way(plan, Asked("http://a.example/")) == (SOMEBODY, "127.0.0.1", 80)
    assert way(plan, Asked("http://b.example/")) == (SOMEBODY, "10.0.0.7", 80)
    assert way(plan, Asked("http://c.example:8080/")) == (SOMEBODY, "10.0.0.1", 8080)
    assert way(plan, Asked("http://a.example:8080/")) == (SOMEBODY, "10.0.0.1", 8080)
    assert way(plan, Asked("http://10.0.0.7/")) == (SOMEBODY, "10.0.0.7", 80)


def test_a_port_of_somebody_in_front_arrives_where_the_name_is_known(plan: Plan) -> None:
    asked = question(Asked("http://c.example:9999/"), plan)
    assert asked.facts.local_port == 8080
    assert "nothing listens on port 9999" in asked.notes[0]
    assert asked.data.startswith(b"GET / HTTP/1.1\r\nHost: c.example:9999\r\n")


def test_who_asks_and_where_can_be_said(plan: Plan) -> None:
    asked = Asked("http://a.example/", client="::1", to="[2001:db8::1]:80")
    assert way(plan, asked) == ("::1", "2001:db8::1", 80)
    assert question(asked, plan).notes == ()


def test_a_path_alone_is_for_the_first_virtual_host(plan: Plan) -> None:
    assert question(Asked("/x?y#z"), plan).data == b"GET /x?y HTTP/1.1\r\nHost: a.example\r\n\r\n"


def test_fields_cookies_and_body(plan: Plan) -> None:
    asked = Asked("http://a.example/ä b", "POST", ("X: 1",), ("a=b", "c=d"), body_length=5)
    assert question(asked, plan).data == (
        b"POST /%C3%A4%20b HTTP/1.1\r\nHost: a.example\r\nX: 1\r\nCookie: a=b; c=d\r\nContent-Length: 5\r\n\r\n"
    )
    assert question(Asked("http://a.example/", version="1.0"), plan).data == b"GET / HTTP/1.0\r\n\r\n"
    chunked = Asked("http://a.example/", "POST", ("Host: other", "Transfer-Encoding: chunked"), body_length=3)
    assert question(chunked, plan).data == (
        b"POST / HTTP/1.1\r\nHost: other\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nxxx\r\n0\r\n\r\n"
    )


@pytest.mark.parametrize(
    "asked",
    [
        Asked("ftp://a.example/"),
        Asked("http:///x"),
        Asked("http://a b/"),
        Asked("http://a:99999/"),
        Asked("https://a.example/"),
        Asked("http://a.example/", sni="a.example"),
        Asked("http://a.example/", fields=("A: b\r\nC: d",)),
        Asked("http://a.example/", fields=("Cookie: x",), cookies=("a=b",)),
        Asked("http://a.example/", fields=("Transfer-Encoding: chunked",), body_length=1 << 30),
    ],
)
def test_what_cannot_be_asked_says_what_to_type(plan: Plan, asked: Asked) -> None:
    with pytest.raises(Unclear):
        question(asked, plan)


def test_http_2_where_somebody_speaks_it(plan: Plan) -> None:
    spoken = plan_of("Listen 80\nServerName a.example\nProtocols h2c http/1.1")
    asked = question(Asked("http://a.example/", version="2.0"), spoken)
    assert asked.data == b"GET / HTTP/2.0\r\nHost: a.example\r\n\r\n"
    assert asked.facts.http2[b"HTTP2"] == b"on"
    assert question(Asked("http://a.example/"), spoken).facts.http2 is None
    with pytest.raises(Unclear, match="Protocols h2c"):
        question(Asked("http://a.example/", version="2.0"), plan)
