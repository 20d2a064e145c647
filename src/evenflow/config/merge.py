"""How what is said in one section goes together with what a later or inner section says.

The fields say it themselves (`override`, `append` in `settings`); this file only obeys them, for any settings
dataclass.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, TypeVar

from evenflow.config.settings import UNSET

T = TypeVar("T")


def merge(outer: T, inner: T) -> T:
    """Both together: `inner` comes later or stands further inside. Neither is changed."""
    values: dict[str, Any] = {}
    kind: Any = type(inner)
    for name, overrides in ways(kind):
        before, after = getattr(outer, name), getattr(inner, name)
        if after is UNSET:
            values[name] = before
        elif before is UNSET or overrides:
            values[name] = after
        else:
            values[name] = before + after
    return type(inner)(**values)


@functools.cache
def ways(kind: type) -> tuple[tuple[str, bool], ...]:
    """The fields of a settings dataclass, and whether the inner value overrides."""
    return tuple((field.name, field.metadata["merge"] == "override") for field in dataclasses.fields(kind))
