"""How the tests are dealt out when several processes run them (`pytest -n 3`).

A file's tests share what is started once for the file, so one process takes all of them. The parity cases are the
exception: each has fronts of its own, and its three tests look at one playing of it. They come last, so that all
processes end at the same time; the plugin's own order (which `--no-loadscope-reorder` declines) puts files last that
hold few tests, and those are long ones.
"""

from __future__ import annotations

from typing import Final

from xdist.scheduler import LoadScopeScheduling

CASES: Final = "tests/parity/test_parity.py"


def share_of(test: str) -> str:
    """The name of the share that this test belongs to: its file, or its case."""
    path, _, name = test.partition("::")
    return f"{path} {name.partition('[')[2]}" if path == CASES else path


class Shares(LoadScopeScheduling):
    """Deals out files and cases."""

    def _split_scope(self, nodeid: str) -> str:
        return share_of(nodeid)
