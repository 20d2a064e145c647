"""Yjs for the browser: npm fetches it once, with the digests of `packages/package-lock.json`, in a cache."""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib import resources
from pathlib import Path
from typing import Final

FILES: Final = ("package.json", "package-lock.json")
INSTALLED: Final = "installed.json"
"""Beside the packages: what they were installed from. Written last, so that half an installation does not count."""
SECONDS: Final = 180.0


class Missing(Exception):
    """The packages cannot be had; the text says why and what to type."""


def folder() -> Path:
    """Where they are kept, as the XDG base directories have it."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "evenflow" / "demo"


def wanted(name: str) -> bytes:
    return resources.files("evenflow.tools.demo").joinpath("packages", name).read_bytes()


def are_there(place: Path) -> bool:
    """Whether these very packages are installed at `place`."""
    try:
        return (place / INSTALLED).read_bytes() == wanted("package-lock.json")
    except OSError:
        return False


def provide(place: Path) -> None:
    """Install them at `place` unless they are there. Raises `Missing`."""
    if are_there(place):
        return
    npm = shutil.which("npm")
    if npm is None:
        raise Missing("Yjs is not here, and without `npm` it cannot be fetched\nhelp: apt-get install npm")
    try:
        place.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            (place / name).write_bytes(wanted(name))
    except OSError as fault:
        raise Missing(f"`{place}` cannot be written: {fault.strerror}\nhelp: set XDG_CACHE_HOME") from fault
    command = [npm, "ci", "--prefix", str(place), "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired as fault:
        raise Missing(f"npm did not end within {SECONDS:.0f} s\nhelp: {' '.join(command)}") from fault
    if done.returncode:
        said = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise Missing(f"npm could not fetch Yjs:\n{said}\nhelp: try it by hand: {' '.join(command)}")
    (place / INSTALLED).write_bytes(wanted("package-lock.json"))
