"""Places and who fills them."""

from __future__ import annotations

import signal
import socket
import subprocess

from evenflow.control.crew import Crew
from evenflow.control.generation import Generation
from evenflow.serve.error_log import ErrorLog
from evenflow.slotmem.children import ChildState
from evenflow.slotmem.scoreboard import Scoreboard
from tests.plan.cases import plan_of

TEXT = "Listen 1\n<Proxy balancer://a>\nBalancerMember http://10.0.0.1{}\n</Proxy>\nProxyPass / balancer://a/\n"


def crew(words: str = "") -> Crew:
    plan = plan_of(TEXT.format(words))
    board = Scoreboard(plan.members, plan.balancers, 2)
    return Crew(Generation(plan, lambda *_: None, [[], []], board, ErrorLog()))


def test_a_watchdog_has_a_place_where_there_is_something_to_watch() -> None:
    assert [post.index for post in crew().everybody()] == [0, 1]
    probing = crew(" hcmethod=TCP")
    assert probing.everybody() == [*probing.posts, probing.watch]


def test_it_serves_when_everybody_says_so() -> None:
    one = crew(" hcmethod=TCP")
    for post in one.posts:
        post.pid = 1 << 22
        one.generation.scoreboard.child(post.index).state = ChildState.STARTING
    assert one.living() == 2 and not one.serving()
    for post in one.posts:
        one.generation.scoreboard.child(post.index).state = ChildState.SERVING
    # The watchdog is not waited for.
    assert one.serving()
    one.posts[1].vacate()
    assert one.living() == 1 and not one.serving()


def test_a_signal_reaches_who_is_there_and_nobody_else() -> None:
    one = crew()
    with subprocess.Popen(["sleep", "60"]) as there, subprocess.Popen(["true"]) as gone:
        gone.wait()
        one.posts[0].pid, one.posts[1].pid = there.pid, gone.pid
        one.tell(signal.SIGTERM)
        assert there.wait(15) == -signal.SIGTERM


def test_a_place_that_is_left_closes_its_line() -> None:
    post = crew().posts[0]
    post.line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        post.vacate()
        assert post.line is None and theirs.recv(1) == b""
