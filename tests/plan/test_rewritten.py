"""What becomes of what rules made; whole stories are in the Markdown cases and under tests/parity."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenflow.plan import rewritten
from evenflow.plan.decision import Inquiry
from tests.plan.cases import facts_of, head_of, inside, plan_of


def inquiry(text: str = "", root: str = "/srv/evenflow") -> Inquiry:
    plan = plan_of(inside(text), root)
    return Inquiry(plan, facts_of(plan), head_of("GET", "/p?q", ()), plan.hosts[0], None)


@pytest.mark.parametrize(
    "text, prefix, other, moved",
    [
        (b"/a/b/c", b"/a/b/", b"/x", b"/x/c"),
        (b"/a/b/c", b"/a/b", b"/x/", b"/x/c"),
        (b"/a/bc", b"/a/b/", b"/x", b"/a/bc"),
        (b"/a/b", b"/a/b/", b"/x", b"/a/b"),
        (b"a/b", b"a/", b"", b"b"),
    ],
)
def test_a_prefix_is_moved(text: bytes, prefix: bytes, other: bytes, moved: bytes) -> None:
    assert rewritten.moved(text, prefix, other) == moved


def test_what_no_request_line_holds_is_escaped_once_more() -> None:
    assert rewritten.shielded(b"/a b\t%20c") == b"/a%20b%09%20c"
    assert rewritten.shielded(b"/a%25") == b"/a%25"


def test_a_base_takes_the_place_of_the_directory_in_a_url() -> None:
    assert rewritten.based(b"http://h/srv/x/y", b"/srv/x/", b"/b") == b"http://h/b/y"
    assert rewritten.based(b"http://h/other", b"/srv/x/", b"/b") == b"http://h/other"
    assert rewritten.based(b"http://h/", b"/srv/x/", b"/b") == b"http://h/"


@pytest.mark.parametrize(
    "target, path, query, own",
    [
        (b"/a", b"/a", b"q", True),
        (b"/a?b", b"/a", b"b?q", False),
        (b"/a#b", b"/a", None, False),
        (b"/a?b#c", b"/a", b"b", False),
    ],
)
def test_a_restart_takes_its_target_apart(target: bytes, path: bytes, query: bytes | None, own: bool) -> None:
    one = inquiry()
    one.env[b"A"] = b"1"
    one.handler = "x"
    rewritten.restart(one, target)
    assert (one.path, one.query, one.own_query, one.restart, one.handler) == (path, query, own, True, "")
    assert one.env == {b"REDIRECT_A": b"1", b"REDIRECT_STATUS": b"200"}


def test_path_info_begins_where_no_directory_is(tmp_path: Path) -> None:
    (tmp_path / "htdocs" / "d").mkdir(parents=True)
    (tmp_path / "htdocs" / "d" / "f").write_text("")
    one = inquiry(root=str(tmp_path))
    root = bytes(tmp_path / "htdocs")
    for name, rest in ((b"/d/f", b""), (b"/d/f/x/y", b"/x/y"), (b"/no/x/", b"/x/"), (b"/d/", b""), (b"/d/no", b"")):
        one.filename = root + name
        one.path_info = b""
        rewritten.split_path_info(one)
        assert (one.filename + one.path_info, one.path_info) == (root + name, rest)


@pytest.mark.parametrize(
    "rule, of_machine",
    [
        ("RewriteRule ^/p /usr/x", True),
        ("RewriteRule ^/p /nowhere/x", False),
        ("RewriteRule ^/(p) /us%{REQUEST_URI}", False),
        ("RewriteRule ^/(p) %{HTTP:None}/usr/x", False),
        ("RewriteRule ^/(p) %{HTTP:None}/usr/x [UnsafePrefixStat]", True),
        ("RewriteOptions UnsafePrefixStat\nRewriteRule ^/(p) %{HTTP:None}/usr/x", True),
        ("RewriteRule ^/p %{DOCUMENT_ROOT}/x", True),
        ("RewriteRule ^/p http://www.example/usr/x", False),
        ("RewriteOptions UnsafePrefixStat\nRewriteRule ^/p http://www.example/usr/x", False),
        ("RewriteOptions LegacyPrefixDocRoot UnsafePrefixStat\nRewriteRule ^/p http://www.example/usr/x", True),
    ],
)
def test_whose_path_a_result_is(rule: str, of_machine: bool) -> None:
    one = inquiry(f"RewriteEngine On\n{rule}\nServerName www.example:80")
    one.path = one.filename = b"/p"
    assert rewritten.run_server_rules(one) is None
    assert one.located is of_machine
