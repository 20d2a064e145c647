"""What a running supervisor can be told, and what it answers: each order a function, each answer a table for JSON.

Changes are made in the cells that children look at with every choice. Members are named by their URL, their route or
their host and port, as far as that is clear.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any, Final, NoReturn, Protocol

import evenflow
from evenflow.control import draining, loading, removal
from evenflow.control.addresses import describe_address, known_address
from evenflow.control.generation import Generation
from evenflow.control.manager.add import NotAdded, add_member
from evenflow.control.manager.change import change_member
from evenflow.control.manager.view import MemberView, view_balancer, view_member
from evenflow.control.metrics.collect import measured_of
from evenflow.control.status.report import view_child
from evenflow.plan.model import Balancer, Member, VirtualHost
from evenflow.slotmem.layout import BUCKETS, ERRORS, MICROSECONDS, SERVER_ERRORS, STATUS_BITS
from evenflow.slotmem.limits import limits_met
from evenflow.slotmem.measured import BOUNDS, STAGES
from evenflow.slotmem.scoreboard import Scoreboard

MOST_SECONDS: Final = 30 * 86400
"""The longest deadline of a drain."""


class Unclear(Exception):
    """An order that cannot be carried out; the text says why and what to type."""


class House(Protocol):
    """What orders need of the supervisor."""

    pid: int
    trouble: str

    @property
    def generation(self) -> Generation: ...

    def reload(self) -> str: ...

    def upgrade(self, program: str | None) -> NoReturn: ...

    def retired(self) -> list[Generation]: ...

    def empty_by(self, balancer: Balancer, member: Member, seconds: float) -> None: ...


def carry_out(order: Any, house: House) -> dict[str, Any]:
    """Do what `order` says; `ok` tells whether it was done, `error` why not."""
    if not isinstance(order, dict) or not isinstance(order.get("do"), str):
        return {"ok": False, "error": "an order is a JSON object with `do`"}
    does = ORDERS.get(order["do"])
    if does is None:
        return {"ok": False, "error": f"there is no order `{order['do']}`: they are {', '.join(ORDERS)}"}
    if house.generation.foreign and order["do"] not in ALWAYS:
        return {"ok": False, "error": f"only {', '.join(sorted(ALWAYS))} can be ordered now: {house.trouble}"}
    try:
        return {"ok": True, **does(order, house)}
    except (Unclear, loading.Refused) as refused:
        return {"ok": False, "error": str(refused)}


def reload(order: dict[str, Any], house: House) -> dict[str, Any]:
    """Load the configuration again; `said` are its warnings."""
    said = house.reload()
    return {"said": said, "generation": house.generation.plan.generation}


def upgrade(order: dict[str, Any], house: House) -> dict[str, Any]:
    """Be another program, that at `program`, or the one that was started as it is on disk now. Whoever takes over
    answers: here are only refusals.
    """
    program = order.get("program")
    if program is not None and not (isinstance(program, str) and os.path.isabs(program)):
        raise Unclear("a program is named by its whole path")
    if program is not None and not (os.path.isfile(program) and os.access(program, os.X_OK)):
        raise Unclear(f"`{program}` is no program that can be executed")
    house.upgrade(program)


def status(order: dict[str, Any], house: House) -> dict[str, Any]:
    """Who serves, and what they do."""
    generation = house.generation
    board = generation.scoreboard
    now = time.monotonic()
    return {
        "version": evenflow.__version__,
        "pid": house.pid,
        "generation": generation.plan.generation,
        "trouble": house.trouble,
        "uptime": now - board.past().started,
        "listeners": sorted({f"{bound.getsockname()[0]}:{bound.getsockname()[1]}" for bound, _ in first(generation)}),
        "children": children(board, now),
        "retired": [
            {"generation": one.plan.generation, "children": children(one.scoreboard, now)} for one in house.retired()
        ],
        "requests": total(board, now, "requests"),
        "connections": total(board, now, "connections"),
        "tunnels": total(board, now, "tunnels"),
        "in_flight": total(board, now, "in_flight"),
        "limits_met": limits_met(board),
        **sessions(house),
    }


def sessions(house: House) -> dict[str, Any]:
    """How many there are at all members, None where they are not counted; and the members that drain."""
    board = board_of(house)
    balancers = [view_balancer(one, some_host(house), board) for one in house.generation.plan.balancers]
    counted = [one.left.sessions for balancer in balancers for one in balancer.members if one.left is not None]
    return {
        "sessions": sum(counted) if counted else None,
        "draining": [
            {"balancer": balancer.name, **describe_member(one, board)}
            for balancer in balancers
            for one in balancer.members
            if state_of(one) == "draining"
        ],
    }


def first(generation: Generation) -> list[Any]:
    """The sockets of the first child: the others have the same."""
    return generation.shares[0] if generation.shares else []


def children(board: Scoreboard, now: float) -> list[dict[str, Any]]:
    """Those that live."""
    rows = [board.child(index) for index in range(board.children)]
    return [
        {
            "pid": row.pid,
            "state": row.state.name.lower(),
            "age": now - row.started,
            "requests": row.requests,
            "in_flight": row.in_flight,
            "connections": row.connections,
            "tunnels": row.tunnels,
        }
        for row in rows
        if row.pid
    ]


def total(board: Scoreboard, now: float, name: str) -> int:
    rows = [*(board.child(index) for index in range(board.children)), board.past()]
    return sum(getattr(view_child(row, now), name) for row in rows)


def members(order: dict[str, Any], house: House) -> dict[str, Any]:
    """Every balancer with its members; with `balancer`, that one."""
    balancers = house.generation.plan.balancers
    if order.get("balancer") is not None:
        balancers = find_balancers(house, order["balancer"])
    return {"balancers": [describe(balancer, house) for balancer in balancers], "latency_bounds": BOUNDS}


def describe(balancer: Balancer, house: House) -> dict[str, Any]:
    board = board_of(house)
    view = view_balancer(balancer, some_host(house), board)
    return {
        "name": view.name,
        "origin": str(balancer.origin),
        "lbmethod": view.method,
        "sticky": view.sticky,
        "members": [{**describe_member(one, board), **measured(one, board)} for one in view.members],
    }


def measured(view: MemberView, board: Scoreboard) -> dict[str, Any]:
    """How long the member takes to begin an answer, and how it fails, since the program began."""
    counts = measured_of(view.member, board)
    failures = dict(zip(STAGES, counts[ERRORS : ERRORS + len(STAGES)], strict=True))
    return {
        # How many took no longer than each of `latency_bounds` and longer than the one before; the last: than all.
        "latency_counts": counts[BUCKETS : BUCKETS + len(BOUNDS) + 1],
        "latency_seconds": counts[MICROSECONDS] / 1e6,
        "failures": failures,
        "server_errors": counts[SERVER_ERRORS],
        # An answer whose status is a failure is one of the server errors, if it is any.
        "errors": sum(failures.values()) - failures["status"] + counts[SERVER_ERRORS],
    }


def board_of(house: House) -> Scoreboard:
    """The scoreboard of those who serve."""
    return house.generation.scoreboard


def some_host(house: House) -> VirtualHost:
    """Whose mappings tell a balancer's path; any will do."""
    plan = house.generation.plan
    return plan.main or plan.hosts[0]


