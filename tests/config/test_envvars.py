"""What Debian's `envvars` gives to a configuration, compared with what a shell makes of the same file."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from evenflow.config.envvars import assignments, shell_of
from evenflow.config.load import load
from evenflow.config.source import make_source, read_source
from tests.peers import require_peer

TEXT = """\
# envvars - read by apachectl
unset HOME
if [ "${APACHE_CONFDIR##/etc/apache2-}" != "${APACHE_CONFDIR}" ] ; then
	SUFFIX="-${APACHE_CONFDIR##/etc/apache2-}"
else
	SUFFIX=
fi
: ${APACHE_RUN_USER:=nobody}
export APACHE_RUN_USER=www-data
export APACHE_RUN_DIR=/var/run/apache2$SUFFIX
export APACHE_LOG_DIR=/var/log/apache2$SUFFIX # where logs go
export QUOTED="a b ${APACHE_RUN_USER}" SINGLE='x $y'
PLAIN='x $y'
WITH_DEFAULT=${NOT_THERE:-over there}
NESTED="${APACHE_RUN_DIR}/sub"
COMMAND=$(echo no)
export LANG=C
export LANG
#export APACHE_ULIMIT_MAX_FILES='ulimit -n 65536'
"""


def test_assignments_are_read_and_nothing_is_run() -> None:
    values = assignments(make_source("envvars", TEXT), "/etc/apache2")
    assert values["APACHE_RUN_USER"] == "www-data"
    assert values["APACHE_RUN_DIR"] == "/var/run/apache2"
    assert values["APACHE_LOG_DIR"] == "/var/log/apache2"
    assert values["QUOTED"] == "a b www-data"
    assert values["PLAIN"] == "x $y"
    assert values["NESTED"] == "/var/run/apache2/sub"
    assert values["LANG"] == "C"
    assert "COMMAND" not in values
    assert "APACHE_ULIMIT_MAX_FILES" not in values


def test_another_instance_has_its_own_directories() -> None:
    values = assignments(make_source("envvars", TEXT), "/etc/apache2-wiki")
    assert values["APACHE_LOG_DIR"] == "/var/log/apache2-wiki"


def test_a_condition_on_one_line_is_passed_over() -> None:
    text = "if true; then A=1; fi\nB=2\ncase x in\n*) C=3 ;;\nesac\nD=4\n"
    values = assignments(make_source("envvars", text), "/etc/apache2")
    assert (values["B"], values["D"]) == ("2", "4")
    assert "C" not in values


def test_debians_own_file_means_what_the_shell_says() -> None:
    require_peer("apache2")
    file = Path("/etc/apache2/envvars")
    printed = subprocess.run(
        ["env", "-i", "APACHE_CONFDIR=/etc/apache2", "sh", "-c", f"set -a; . {file}; env"],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    ).stdout
    shell = dict(line.split("=", 1) for line in printed.splitlines())
    values = assignments(read_source(str(file)), "/etc/apache2")
    names = [name for name in shell if name.startswith("APACHE_")]
    assert names
    assert {name: values[name] for name in names} == {name: shell[name] for name in names}


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    (tmp_path / "envvars").write_text("export APACHE_LOG_DIR=/var/log/apache2\nexport ADMIN=root@a.example\n")
    top = tmp_path / "apache2.conf"
    top.write_text("ErrorLog ${APACHE_LOG_DIR}/error.log\nServerAdmin ${ADMIN}\n")
    return top


def test_the_file_stands_behind_the_environment_and_defines(layout: Path) -> None:
    loaded = load(str(layout), {}, environment={"ADMIN": "me@a.example"})
    assert loaded.settings is not None
    assert loaded.settings.main.core.error_log == "/var/log/apache2/error.log"
    assert loaded.settings.main.core.server_admin == "me@a.example"
    assert loaded.envvars == str(layout.with_name("envvars"))
    defined = load(str(layout), {"ADMIN": "you@a.example"}, environment={})
    assert defined.settings is not None
    assert defined.settings.main.core.server_admin == "you@a.example"


def test_it_is_not_spoken_of_where_the_environment_has_everything(layout: Path) -> None:
    assert load(str(layout), {}, environment={"ADMIN": "a", "APACHE_LOG_DIR": "/x"}).envvars == ""


def test_other_files_have_no_envvars(layout: Path) -> None:
    other = layout.with_name("httpd.conf")
    other.write_text(layout.read_text())
    loaded = load(str(other), {}, environment={})
    assert {diagnostic.code for diagnostic in loaded.diagnostics} >= {"undefined-variable"}
    named = load(str(other), {}, environment={"APACHE_ENVVARS": str(layout.with_name("envvars"))})
    assert named.diagnostics == ()


def test_a_file_that_cannot_be_read_gives_nothing(tmp_path: Path) -> None:
    shell = shell_of(str(tmp_path / "apache2.conf"), {"A": "b"}, read_source)
    assert (shell.path, shell.get("A"), shell.get("APACHE_LOG_DIR"), shell.used) == ("", "b", None, False)
