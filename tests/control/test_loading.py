"""From a file to a generation: what is wrong is said, and nothing is left open."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenflow.control import loading
from evenflow.serve import log_output
from tests.peers import can_bind, free_port


def test_processors_are_counted_by_affinity() -> None:
    assert 1 <= loading.usable_processors() <= len(os.sched_getaffinity(0))


def test_a_generation_goes_on_with_the_sockets_and_the_settings_of_the_one_before(tmp_path: Path) -> None:
    port, second = free_port(), free_port()
    file = tmp_path / "wiki.conf"
    text = (
        f"Listen 127.0.0.1:{port}\n<Proxy balancer://a>\nBalancerMember http://127.0.0.1:1 route=n1\n"
        "BalancerMember http://127.0.0.1:2 loadfactor={}\n</Proxy>\nProxyPass / balancer://a/\n"
    )
    file.write_text(text.format(2))
    load = loading.loader(str(file), 2, {})
    first, said = load(None)
    assert said == ""
    member = first.scoreboard.member(0, 0)
    member.set_status(1, True)
    member.error_since = 7.0
    first.scoreboard.member(1, 0).factor = 900
    file.write_text(text.format(3) + f"Listen 127.0.0.1:{second}\n")
    younger, said = load(first)
    assert younger.plan.generation == 2
    assert [share[0][0] for share in younger.shares] == [share[0][0] for share in first.shares]
    assert [len(share) for share in younger.shares] == [2, 2]
    kept = younger.scoreboard.member(0, 0)
    assert (kept.status, kept.error_since, kept.route) == (1, 7.0, b"n1")
    # The file says something else now.
    assert younger.scoreboard.member(1, 0).factor == 300
    first.hand_over(younger)
    first.close([younger])
    assert not can_bind("127.0.0.1", port) and not can_bind("127.0.0.1", second)
    younger.close()
    assert can_bind("127.0.0.1", port) and can_bind("127.0.0.1", second)
    log_output.forget()


def test_what_cannot_be_opened_leaves_everything_as_it_was(tmp_path: Path) -> None:
    port, second = free_port(), free_port()
    file = tmp_path / "wiki.conf"
    file.write_text(f'Listen 127.0.0.1:{port}\nErrorLog "{tmp_path}/error.log"\n')
    load = loading.loader(str(file), 1, {})
    first, _ = load(None)
    before = os.listdir("/proc/self/fd")
    file.write_text(
        f'Listen 127.0.0.1:{port}\nListen 127.0.0.1:{second}\nErrorLog "{tmp_path}/error.log"\n'
        f'CustomLog "|/bin/cat" common\nCustomLog "{tmp_path}/nowhere/access.log" common\n'
    )
    with pytest.raises(loading.Refused, match="cannot open the access log"):
        load(first)
    file.write_text(f"Listen 127.0.0.1:{port}\nListn 127.0.0.1:{second}\n")
    with pytest.raises(loading.Refused, match="Listn"):
        load(first)
    assert os.listdir("/proc/self/fd") == before
    assert can_bind("127.0.0.1", second)
    first.log.error("still here")
    assert "still here" in (tmp_path / "error.log").read_text()
    first.close()
    log_output.forget()
