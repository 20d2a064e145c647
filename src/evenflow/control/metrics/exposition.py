"""Prometheus's text format, version 0.0.4: families of samples, and how they are written.

It knows no scoreboard. Written here because the client library keeps counters of its own, which no other process sees;
its parser holds the tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

CONTENT_TYPE: Final = b"text/plain; version=0.0.4; charset=utf-8"

COUNTER: Final = "counter"
GAUGE: Final = "gauge"
HISTOGRAM: Final = "histogram"

Labels = Mapping[str, str]


@dataclass(slots=True)
class Family:
    """All samples of one name. `samples` are (suffix of the name, labels, value)."""

    name: str
    kind: str
    help: str
    samples: list[tuple[str, Labels, float]] = field(default_factory=list)

    def add(self, labels: Labels, value: float) -> None:
        self.samples.append(("", labels, value))

    def add_histogram(self, labels: Labels, bounds: Sequence[float], counts: Sequence[int], total: float) -> None:
        """`counts` are those of each bucket alone, one more than `bounds`; `total` is the sum of what was timed."""
        so_far = 0
        for bound, count in zip((*bounds, float("inf")), counts, strict=True):
            so_far += count
            self.samples.append(("_bucket", {**labels, "le": number(bound)}, so_far))
        self.samples.append(("_sum", labels, total))
        self.samples.append(("_count", labels, so_far))


def write(families: Sequence[Family]) -> bytes:
    """The page; a family without samples is left out."""
    lines: list[str] = []
    for family in families:
        if family.samples:
            lines.append(f"# HELP {family.name} {escape_help(family.help)}")
            lines.append(f"# TYPE {family.name} {family.kind}")
            lines += [
                f"{family.name}{suffix}{spell(labels)} {number(value)}" for suffix, labels, value in family.samples
            ]
    return ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")


def spell(labels: Labels) -> str:
    """`{name="value",...}`, nothing where there are none."""
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{escape(value)}"' for name, value in labels.items()) + "}"


def escape(value: str) -> str:
    """A label's value: backslash, quote and line feed."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def escape_help(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def number(value: float) -> str:
    """As Go reads it; whole numbers without a point."""
    if value == float("inf"):
        return "+Inf"
    return str(int(value)) if value == int(value) else repr(float(value))
