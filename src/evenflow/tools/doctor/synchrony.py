"""Synchrony through the balancer: the heartbeat, the WebSocket, polling, and whether an editor stays on one node."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from evenflow.tools.doctor.asking import Answer, Asker, Jar, Unanswered
from evenflow.tools.doctor.sessions import HEARTBEAT
from evenflow.tools.doctor.visit import Finding, Visit, found, looks_like_confluence, unknown
from evenflow.tools.doctor.websocket import shake

BAYEUX: Final = "/synchrony/v1/bayeux-sync1"
INTERNAL: Final = "/synchrony-proxy/v1/bayeux-sync1"
SPELLINGS: Final = ("Upgrade", "keep-alive, Upgrade", "Upgrade, keep-alive")
POLLS: Final = 6
REFUSALS: Final = ("jwt/unknown-iss", "jwt/invalid-aud")
"""What Synchrony says of a token of somebody else's, or for another address."""
LONGEST: Final = 130.0
"""Seconds that a poll may advise; what is longer is not waited for."""


def check_heartbeat(visit: Visit) -> Iterator[Finding]:
    """`OK` from Synchrony, by the public address."""
    check = "synchrony"
    answer = visit.site.ask(HEARTBEAT)
    if answer.status == 200 and answer.text.strip() == "OK":
        return
    to_login = 300 <= answer.status < 400 and "login" in answer.get("location").lower()
    if answer.status in (401, 403) or to_login:
        yield found("synchrony-behind-login", check, answer.evidence("Location", "WWW-Authenticate"))
        return
    if visit.path:
        below = visit.site.ask(visit.path + HEARTBEAT)
        if below.status == 200 and below.text.strip() == "OK":
            yield found("synchrony-below-context", check, f"{answer.evidence()}; {below.evidence()}")
            return
    who = "Confluence answers it" if looks_like_confluence(answer) else "somebody else answers it"
    yield found("synchrony-not-reached", check, f"{who}: {answer.evidence('Server')}")


def check_upgrades(visit: Visit) -> Iterator[Finding]:
    """A real upgrade in the three spellings that browsers and their proxies use."""
    check = "websocket"
    taken: dict[str, Answer] = {}
    strange = None
    for spelling in SPELLINGS:
        try:
            shaken = shake(visit.site, BAYEUX, spelling)
        except Unanswered as why:
            # Some who do not hand the upgrade on keep silent, or hang up.
            yield found("websocket-lost", check, f"`Connection: {spelling}`: {why}")
            return
        shaken.close()
        taken[spelling] = shaken.answer
        if shaken.answer.status == 101 and not shaken.accepted:
            strange = shaken.answer
    good = [spelling for spelling, answer in taken.items() if answer.status == 101]
    if strange is not None:
        yield found("websocket-not-a-websocket", check, strange.evidence("Sec-WebSocket-Accept"))
    elif not good:
        answer = taken[SPELLINGS[0]]
        at_node = _at_a_node(visit)
        if at_node == "no":
            yield unknown(check, f"the node itself takes no WebSocket either: {answer.evidence()}")
        else:
            more = " (the node itself takes it)" if at_node == "yes" else ""
            yield found("websocket-lost", check, answer.evidence("Server") + more)
    elif len(good) < len(SPELLINGS):
        bad = next(spelling for spelling in SPELLINGS if spelling not in good)
        yield found("websocket-by-spelling", check, f"`Connection: {good[0]}` -> 101, `Connection: {bad}` -> "
                    f"{taken[bad].status}")  # fmt: skip


def _at_a_node(visit: Visit) -> str:
    """`yes`, `no`, or "" for nobody to ask."""
    for node in visit.nodes:
        if node.synchrony is not None:
            try:
                shaken = shake(node.synchrony, BAYEUX)
            except Unanswered:
                continue
            shaken.close()
            return "yes" if shaken.answer.status == 101 else "no"
    return ""


