"""What a supervisor can be told, on a scoreboard without processes."""

from __future__ import annotations

from typing import Any, NoReturn

from evenflow.control import loading
from evenflow.control.generation import Generation
from evenflow.control.orders import carry_out
from evenflow.plan.model import Balancer, Member
from evenflow.serve.error_log import ErrorLog
from evenflow.slotmem.scoreboard import Scoreboard
from tests.plan.cases import inside, plan_of

TEXT = """\
<Proxy balancer://wiki>
BalancerMember http://b1:8090 route=n1
BalancerMember http://b2:8090 route=n2 status=+H
</Proxy>
<Proxy balancer://synchrony>
BalancerMember http://b1:8091 route=n1
</Proxy>
ProxyPass /synchrony balancer://synchrony/
ProxyPass / balancer://wiki/
"""


class House:
    """A supervisor that only holds a generation."""

    def __init__(self, more: str = "") -> None:
        plan = plan_of(inside(TEXT.replace("</Proxy>", f"{more}</Proxy>", 1)))
        board = Scoreboard(plan.members, plan.balancers, 2)
        self.generation = Generation(plan, lambda *_: None, [[], []], board, ErrorLog())
        self.pid = 4711
        self.refuses = ""
        self.trouble = ""

    def reload(self) -> str:
        if self.refuses:
            raise loading.Refused(self.refuses)
        return "warning[x]: y\n"

    def upgrade(self, program: str | None) -> NoReturn:
        raise loading.Refused(f"{program} will not\n")

    def empty_by(self, balancer: Balancer, member: Member, seconds: float) -> None:
        self.emptied = (balancer.name, member.name, seconds)

    def retired(self) -> list[Generation]:
        return []


def told(**order: Any) -> dict[str, Any]:
    return carry_out(order, House())


def test_what_is_no_order_is_refused_with_what_there_is() -> None:
    assert carry_out(None, House())["ok"] is False
    assert carry_out({"do": 5}, House())["ok"] is False
    said = told(do="dance")
    known = "reload, upgrade, status, members, drain, disable, enable, add, remove"
    assert said["error"] == f"there is no order `dance`: they are {known}"


def test_a_reload_answers_its_warnings_or_why_not() -> None:
    house = House()
    assert carry_out({"do": "reload"}, house) == {"ok": True, "said": "warning[x]: y\n", "generation": 1}
    house.refuses = "error[y]: z\n"
    assert carry_out({"do": "reload"}, house) == {"ok": False, "error": "error[y]: z\n"}


def test_an_upgrade_names_a_program_or_none() -> None:
    assert told(do="upgrade")["error"] == "None will not\n"
    assert told(do="upgrade", program="/bin/sh")["error"] == "/bin/sh will not\n"
    assert told(do="upgrade", program="sh")["error"] == "a program is named by its whole path"
    for nothing in ("/nowhere/sh", "/etc/passwd", "/etc"):
        assert told(do="upgrade", program=nothing)["error"] == f"`{nothing}` is no program that can be executed"


def test_without_a_configuration_of_its_own_little_can_be_ordered() -> None:
    house = House()
    house.generation.foreign = True
    house.trouble = "error[y]: z"
    said = carry_out({"do": "members"}, house)
    assert said == {"ok": False, "error": "only reload, status, upgrade can be ordered now: error[y]: z"}
    assert carry_out({"do": "status"}, house)["trouble"] == "error[y]: z"
    assert carry_out({"do": "reload"}, house)["ok"]


def test_members_are_told_by_balancer() -> None:
    said = told(do="members")
    assert [one["name"] for one in said["balancers"]] == ["wiki", "synchrony"]
    (wiki,) = told(do="members", balancer="balancer://Wiki/")["balancers"]
    assert [(one["name"], one["state"], one["status"]) for one in wiki["members"]] == [
        ("http://b1:8090", "serving", ""),
        ("http://b2:8090", "standby", "H"),
    ]
    assert wiki["members"][0]["origin"].endswith(":2") or ":" in wiki["members"][0]["origin"]


