"""The handler server-status: which form is asked for, and the answer."""

from __future__ import annotations

import time

from evenflow.control.status.page import write_page
from evenflow.control.status.report import for_programs, make_report
from evenflow.plan.model import Plan, VirtualHost
from evenflow.slotmem.scoreboard import Scoreboard

NO_STORE = (b"Cache-Control", b"no-store")


def answer(
    method: bytes, query: bytes, host: VirtualHost, plan: Plan, scoreboard: Scoreboard, version: str
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """(status, fields, body). `?auto` is for programs, `?refresh=N` reloads the page every N seconds (10 without a
    number); other words of httpd's (`notable`) change nothing here."""
    if method not in (b"GET", b"HEAD"):
        return 405, [(b"Allow", b"GET,HEAD")], b""
    words = query.split(b"&")
    report = make_report(version, host, plan, scoreboard, time.monotonic())
    if b"auto" in words:
        return 200, [(b"Content-Type", b"text/plain; charset=ISO-8859-1"), NO_STORE], encoded(for_programs(report))
    page = write_page(report, refresh_of(words))
    return 200, [(b"Content-Type", b"text/html; charset=ISO-8859-1"), NO_STORE], encoded(page)


def refresh_of(words: list[bytes]) -> int:
    """Seconds between two looks, 0 for one look only; httpd takes 10 where the number is none."""
    for word in words:
        name, _, number = word.partition(b"=")
        if name == b"refresh":
            return int(number) if number.isdigit() and 0 < len(number) < 6 and int(number) else 10
    return 0


def encoded(text: str) -> bytes:
    return text.encode("latin-1", "xmlcharrefreplace")
