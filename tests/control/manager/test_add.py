"""Members that are added: what is taken, and what is refused in which words."""

from __future__ import annotations

import pytest

from evenflow.control.manager.add import NotAdded, add_member
from evenflow.slotmem.layout import DISABLED
from evenflow.slotmem.scoreboard import Scoreboard
from tests.control.manager.managed import Managed
from tests.plan.cases import inside, plan_of


def add(managed: Managed, url: str) -> str:
    """The name of the member that was made."""
    return add_member(managed.plan.balancers[0], url.encode("latin-1"), managed.scoreboard).name.decode()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ajp://new:8009", "not `ajp`"),
        ("new:80", "is not an absolute URL"),
        ("http://", "names no host and port"),
        ("http://new:99999", "names no host and port"),
        ("http://user@new", "user name"),
        ("unix:/run/a|http://new", "is no URL"),
        ("unix:/run/a", "Unix socket"),
        ("http://new/a b", "is no URL"),
        ("http://new/\r\nHost: x", "is no URL"),
        ("http://new/?a", "is no URL"),
        ("http://n\xebw/", "is no URL"),
        ("http://new/" + "a" * 250, "more than 255 bytes"),
        ("http://127.0.0.1:8090", "`http://127.0.0.1:8090` is a member already"),
        ("HTTP://127.0.0.1:8090/wiki", "`http://127.0.0.1:8090` is a member already"),
    ],
)
def test_refused(url: str, says: str) -> None:
    managed = Managed(growth=1)
    with pytest.raises(NotAdded) as refused:
        add(managed, url)
    assert says in str(refused.value)
    assert len(managed.report()) == 3


def test_rows_are_taken_one_after_the_other() -> None:
    managed = Managed(growth=2)
    assert add(managed, "WSS://New:443") == "wss://new"
    assert add(managed, "http://127.0.0.1:80") == "http://127.0.0.1"
    with pytest.raises(NotAdded, match="no room for another member: `growth` is 2"):
        add(managed, "http://third")


def test_children_take_it_over_at_their_next_look() -> None:
    managed = Managed(growth=1, children=2)
    balances = [managed.balance(0, child) for child in range(2)]
    add(managed, "http://new:8090")
    assert not any(balance.is_current() for balance in balances)
    for balance in balances:
        balance.read()
        assert [slot.member.name for slot in balance.slots][2:] == [b"http://new:8090"]
        assert balance.slots[2].status == DISABLED and not balance.slots[2].usable()


@pytest.mark.parametrize(
    "line", ["ProxyRemote * http://127.0.0.1:3128", "ProxyBlock evil", "ProxySourceAddress 127.0.0.9"]
)
def test_how_members_are_reached_is_not_gone_round(line: str) -> None:
    text = f"{line}\n<Proxy balancer://c>\nBalancerMember http://127.0.0.1:8090\nProxySet growth=1\n</Proxy>"
    plan = plan_of(inside(text))
    with pytest.raises(NotAdded, match="ProxyRemote, ProxyBlock or ProxySourceAddress"):
        add_member(plan.balancers[0], b"http://new", Scoreboard(plan.members, plan.balancers, 1))


def test_a_balancers_reverses_are_the_added_members_too() -> None:
    plan = plan_of(inside(
        "<Proxy balancer://c>\nBalancerMember http://127.0.0.1:8090\nProxySet growth=1\n</Proxy>\n"
        "ProxyPassReverse /wiki balancer://c"
    ))  # fmt: skip
    (reverse,) = [reverse for reverse, _ in plan.balancers[0].reverses]
    assert reverse.prefixes == (b"http://127.0.0.1:8090",)
    add_member(plan.balancers[0], b"http://new/app", Scoreboard(plan.members, plan.balancers, 1))
    assert reverse.prefixes == (b"http://127.0.0.1:8090", b"http://new/app")
