"""/etc/evenflow as it is laid out: evenflow and httpd load it, it serves, and its logs are rotated."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from evenflow.tools import check
from tests.packaging.test_service import parsed
from tests.peers import CHECKOUT, require_peer

ETC: Final = CHECKOUT / "packaging" / "etc"
MODULES: Final = (
    "mpm_event", "authz_core", "authz_host", "alias", "status", "proxy", "proxy_http", "proxy_balancer",
    "lbmethod_byrequests", "slotmem_shm",
)  # fmt: skip


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """A copy whose paths are the test's own, with every site and file that is only available enabled too."""
    shutil.copytree(ETC / "evenflow", tmp_path / "evenflow", symlinks=True)
    (tmp_path / "log").mkdir()
    main = tmp_path / "evenflow" / "evenflow.conf"
    text = main.read_text()
    assert "/etc/evenflow" in text and "/var/log/evenflow" in text
    main.write_text(
        text.replace('"/etc/evenflow"', f'"{tmp_path}/evenflow"').replace("/var/log/evenflow", f"{tmp_path}/log")
    )
    return tmp_path / "evenflow"


def enable_all(etc: Path) -> None:
    for kind in ("conf", "sites"):
        for file in (etc / f"{kind}-available").iterdir():
            link = etc / f"{kind}-enabled" / file.name
            if not link.is_symlink():
                link.symlink_to(f"../{kind}-available/{file.name}")


def test_links_lead_somewhere() -> None:
    links = [path for path in ETC.rglob("*") if path.is_symlink()]
    assert len(links) == 2
    assert all(link.is_file() and not os.readlink(link).startswith("/") for link in links)


@pytest.mark.parametrize("all_of_it", [False, True], ids=["as it comes", "all enabled"])
def test_evenflow_has_nothing_to_say_of_it(etc: Path, all_of_it: bool) -> None:
    if all_of_it:
        enable_all(etc)
    found = check.examine(str(etc / "evenflow.conf"), {}, advice=True)
    assert (found.errors, check.as_text(found, color=False)) == (0, f"{etc}/evenflow.conf: no problems\n")


@pytest.mark.parametrize("all_of_it", [False, True], ids=["as it comes", "all enabled"])
def test_httpd_takes_it(etc: Path, all_of_it: bool, tmp_path: Path) -> None:
    apache = require_peer("apache2")
    if all_of_it:
        enable_all(etc)
    file = tmp_path / "apache.conf"
    loads = [f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in MODULES]
    file.write_text("\n".join([*loads, f"PidFile {tmp_path}/pid", f"Include {etc}/evenflow.conf", ""]))
    run = subprocess.run([apache, "-t", "-f", file], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "Syntax OK\n")


def test_the_logs_of_the_configuration_are_rotated_and_opened_anew() -> None:
    text = (ETC / "logrotate.d" / "evenflow").read_text()
    assert text.startswith("/var/log/evenflow/*.log {")
    logs = re.findall(r'"(/var/log/[^"]+)"', (ETC / "evenflow" / "evenflow.conf").read_text())
    assert logs and all(Path(log).match("/var/log/evenflow/*.log") for log in logs)
    command = re.search(r"/usr/bin/evenflow .*?(?= >)", text)
    assert command is not None
    context = parsed(command[0])
    assert (context.info_name, context.params["file"]) == ("reload", "/etc/evenflow/evenflow.conf")


def test_logrotate_takes_it(tmp_path: Path) -> None:
    logrotate = require_peer("logrotate")
    log = tmp_path / "error.log"
    log.write_text("a line\n")
    told = tmp_path / "told"
    text = (ETC / "logrotate.d" / "evenflow").read_text()
    for old, new in (
        ("/var/log/evenflow", str(tmp_path)),
        ("/run/evenflow", str(tmp_path)),
        ("/usr/bin/evenflow", f"echo >{told}"),
        (" >/dev/null", ""),
        ("root adm", f"{os.getuid()} {os.getgid()}" if os.getuid() else "root root"),
    ):
        assert old in text
        text = text.replace(old, new)
    file = tmp_path / "evenflow"
    file.write_text(text)
    file.chmod(0o644)
    tmp_path.chmod(0o755)
    run = subprocess.run(
        [logrotate, "--force", "--state", tmp_path / "state", file], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert (tmp_path / "error.log.1").read_text() == "a line\n" and log.read_text() == ""
    assert told.read_text() == "reload -f /etc/evenflow/evenflow.conf\n"
