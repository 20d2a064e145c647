"""Filters, compiled."""

from __future__ import annotations

from evenflow.plan.decide import decide
from evenflow.plan.filters import BROTLI, GZIP, ByType, compression_of
from evenflow.plan.model import Scope
from tests.plan.cases import facts_of, head_of, inside, plan_of

TEXT = """\
DeflateCompressionLevel 1
AddOutputFilterByType DEFLATE text/html
<Location /a>
SetOutputFilter BROTLI_COMPRESS;DEFLATE
AddOutputFilterByType DEFLATE text/plain
</Location>
<Location /a/b>
SetOutputFilter NONE
</Location>
ProxyPass / http://b1/
"""


def scope(path: str) -> Scope:
    plan = plan_of(inside(TEXT))
    return decide(plan, facts_of(plan), head_of("GET", path)).scope


def test_places() -> None:
    assert scope("/x").output_codings == ()
    assert scope("/a/x").output_codings == (BROTLI, GZIP)
    assert scope("/a/b/x").output_codings == ()


def test_types_are_added() -> None:
    types = [one.types for one in scope("/a/b").typed_codings if isinstance(one, ByType)]
    assert types == [{b"text/html"}, {b"text/plain"}]


def test_numbers() -> None:
    assert compression_of(scope("/x")).deflate_level == 1