def describe_member(view: MemberView, board: Scoreboard) -> dict[str, Any]:
    """One member: its settings, its state in words and letters, where it is, and its counts."""
    known = known_address(view.member, board)
    slot = view.slot
    letters = "".join(letter.decode() for letter, bit in STATUS_BITS if slot.status & bit)
    return {
        "name": view.name,
        "route": view.route,
        "state": state_of(view),
        "status": letters + ("E" if slot.error_since else ""),
        "usable": slot.usable(),
        "removing": slot.goes > 0.0,
        "loadfactor": float(view.factor),
        "lbset": view.lbset,
        "busy": view.busy,
        "tunnels": view.tunnels,
        **draining.told(view.left),
        "elected": view.elected,
        "sent": view.sent,
        "received": view.received,
        "origin": str(view.member.origin),
        "service": view.member.service.name if view.member.service is not None else None,
        "address": describe_address(view.member, known, time.monotonic()),
    }


def state_of(view: MemberView) -> str:
    """One word for people: what matters most comes first."""
    letters = {letter for letter, bit in STATUS_BITS if view.slot.status & bit}
    for letter, word in ((b"S", "stopped"), (b"D", "disabled"), (b"N", "draining"), (b"C", "failing its check")):
        if letter in letters:
            return word
    if view.unresolved:
        return "name does not resolve"
    if view.slot.error_since:
        return "in error"
    return {b"H": "standby", b"R": "spare"}.get(next((one for one in (b"H", b"R") if one in letters), b""), "serving")


def drain(order: dict[str, Any], house: House) -> dict[str, Any]:
    """The member keeps its sessions and gets no new ones; with `deadline`, for so many seconds: until then its tunnels
    have left, one after the other, and then it is disabled.
    """
    seconds = deadline_of(order)
    done = change(order, house, {b"w_status_N": b"1"})
    if seconds is not None:
        balancer, view = find_member(house, order)
        house.empty_by(balancer, view.member, seconds)
    return {**done, "deadline": seconds}


def disable(order: dict[str, Any], house: House) -> dict[str, Any]:
    """The member gets nothing more; what is in flight is finished."""
    return change(order, house, {b"w_status_D": b"1"})


