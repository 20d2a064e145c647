"""What holds for every test: which way the hot rooms run, and that in CI no missing program passes unseen."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import settings

import evenflow
from tests.peers import CHECKOUT, MISSING

# These do not depend on how the hot rooms run: the compiled run leaves them out (`-m "not once"`).
ONCE: Final = ("config", "packaging", "test_house.py", "test_peers.py", "test_shares.py", "tools")
BOTH_WAYS: Final = (CHECKOUT / "tests" / "tools" / "test_version.py",)
"""Except these, which do."""

CASES: Final = CHECKOUT / "tests" / "parity" / "test_parity.py"

IN_CI: Final = os.environ.get("CI", "").lower() not in ("", "0", "false")


# How long one example takes says how busy the machine is.
settings.register_profile("evenflow", deadline=None)
settings.load_profile("evenflow")

if "PYTEST_XDIST_WORKER" in os.environ:
    # What tests start is to find everything as from a shell: the plugin tells its processes how wide the terminal is,
    # and lets them ignore SIGINT. Both are handed down; what is caught is not.
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)
    signal.signal(signal.SIGINT, lambda *_: None)


def pytest_report_header() -> str:
    """Say which code is being tested."""
    return f"evenflow: {os.environ.get('EVENFLOW_WAY', 'interpreted')}, from {Path(evenflow.__file__).parent}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by folder what one run is enough for; put last what is dealt out in the smallest shares."""
    items.sort(key=lambda item: item.path == CASES)
    for item in items:
        if item.path in BOTH_WAYS or not item.path.is_relative_to(CHECKOUT / "tests"):
            continue
        if item.path.relative_to(CHECKOUT / "tests").parts[0] in ONCE:
            item.add_marker(pytest.mark.once)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `-n`: which tests stay together."""
    from tests.shares import Shares

    return Shares(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    """A test that could not run for want of a program."""
    return fail_in_ci((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Any, Any]:
    """A whole file that could not run for want of a program."""
    return fail_in_ci((yield))


def fail_in_ci(report: Any) -> Any:
    """CI has every peer: one that is missing there is a failure, not a skip."""
    if IN_CI and report.skipped and isinstance(report.longrepr, tuple):
        reason = str(report.longrepr[2]).removeprefix("Skipped: ")
        if reason.startswith(MISSING):
            report.outcome = "failed"
            report.longrepr = f"{reason} (in CI nothing may be skipped for a missing program)"
    return report
