"""User and Group: whom the children become."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from evenflow.control import privileges
from evenflow.control.privileges import Identity
from evenflow.control.trouble import Trouble
from evenflow.plan.model import Plan

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


def plan(user: str = "", group: str = "") -> Plan:
    made = Plan()
    made.user = user
    made.group = group
    return made


def test_nothing_said_nothing_changed() -> None:
    assert privileges.wanted(plan()) is None
    assert privileges.warning(plan()) == ""


@ROOT_ONLY
@pytest.mark.parametrize(
    ("user", "group", "expected"),
    [
        ("nobody", "", Identity(65534, 65534, "nobody")),
        ("nobody", "daemon", Identity(65534, 1, "nobody")),
        ("#65534", "#1", Identity(65534, 1, "nobody")),
        ("#54321", "#54321", Identity(54321, 54321, "")),
        ("", "daemon", Identity(None, 1, "")),
    ],
)
def test_names_and_numbers(user: str, group: str, expected: Identity) -> None:
    assert privileges.wanted(plan(user, group)) == expected


@ROOT_ONLY
@pytest.mark.parametrize(
    ("user", "group", "code"),
    [("nobody-here", "", "user-unknown"), ("nobody", "none-here", "group-unknown"), ("#x", "", "user-unknown")],
)
def test_unknown_names_are_said(user: str, group: str, code: str) -> None:
    with pytest.raises(Trouble) as caught:
        privileges.wanted(plan(user, group))
    assert caught.value.code == code


@ROOT_ONLY
@pytest.mark.parametrize("identity", [Identity(65534, 65534, "nobody"), Identity(54321, 54322, "")])
def test_becoming_gives_up_root_for_good(identity: Identity) -> None:
    pid = os.fork()
    if pid == 0:
        privileges.become(identity)
        regained = True
        try:
            os.setuid(0)
        except PermissionError:
            regained = False
        fine = (os.getuid(), os.getgid()) == (identity.user, identity.group) and 0 not in os.getgroups()
        os._exit(0 if fine and not regained else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@ROOT_ONLY
def test_without_root_the_two_change_nothing_and_that_is_said() -> None:
    pid = os.fork()
    if pid == 0:
        os.setuid(65534)
        said = privileges.warning(plan("www-data", "www-data"))
        own = privileges.warning(plan("nobody"))
        shut_in = plan("nobody")
        shut_in.chroot_dir = "/usr"
        good = "not started as root" in said and not own and privileges.wanted(plan("www-data")) is None
        os._exit(0 if good and "`ChrootDir` changes nothing" in privileges.warning(shut_in) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@ROOT_ONLY
def test_who_is_shut_in_without_leaving_root_is_not_held() -> None:
    made = plan()
    made.chroot_dir = "/usr"
    assert privileges.wanted(made) == Identity(None, None, "", "/usr")
    assert "holds nobody" in privileges.warning(made)
    made.user = "nobody"
    assert privileges.wanted(made) == Identity(65534, 65534, "nobody", "/usr")
    assert privileges.warning(made) == ""


def test_codecs_are_there_before_the_library_may_not_be_read_any_more() -> None:
    code = (
        "import sys\nfrom evenflow.control import privileges\n"
        "privileges.become(privileges.Identity(None, None, ''))\n"
        "sys.path[:] = []\nsys.meta_path[:] = []\n"
        "open('/etc/hosts', encoding='latin-1').read()\n'\\xe4.example'.encode('idna')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
