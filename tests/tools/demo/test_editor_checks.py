"""The editor's checks hold in front of what `evenflow init` makes, with httpd as with evenflow, and can fail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from evenflow.tools.demo import checks, editor_checks
from evenflow.tools.demo.checks import Front
from tests.tools.demo.staged import Stage, staged


@pytest.fixture(scope="module", params=["evenflow", "httpd"])
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("demo"), request.param) as made:
        yield made


@pytest.mark.parametrize("check", editor_checks.CHECKS, ids=lambda check: check.__name__)
def test_each_holds(stage: Stage, check: checks.Check) -> None:
    holds, line = checks.run(check, stage.front)
    assert holds, line


def test_each_fails_where_a_node_stands_alone(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editor_checks, "SECONDS", 0.5)
    synchrony = next(node for node in stage.cluster._nodes if node.kind == "synchrony")
    for check in editor_checks.CHECKS:
        holds, line = checks.run(check, Front(synchrony.host, synchrony.port))
        assert not holds, line


def test_a_word_that_is_not_in_sqlite_is_missed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Front.get

    def forgetful(front: Front, path: str, **fields: str) -> checks.Answer:
        answer = asked(front, path, **fields)
        return checks.Answer(answer.status, answer.fields, answer.body.replace(b"a7 ", b""))

    monkeypatch.setattr(Front, "get", forgetful)
    monkeypatch.setattr(editor_checks, "WORDS", 10)
    assert checks.run(editor_checks.two_writers, stage.front) == (
        False,
        "two_writers: what SQLite has of the page is not what the writers see",
    )
