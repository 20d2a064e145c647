"""Facts of the serving code as JSON has them: bytes as text of the same code points (latin-1), statements as places."""

from __future__ import annotations

from typing import Any

from evenflow.origin import Origin
from evenflow.plan.decision import Step

Json = dict[str, Any]


def switch(on: bool) -> str:
    return "On" if on else "Off"


def text(data: bytes) -> str:
    return data.decode("latin-1")


def bracketed(address: str) -> str:
    """An IPv6 address in brackets, as before a port."""
    return f"[{address}]" if ":" in address else address


def pairs(fields: list[tuple[bytes, bytes]]) -> list[list[str]]:
    return [[text(name), text(value)] for name, value in fields]


def place(origin: Origin) -> Json | None:
    if not origin.file:
        return None
    return {"file": origin.file, "line": origin.line, "text": origin.text}


def place_of_last(origins: list[Origin]) -> Json | None:
    return place(origins[-1]) if origins else None


def step_as_object(step: Step) -> Json:
    return {
        "phase": step.phase, "place": place(step.origin), "saw": step.saw, "result": step.result, "detail": step.detail
    }  # fmt: skip
