"""Whose tunnels may live on under another plan."""

from __future__ import annotations

import json
import socket
import threading
from typing import Any

import pytest

from evenflow.control.judge import forget, judge, stays
from evenflow.plan.decide import Decider
from tests.plan.cases import inside, plan_of

TEXT = """\
<Proxy balancer://synchrony>
BalancerMember ws://b1:8091 route=n1
BalancerMember ws://b2:8091 route=n2
</Proxy>
ProxyPass /synchrony balancer://synchrony/synchrony
ProxyPass /plain ws://b3:1/
ProxyPass / http://b1:8090/
"""


def tunnel(path: str = "/synchrony/v1", **said: Any) -> dict[str, Any]:
    """What a child tells of a tunnel."""
    head = f"GET {path} HTTP/1.1\r\nHost: wiki.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    return {
        "number": 1, "local": ["10.0.0.9", 8000], "remote": ["198.51.100.7", 1234], "tls": False, "sni": "",
        "spoken_for": [False, "", 0], "certified": False, "head": head, "member": "ws://b1:8091",
        "balancer": "synchrony", **said,
    }  # fmt: skip


def may_stay(text: str, **said: Any) -> bool:
    plan = plan_of(inside(text))
    return stays(plan, Decider(plan), tunnel(**said))


def test_under_the_same_lines_it_stays() -> None:
    assert may_stay(TEXT)
    assert may_stay(TEXT, member="ws://b2:8091")
    assert may_stay(TEXT, path="/plain", member="ws://b3:1/", balancer="")


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("BalancerMember ws://b1:8091 route=n1", "BalancerMember ws://b9:8091 route=n1"),
        ("BalancerMember ws://b1:8091 route=n1", "BalancerMember http://b1:8091 route=n1"),
        ("ProxyPass /synchrony ", "ProxyPass /elsewhere "),
        ("ProxyPass /synchrony balancer", "ProxyPass /synchrony !\n#"),
        ("ProxyPass /plain", "<Location /synchrony>\nRequire all denied\n</Location>\nProxyPass /plain"),
        ("ProxyPass /synchrony balancer", "Redirect /synchrony /x\nProxyPass /y balancer"),
    ],
)
def test_another_way_ends_it(was: str, becomes: str) -> None:
    assert was in TEXT
    assert not may_stay(TEXT.replace(was, becomes))


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("ProxyPass / http://b1:8090/", "ProxyPass / http://b7:8090/"),
        ("BalancerMember ws://b2:8091 route=n2", "BalancerMember ws://b7:8091 route=n7"),
        ("ProxyPass /synchrony balancer://synchrony/synchrony", "ProxyPassMatch ^(/sync.*)$ balancer://synchrony$1"),
        ("ProxyPass / http", 'RequestHeader set X-A "b"\nProxyPass / http'),
    ],
)
def test_what_others_lines_say_does_not(was: str, becomes: str) -> None:
    assert was in TEXT
    assert may_stay(TEXT.replace(was, becomes))


def test_whom_a_certificate_let_in_stays_while_the_member_is_there() -> None:
    closed = TEXT + "<Location /synchrony>\nRequire ssl-verify-client\n</Location>\n"
    assert not may_stay(closed)
    assert may_stay(closed, certified=True)
    assert not may_stay(closed, certified=True, member="ws://b9:8091")


def talk(text: str, messages: list[bytes]) -> list[dict[str, Any]]:
    """Send these, and what is answered until the judge has ended."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        plan = plan_of(inside(text))
        plan.goodbye = 3.0
        thread = threading.Thread(target=judge, args=(plan, [theirs], 15.0))
        thread.start()
        for message in messages:
            ours.send(message)
        thread.join(15.0)
        assert not thread.is_alive()
        ours.setblocking(False)
        answers = []
        try:
            while said := ours.recv(1 << 16):
                answers.append(json.loads(said))
        except BlockingIOError:
            pass
        return answers


def test_only_those_who_must_go_are_named_and_the_last_message_ends_it() -> None:
    told = [
        tunnel(number=7), tunnel(number=8, member="ws://gone:1"), tunnel(number=9, path="/x"), tunnel(number=10),
    ]  # fmt: skip
    answers = talk(TEXT, [*(json.dumps(one).encode() for one in told), b"{}"])
    assert answers == [{"leave": 8, "within": 3.0}, {"leave": 9, "within": 3.0}]


@pytest.mark.parametrize(
    "said", [b'{"number": 1}', b'{"number": 1, "head": 5}', json.dumps({**tunnel(), "local": 1}).encode()]
)
def test_what_it_does_not_understand_leaves_the_tunnel_alone(said: bytes) -> None:
    assert talk(TEXT, [said, b"{}"]) == []


def test_what_was_said_to_another_judge_is_dropped() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        ours.send(json.dumps(tunnel()).encode())
        ours.send(b"{}")
        forget(theirs)
        with pytest.raises(BlockingIOError):
            theirs.recv(10, socket.MSG_DONTWAIT)
        ours.close()
        forget(theirs)


def test_bytes_that_are_no_message_end_the_talk() -> None:
    assert talk(TEXT, [b"\xff\xfe", b"{}"]) == []
