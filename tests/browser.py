"""Chromium without a window, driven by its DevTools protocol over a WebSocket: what a test needs of it, and no more.

A page's own complaints (console errors, violated policies, exceptions, failed loads) are gathered in `complaints`.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from websockets.sync.client import connect

PATIENCE: Final = 60.0
KEYS: Final = {"Enter": ("Enter", "\r", 13), "Escape": ("Escape", "", 27), "Tab": ("Tab", "", 9)}


class Browser:
    """One page of one Chromium."""

    def __init__(self, link: Any) -> None:
        self.link = link
        self.number = 0
        self.complaints: list[str] = []
        self.answers: list[tuple[str, int]] = []
        """(URL, status) of everything that was loaded."""
        self.loads = 0
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.do(f"{domain}.enable")

    @contextlib.contextmanager
    def window(self) -> Iterator[Browser]:
        """One more window of the same Chromium: it has the same cookies."""
        target = self.do("Target.createTarget", url="about:blank", newWindow=True)["targetId"]
        port = self.link.remote_address[1]
        with connect(f"ws://127.0.0.1:{port}/devtools/page/{target}", max_size=1 << 26, open_timeout=PATIENCE) as link:
            yield Browser(link)
        self.do("Target.closeTarget", targetId=target)

    def do(self, method: str, **said: Any) -> dict[str, Any]:
        """One command, and what comes of it."""
        self.number += 1
        self.link.send(json.dumps({"id": self.number, "method": method, "params": said}))
        while True:
            told = json.loads(self.link.recv(timeout=PATIENCE))
            if told.get("id") == self.number:
                assert "error" not in told, (method, told["error"])
                result: dict[str, Any] = told["result"]
                return result
            self.hear(told)

    def hear(self, told: dict[str, Any]) -> None:
        """Something happened."""
        method, said = told.get("method"), told.get("params", {})
        if method == "Log.entryAdded" and said["entry"]["level"] in ("error", "warning"):
            self.complaints.append(said["entry"]["text"])
        elif method == "Runtime.consoleAPICalled" and said["type"] in ("error", "warning", "assert"):
            self.complaints.append(str(said["args"]))
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(said["exceptionDetails"]))
        elif method == "Network.responseReceived":
            self.answers.append((said["response"]["url"], said["response"]["status"]))
        elif method == "Page.loadEventFired":
            self.loads += 1

    def open(self, url: str) -> None:
        """Load a page, and wait until it is there."""
        before = self.loads
        told = self.do("Page.navigate", url=url)
        assert "errorText" not in told, told
        self.until(lambda: self.loads > before)

    def ask(self, expression: str) -> Any:
        """The value of an expression in the page."""
        told = self.do("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def until(self, holds: Any) -> None:
        """Wait until a function or an expression of the page says yes."""
        deadline = time.monotonic() + PATIENCE
        while True:
            if isinstance(holds, str):
                # While a page is being replaced nobody answers for it.
                with contextlib.suppress(AssertionError):
                    if self.ask(holds):
                        return
            else:
                self.ask("1")
                if holds():
                    return
            assert time.monotonic() < deadline, f"waited in vain for {holds}"
            time.sleep(0.05)

    def press(self, key: str) -> None:
        """A key goes down and up."""
        name, text, code = KEYS.get(key, (key, key, ord(key[0].upper())))
        said = {"key": name, "text": text, "windowsVirtualKeyCode": code}
        self.do("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **said)
        self.do("Input.dispatchKeyEvent", type="keyUp", key=name, windowsVirtualKeyCode=code)

    def type(self, words: str) -> None:
        """Put something in where the focus is."""
        self.do("Input.insertText", text=words)

    def text(self, selector: str) -> str:
        """What stands there, "" for nothing."""
        return str(self.ask(f"(document.querySelector({json.dumps(selector)}) || {{}}).textContent || ''")).strip()

    def dark(self, wanted: bool) -> None:
        """Let the page believe that its reader likes it dark."""
        value = "dark" if wanted else "light"
        self.do("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": value}])

    def scripts(self, wanted: bool) -> None:
        """Whether pages that are loaded from now on may run scripts."""
        self.do("Emulation.setScriptExecutionDisabled", value=not wanted)

    def size(self, width: int, height: int) -> None:
        """The window's."""
        self.do(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    def picture(self) -> bytes:
        """The window as a PNG."""
        return base64.b64decode(self.do("Page.captureScreenshot", format="png")["data"])


@contextlib.contextmanager
def chromium(program: Path, folder: Path) -> Iterator[Browser]:
    """A browser of one's own, with nothing remembered."""
    command = [
        str(program), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
        "--hide-scrollbars", f"--user-data-dir={folder / 'profile'}", "--remote-debugging-port=0", "about:blank",
    ]  # fmt: skip
    log = folder / "chromium.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, process_group=0)
    try:
        place = folder / "profile" / "DevToolsActivePort"
        deadline = time.monotonic() + PATIENCE
        while not place.exists() or "\n" not in place.read_text():
            assert process.poll() is None and time.monotonic() < deadline, log.read_text(errors="replace")[-4000:]
            time.sleep(0.05)
        port = place.read_text().split()[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=PATIENCE) as answer:
            pages = json.loads(answer.read())
        url = next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page")
        with connect(url, max_size=1 << 26, open_timeout=PATIENCE) as link:
            yield Browser(link)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
