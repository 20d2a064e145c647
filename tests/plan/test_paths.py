"""AllowEncodedSlashes and MergeSlashes: what a path becomes."""

from __future__ import annotations

import pytest

from evenflow.plan.decide import decide
from evenflow.plan.model import Decision
from evenflow.wire.faults import ProtocolFault
from evenflow.wire.targets import DECODED, KEPT, REFUSED, canonical_keeping_slashes, decode, encoded_form
from tests.plan.cases import facts_of, head_of, plan_of


def decide_text(text: str, path: bytes) -> Decision:
    plan = plan_of(text)
    return decide(plan, facts_of(plan), head_of("GET", path.decode()))


@pytest.mark.parametrize(
    "way, path, sent",
    [
        ("On", b"/a%2fb%2F..%2fc", b"/a/c"),
        ("On", b"/a%2f%2fb", b"/a/b"),
        ("NoDecode", b"/a%2fb%2F%41%20", b"/a%2fb%2FA%20"),
        ("NoDecode", b"/a%252fb", b"/a%2fb"),
        ("Off", b"/a%2fb", 404),
        ("On", b"/a%2f..%2f..%2fb", b"/b"),
        ("On", b"/../b", 400),
    ],
)
def test_escaped_slashes(way: str, path: bytes, sent: bytes | int) -> None:
    decision = decide_text(f"Listen 8080\nAllowEncodedSlashes {way}\nProxyPass / http://127.0.0.1:1/\n", path)
    assert (decision.status or decision.path) == sent


@pytest.mark.parametrize(
    "path, sent",
    [
        (b"/a//b", b"/a//b"),
        (b"//a/./b/..//c", b"//a//c"),
        (b"/a//../b", b"/a/b"),
        (b"/a//", b"/a//"),
        (b"//", b"//"),
        (b"//../b", b"/b"),
    ],
)
def test_slashes_that_are_kept(path: bytes, sent: bytes) -> None:
    assert encoded_form(path, False) == sent


def test_a_location_is_met_all_the_same() -> None:
    text = "Listen 8080\nMergeSlashes Off\nProxyPass / http://127.0.0.1:1/\n"
    text += "<Location /secret/x>\nRequire all denied\n</Location>\n"
    assert decide_text(text, b"//secret///x").status == 403
    assert decide_text(text, b"/open///x").path == b"/open///x"


def test_decoding() -> None:
    assert decode(b"/a%2fb", KEPT) == b"/a%2fb"
    assert decode(b"/a%2Fb%20", DECODED) == b"/a/b "
    with pytest.raises(ProtocolFault):
        decode(b"/a%2fb", REFUSED)
    with pytest.raises(ProtocolFault):
        decode(b"/a%00b", KEPT)
    assert canonical_keeping_slashes(b"/%2f %2F%") == b"/%2f%20%2F%25"