def test_a_member_is_drained_disabled_and_enabled() -> None:
    house = House()
    slot = house.generation.scoreboard.member(0, 1)
    said = carry_out({"do": "drain", "balancer": "wiki", "member": "n1"}, house)
    assert said["balancer"] == "wiki" and said["member"]["state"] == "draining"
    assert slot.status == 32
    assert carry_out({"do": "disable", "balancer": "wiki", "member": "b1:8090"}, house)["member"]["status"] == "DN"
    assert not slot.usable()
    slot.error_since = 5.0
    said = carry_out({"do": "enable", "balancer": "wiki", "member": "http://b1:8090"}, house)
    assert said["member"]["state"] == "serving" and said["member"]["usable"]
    assert slot.usable() and slot.error_since == 0.0
    # The other balancer's member of the same host is another one.
    assert house.generation.scoreboard.member(2, 0).status == 0


def test_a_drain_may_have_a_deadline() -> None:
    house = House()
    order = {"do": "drain", "balancer": "wiki", "member": "n1", "deadline": 900}
    assert carry_out(order, house)["deadline"] == 900
    assert house.emptied == (b"wiki", b"http://b1:8090", 900.0)
    for wrong in ("x", 0, -1, 1e12, [1]):
        assert carry_out({**order, "deadline": wrong}, House())["ok"] is False


def test_children_see_a_change_at_their_next_choice() -> None:
    house = House()
    before = house.generation.scoreboard.balancer(0).cells[0]
    carry_out({"do": "drain", "balancer": "wiki", "member": "n1"}, house)
    assert house.generation.scoreboard.balancer(0).cells[0] > before


def test_who_is_not_there_is_said_with_who_is() -> None:
    assert told(do="drain", balancer="wiki", member="n9")["error"] == (
        "there is no member `n9`: there are `http://b1:8090` (n1), `http://b2:8090` (n2)"
    )
    assert told(do="drain", balancer="wki", member="n1")["error"] == (
        "there is no balancer `wki`: there are `synchrony`, `wiki`"
    )
    assert told(do="drain", balancer="wiki")["error"] == "no member is named"
    assert told(do="members", balancer="x")["ok"] is False


def test_status_sums_over_everybody() -> None:
    house = House()
    board = house.generation.scoreboard
    board.child(0).begin(99, 1, 0.0)
    board.child(0).requests = 5
    board.child(0).tunnels = 2
    board.past().requests = 7
    said = carry_out({"do": "status"}, house)
    assert (said["pid"], said["requests"], said["tunnels"]) == (4711, 12, 2)
    assert [one["pid"] for one in said["children"]] == [99]
    assert said["retired"] == []


def test_a_member_is_added_where_there_is_room() -> None:
    house = House()
    order = {"do": "add", "balancer": "wiki", "member": "http://b3:8090"}
    said = carry_out(order, house)
    assert not said["ok"] and "`growth` is 0" in said["error"] and "ProxySet growth=N" in said["error"]
    house = House("ProxySet growth=1\n")
    said = carry_out(order, house)
    assert said["ok"] and said["balancer"] == "wiki"
    assert (said["member"]["name"], said["member"]["state"]) == ("http://b3:8090", "disabled")
    assert not carry_out(order, house)["ok"]
    said = carry_out({"do": "enable", "balancer": "wiki", "member": "b3:8090"}, house)
    assert said["member"]["usable"]
    assert "no URL" in told(do="add", balancer="wiki")["error"]
    assert "there is no balancer" in told(do="add", balancer="nobody", member="http://b3")["error"]


def test_an_added_member_is_removed_and_no_other() -> None:
    house = House("ProxySet growth=1\n")
    carry_out({"do": "add", "balancer": "wiki", "member": "http://b3:8090"}, house)
    carry_out({"do": "enable", "balancer": "wiki", "member": "b3:8090"}, house)
    order = {"do": "remove", "balancer": "wiki", "member": "b3:8090"}
    said = carry_out({**order, "deadline": 900}, house)
    assert (said["member"]["state"], said["member"]["removing"], said["deadline"]) == ("draining", True, 900)
    assert house.emptied == (b"wiki", b"http://b3:8090", 900.0)
    assert "is being removed already" in carry_out(order, house)["error"]
    said = carry_out({"do": "enable", "balancer": "wiki", "member": "b3:8090"}, house)
    assert (said["member"]["state"], said["member"]["removing"]) == ("serving", False)
    said = carry_out({**order, "member": "n1"}, house)
    assert "was not added while it ran" in said["error"]
    assert "there is no member" in carry_out({**order, "member": "n9"}, house)["error"]
    assert carry_out({**order, "deadline": 0}, house)["ok"] is False
    assert house.generation.scoreboard.member(0, 0).status == 0
