"""The two ways are two: what is called compiled really runs from C, and what is called interpreted from `.py`."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Final

import pytest

from tests.peers import CHECKOUT

SOURCE: Final = CHECKOUT / "src"
HOT_ROOMS: Final = ("wire", "slotmem", "plan", "balancer", "proxy", "serve")

HOT_MODULES: Final = [
    ".".join(path.relative_to(SOURCE).with_suffix("").parts)
    for room in HOT_ROOMS
    for path in sorted((SOURCE / "evenflow" / room).rglob("*.py"))
    if path.name != "__init__.py"
]


@pytest.mark.parametrize("name", HOT_MODULES)
def test_a_hot_module_runs_the_way_this_run_is_called(name: str) -> None:
    suffix = Path(importlib.import_module(name).__file__ or "").suffix
    assert suffix == (".so" if os.environ.get("EVENFLOW_WAY") == "compiled" else ".py")
