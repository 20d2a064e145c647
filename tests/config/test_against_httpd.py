"""The same cases before httpd itself: what it refuses we refuse, what it accepts we accept, and its sentences are the
ones we quote."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.config.cases import EXPECTED, Case, all_cases, load_text
from tests.peers import require_peer

MODULES: Final = (
    "mpm_event access_compat alias authn_core authz_core authz_host brotli cache cache_disk deflate dir env filter "
    "expires headers lbmethod_bybusyness lbmethod_byrequests lbmethod_bytraffic lbmethod_heartbeat heartmonitor macro "
    "proxy proxy_ajp proxy_balancer proxy_connect proxy_hcheck proxy_http proxy_wstunnel mime rewrite setenvif "
    "slotmem_shm socache_shmcb ssl status watchdog allowmethods auth_basic authn_file authz_groupfile authz_user "
    "remoteip reqtimeout http2 substitute"
)
FOLDER: Final = Path("/usr/lib/apache2/modules")
CASES: Final = [case for case in all_cases() if case.for_httpd]

DIFFERENT_WORDS: Final = {
    # with mod_proxy_hcheck loaded httpd names another module in the same sentence
    "unknown Worker parameter": "unknown Worker hcheck parameter",
}


@pytest.fixture(scope="module")
def httpd() -> Path:
    return require_peer("apache2")


def verdict(httpd: Path, folder: Path, text: str) -> tuple[bool, str]:
    """Whether `apache2 -t` accepts it, and what it says."""
    loads = [
        f"LoadModule {name}_module {FOLDER}/mod_{name}.so"
        for name in MODULES.split()
        if (FOLDER / f"mod_{name}.so").exists()
    ]
    inner = folder / "case.conf"
    inner.write_text(text)
    outer = folder / "httpd.conf"
    outer.write_text(
        "\n".join(
            [
                f"ServerRoot {folder}",
                f"DefaultRuntimeDir {folder}",
                "ServerName localhost",
                "ErrorLog /dev/null",
                *loads,
                f"Include {inner}",
                "",
            ]
        )
    )
    done = subprocess.run([httpd, "-t", "-f", outer], capture_output=True, text=True, timeout=20, check=False)
    return "Syntax OK" in done.stderr, done.stderr.replace(f"{folder}/", "").replace("\\n\\t", " ")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.title} ({case.place})")
def test_httpd_has_the_same_opinion(case: Case, httpd: Path, tmp_path: Path) -> None:
    accepted, said = verdict(httpd, tmp_path, case.text)
    assert accepted is not case.httpd_refuses, f"{case.place}: {said}"


def lonely_errors() -> list[tuple[str, str]]:
    """Each announced error without the others around it: (place, text)."""
    found = []
    for case in CASES:
        lines = case.text.splitlines()
        errors = [one.line for one in case.expected if one.severity == "error"]
        # a section cannot be taken out by its line
        if any(lines[line - 1].lstrip().startswith("<") for line in errors):
            continue
        for one in case.expected:
            if one.severity == "error" and not one.httpd_accepts:
                kept = [text for number, text in enumerate(lines, 1) if number == one.line or number not in errors]
                found.append(
                    (
                        f"{case.place} line {one.line}",
                        "\n".join(line for line in kept if not EXPECTED.match(line)) + "\n",
                    )
                )
    return found


@pytest.mark.parametrize(
    ("place", "text"), lonely_errors(), ids=lambda value: value if "line" in value and "\n" not in value else ""
)
def test_each_error_is_httpds_too_and_quoted(place: str, text: str, httpd: Path, tmp_path: Path) -> None:
    accepted, said = verdict(httpd, tmp_path, text)
    assert not accepted, place
    (diagnostic,) = load_text(text).errors
    quoted = [note.removeprefix("httpd says: ") for note in diagnostic.notes if note.startswith("httpd says: ")]
    for sentence in quoted:
        choices = [sentence, *(sentence.replace(ours, theirs) for ours, theirs in DIFFERENT_WORDS.items())]
        assert any(squeeze(choice) in squeeze(said) for choice in choices), f"{place}: {sentence!r} is not in {said!r}"


def squeeze(text: str) -> str:
    return re.sub(r"\s+", " ", text)
