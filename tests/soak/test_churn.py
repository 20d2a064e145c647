"""Minutes of everything at once: reloads, drains, nodes that die and come back, clients that are slow or vanish,
tunnels.

Afterwards nothing is left over, and no request was lost that could have been served. EVENFLOW_SOAK says the seconds.
"""

from __future__ import annotations

import json
import os
import random
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evenflow.control import channel
from tests.control.processes import Served, until
from tests.faults.processes import below, descriptors, resident
from tests.peers import free_port
from tests.soak.nodes import Account, Node, ask, dawdle, edit, vanish

SECONDS = float(os.environ.get("EVENFLOW_SOAK", "120"))
ROUTES = ("n1", "n2", "n3")
MOST_GROWTH = 8 << 20
"""Bytes that a child's memory may be larger afterwards: arenas fill up, and do not shrink."""


@pytest.fixture(autouse=True)
def sockets_of_our_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="evenflow-") as folder:
        monkeypatch.setenv("EVENFLOW_RUN", folder)
        yield


def configuration(nodes: list[Node], folder: Path) -> str:
    members = "".join(f"BalancerMember http://127.0.0.1:{node.port} route={node.route} retry=1\n" for node in nodes)
    sockets = "".join(f"BalancerMember ws://127.0.0.1:{node.port} route={node.route} retry=1\n" for node in nodes)
    # Another way for the tunnels, by one node first. It leads to the others too: a child that is about to retire may
    # still take an upgrade when that node dies already, and what one node alone serves nobody could serve then.
    ways = "".join(
        f"<Proxy balancer://{first.route}>\n"
        + "".join(
            f"BalancerMember ws://127.0.0.1:{node.port} retry=1 lbset={int(node is not first)}\n" for node in nodes
        )
        + "</Proxy>\n"
        for first in nodes
    )
    return (
        f"LogLevel crit\nEvenflowAccessLog {folder}/access.json\nEvenflowGoodbye 1\n"
        f"<Proxy balancer://a>\n{members}ProxySet stickysession=R\n</Proxy>\n"
        f"<Proxy balancer://s>\n{sockets}</Proxy>\n{ways}"
        "ProxyPass /ws balancer://s/ws\nProxyPass /page balancer://a/page\n"
    )


def order(server: Served, **what: Any) -> dict[str, Any]:
    answer = channel.ask(channel.place(str(server.file)), what)
    assert answer["ok"], answer
    return answer


def in_peace(server: Served) -> bool:
    """Whether nobody has anything in flight, and no retired child is left."""
    said = order(server, do="status")
    members = [one for balancer in order(server, do="members")["balancers"] for one in balancer["members"]]
    return not said["retired"] and not said["tunnels"] and not any(one["busy"] for one in members)


@pytest.mark.timeout(SECONDS + 180)
def test_nothing_is_lost_and_nothing_is_left(tmp_path: Path) -> None:
    nodes = [Node(route) for route in ROUTES]
    for node in nodes:
        node.start()
    server = Served(tmp_path, free_port(), configuration(nodes, tmp_path), "--children", "2").ready()
    account = Account()
    threads = [
        threading.Thread(target=ask, args=(account, server.port, keeps, sticks))
        for keeps in (False, True) for sticks in (False, True)
    ]  # fmt: skip
    threads += [threading.Thread(target=edit, args=(account, server.port, nodes)) for _ in range(4)]
    threads += [threading.Thread(target=work, args=(account, server.port)) for work in (vanish, dawdle, dawdle)]
    try:
        begin_with_everything(server)
        before = (descriptors(server.process.pid), resident(server.process.pid) // len(below(server.process.pid)))
        for thread in threads:
            thread.start()
        reloads = churn(server, nodes, time.monotonic() + SECONDS)
        account.over.set()
        for thread in threads:
            thread.join(60.0)
        assert account.faults == [], failed_lines(tmp_path / "access.json")
        assert reloads >= SECONDS / 10 and account.answered > SECONDS * 10 and account.echoes > SECONDS * 5
        until(lambda: in_peace(server))
        # Kept connections end in their own time: a younger generation has none.
        order(server, do="reload")
        until(lambda: in_peace(server))
        until(lambda: descriptors(server.process.pid) <= before[0])
        after = resident(server.process.pid) // len(below(server.process.pid))
        assert after - before[1] < MOST_GROWTH, (before[1], after)
        server.tell(signal.SIGTERM)
        assert server.ends_with() == 0
    finally:
        account.over.set()
        server.stop()
        for node in nodes:
            if node.listening is not None:
                node.kill()


def failed_lines(log: Path) -> str:
    """What the access log says of the answers that were ours: with their cause."""
    return "\n".join(line for line in log.read_text().splitlines() if json.loads(line)["status"] >= 500)


def begin_with_everything(server: Served) -> None:
    """What is measured afterwards has been used once before."""
    assert server.get("/page")[0] == 200
    order(server, do="reload")
    until(lambda: in_peace(server) and len(below(server.process.pid)) == 2)


def churn(server: Served, nodes: list[Node], end: float) -> int:
    """Trouble of one kind after the other, until the time is over; how many reloads there were."""
    chance = random.Random(11)
    text = server.file.read_text()
    reloads = 0
    while time.monotonic() < end:
        what = chance.choice(("reload", "change", "drain", "death"))
        node = chance.choice(nodes)
        if what == "reload":
            order(server, do="reload")
            reloads += 1
        elif what == "change":
            # Tunnels lose their way, and come back by another.
            other = f"ProxyPass /ws balancer://{chance.choice(nodes).route}/ws"
            server.file.write_text(text.replace("ProxyPass /ws balancer://s/ws", other))
            order(server, do="reload")
            time.sleep(0.5)
            server.file.write_text(text)
            order(server, do="reload")
            reloads += 2
        elif what == "drain":
            order(server, do="drain", balancer="a", member=node.route)
            order(server, do="drain", balancer="s", member=node.route, deadline=1)
            time.sleep(1.2)
            order(server, do="enable", balancer="a", member=node.route)
            order(server, do="enable", balancer="s", member=node.route)
        else:
            node.kill()
            time.sleep(1.0)
            node.start()
            time.sleep(1.2)
    return reloads
