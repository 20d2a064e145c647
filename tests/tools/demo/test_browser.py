"""Two windows in Chromium edit a page through the balancer, and nodes go while people type."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import Browser, chromium
from tests.peers import require_peer
from tests.tools.demo.editors import HOSTS, forget_everybody, node, runs, settled, sign_in, throw, written
from tests.tools.demo.staged import Stage, staged

WORDS = 12


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("demo")) as made:
        yield made


@pytest.fixture(scope="module")
def windows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Browser, Browser]]:
    require_peer("yjs")
    with chromium(require_peer("chromium"), tmp_path_factory.mktemp("chromium")) as first, first.window() as second:
        yield first, second


def both_sign_in(stage: Stage, windows: tuple[Browser, Browser], page: str, way: str = "") -> None:
    forget_everybody(windows[0])
    for window, host, name in zip(windows, HOSTS, ("Ada", "Bob"), strict=True):
        sign_in(window, host, stage.front.port, name, page, way if window is windows[0] else "")


def typed(letters: str, number: int) -> str:
    """One word, in letters of one person alone."""
    return f"{letters[number // 10]}{letters[number % 10]}{letters[-1]}"


ADA, BOB = "abcdefghij.", "ABCDEFGHIJ,"


def type_at_once(windows: tuple[Browser, Browser], first: int, last: int) -> None:
    """Both type their words, a key at a time and in turns."""
    for number in range(first, last):
        for keys in zip(typed(ADA, number), typed(BOB, number), strict=True):
            for window, key in zip(windows, keys, strict=True):
                window.type(key)


def nobody_lost_a_word(stage: Stage, windows: tuple[Browser, Browser], page: str) -> None:
    """Everything that each has typed is on both pages and in SQLite, in its order."""
    for window in windows:
        window.until(lambda window=window: settled(window))
    windows[0].until(lambda: written(windows[0]) == written(windows[1]))
    text = written(windows[0])
    assert stage.kept(page) == text
    for letters in (ADA, BOB):
        all_of_it = "".join(typed(letters, number) for number in range(3 * WORDS))
        assert "".join(key for key in text if key in letters) == all_of_it


def story(stage: Stage, windows: tuple[Browser, Browser], page: str, way: str = "") -> None:
    """Both type; the node that carries the first one's editor is stopped on the page; both type on."""
    ada, bob = windows
    both_sign_in(stage, windows, page, way)
    type_at_once(windows, 0, WORDS)
    doomed = node(ada, "synchrony")
    served = [window for window in windows if node(window, "confluence") == doomed]
    assert not any("does not know the session" in window.text("#log") for window in windows)
    throw(ada, doomed)
    type_at_once(windows, WORDS, 2 * WORDS)
    ada.until(lambda: not runs(ada, doomed))
    ada.until(lambda: node(ada, "synchrony") not in ("", doomed))
    type_at_once(windows, 2 * WORDS, 3 * WORDS)
    nobody_lost_a_word(stage, windows, page)
    # Sessions are a node's own: who was served there signs in again, and the text is still there.
    for window in served:
        window.until("!document.querySelector('#again').hidden")
        window.ask("document.querySelector('#again button').click()")
        window.until("document.querySelector('#again').hidden")
        assert node(window, "confluence") != doomed
    nobody_lost_a_word(stage, windows, page)
    throw(bob, doomed)
    bob.until(lambda: runs(bob, doomed))


def test_each_sees_the_other_and_where_they_are(stage: Stage, windows: tuple[Browser, Browser]) -> None:
    ada, bob = windows
    both_sign_in(stage, windows, "presence")
    ada.type("one two")
    bob.until("document.querySelector('#carets .caret')?.dataset.name === 'Ada'")
    bob.until("document.querySelector('#carets').firstChild.textContent === 'one two'")
    people = "[...document.querySelectorAll('#people li')].map((row) => row.textContent).join()"
    served = {window: f"C{node(window, 'confluence')}S{node(window, 'synchrony')}" for window in windows}
    wanted = f"Bob (this window){served[bob]},Ada{served[ada]}"
    bob.until(f"{people} === {wanted!r}")
    # Each has a session and a turn of their own; no test has stopped a node yet.
    assert {node(window, "confluence") for window in windows} == {"1", "2"}
    assert ada.complaints == [] == bob.complaints
    ada.open("about:blank")
    bob.until(f"{people} === 'Bob (this window){served[bob]}'")


def test_a_node_is_stopped_while_both_type(stage: Stage, windows: tuple[Browser, Browser]) -> None:
    story(stage, windows, "stopped")


def test_the_same_where_one_polls(stage: Stage, windows: tuple[Browser, Browser]) -> None:
    story(stage, windows, "polled", way="polling")
    assert windows[0].text("#way") == "long polling through Confluence"


def test_where_no_websocket_can_be_had_it_polls(stage: Stage, windows: tuple[Browser, Browser]) -> None:
    window = windows[0]
    forget_everybody(window)
    without = "window.WebSocket = class { constructor() { setTimeout(() => this.onclose({code: 1006})); } };"
    script = window.do("Page.addScriptToEvaluateOnNewDocument", source=without)["identifier"]
    try:
        sign_in(window, HOSTS[0], stage.front.port, "Ada", "without")
    finally:
        window.do("Page.removeScriptToEvaluateOnNewDocument", identifier=script)
    assert window.text("#way") == "long polling through Confluence"
    window.type("polled")
    window.until(lambda: settled(window))
    assert stage.kept("without") == "polled"