def enable(order: dict[str, Any], house: House) -> dict[str, Any]:
    """The member serves: neither drained, disabled nor stopped, and not in error."""
    done = change(order, house, {b"w_status_N": b"0", b"w_status_D": b"0", b"w_status_S": b"0"})
    slot = find_member(house, order)[1].slot
    slot.error_since = 0.0
    slot.leave_by = 0.0
    return {**done, "member": describe_member(find_member(house, order)[1], board_of(house))}


def add(order: dict[str, Any], house: House) -> dict[str, Any]:
    """Another member for the balancer, into a row that `growth` keeps free; it is disabled until it is enabled."""
    url = order.get("member")
    if not isinstance(url, str) or not url:
        raise Unclear("no URL is named")
    found = find_balancers(house, order.get("balancer"))
    if len(found) > 1:
        raise Unclear(f"`{order['balancer']}` are several, in different virtual hosts: use their balancer-manager")
    board = house.generation.scoreboard
    try:
        member = add_member(found[0], url.encode("latin-1", "replace"), board)
    except NotAdded as fault:
        raise Unclear(str(fault)) from None
    return {"balancer": found[0].name.decode("latin-1"), "member": describe_member(view_member(member, board), board)}


def remove(order: dict[str, Any], house: House) -> dict[str, Any]:
    """A member that was added goes: it drains, with `deadline` as in `drain`, and is no more once nobody uses it."""
    seconds = deadline_of(order)
    balancer, view = find_member(house, order)
    try:
        removal.remove(view.member, board_of(house), time.monotonic())
    except removal.NotRemoved as fault:
        raise Unclear(str(fault)) from None
    if seconds is not None:
        house.empty_by(balancer, view.member, seconds)
    changed = describe_member(find_member(house, order)[1], board_of(house))
    return {"balancer": balancer.name.decode("latin-1"), "member": changed, "deadline": seconds}


def deadline_of(order: dict[str, Any]) -> float | None:
    """Seconds; None where none is said. Raises Unclear."""
    seconds = order.get("deadline")
    if seconds is None:
        return None
    if not (isinstance(seconds, (int, float)) and 0 < seconds <= MOST_SECONDS):
        raise Unclear(f"a deadline is a number of seconds up to {MOST_SECONDS}")
    return float(seconds)


def change(order: dict[str, Any], house: House, said: dict[bytes, bytes]) -> dict[str, Any]:
    """Set a member's status as the manager's form would."""
    balancer, view = find_member(house, order)
    change_member(balancer, board_of(house), view.slot, said)
    changed = find_member(house, order)[1]
    return {"balancer": balancer.name.decode("latin-1"), "member": describe_member(changed, board_of(house))}


def find_member(house: House, order: dict[str, Any]) -> tuple[Balancer, MemberView]:
    """The one member that an order names. Raises Unclear."""
    wanted = order.get("member")
    if not isinstance(wanted, str) or not wanted:
        raise Unclear("no member is named")
    host, board = some_host(house), house.generation.scoreboard
    balancers = find_balancers(house, order.get("balancer"))
    all_of_them = [(one, view) for one in balancers for view in view_balancer(one, host, board).members]
    found = [pair for pair in all_of_them if wanted in names(pair[1])]
    if len(found) == 1:
        return found[0]
    known = ", ".join(f"`{view.name}`" + (f" ({view.route})" if view.route else "") for _, view in all_of_them)
    if found:
        raise Unclear(f"`{wanted}` are several: name one of {known} by its URL")
    raise Unclear(f"there is no member `{wanted}`: there are {known or 'none'}")


def names(view: MemberView) -> set[str]:
    """What a member may be called."""
    short = view.name.partition("://")[2]
    return {view.name, view.name.rstrip("/"), short, short.rstrip("/"), view.route} - {""}


def find_balancers(house: House, wanted: Any) -> tuple[Balancer, ...]:
    """Those of this name. Raises Unclear where there is none."""
    balancers = house.generation.plan.balancers
    name = wanted.removeprefix("balancer://").rstrip("/").lower() if isinstance(wanted, str) else ""
    found = tuple(one for one in balancers if one.name.decode("latin-1").lower() == name)
    if not found:
        known = ", ".join(sorted({f"`{one.name.decode('latin-1')}`" for one in balancers}))
        raise Unclear(f"there is no balancer `{wanted}`: there {'are ' + known if known else 'is none'}")
    return found


ORDERS: Final[dict[str, Callable[[dict[str, Any], House], dict[str, Any]]]] = {
    "reload": reload,
    "upgrade": upgrade,
    "status": status,
    "members": members,
    "drain": drain,
    "disable": disable,
    "enable": enable,
    "add": add,
    "remove": remove,
}
ALWAYS: Final = frozenset({"reload", "upgrade", "status"})
"""Those that need nothing of the configuration: where it could not be loaded after an upgrade."""
CHANGES: Final = frozenset({"drain", "disable", "enable", "add", "remove"})
"""Those that are worth a line of the error log; a reload writes its own."""
