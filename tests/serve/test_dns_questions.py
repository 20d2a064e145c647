"""The DNS as it is asked: what counts as an answer, for how long, and what becomes of answers not to be trusted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from evenflow.serve.dns_questions import MOST_RECORDS, Dns, NoAnswer, Target, in_order, is_destination, precedence
from tests.name_server import NameServer

pytestmark = pytest.mark.once


@pytest.fixture
def server() -> Iterator[NameServer]:
    with NameServer() as started:
        yield started


def addresses(server: NameServer, name: str) -> tuple[tuple[str, ...], float]:
    return asyncio.run(Dns((("127.0.0.1", server.port),)).addresses(name))


def refusal(server: NameServer, name: str) -> tuple[str, bool]:
    with pytest.raises(NoAnswer) as caught:
        addresses(server, name)
    return caught.value.cause, caught.value.definite


def test_all_addresses_of_both_kinds_with_the_shortest_time(server: NameServer) -> None:
    server.has("node.example", "A", "127.0.0.1", "127.0.0.2", ttl=300)
    server.has("node.example", "AAAA", "::1", ttl=20)
    found, ttl = addresses(server, "node.example")
    assert set(found) == {"127.0.0.1", "127.0.0.2", "::1"}
    assert ttl == 20.0


def test_an_alias_counts_no_longer_than_its_own_time(server: NameServer) -> None:
    server.has("www.example", "CNAME", "node.example.", ttl=7)
    server.has("node.example", "A", "127.0.0.3", ttl=300)
    assert addresses(server, "www.example") == (("127.0.0.3",), 7.0)


def test_one_kind_is_enough(server: NameServer) -> None:
    server.has("node.example", "A", "127.0.0.1", ttl=9)

    def fails_for_aaaa(question: dns.message.QueryMessage, over_tcp: bool) -> list[bytes]:
        made = server.answer(question)
        if question.question[0].rdtype == dns.rdatatype.AAAA:
            made.set_rcode(dns.rcode.SERVFAIL)
        return [made.to_wire()]

    server.says("node.example", fails_for_aaaa)
    assert addresses(server, "node.example") == (("127.0.0.1",), 9.0)


def test_the_dns_says_that_there_is_nothing(server: NameServer) -> None:
    assert refusal(server, "nobody.example") == ("there is no such name", True)
    server.has("empty.example", "A")
    assert refusal(server, "empty.example") == ("the name has no address", True)


def test_a_failing_server_says_nothing_of_the_name(server: NameServer) -> None:
    def fails(question: dns.message.QueryMessage, over_tcp: bool) -> list[bytes]:
        made = dns.message.make_response(question)
        made.set_rcode(dns.rcode.SERVFAIL)
        return [made.to_wire()]

    server.says("node.example", fails)
    cause, definite = refusal(server, "node.example")
    assert "SERVFAIL" in cause
    assert not definite


def test_a_server_that_is_silent(server: NameServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evenflow.serve.dns_questions.LIFETIME", 0.3)
    server.silent = True
    assert refusal(server, "node.example") == ("the name servers do not answer", False)


def test_another_server_is_asked_where_one_fails(server: NameServer) -> None:
    server.has("node.example", "A", "127.0.0.1")
    with NameServer() as refusing:
        refusing.says(
            "node.example",
            lambda question, over_tcp: [b""],
        )
        both = Dns((("127.0.0.1", refusing.port), ("127.0.0.1", server.port)))
        assert asyncio.run(both.addresses("node.example"))[0] == ("127.0.0.1",)


def test_an_answer_with_another_id_is_none(server: NameServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.has("node.example", "A", "127.0.0.1")

    def forged_first(question: dns.message.QueryMessage, over_tcp: bool) -> list[bytes]:
        honest = server.answer(question)
        forged = server.answer(question)
        forged.id = (question.id + 1) & 0xFFFF
        forged.answer = [dns.rrset.from_text("node.example.", 300, "IN", "A", "127.6.6.6")]
        return [forged.to_wire(), honest.to_wire()]

    server.says("node.example", forged_first)
    assert addresses(server, "node.example")[0] == ("127.0.0.1",)


def test_an_answer_to_another_question_is_none(server: NameServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evenflow.serve.dns_questions.LIFETIME", 0.5)

    def other(question: dns.message.QueryMessage, over_tcp: bool) -> list[bytes]:
        made = dns.message.make_response(dns.message.make_query("other.example", "A", id=question.id))
        made.answer = [dns.rrset.from_text("node.example.", 300, "IN", "A", "127.6.6.6")]
        return [made.to_wire()]

    server.says("node.example", other)
    assert not refusal(server, "node.example")[1]


def test_records_for_another_name_in_the_answer_are_not_taken(server: NameServer) -> None:
    def foreign(question: dns.message.QueryMessage, over_tcp: bool) -> list[bytes]:
        made = dns.message.make_response(question)
        made.answer = [dns.rrset.from_text("other.example.", 300, "IN", "A", "127.6.6.6")]
        return [made.to_wire()]

    server.says("node.example", foreign)
    assert refusal(server, "node.example") == ("the name has no address", True)


def test_a_truncated_answer_is_asked_for_over_tcp(server: NameServer) -> None:
    server.has("node.example", "A", "127.0.0.1")

    def cut(question: dns.message.QueryMessage, over_tcp: bool) -> list[bytes]:
        made = server.answer(question)
        if not over_tcp:
            made.answer = []
            made.flags |= dns.flags.TC
        return [made.to_wire()]

    server.says("node.example", cut)
    assert addresses(server, "node.example")[0] == ("127.0.0.1",)


def test_aliases_in_a_circle_end(server: NameServer) -> None:
    def circle(question: dns.message.QueryMessage, over_tcp: bool) -> list[bytes]:
        made = dns.message.make_response(question)
        made.answer = [
            dns.rrset.from_text("a.example.", 300, "IN", "CNAME", "b.example."),
            dns.rrset.from_text("b.example.", 300, "IN", "CNAME", "a.example."),
        ]
        return [made.to_wire()]

    server.says("a.example", circle)
    assert not refusal(server, "a.example")[1]


def test_a_huge_answer_is_bounded(server: NameServer) -> None:
    many = [f"127.1.{number // 200}.{1 + number % 200}" for number in range(1000)]
    server.has("node.example", "A", *many)

    def over_tcp_only(question: dns.message.QueryMessage, over_tcp: bool) -> list[bytes]:
        made = server.answer(question)
        if not over_tcp:
            made.answer = []
            made.flags |= dns.flags.TC
        return [made.to_wire(max_size=65535)]

    server.says("node.example", over_tcp_only)
    assert len(addresses(server, "node.example")[0]) == MOST_RECORDS


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\0",
        b"\xff" * 600,
        b"\0" * 12,
        bytes.fromhex("0000818000010001000000000161076578616d706c6500") + b"\xc0\x0c" * 9,
    ],
)
def test_bytes_that_are_no_answer(server: NameServer, packet: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evenflow.serve.dns_questions.LIFETIME", 0.5)
    server.says("a.example", lambda question, over_tcp: [question.to_wire()[:2] + packet[2:]])
    assert not refusal(server, "a.example")[1]


def test_a_name_that_is_none(server: NameServer) -> None:
    assert not refusal(server, "a..b")[1]
    assert not refusal(server, "x" * 64 + ".example")[1]


def test_addresses_that_are_no_destination_are_left_out(server: NameServer) -> None:
    server.has("node.example", "A", "0.0.0.0", "224.0.0.1", "255.255.255.255", "127.0.0.1")
    assert addresses(server, "node.example")[0] == ("127.0.0.1",)
    server.has("node.example", "A", "0.0.0.0")
    assert refusal(server, "node.example") == ("none of its addresses can be connected to", True)
    assert is_destination("10.0.0.1")
    assert not is_destination("ff02::1")
    assert not is_destination("::ffff:0.0.0.0")


def test_targets_of_a_service(server: NameServer) -> None:
    server.has("_http._tcp.wiki.example", "SRV", "10 60 8090 N1.example.", "5 0 8091 n2.example.", ttl=44)
    found, ttl = asyncio.run(Dns((("127.0.0.1", server.port),)).targets("_http._tcp.wiki.example"))
    assert found == (Target(5, "n2.example", 8091, 0), Target(10, "n1.example", 8090, 60))
    assert ttl == 44.0


@pytest.mark.parametrize("values", [("0 0 0 .",), ("0 0 80 .",), ("0 0 0 n1.example.",), ()])
def test_a_service_that_is_not_offered(server: NameServer, values: tuple[str, ...]) -> None:
    server.has("_http._tcp.wiki.example", "SRV", *values)
    with pytest.raises(NoAnswer) as caught:
        asyncio.run(Dns((("127.0.0.1", server.port),)).targets("_http._tcp.wiki.example"))
    assert caught.value.definite


def test_the_servers_of_resolv_conf_are_read_again_when_it_changes(server: NameServer, tmp_path: Path) -> None:
    resolv = tmp_path / "resolv.conf"
    resolv.write_text("search example\n")
    dns_of_file = Dns(resolv=str(resolv))
    with pytest.raises(NoAnswer):
        asyncio.run(dns_of_file.addresses("node"))
    server.has("node.corp.example", "A", "127.0.0.7")
    resolv.write_text("nameserver 127.0.0.1\nsearch corp.example\noptions timeout:1\n")
    # The file says no port, so the servers are named as well: what is read anew is whom a short name belongs to.
    named = Dns((("127.0.0.1", server.port),), str(resolv))
    assert asyncio.run(named.addresses("node"))[0] == ("127.0.0.7",)
    server.has("node.other.example", "A", "127.0.0.8")
    resolv.write_text("nameserver 127.0.0.1\nsearch other.example\noptions timeout:1 attempts:1\n")
    assert asyncio.run(named.addresses("node"))[0] == ("127.0.0.8",)


def test_addresses_stand_in_the_order_of_the_policy() -> None:
    assert [precedence(text) for text in ("::1", "2001:db8::1", "10.0.0.1", "fd00::1")] == [50, 40, 35, 3]
    assert in_order(("127.0.0.2", "127.0.0.1")) == ("127.0.0.2", "127.0.0.1")
