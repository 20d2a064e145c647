"""A healthy pair of nodes for every test of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.audit.nodes import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path).fill()
