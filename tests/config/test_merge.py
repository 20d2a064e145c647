"""Settings that meet."""

from __future__ import annotations

from evenflow.config.merge import merge
from evenflow.config.settings import UNSET, CoreSettings, HeaderSettings, ProxySettings
from tests.config.cases import load_text


def test_what_is_said_later_wins_and_silence_says_nothing() -> None:
    outer = CoreSettings(timeout=5.0, handler="a")
    inner = CoreSettings(handler="b", keep_alive=False)
    both = merge(outer, inner)
    assert (both.timeout, both.handler, both.keep_alive, both.pid_file) == (5.0, "b", False, UNSET)
    assert (outer.handler, inner.timeout) == ("a", UNSET)


def test_lists_are_appended_outer_first() -> None:
    loaded = load_text("Header set A 1\n<Location /x>\nHeader set B 2\n</Location>\n")
    assert loaded.settings is not None
    main = loaded.settings.main
    both = merge(main.headers, main.blocks[0].headers)
    assert [edit.name for edit in both.edits or ()] == ["A", "B"]
    assert merge(HeaderSettings(), main.headers) == main.headers
    assert merge(main.headers, HeaderSettings()) == main.headers


def test_nothing_and_nothing_is_nothing() -> None:
    assert merge(ProxySettings(), ProxySettings()) == ProxySettings()
