"""Sub-inquiries: -U, -F, LA-U and LA-F."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenflow.plan import lookahead
from evenflow.plan.decide import Decider, begin, choose_host, read_path, resume, run
from evenflow.plan.decision import FILES, Inquiry
from evenflow.plan.model import ASK
from tests.plan.cases import facts_of, head_of, inside, plan_of

TEXT = """
ProxyPass /app http://b1/app
<Location /app/secret>
    Require all denied
</Location>
"""


def inquiry(text: str = TEXT, root: str = "/srv/evenflow") -> Inquiry:
    plan = plan_of(inside(text), root)
    made = begin(plan, facts_of(plan), head_of("GET", "/dir/p", ()), None)
    assert choose_host(made) is None and read_path(made) is None
    return made


@pytest.mark.parametrize(
    "url, status",
    [(b"/app/x?y", 200), (b"/app/secret", 403), (b"/nothing", 200), (b"q", 200), (b"/%zz", 400), (b"/..", 400)],
)
def test_a_url(url: bytes, status: int) -> None:
    assert lookahead.look_at_url(inquiry(), url).status == status


def test_what_a_url_becomes() -> None:
    there = lookahead.look_at_url(inquiry(), b"/app/x?y#z")
    assert (there.filename, there.query) == (b"proxy:http://b1/app/x", b"y")
    assert lookahead.look_at_url(inquiry(), b"q").path == b"/dir/q"


def test_a_file(tmp_path: Path) -> None:
    one = inquiry(f"<Directory {tmp_path}>\nRequire all denied\n</Directory>")
    assert lookahead.look_at_file(one, bytes(tmp_path / "x")).status == 403
    assert lookahead.look_at_file(one, b"/x").status == 200
    assert one.asked & FILES


def test_a_sub_inquiry_for_its_own_path_is_not_made() -> None:
    one = inquiry()
    there = lookahead.look_at_url(one, b"/dir/p")
    assert lookahead.may_look(one)
    assert not lookahead.may_look(there)


def test_depth_and_number_are_bounded() -> None:
    one = inquiry("RewriteEngine On\nRewriteCond /x%{REQUEST_URI} -U\nRewriteRule ^ - [F]")
    assert run(one).status == 403 or one.looks <= 11
    assert one.looks <= 11
    two = inquiry(
        "RewriteEngine On\n" + "RewriteCond /x%{REQUEST_URI} !-U [OR]\n" * 8 + "RewriteCond a b\nRewriteRule ^ - [F]"
    )
    run(two)
    assert two.looks <= lookahead.MOST_LOOKS + 50


def test_a_look_that_hangs_on_a_password_waits_and_begins_again(tmp_path: Path) -> None:
    users = tmp_path / "users"
    users.write_text("ann:$2y$05$0S7AAyqcffjLun9wpD81Ce0oRXUtsLuPj6rSXYWBcyuypk1eDti9G\n")
    plan = plan_of(
        inside(
            f"""
            <Location /secret>
            AuthType Basic
            AuthName r
            AuthUserFile {users}
            Require valid-user
            </Location>
            RewriteEngine On
            RewriteCond /secret -U
            RewriteRule ^/ask http://b1/may [P]
            RewriteRule ^/ask http://b1/may-not [P]
            """
        )
    )
    decider = Decider(plan)
    for right, path in ((True, b"/may"), (False, b"/may-not"), (False, b"/may-not")):
        field = "Authorization: Basic " + ("YW5uOnNlY3JldA==" if right else "YW5uOm5v")
        made = decider.decide(facts_of(plan), head_of("GET", "/ask", (field,)))
        assert made.kind == ASK
        assert resume(made, right).path == path
    assert decider.decide(facts_of(plan), head_of("GET", "/ask")).path == b"/may-not"
