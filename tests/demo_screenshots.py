"""Pictures of `evenflow demo` for the README: two people edit a page, node 1 is stopped, and nobody loses a word.

`make screenshots` runs it with the others; alone: `PYTHONPATH=src:. .venv/bin/python tests/demo_screenshots.py`.
It writes docs/images/demo-*.png, and needs the demo's own ports.
"""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path
from typing import Final

from evenflow.tools.demo.cluster import NODES
from evenflow.tools.demo.front import MANAGER_PORT, PORT
from tests.browser import Browser, chromium
from tests.paletted import smaller
from tests.peers import CHECKOUT, require_peer
from tests.tools.demo.editors import HOSTS, node, runs, settled, sign_in, throw, written
from tests.tools.demo.staged import Stage, staged

IMAGES: Final = CHECKOUT / "docs" / "images"
SIZE: Final = (744, 760)
NAMES: Final = ("Ada", "Bob")
FRAME: Final = """<!doctype html><style>
body {{ margin: 0; padding: 14px; display: flex; gap: 14px; background: {ground}; }}
figure {{ margin: 0; border-radius: 10px; overflow: hidden; border: 1px solid {line}; }}
figcaption {{ font: 13px/2.1 system-ui, sans-serif; padding: 0 12px; background: {line}; color: {ink}; }}
img {{ display: block; width: {width}px; height: {height}px; }}
</style>{windows}"""
LIGHT: Final = {"ground": "#dfe5ec", "line": "#c3ccd7", "ink": "#1c2430"}
DARK: Final = {"ground": "#0b0e12", "line": "#2c3541", "ink": "#d5dce6"}


def type_line(window: Browser, line: str, other: Browser) -> None:
    """One line at the end, which the other one sees."""
    window.ask("document.querySelector('#text').setSelectionRange(1e6, 1e6)")
    window.type(line)
    window.until(lambda: settled(window))
    other.until(lambda: written(other) == written(window))


def take(windows: tuple[Browser, Browser], frame: Browser, name: str, dark: bool = False) -> None:
    """Both windows side by side."""
    colours, figures = DARK if dark else LIGHT, []
    for window, host in zip(windows, HOSTS, strict=True):
        window.dark(dark)
        picture = base64.b64encode(window.picture()).decode()
        figures.append(f'<figure><figcaption>{host}</figcaption><img src="data:image/png;base64,{picture}"></figure>')
    width, height = SIZE
    frame.open("about:blank")
    page = FRAME.format(width=width, height=height, windows="".join(figures), **colours)
    frame.size(2 * width + 46, height + 58)
    frame.ask(f"document.open(), document.write({page!r}), document.close()")
    frame.until("[...document.images].length === 2 && [...document.images].every((one) => one.complete)")
    (IMAGES / f"demo-{name}.png").write_bytes(smaller(frame))


def manager(frame: Browser, stage: Stage) -> None:
    """The balancer-manager meanwhile."""
    frame.size(1280, 860)
    frame.open(stage.manager)
    frame.until("document.querySelector('#live').dataset.is === 'live'")
    (IMAGES / "demo-3.png").write_bytes(smaller(frame))


def story(stage: Stage, windows: tuple[Browser, Browser], frame: Browser) -> None:
    ada, bob = windows
    for window, host, name in zip(windows, HOSTS, NAMES, strict=True):
        window.size(*SIZE)
        sign_in(window, host, stage.front.port, name)
    doomed = node(ada, "synchrony")
    ada.until(lambda: "Bob" in ada.text("#people"))
    type_line(ada, "Minutes of Monday\n\nAda: the new release goes out on Thursday.\n", bob)
    type_line(bob, "Bob: then I tell the customers on Wednesday.\n", ada)
    type_line(ada, "Ada: we need somebody for the notes", bob)
    for one, other in ((ada, "Bob"), (bob, "Ada")):
        one.until(f"document.querySelector('#carets .caret')?.dataset.name === '{other}'")
    take(windows, frame, "1")
    throw(ada, doomed)
    ada.type(", who")
    ada.until(lambda: not runs(ada, doomed))
    ada.until("!document.querySelector('#again').hidden")
    ada.until(lambda: node(ada, "synchrony") not in ("", doomed))
    type_line(ada, " has the time?\n", bob)
    type_line(bob, "Bob: I do. Did anything just happen?\n", ada)
    bob.until(f"[...document.querySelectorAll('#people .node')].every((one) => one.dataset.node !== '{doomed}')")
    bob.until(lambda: not runs(bob, doomed))
    take(windows, frame, "2")
    manager(frame, stage)
    ada.ask("document.querySelector('#again button').click()")
    ada.until("document.querySelector('#again').hidden")
    throw(bob, doomed)
    for window in windows:
        window.until(lambda window=window: runs(window, doomed))
    type_line(ada, "Ada: not to us.", bob)
    take(windows, frame, "4", dark=True)
    assert stage.kept("1") == written(ada)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="evenflow-") as said:
        folder = Path(said)
        folder.chmod(0o755)
        for name in ("chromium", "demo"):
            (folder / name).mkdir()
        with (
            chromium(require_peer("chromium"), folder / "chromium") as ada,
            ada.window() as bob,
            ada.window() as frame,
            staged(folder / "demo", behind=NODES, ports=(PORT, MANAGER_PORT)) as stage,
        ):
            story(stage, (ada, bob), frame)


if __name__ == "__main__":
    main()
