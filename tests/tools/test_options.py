"""What commands share: names with -D."""

from __future__ import annotations

import io

import click
import pytest

from evenflow.tools.options import defines_of, say


def test_names_with_and_without_a_value() -> None:
    assert defines_of(("A", "B=1=2", "A=x")) == {"A": "x", "B": "1=2"}
    with pytest.raises(click.UsageError, match="-D NAME=VALUE"):
        defines_of(("=1",))


def test_what_a_stream_cannot_say_is_escaped() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    say("a\N{SNOWMAN}\n", stream)
    stream.flush()
    assert stream.buffer.getvalue() == b"a\\u2603\n"  # type: ignore[attr-defined]
