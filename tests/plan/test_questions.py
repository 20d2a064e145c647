"""What a child remembers of names and passwords."""

from __future__ import annotations

import pytest

from evenflow.plan import questions
from evenflow.plan.questions import NAME_OF, OVERLOADED, PASSWORD, Answers, Question


def test_a_name_is_kept_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(questions.time, "monotonic", lambda: now)
    answers = Answers()
    answers.keep(Question(NAME_OF, b"10.0.0.1"), b"a.example")
    assert answers.find(NAME_OF, b"10.0.0.1") == b"a.example"
    assert answers.find(NAME_OF, b"10.0.0.2") is None
    now += 61
    assert answers.find(NAME_OF, b"10.0.0.1") is None


def test_only_right_passwords_are_kept() -> None:
    answers = Answers()
    right = answers.about_password(b"alice", b"secret", b"$2y$hash")
    wrong = answers.about_password(b"alice", b"secreT", b"$2y$hash")
    answers.keep(right, True)
    answers.keep(wrong, False)
    assert answers.find(PASSWORD, right.subject) is True
    assert answers.find(PASSWORD, wrong.subject) is None
    answers.keep(wrong, OVERLOADED)
    assert answers.find(PASSWORD, wrong.subject) is None


def test_what_passwords_are_kept_by_tells_nothing() -> None:
    answers = Answers()
    question = answers.about_password(b"alice", b"secret", b"hash")
    assert question.subject == answers.about_password(b"alice", b"secret", b"hash").subject
    assert question.subject != Answers().about_password(b"alice", b"secret", b"hash").subject
    assert question.subject != answers.about_password(b"alices", b"ecret", b"hash").subject
    assert "secret" not in repr(question) and b"secret" not in question.subject


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "MOST_KEPT", 4)
    answers = Answers()
    for number in range(100):
        answers.keep(Question(NAME_OF, b"%d" % number), b"x")
    assert len(answers.young) + len(answers.old) <= 8
    assert answers.find(NAME_OF, b"99") == b"x"
    assert answers.find(NAME_OF, b"1") is None
