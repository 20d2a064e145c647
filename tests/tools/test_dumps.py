"""`-S`, `-M` and `-t -D DUMP_INCLUDES`, line by line what httpd prints."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.nodes.fronts import environment
from tests.peers import require_peer

MODULES = "/usr/lib/apache2/modules"

CONFIGURATION = """\
ServerRoot {root}
DefaultRuntimeDir {root}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
ServerName main.example
DocumentRoot {root}
Listen 8080
Listen 8443
ErrorLog logs/error
PidFile run.pid
User www-data
Group www-data
Define FOO bar
Define EMPTY
Include hosts/*.conf
<VirtualHost *:8443>
    ServerName single.example
    ServerAlias not.shown
</VirtualHost>
"""

HOSTS = """\
<VirtualHost *:8080>
    ServerName one.example
    ServerAlias uno.example *.one.example
</VirtualHost>
<VirtualHost *:8080 127.0.0.1:8081>
    ServerName https://two.example:99
    ServerAlias deux
</VirtualHost>
<VirtualHost 10.1.2.3:8080 10.9.9.9:8080>
    ServerName ten.example
</VirtualHost>
<VirtualHost 10.1.2.3:8080>
    ServerName eleven.example
</VirtualHost>
<VirtualHost [::1]:8080 *:*>
    ServerName six.example
</VirtualHost>
<VirtualHost *>
    ServerAlias last.example
</VirtualHost>
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    for name in ("logs", "hosts/sub"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "hosts" / "a.conf").write_text(HOSTS)
    (tmp_path / "hosts" / "b.conf").write_text("<Directory />\nInclude hosts/sub\n</Directory>\n")
    (tmp_path / "hosts" / "sub" / "c.inc").write_text("Require all denied\n")
    path = tmp_path / "httpd.conf"
    path.write_text(CONFIGURATION.format(root=tmp_path, modules=MODULES))
    return path


def ours(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "evenflow", *arguments], env=environment(), capture_output=True, text=True, timeout=30
    )


def theirs(*arguments: str | Path) -> list[str]:
    done = subprocess.run([require_peer("apache2"), *arguments], capture_output=True, text=True, timeout=30, check=True)
    return done.stdout.splitlines()


def test_virtual_hosts_as_httpd_shows_them(file: Path) -> None:
    done = ours("-S", "-D", "NAME", "-f", file)
    assert (done.returncode, done.stderr) == (0, "")
    # we have no mutexes, and no names that only ask for a dump
    wanted = [
        line for line in theirs("-S", "-D", "NAME", "-f", file) if not line.startswith(("Mutex ", "Define: DUMP_"))
    ]
    assert done.stdout.splitlines() == wanted
    assert len(wanted) > 25


def test_included_files_as_httpd_shows_them(file: Path) -> None:
    done = ours("-t", "-D", "DUMP_INCLUDES", "-f", file)
    assert (done.returncode, done.stderr) == (0, "")
    wanted = theirs("-t", "-D", "DUMP_INCLUDES", "-f", file)
    assert done.stdout.splitlines() == wanted
    assert len(wanted) == 5


def test_modules(file: Path) -> None:
    file.write_text(file.read_text() + f"LoadModule lua_module {MODULES}/mod_lua.so\n")
    done = ours("-M", "-f", file)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "Loaded Modules:"
    assert {" core_module (static)", " mpm_event_module (shared)", " lua_module (not in evenflow)"} <= set(lines)
    shared = [line for line in theirs("-M", "-f", file) if line.endswith("(shared)")]
    assert [line.replace("not in evenflow", "shared") for line in lines if not line.endswith("(static)")][1:] == shared


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-S"], "-S needs a configuration: type `evenflow -S -f FILE`"),
        (["-M"], "-M needs a configuration: type `evenflow -M -f FILE`"),
        (["-t", "-D", "DUMP_CERTS", "-f", "a.conf"], "`DUMP_CERTS` is no dump"),
        (["-S", "check", "a.conf"], "`evenflow check FILE`"),
    ],
)
def test_bad_input_says_what_to_type(arguments: list[str], said: str) -> None:
    done = ours(*arguments)
    assert done.returncode == 2
    assert said in done.stderr


def test_what_cannot_be_loaded_is_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "wrong.conf"
    file.write_text("Listen 8080\nProxyTimeout soon\n")
    done = ours("-S", "-f", file)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{file}:2" in done.stderr
