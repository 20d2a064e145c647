"""ErrorDocument, compiled."""

from __future__ import annotations

from evenflow.plan.documents import PATH, TEXT, URL, Document
from tests.compiler.said import complaints
from tests.plan.cases import inside, plan_of


def test_kinds() -> None:
    text = """\
        ErrorDocument 404 "gone away"
        ErrorDocument 503 /sorry
        ErrorDocument 403 https://x/
        ErrorDocument 500 default
        """
    found = [one for one in plan_of(inside(text)).hosts[0].base.documents if isinstance(one, Document)]
    assert [(one.status, one.kind, one.text) for one in found] == [
        (404, TEXT, b"gone away"),
        (503, PATH, b"/sorry"),
        (403, URL, b"https://x/"),
        (500, 0, b"default"),
    ]


def test_a_text_is_an_expression() -> None:
    assert complaints('ErrorDocument 404 "%{NO_SUCH_VARIABLE}"')
