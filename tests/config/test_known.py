"""The table of all directives, before httpd itself."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from evenflow.config.contexts import INSIDE, SERVER, SERVERS
from evenflow.config.known import KNOWN, MODULES, known_directive
from tests.peers import require_peer

FOLDER = Path("/usr/lib/apache2/modules")


def test_lookup_ignores_case_and_tells_sections_apart() -> None:
    found = known_directive("proxypass")
    assert found is not None
    assert (found.name, found.module, found.source) == ("ProxyPass", "proxy_module", "mod_proxy.c")
    assert known_directive("<location") is not None
    assert known_directive("location") is None
    assert known_directive("nonsense") is None


@pytest.mark.parametrize(
    ("name", "contexts"), [("Listen", SERVER), ("ServerName", SERVERS), ("Require", INSIDE), ("<VirtualHost", SERVER)]
)
def test_contexts(name: str, contexts: object) -> None:
    found = known_directive(name)
    assert found is not None
    assert found.contexts == contexts


def test_every_module_of_the_table_has_a_file() -> None:
    assert {one.module for one in KNOWN.values()} <= set(MODULES.values())
    assert {one.ignorable for one in KNOWN.values()} == {"", "tuning", "local", "lines"}


def test_httpd_has_no_directive_that_we_do_not_know(tmp_path: Path) -> None:
    httpd = require_peer("apache2")
    skipped = {"mod_mpm_prefork", "mod_mpm_worker"}
    loads = [
        f"LoadModule {MODULES[path.stem + '.c']} {path}"
        for path in sorted(FOLDER.glob("mod_*.so"))
        if path.stem not in skipped and path.stem + ".c" in MODULES
    ]
    loads.append(f"LoadModule mpm_event_module {FOLDER}/mod_mpm_event.so")
    config = tmp_path / "all.conf"
    lines = [
        f"ServerRoot {tmp_path}",
        f"DefaultRuntimeDir {tmp_path}",
        "ServerName x",
        "ErrorLog /dev/null",
        *dict.fromkeys(loads),
    ]
    config.write_text("\n".join(lines) + "\n")
    done = subprocess.run([httpd, "-f", config, "-L"], capture_output=True, text=True, timeout=30, check=False)
    printed = re.findall(r"^(<?[A-Za-z][A-Za-z0-9_]*) \(([a-z_0-9]+\.c)\)$", done.stdout, re.M)
    assert len(printed) > 500, done.stderr
    for name, source in printed:
        found = known_directive(name)
        assert found is not None, f"{name} of {source}"
