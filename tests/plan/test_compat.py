"""Order, Allow, Deny, Satisfy."""

from __future__ import annotations

import pytest

from evenflow.plan.decide import decide, resume
from evenflow.plan.model import ASK
from tests.plan.cases import facts_of, head_of, inside, plan_of


def status(text: str, remote: str = "192.0.2.1", method: str = "GET") -> int:
    plan = plan_of(inside(f"ProxyPass / http://b1/\n<Location />\n{text}\n</Location>\n"))
    made = decide(plan, facts_of(plan, remote), head_of(method, "/"))
    while made.kind == ASK:
        made = resume(made, b"www.good.example")
    return made.status


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Order allow,deny", 403),
        ("Order deny,allow", 0),
        ("Allow from 10", 0),
        ("Deny from 192", 403),
        ("Order allow,deny\nAllow from 192", 0),
        ("Order allow,deny\nAllow from 192\nDeny from all", 403),
        ("Order deny,allow\nAllow from 192\nDeny from all", 0),
        ("Order mutual-failure\nAllow from 192\nDeny from 10", 0),
        ("Order mutual-failure\nDeny from 10", 403),
        ("Order deny,allow\nDeny from all\nAllow from env=NONE", 403),
        ("Order deny,allow\nDeny from all\nAllow from env=!NONE", 0),
        ("Order deny,allow\nDeny from all\nSatisfy Any", 0),
        ("Order deny,allow\nDeny from all\nSatisfy Any\nRequire all denied", 403),
        ("Order deny,allow\nSatisfy Any\nRequire all denied", 0),
        ("Order deny,allow\nRequire all denied", 403),
        ("<Limit POST>\nOrder allow,deny\n</Limit>", 0),
        ("<LimitExcept POST>\nDeny from all\n</LimitExcept>", 403),
    ],
)
def test_outcomes(text: str, expected: int) -> None:
    assert status(text) == expected


def test_a_later_section_replaces_all() -> None:
    text = (
        "ProxyPass / http://b1/\n<Location />\nOrder allow,deny\n</Location>\n"
        "<Location /a>\nDeny from 10\n</Location>\n"
    )
    plan = plan_of(inside(text))
    made = [decide(plan, facts_of(plan), head_of("GET", path)).status for path in ("/", "/a")]
    assert made == [403, 0]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Order allow,deny\nAllow from good.example", 0),
        ("Order allow,deny\nAllow from .good.example", 0),
        ("Order allow,deny\nAllow from ood.example", 403),
        ("Deny from GOOD.example", 403),
        ("Deny from bad.example", 0),
    ],
)
def test_names(text: str, expected: int) -> None:
    assert status(text) == expected