def test_with_no_node_at_all_nothing_is_lost_either(stage: Stage, windows: tuple[Browser, Browser]) -> None:
    window = windows[0]
    forget_everybody(window)
    sign_in(window, HOSTS[0], stage.front.port, "Ada", "none")
    for name in ("1", "2"):
        throw(window, name)
        window.until(lambda name=name: not runs(window, name))
    window.until("document.querySelector('#synchrony').textContent === 'nobody'")
    window.type("into the dark")
    assert not settled(window) and stage.kept("none") == ""
    for name in ("1", "2"):
        throw(window, name)
        window.until(lambda name=name: runs(window, name))
    window.until(lambda: settled(window))
    assert stage.kept("none") == "into the dark" and window.text("#way") == "WebSocket"


def test_the_same_behind_httpd(windows: tuple[Browser, Browser], tmp_path: Path) -> None:
    with staged(tmp_path, "httpd") as stage:
        story(stage, windows, "httpd")


def test_the_caret_stays_where_it_is(stage: Stage, windows: tuple[Browser, Browser]) -> None:
    ada, bob = windows
    both_sign_in(stage, windows, "caret")
    ada.type("middle")
    bob.until(lambda: written(bob) == "middle")
    ada.ask("document.querySelector('#text').setSelectionRange(3, 3)")
    bob.ask("document.querySelector('#text').setSelectionRange(0, 0)")
    bob.type("before 😀 ")
    ada.until(lambda: written(ada) == "before 😀 middle")
    ada.type("|")
    bob.until(lambda: written(bob) == "before 😀 mid|dle")
    # What is undone is one's own.
    ada.do("Input.dispatchKeyEvent", type="keyDown", key="z", modifiers=2, windowsVirtualKeyCode=90)
    bob.until(lambda: written(bob) == "before 😀 ")


def test_others_wait_while_a_letter_is_composed(stage: Stage, windows: tuple[Browser, Browser]) -> None:
    ada, bob = windows
    both_sign_in(stage, windows, "composed")
    ada.type("[]")
    bob.until(lambda: written(bob) == "[]")
    ada.ask("document.querySelector('#text').setSelectionRange(1, 1)")
    ada.do("Input.imeSetComposition", text="ｋ", selectionStart=1, selectionEnd=1)
    bob.ask("document.querySelector('#text').setSelectionRange(0, 0)")
    bob.type("first ")
    bob.until(lambda: settled(bob) and "first" in stage.kept("composed"))
    assert written(ada) == "[ｋ]"
    ada.do("Input.insertText", text="か")
    for window in windows:
        window.until(lambda window=window: written(window) == "first [か]")
    assert stage.kept("composed") == "first [か]"


@pytest.mark.parametrize(
    ("before", "after", "caret", "change"),
    [
        ("", "a", 1, (0, 0, "a")),
        ("aaa", "aaaa", 1, (0, 0, "a")),
        ("aaa", "aaaa", 4, (3, 0, "a")),
        ("aaa", "aa", 1, (1, 1, "")),
        ("one two", "one three", 9, (5, 2, "hree")),
        ("x😀y", "x😁y", 3, (1, 2, "😁")),
        ("same", "same", 2, (2, 0, "")),
        ("all", "", 0, (0, 3, "")),
    ],
)
def test_what_is_typed_becomes_a_small_change(
    stage: Stage, windows: tuple[Browser, Browser], before: str, after: str, caret: int, change: tuple[int, int, str]
) -> None:
    window = windows[0]
    if "/login.action" not in str(window.ask("location.href")):
        window.open(f"http://127.0.0.1:{stage.front.port}/login.action?os_destination=/")
    asked = f"import('/s/editor/binding.js').then((it) => it.difference({before!r}, {after!r}, {caret}))"
    assert tuple(window.ask(asked)) == change


def test_it_is_dark_where_the_reader_likes_it_so(stage: Stage, windows: tuple[Browser, Browser]) -> None:
    window = windows[0]
    forget_everybody(window)
    sign_in(window, HOSTS[0], stage.front.port, "Ada")
    grounds = []
    for dark in (True, False):
        window.dark(dark)
        said = window.ask("getComputedStyle(document.body).backgroundColor")
        grounds.append(sum(int(one) for one in said.removeprefix("rgb(").removesuffix(")").split(",")))
    assert grounds[0] < 150 and grounds[1] > 600


def test_all_that_can_be_done_has_a_name(stage: Stage, windows: tuple[Browser, Browser]) -> None:
    window = windows[0]
    forget_everybody(window)
    sign_in(window, HOSTS[0], stage.front.port, "Ada")
    window.until("document.querySelectorAll('#nodes button').length === 2")
    tree = window.do("Accessibility.getFullAXTree")["nodes"]
    found = [one for one in tree if not one["ignored"] and one["role"]["value"] in ("button", "link", "textbox")]
    names = [one.get("name", {}).get("value", "").strip() for one in found]
    assert sorted(names) == [
        "A page that everybody edits", "Stop node 1", "Stop node 2", "balancer-manager", "by polling",
    ]  # fmt: skip
