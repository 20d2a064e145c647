"""The hosts file and nsswitch.conf: what they say, again when they change."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenflow.serve.hosts_file import HostsFile, Switch, WatchedFile, keep

TEXT = """\
# ours
10.0.0.1  node1.example Node1   # the first
10.0.0.1  node1
::1       node1
fe80::1%eth0 local
nonsense  node2
10.0.0.3
"""


def test_names_have_all_their_addresses_in_the_files_order(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text(TEXT)
    hosts = HostsFile(str(tmp_path / "hosts"))
    assert hosts.changed()
    assert hosts.addresses("node1") == ("10.0.0.1", "::1")
    assert hosts.addresses("NODE1.example.") == ("10.0.0.1",)
    assert hosts.addresses("local") == ("fe80::1",)
    assert hosts.addresses("node2") == ()


def test_it_is_read_again_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    hosts = HostsFile(str(file))
    assert hosts.changed()
    assert hosts.addresses("node1") == ()
    assert not hosts.changed()
    file.write_text("10.0.0.1 node1\n")
    assert hosts.changed()
    assert hosts.addresses("node1") == ("10.0.0.1",)
    (tmp_path / "new").write_text("10.0.0.2 node1\n")
    os.replace(tmp_path / "new", file)
    assert hosts.changed()
    assert hosts.addresses("node1") == ("10.0.0.2",)
    file.unlink()
    assert hosts.changed()
    assert hosts.addresses("node1") == ()


@pytest.mark.parametrize(
    ("line", "files", "dns", "others"),
    [
        ("files dns", True, True, False),
        ("files mdns4_minimal [NOTFOUND=return] dns myhostname", True, True, True),
        ("mymachines resolve [!UNAVAIL=return] files myhostname dns", True, True, True),
        ("files", True, False, False),
        ("dns", False, True, False),
        ("files nis dns", True, False, True),
        ("files ldap", True, False, True),
    ],
)
def test_who_is_asked(tmp_path: Path, line: str, files: bool, dns: bool, others: bool) -> None:
    (tmp_path / "nsswitch.conf").write_text(f"passwd: files nis\nhosts: {line}\n")
    switch = Switch(str(tmp_path / "nsswitch.conf"))
    switch.look()
    assert (switch.reads_files, switch.asks_dns, switch.asks_others) == (files, dns, others)


def test_without_the_file_it_is_as_glibc_does(tmp_path: Path) -> None:
    switch = Switch(str(tmp_path / "none"))
    switch.look()
    assert switch.services == ("files", "dns")


def test_what_was_kept_counts_where_the_file_is_out_of_reach(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("10.0.0.1 node1\n")
    keep((str(file), str(tmp_path / "none")))
    try:
        file.unlink()
        hosts = HostsFile(str(file))
        assert hosts.changed()
        assert hosts.addresses("node1") == ("10.0.0.1",)
        with pytest.raises(FileNotFoundError):
            WatchedFile(str(tmp_path / "none")).text()
        file.write_text("")
        assert hosts.changed()
        assert hosts.addresses("node1") == ()
    finally:
        keep(())