@dataclass(slots=True)
class Editor:
    """A Bayeux client by polling, as far as it gets: nothing is subscribed and nothing published."""

    asker: Asker
    target: str
    jar: Jar
    client: str = ""
    advised: float = 0.0
    """Seconds that a poll may be held."""

    def post(self, message: dict[str, Any], timeout: float = 10.0) -> tuple[Answer, list[dict[str, Any]] | None]:
        """One message; the answer, and its messages where it is Bayeux."""
        body = json.dumps([message]).encode()
        answer = self.asker.ask(
            self.target, "POST", {"Content-Type": "application/json"}, body, jar=self.jar, timeout=timeout
        )
        try:
            said = json.loads(answer.text)
        except ValueError:
            return answer, None
        return answer, [one for one in said if isinstance(one, dict)] if isinstance(said, list) else None

    def handshake(self) -> tuple[Answer, list[dict[str, Any]] | None]:
        """Shake hands by polling."""
        answer, said = self.post(
            {"channel": "/meta/handshake", "version": "1.0", "supportedConnectionTypes": ["long-polling"], "id": "1"}
        )
        for one in said or ():
            if one.get("successful") and isinstance(one.get("clientId"), str):
                self.client = one["clientId"]
            advice = one.get("advice")
            if isinstance(advice, dict) and isinstance(advice.get("timeout"), int | float):
                self.advised = advice["timeout"] / 1000
        return answer, said

    def connect(self, timeout: float, at_once: bool = True) -> tuple[Answer, list[dict[str, Any]] | None]:
        """A poll; `at_once` asks for an answer without waiting (advice timeout 0)."""
        message: dict[str, Any] = {
            "channel": "/meta/connect", "clientId": self.client, "connectionType": "long-polling", "id": "2",
        }  # fmt: skip
        if at_once:
            message["advice"] = {"timeout": 0}
        return self.post(message, timeout)

    def leave(self) -> None:
        """Say goodbye, so that the server need not wait for us."""
        if self.client:
            self.post({"channel": "/meta/disconnect", "clientId": self.client, "id": "3"})


def is_answer(answer: Answer, said: list[dict[str, Any]] | None) -> bool:
    """Whether a Bayeux server answered, be it with a refusal: JSON is enough, for real ones want a token."""
    return said is not None or "json" in answer.get("content-type").lower()


def check_polling(visit: Visit) -> Iterator[Finding]:
    """A handshake by plain HTTP, and a client that must stay on the node that knows it."""
    editor = Editor(visit.site, BAYEUX, Jar())
    answer, said = editor.handshake()
    if not is_answer(answer, said):
        yield found("polling-broken", "polling", answer.evidence("Content-Type", "Server"))
        return
    if not editor.client and any(word in answer.text for word in REFUSALS):
        yield found("token-refused", "bayeux", answer.evidence())
        return
    if not editor.client:
        yield unknown("bayeux", f"Synchrony wants a token, so no editor can be played: {answer.evidence()}")
        return
    for turn in range(POLLS):
        answer, said = editor.connect(20.0)
        for one in said or ():
            if one.get("channel") == "/meta/connect" and one.get("successful") is False:
                said_no = one.get("error", answer.text[:99])
                yield found("bayeux-spread", "bayeux", f"poll {turn + 1} of one client: {said_no}")
                return
    editor.leave()


def check_held_poll(visit: Visit) -> Iterator[Finding]:
    """A poll that is held as long as Synchrony itself advises."""
    editor = Editor(visit.site, BAYEUX, Jar())
    _, said = editor.handshake()
    if said is None or not editor.client:
        yield unknown("long polls", "no editor can be played without a token")
        return
    if not 0 < editor.advised <= min(LONGEST, max(visit.idle, 1.0)):
        yield unknown("long polls", f"polls are held for {editor.advised:g} s, which is not waited for (--idle)")
        return
    editor.connect(20.0)
    began = time.monotonic()
    try:
        answer, said = editor.connect(editor.advised + 15.0, at_once=False)
    except Unanswered as why:
        yield found("poll-cut", "long polls", f"after {time.monotonic() - began:.1f} s of {editor.advised:g} s: {why}")
        return
    if said is None:
        held = time.monotonic() - began
        yield found("poll-cut", "long polls", f"after {held:.1f} s of {editor.advised:g} s: {answer.evidence()}")
    editor.leave()


def check_internal_reload(visit: Visit) -> Iterator[Finding]:
    """The internal proxy's own switch. Asked with OPTIONS, which changes nothing."""
    target = f"{visit.path}/synchrony-proxy/reload"
    answer = visit.site.ask(target, "OPTIONS")
    if "PUT" in answer.get("allow").upper():
        yield found("internal-proxy-reload", "internal proxy", answer.evidence("Allow"))
