"""Rows that are kept free become members."""

from __future__ import annotations

import pytest

from evenflow.balancer.added import members_now, settle, take_url
from evenflow.origin import NOWHERE
from evenflow.plan.model import Balancer, Member, Reverse
from evenflow.slotmem.layout import DISABLED
from evenflow.slotmem.scoreboard import Scoreboard
from tests.balancer.cluster import Cluster, member


def spare(slot: int = 0) -> Member:
    made = Member(b"", b"http", "", 0, b"", slot, NOWHERE)
    made.status = b"D"
    return made


@pytest.mark.parametrize(
    ("url", "scheme", "host", "port", "path", "field"),
    [
        (b"http://b1", b"http", "b1", 80, b"", b"b1"),
        (b"https://b1/base/", b"https", "b1", 443, b"/base/", b"b1"),
        (b"ws://[::1]:8091/x", b"ws", "::1", 8091, b"/x", b"[::1]:8091"),
    ],
)
def test_a_member_of_its_url(url: bytes, scheme: bytes, host: str, port: int, path: bytes, field: bytes) -> None:
    one = spare()
    assert take_url(one, url)
    assert (one.name, one.scheme, one.host, one.port, one.path) == (url, scheme, host, port, path)
    assert (one.host_field, one.dial_host, one.dial_port) == (field, host, port)
    assert one.encrypted == (scheme == b"https")
    assert one.upgrade == ((b"websocket",) if scheme == b"ws" else ())


def test_a_free_row_is_none() -> None:
    one = spare()
    assert not take_url(one, b"") and one.name == b""


def test_settling_makes_members_and_their_reverses() -> None:
    one = spare()
    balancer = Balancer(b"c", (), 0, NOWHERE)
    one.balancer, balancer.spares = balancer, (one,)
    reverse = Reverse((b"http://b1/",), b"/wiki/", NOWHERE)
    balancer.reverses.append((reverse, b"/app/"))
    board = Scoreboard((one,), (balancer,), 1)
    settle((balancer,), board)
    assert members_now(balancer) == ()
    board.member(0, 0).url = b"http://B9:81"
    settle((balancer,), board)
    settle((balancer,), board)
    assert members_now(balancer) == (one,)
    assert reverse.prefixes == (b"http://b1/", b"http://b9:81/app/")


def test_it_takes_its_turns_once_it_is_enabled() -> None:
    cluster = Cluster(member(), member())
    balancer = cluster.balance.balancer
    extra = spare(2)
    extra.balancer, balancer.spares = balancer, (extra,)
    board = Scoreboard((*balancer.members, extra), (balancer,), 1)
    cluster.scoreboard = board
    cluster.balances = [type(cluster.balance)(balancer, board, 0)]
    assert "3" not in cluster.requests(4)
    board.member(2, 0).url = b"http://b3"
    board.balancer(0).changed()
    assert "3" not in cluster.requests(4)
    board.member(2, 0).set_status(DISABLED, False)
    board.balancer(0).changed()
    assert cluster.requests(6).count("3") == 2


def kept_for_a_service(slot: int) -> Member:
    made = spare(slot)
    made.service = object()
    made.upgrade = (b"websocket",)
    return made


def test_a_row_of_a_service_is_given_back_and_taken_by_another() -> None:
    cluster = Cluster(member(), member(), lbmethod="byrequests")
    balancer = cluster.balance.balancer
    extra = kept_for_a_service(2)
    extra.balancer, balancer.spares = balancer, (extra,)
    reverse = Reverse((b"http://b1/",), b"/wiki/", NOWHERE)
    balancer.reverses.append((reverse, b"/app/"))
    board = Scoreboard((*balancer.members, extra), (balancer,), 1)
    cluster.scoreboard = board
    cluster.balances = [type(cluster.balance)(balancer, board, 0)]
    slot = board.member(2, 0)
    for url in (b"http://b3", b"", b"http://b4", b"http://b5"):
        slot.url = url
        slot.set_status(DISABLED, not url)
        board.balancer(0).changed()
        answered = cluster.requests(6)
        assert answered.count("3") == (2 if url else 0)
        assert extra.name == url
        assert extra.dial_host == url[7:].decode()
        assert extra.upgrade == (b"websocket",), "its line says it, not its scheme"
        expected = (b"http://b1/", url + b"/app/") if url else (b"http://b1/",)
        assert reverse.prefixes == expected
        assert members_now(balancer)[2:] == ((extra,) if url else ())
