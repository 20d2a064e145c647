"""Which names are handed to the machine, and which links are followed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenflow.plan.decide import decide
from evenflow.plan.files import DEFAULT_OPTIONS, FOLLOW, INCLUDES, OWNER, fold, safe
from evenflow.plan.model import FILE
from tests.plan.cases import facts_of, head_of, inside, plan_of


@pytest.mark.parametrize(
    "said, options",
    [
        ((), FOLLOW),
        (((0, 0, 0),), 0),
        (((-1, OWNER, FOLLOW),), OWNER),
        (((OWNER | INCLUDES, 0, INCLUDES), (-1, FOLLOW, 0)), OWNER | FOLLOW),
        (((-1, INCLUDES, 0), (FOLLOW, 0, 0)), FOLLOW),
    ],
)
def test_options_are_folded_in_order(said: tuple[object, ...], options: int) -> None:
    assert fold(DEFAULT_OPTIONS, said) == options


@pytest.mark.parametrize(
    "name, is_safe",
    [
        (b"/a/b", True),
        (b"/..a/.b/c..", True),
        (b"/a/../b", False),
        (b"/a/.", False),
        (b"/a\0b", False),
        (b"a", False),
    ],
)
def test_names(name: bytes, is_safe: bool) -> None:
    assert safe(name) == is_safe


@pytest.fixture
def root(tmp_path: Path) -> Path:
    htdocs = tmp_path / "htdocs"
    (htdocs / "real").mkdir(parents=True)
    (htdocs / "shut").mkdir()
    (htdocs / "real" / "f.txt").write_text("file")
    (htdocs / "link").symlink_to("real")
    (htdocs / "shut" / "link.txt").symlink_to("../real/f.txt")
    (htdocs / "etc").symlink_to("/etc")
    (htdocs / "nowhere").symlink_to("none")
    if os.geteuid() == 0:
        os.lchown(htdocs / "link", 65534, 65534)
    return tmp_path


@pytest.mark.parametrize(
    "config, answers",
    [
        ("", {"/real/f.txt": 0, "/link/f.txt": 0, "/shut/link.txt": 0, "/etc/hostname": 0, "/nowhere": 0}),
        ("Options None", {"/real/f.txt": 0, "/link/f.txt": 403, "/shut/link.txt": 403, "/link": 403, "/nowhere": 403}),
        ("Options Indexes", {"/link/f.txt": 403}),
        ("Options -FollowSymLinks", {"/link/f.txt": 403}),
        (
            "<Directory {htdocs}/shut>\nOptions -FollowSymLinks\n</Directory>",
            {"/link/f.txt": 0, "/shut/link.txt": 403},
        ),
        (
            "Options None\n<Directory {htdocs}/shut>\nOptions +FollowSymLinks\n</Directory>",
            {"/link/f.txt": 403, "/shut/link.txt": 0},
        ),
        ("Options SymLinksIfOwnerMatch", {"/shut/link.txt": 0}),
    ],
)
def test_links_are_followed_where_options_let_us(root: Path, config: str, answers: dict[str, int]) -> None:
    plan = plan_of(inside(config), str(root))
    for path, status in answers.items():
        made = decide(plan, facts_of(plan), head_of("GET", path))
        assert (made.kind == FILE) == (status == 0), (path, made.reason)
        assert made.status == status


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives links away")
def test_links_of_somebody_else(root: Path) -> None:
    plan = plan_of(inside("Options SymLinksIfOwnerMatch"), str(root))
    assert decide(plan, facts_of(plan), head_of("GET", "/link/f.txt")).status == 403
