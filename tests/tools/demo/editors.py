"""People who edit a page of the demo in a browser: what a test or a picture lets them do."""

from __future__ import annotations

import json
from urllib.parse import quote

from tests.browser import Browser

HOSTS = ("127.0.0.1", "localhost")
"""Two names of one machine are two cookie jars: two people in one browser."""


def forget_everybody(window: Browser) -> None:
    """The browser has no cookies any more, in any of its windows."""
    window.do("Network.clearBrowserCookies")


def sign_in(window: Browser, host: str, port: int, name: str, page: str = "1", way: str = "") -> None:
    """Open a page as somebody without cookies, through the log-in; returns when one can write."""
    # There is nothing to see of it when a window in the background gets the focus.
    window.do("Emulation.setFocusEmulationEnabled", enabled=True)
    said = f"&way={way}" if way else ""
    window.open(f"http://{host}:{port}/pages/editpage.action?pageId={quote(page)}{said}")
    window.type(name)
    before = window.loads
    window.press("Enter")
    window.until(lambda: window.loads > before)
    window.until("!document.querySelector('#text').disabled")


def written(window: Browser) -> str:
    """What stands on the page."""
    return str(window.ask("document.querySelector('#text').value"))


def settled(window: Browser) -> bool:
    """Whether a node has confirmed everything."""
    return bool(window.ask("document.querySelector('#kept').dataset.is === 'kept'"))


def node(window: Browser, kind: str) -> str:
    """Which node serves the window: its "confluence", its "synchrony"."""
    return str(window.ask(f"document.querySelector({json.dumps('#' + kind)}).dataset.node"))


def throw(window: Browser, name: str) -> None:
    """Press the button that stops or starts a node."""
    button = f"#nodes [data-name='{name}'] button"
    window.until(f'document.querySelector("{button}") && !document.querySelector("{button}").disabled')
    window.ask(f'document.querySelector("{button}").click()')


def runs(window: Browser, name: str) -> bool:
    """Whether the page says so of a node."""
    return "runs" in window.text(f"#nodes [data-name='{name}']")
