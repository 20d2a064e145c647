"""Who is not let in is told in words that the error log knows."""

from __future__ import annotations

import base64

import pytest

from evenflow.plan.decide import decide
from evenflow.plan.denials import DENIALS
from tests.plan.cases import facts_of, head_of, inside, plan_of

BASIC = "AuthType Basic\nAuthName r\nAuthUserFile /dev/null\nRequire valid-user"
BOB = "Basic " + base64.b64encode(b"bob:x").decode()


@pytest.mark.parametrize(
    ("lines", "field", "status", "denied"),
    [
        ("Require all denied", "", 403, True),
        ("Order allow,deny", "", 403, True),
        ("AllowMethods POST", "", 405, True),
        ("SSLRequireSSL", "", 403, True),
        (BASIC, BOB, 401, True),
        (BASIC, "Bearer x", 401, True),
        (BASIC, "", 401, False),
    ],
)
def test_reasons(lines: str, field: str, status: int, denied: bool) -> None:
    plan = plan_of(inside(f"<Location />\n{lines}\n</Location>"))
    fields = (f"Authorization: {field}",) if field else ()
    made = decide(plan, facts_of(plan), head_of("GET", "/", fields), None)
    assert made.status == status
    assert (made.reason in DENIALS) is denied
