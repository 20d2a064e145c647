"""How what is said in one section goes together with what a later or inner section says.

The fields say it themselves (`override`, `append` in `settings`); this file only obeys them, for any settings
dataclass.
"""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from evenflow.config.settings import UNSET

T = TypeVar("T")


def merge(outer: T, inner: T) -> T:
    """Both together: `inner` comes later or stands further inside. Neither is changed."""
    values: dict[str, Any] = {}
    for field in dataclasses.fields(inner):  # type: ignore[arg-type]
        before, after = getattr(outer, field.name), getattr(inner, field.name)
        if after is UNSET:
            values[field.name] = before
        elif before is UNSET or field.metadata["merge"] == "override":
            values[field.name] = after
        else:
            values[field.name] = before + after
    return type(inner)(**values)
