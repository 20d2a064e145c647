"""Who is let in: Require with its containers, users, and the statuses that httpd answers with."""

from __future__ import annotations

import pytest

from evenflow.plan.decide import Decider, decide
from tests.plan.cases import facts_of, head_of, inside, plan_of


def status(text: str, method: str = "GET", path: str = "/", remote: str = "192.0.2.1", *fields: str) -> int:
    plan = plan_of(inside(f"ProxyPass / http://b1/\n{text}"))
    facts, head = facts_of(plan, remote), head_of(method, path, fields)
    found = decide(plan, facts, head).status
    decider = Decider(plan)
    trace: list[object] = []
    assert decide(plan, facts, head, trace).status == found  # type: ignore[arg-type]
    assert [decider.decide(facts, head).status for _ in range(2)] == [found, found]
    return found


def location(text: str) -> str:
    return f"<Location />\n{text}\n</Location>\n"


@pytest.mark.parametrize(
    "text, expected",
    [
        ("<RequireAll>\nRequire ip 192\nRequire not ip 192.0.2.1\n</RequireAll>", 403),
        ("<RequireAll>\nRequire ip 192\nRequire not ip 192.0.2.2\n</RequireAll>", 0),
        ("<RequireAll>\nRequire all granted\n<RequireNone>\nRequire ip 10\nRequire ip 192\n</RequireNone>\n"
         "</RequireAll>", 403),
        ("<RequireAny>\nRequire ip 10\nRequire ip 192\n</RequireAny>", 0),
        ("<RequireAll>\nRequire ip 10\nRequire ip 192\n</RequireAll>", 403),
        ("<RequireAll>\nRequire ip 10\n</RequireAll>\nRequire ip 192", 0),
        ("<Limit POST>\nRequire all denied\n</Limit>", 0),
        ("<Limit GET>\nRequire all denied\n</Limit>", 403),
        ("<LimitExcept POST>\nRequire all denied\n</LimitExcept>", 403),
        ("<Limit POST>\nRequire all denied\n</Limit>\nRequire ip 10", 403),
        ("<RequireAll>\n<Limit POST>\nRequire all denied\n</Limit>\nRequire ip 192\n</RequireAll>", 0),
        ("Require method POST", 403),
        ("Require method HEAD", 0),
        ("Require ssl", 403),
        ("Require ssl-verify-client", 403),
        ("Require valid-user", 500),
        ("Require ip 192\nRequire valid-user", 0),
    ],
)  # fmt: skip
def test_outcomes(text: str, expected: int) -> None:
    assert status(location(text)) == expected


@pytest.mark.parametrize(
    "inner, expected",
    [
        ("AuthMerging And\nRequire ip 192", 403),
        ("AuthMerging Or\nRequire ip 192", 0),
        ("AuthMerging Off\nRequire ip 192", 0),
        ("Require ip 192", 0),
        ("AuthMerging Off", 0),
        ("AuthMerging And", 403),
        ("AuthzSendForbiddenOnFailure On", 403),
    ],
)
def test_sections_that_follow_each_other(inner: str, expected: int) -> None:
    text = location("Require ip 10") + f"<Location /a>\n{inner}\n</Location>\n"
    assert (status(text), status(text, path="/a")) == (403, expected)


def test_allow_methods() -> None:
    text = location("AllowMethods GET PUT") + "<Location /all>\nAllowMethods reset\n</Location>\n"
    assert [status(text, method) for method in ("GET", "HEAD", "PUT", "POST", "FOO")] == [0, 0, 0, 405, 405]
    assert status(text, "POST", "/all") == 0


def test_an_answer_for_one_client_is_not_given_to_another() -> None:
    text = location("<RequireAll>\nRequire ip 192\nRequire all granted\n</RequireAll>")
    plan = plan_of(inside(f"ProxyPass / http://b1/\n{text}"))
    decider = Decider(plan)
    found = [decider.decide(facts_of(plan, remote), head_of("GET", "/")).status for remote in ("192.0.2.1", "10.0.0.1")]
    assert found == [0, 403]
