"""Synchrony's answers that no stand-in of ours gives. (The rest: test_run.)"""

from __future__ import annotations

from evenflow.tools.doctor.synchrony import check_heartbeat, check_held_poll, check_polling, check_upgrades
from evenflow.tools.doctor.visit import UNKNOWN, Node
from tests.tools.doctor.answering import Answering, answer
from tests.tools.doctor.test_sessions import codes


def test_a_redirect_to_a_login_and_a_heartbeat_below_the_context() -> None:
    with Answering(lambda head: answer(302, b"", "Location: https://sso.example.com/login?x")) as there:
        assert codes(check_heartbeat(there.visit())) == ["synchrony-behind-login"]
    with Answering(lambda head: answer(200, b"OK") if b" /c/" in head else answer(404)) as there:
        assert codes(check_heartbeat(there.visit("/c"))) == ["synchrony-below-context"]
        assert codes(check_heartbeat(there.visit())) == ["synchrony-not-reached"]


def test_a_refusal_in_json_proves_that_synchrony_was_reached() -> None:
    body = b'{"type":"jwt/missing"}'
    with Answering(lambda head: answer(401, body, "Content-Type: application/json")) as there:
        assert codes(check_polling(there.visit())) == [UNKNOWN] == codes(check_held_poll(there.visit()))


def test_a_refusal_of_keys_or_addresses_is_named() -> None:
    for said in (b'{"type":"jwt/unknown-iss"}', b'{"type":"jwt/invalid-aud"}'):
        with Answering(lambda head, said=said: answer(401, said, "Content-Type: application/json")) as there:  # type: ignore[misc]
            assert codes(check_polling(there.visit())) == ["token-refused"]


def test_whoever_is_silent_to_an_upgrade_does_not_hand_it_on() -> None:
    with Answering(lambda head: b"") as there:
        assert codes(check_upgrades(there.visit())) == ["websocket-lost"]


def test_a_101_that_is_no_websocket() -> None:
    with Answering(lambda head: b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\n\r\n") as there:
        assert codes(check_upgrades(there.visit())) == ["websocket-not-a-websocket"]


def test_the_node_is_asked_whose_fault_it_is() -> None:
    with Answering(lambda head: answer(400)) as there:
        visit = there.visit()
        assert codes(check_upgrades(visit)) == ["websocket-lost"]
        visit.nodes = [Node("n", there.asker(), there.asker())]
        assert codes(check_upgrades(visit)) == [UNKNOWN]


def test_a_poll_that_is_cut() -> None:
    def say(head: bytes) -> bytes:
        if b"/meta/handshake" in head:
            return answer(200, b'[{"successful":true,"clientId":"x","advice":{"timeout":400}}]')
        return answer(200, b"[]") if b'"timeout": 0' in head else b""

    with Answering(say) as there:
        assert codes(check_held_poll(there.visit())) == ["poll-cut"]
