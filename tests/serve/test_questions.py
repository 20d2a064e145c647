"""Answers that are found off the loop."""

from __future__ import annotations

import asyncio
import base64
import os
import threading
from pathlib import Path
from typing import Any

import bcrypt
import pytest

from evenflow.origin import NOWHERE
from evenflow.plan.access import VALID_USER, Require, Requires, container
from evenflow.plan.questions import ADDRESSES_OF, NAME_OF, OVERLOADED, PASSWORD, Answers, Question
from evenflow.serve import questions
from evenflow.serve.questions import Questions, answer_now
from tests.serve.served import Member, Served, request

SHA = b"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="


def ask_all(asked: list[Question]) -> list[object]:
    """The answers to questions that are asked at the same moment."""

    async def run() -> list[object]:
        loop = asyncio.get_running_loop()
        asker = Questions(loop)
        found: list[asyncio.Future[object]] = []
        for question in asked:
            future: asyncio.Future[object] = loop.create_future()
            asker.ask(question, future.set_result)
            assert not future.done(), "an answer came at once"
            found.append(future)
        answers = [await asyncio.wait_for(future, 10) for future in found]
        assert asker.waiting == {} and asker.passwords == 0
        asker.close()
        return answers

    return asyncio.run(run())


def test_answers() -> None:
    about = Answers().about_password
    asked = [about(b"a", b"secret", SHA), about(b"a", b"Secret", SHA), Question(ADDRESSES_OF, b"127.0.0.1")]
    assert ask_all(asked) == [True, False, (b"127.0.0.1",)]


def test_what_is_no_name() -> None:
    assert answer_now(Question(ADDRESSES_OF, b"\xff..")) == ()
    assert answer_now(Question(ADDRESSES_OF, b"a" * 500)) == ()
    assert answer_now(Question(NAME_OF, b"nonsense")) == b""


def test_a_name_counts_if_it_has_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions.socket, "getnameinfo", lambda address, flags: ("liar.example", "0"))
    monkeypatch.setattr(questions, "addresses_of", lambda name: (b"192.0.2.9",))
    assert answer_now(Question(NAME_OF, b"192.0.2.1")) == b""
    assert answer_now(Question(NAME_OF, b"192.0.2.9")) == b"liar.example"


def test_the_same_question_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[Question] = []

    def count(question: Question) -> object:
        counted.append(question)
        return True

    monkeypatch.setattr(questions, "answer_now", count)
    question = Answers().about_password(b"a", b"b", b"c")
    assert ask_all([question] * 50) == [True] * 50
    assert len(counted) == 1


def test_too_many_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "MOST_PASSWORDS", 3)
    hold = threading.Event()

    def slow(question: Question) -> object:
        hold.wait(10)
        return True

    monkeypatch.setattr(questions, "answer_now", slow)

    async def run() -> list[object]:
        loop = asyncio.get_running_loop()
        asker = Questions(loop)
        futures: list[asyncio.Future[object]] = []
        about = Answers().about_password
        for number in range(5):
            futures.append(loop.create_future())
            asker.ask(about(b"a", b"%d" % number, b"h"), futures[-1].set_result)
        late = [await futures[3], await futures[4]]
        name: asyncio.Future[object] = loop.create_future()
        asker.ask(Question(NAME_OF, b"x"), name.set_result)
        hold.set()
        return [*late, await name, *[await future for future in futures[:3]]]

    assert asyncio.run(run()) == [OVERLOADED, OVERLOADED, True, True, True, True]


def test_a_question_that_breaks_says_overloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(question: Question) -> object:
        raise RuntimeError

    monkeypatch.setattr(questions, "answer_now", broken)
    assert ask_all([Question(PASSWORD, b"x")]) == [OVERLOADED]


def basic(user: str, password: str) -> str:
    return "Authorization: Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture
def scope(tmp_path: Path) -> dict[str, Any]:
    """A scope that lets users in whose passwords take a while to check."""
    users = tmp_path / "users"
    users.write_bytes(b"alice:" + bcrypt.hashpw(b"secret", bcrypt.gensalt(8)) + b"\n")
    required = Require(VALID_USER, frozenset(), (), NOWHERE)
    return {
        "requires": (Requires(container((required,), False, False, NOWHERE), ""),),
        "auth_type": b"Basic",
        "auth_name": b"Realm",
        "user_file": os.fsencode(users),
    }


def test_a_request_waits_for_its_password_with_all_that_follows(tmp_path: Path, scope: dict[str, Any]) -> None:
    member = Member()
    with Served(tmp_path, member, scope=scope) as served:
        client = served.client()
        first = request("POST", "/a", basic("alice", "secret"), "Content-Length: 4")
        client.send(first + b"body" + request("GET", "/b", basic("alice", "secret")))
        peer = member.accept()
        for line in (b"POST /a ", b"GET /b "):
            assert peer.head().startswith(line)
            if line.startswith(b"POST"):
                assert peer.read(4) == b"body"
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            assert client.answer()[0] == 200


def test_a_wrong_password_asks_for_another(tmp_path: Path, scope: dict[str, Any]) -> None:
    member = Member()
    with Served(tmp_path, member, scope=scope) as served:
        client = served.client()
        for _ in range(2):
            client.send(request("GET", "/", basic("alice", "Secret")))
            assert client.answer()[0] == 401
        assert member.unasked()


def test_who_leaves_meanwhile_is_forgotten(tmp_path: Path, scope: dict[str, Any]) -> None:
    member = Member()
    with Served(tmp_path, member, scope=scope) as served:
        for _ in range(5):
            client = served.client()
            client.send(request("GET", "/", basic("alice", "secret")))
            client.reset()
        client = served.client()
        client.send(request("GET", "/", basic("alice", "wrong")))
        assert client.answer()[0] == 401


def test_one_that_fails_leaves_the_others_their_answer() -> None:
    async def run() -> object:
        loop = asyncio.get_running_loop()
        told: list[object] = []
        loop.set_exception_handler(lambda loop, context: told.append(context["exception"]))
        asker = Questions(loop)
        question = Question(ADDRESSES_OF, b"127.0.0.1")
        future: asyncio.Future[object] = loop.create_future()

        def fails(answer: object) -> None:
            raise ZeroDivisionError

        asker.ask(question, fails)
        asker.ask(question, future.set_result)
        answer = await asyncio.wait_for(future, 10)
        asker.close()
        assert len(told) == 1
        return answer

    assert asyncio.run(run()) == (b"127.0.0.1",)
