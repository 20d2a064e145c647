"""ErrorDocument: which one, and the request for it."""

from __future__ import annotations

from evenflow.origin import NOWHERE
from evenflow.plan.decide import Decider, decide
from evenflow.plan.documents import PATH, TEXT, Document, document_for, head_for, renamed
from evenflow.plan.model import ANSWER, FORWARD
from tests.plan.cases import facts_of, head_of, inside, plan_of


def test_the_innermost_counts() -> None:
    lines = (
        Document(404, TEXT, b"a", NOWHERE),
        Document(503, PATH, b"/b", NOWHERE),
        Document(404, TEXT, b"c", NOWHERE),
    )
    found = document_for(lines, 404)
    assert found is not None and found.text == b"c"
    assert document_for(lines, 500) is None
    assert document_for((*lines, Document(404, 0, b"", NOWHERE)), 404) is None


def test_the_request_for_it_has_no_body_and_no_conditions() -> None:
    head = head_of(
        "POST", "/x?q", ("Content-Length: 3", "Range: bytes=0-1", "If-None-Match: *", "X-Kept: 1", "Upgrade: websocket")
    )
    made = head_for(head, b"/err?code=1")
    assert (made.method, made.path, made.query) == (b"GET", b"/err", b"code=1")
    assert [name for name, _ in made.pairs()] == [b"Host", b"X-Kept"]
    assert head_for(head_of("HEAD", "/x"), b"/err").method == b"HEAD"


def test_the_phases_run_for_it() -> None:
    plan = plan_of(inside("ProxyPass /err http://b1/err\n<Location /closed>\nRequire all denied\n</Location>"))
    facts = facts_of(plan)
    old = head_of("GET", "/closed/x?q")
    failed = decide(plan, facts, old)
    assert (failed.kind, failed.status) == (ANSWER, 403)
    head = head_for(old, b"/err/403")
    made = Decider(plan).decide_document(facts, failed, old, head, 403)
    assert (made.kind, made.path) == (FORWARD, b"/err/403")
    assert made.env[b"REDIRECT_STATUS"] == b"403"
    again = Decider(plan).decide_document(facts, failed, old, head_for(old, b"/closed/page"), 403)
    assert (again.kind, again.status) == (ANSWER, 403)


def test_variables_have_another_name() -> None:
    assert renamed({b"A": b"1"}) == {b"REDIRECT_A": b"1"}
