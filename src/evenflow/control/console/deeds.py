"""What the page's buttons and forms do: checked, asked about where it may hurt, done, and written down.

Changes are made by the functions of httpd's form (`manager.change`), so what may be said is the same.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from evenflow.control import removal
from evenflow.control.console import settings
from evenflow.control.console.ledger import Change, Ledger
from evenflow.control.console.lookout import Lookout
from evenflow.control.console.witness import Witness
from evenflow.control.console.words import in_flight
from evenflow.control.generation import Generation
from evenflow.control.manager.add import NotAdded, add_member
from evenflow.control.manager.change import change_balancer, change_member, offered
from evenflow.control.manager.view import BalancerView, MemberView, view_balancer, visible_balancers
from evenflow.slotmem.adoption import member_keys
from evenflow.slotmem.layout import DISABLED, DRAINING

PAGE: Final = "page"
MOST_MINUTES: Final = 7 * 24 * 60


class Refused(Exception):
    """It is not done; the text says why. `status` is HTTP's."""

    def __init__(self, said: str, status: int = 409) -> None:
        super().__init__(said)
        self.status = status


class Doubtful(Exception):
    """It may hurt: it is done when it is asked for again with `sure`. The text says what would happen."""


@dataclass(slots=True)
class Done:
    """`said` is what was not taken, or what to know; `changes` what was written down."""

    balancer: BalancerView
    changes: list[Change]
    said: list[str] = field(default_factory=list)


class Deeds:
    """One generation's; `others` are generations that finish something, whose tunnels are asked to leave too."""

    def __init__(self, lookout: Lookout, ledger: Ledger, witness: Witness, others: Sequence[Generation] = ()) -> None:
        self.lookout = lookout
        self.ledger = ledger
        self.witness = witness
        self.others = others

    def do(self, said: dict[str, str], place: int, who: str) -> Done:
        """Carry out a form at this virtual host's manager. Raises Refused and Doubtful, and then nothing is done."""
        view = self.balancer(said, place)
        does = ACTS.get(said.get("act", ""))
        if does is None:
            raise Refused(f"There is no act `{said.get('act', '')}`.", 400)
        self.witness.write_unsaid()
        notes = does(self, view, said)
        undoes = said.get("change", "") if said["act"] == "undo" else ""
        changes = self.ledger.note(who, PAGE, self.witness.learn(), undoes)
        self.lookout.wake()
        return Done(view, changes, notes)

    def balancer(self, said: dict[str, str], place: int) -> BalancerView:
        """Whose form it is, by its id and its nonce."""
        host = self.lookout.host(place)
        for one in visible_balancers(host, self.lookout.plan):
            if said.get("b") == f"b{one.index}":
                view = view_balancer(one, host, self.lookout.scoreboard)
                nonce = said.get("nonce", "").encode("utf-8", "replace")
                if not view.nonce or not hmac.compare_digest(view.nonce.encode("latin-1"), nonce):
                    raise Refused("The page is too old (its nonce is not the balancer's): load it again.", 403)
                return view
        raise Refused("This virtual host has no such balancer any more: load the page again.", 404)

    def member(self, view: BalancerView, said: dict[str, str]) -> MemberView:
        """The member of a form: its id, and its name, so that a reload in between hurts nobody else."""
        for one in view.members:
            if said.get("m") == f"m{one.member.slot}" and said.get("w", one.name) == one.name:
                return one
        raise Refused("The balancer has no such member any more: load the page again.", 404)

    def ask_first(self, view: BalancerView, member: MemberView, said: dict[str, str], drains: bool) -> None:
        """Raises Doubtful, unless it was asked already, where something is lost."""
        if said.get("sure") == "1":
            return
        others = [one for one in view.members if one.slot.usable() and not one.slot.status & DRAINING]
        if member.slot.usable() and [one.name for one in others if one is not member] == []:
            raise Doubtful(
                f"{member.name} is the last member of balancer://{view.name} that takes new sessions: without it "
                "clients get 503."
            )
        if not drains:
            raise Doubtful(
                f"{member.name} will get nothing more, not even for sessions that it has: they go to other members. "
                f"In flight are {in_flight(member)}; they will be finished."
            )

    # --- the acts ---

    def drain(self, view: BalancerView, said: dict[str, str]) -> list[str]:
        """It keeps its sessions and gets no new ones; with `minutes`, its tunnels leave within that time."""
        member = self.member(view, said)
        minutes = said.get("minutes", "").strip()
        seconds = 0.0
        if minutes:
            try:
                seconds = float(minutes) * 60
            except ValueError:
                seconds = -1.0
            if not 0 < seconds <= MOST_MINUTES * 60:
                raise Refused(f"A deadline is a number of minutes up to {MOST_MINUTES}, not `{minutes}`.", 400)
        self.ask_first(view, member, said, True)
        notes = self.change_member(view, member, {b"w_status_N": b"1"})
        if seconds:
            self.leave_by(member, time.monotonic() + seconds)
        return notes

    def end_drains(self, now: float) -> None:
        """Disable those whose time is over."""
        board = self.lookout.scoreboard
        for index, member in enumerate(board.members):
            slot = board.member(index, 0)
            if 0.0 < slot.leave_by <= now and slot.status & DRAINING and not slot.status & DISABLED:
                slot.set_status(DISABLED, True)
                if member.balancer is not None:
                    board.balancer(member.balancer.index).changed()

    def leave_by(self, member: MemberView, moment: float) -> None:
        """Ask its tunnels to leave until then, in all generations; 0.0 for not at all."""
        boards = [self.lookout.scoreboard, *(one.scoreboard for one in self.others)]
        wanted = member_keys(boards[0])[member.member.slot]
        for board in boards:
            for index, key in enumerate(member_keys(board)):
                if key == wanted:
                    board.member(index, 0).leave_by = moment

    def enable(self, view: BalancerView, said: dict[str, str]) -> list[str]:
        """It serves: neither drained, disabled nor stopped, and not in error."""
        member = self.member(view, said)
        off = {b"w_status_N": b"0", b"w_status_D": b"0", b"w_status_S": b"0"}
        notes = self.change_member(view, member, off)
        member.slot.error_since = 0.0
        self.leave_by(member, 0.0)
        return notes

    def disable(self, view: BalancerView, said: dict[str, str]) -> list[str]:
        """It gets nothing more."""
        member = self.member(view, said)
        self.ask_first(view, member, said, False)
        return self.change_member(view, member, {b"w_status_D": b"1"})

    def set_member(self, view: BalancerView, said: dict[str, str]) -> list[str]:
        """A member's form: only what differs from what is."""
        member = self.member(view, said)
        wanted = self.different(view, member.name, said, "w_")
        if any(wanted.get(one) == b"1" for one in (b"w_status_D", b"w_status_S", b"w_status_N")):
            self.ask_first(view, member, said, wanted.keys().isdisjoint((b"w_status_D", b"w_status_S")))
        return self.change_member(view, member, wanted) if wanted else ["Nothing was different."]

    def set_balancer(self, view: BalancerView, said: dict[str, str]) -> list[str]:
        """A balancer's form."""
        wanted = self.different(view, "", said, "b_")
        return self.change_balancer(view, wanted) if wanted else ["Nothing was different."]

    def change_member(self, view: BalancerView, member: MemberView, wanted: dict[bytes, bytes]) -> list[str]:
        return change_member(view.balancer, self.lookout.scoreboard, member.slot, wanted)

    def change_balancer(self, view: BalancerView, wanted: dict[bytes, bytes]) -> list[str]:
        return change_balancer(view.balancer, self.lookout.scoreboard, wanted, offered(self.lookout.plan))

    def different(self, view: BalancerView, member: str, said: dict[str, str], prefix: str) -> dict[bytes, bytes]:
        """The fields of a form that say something else than what is."""
        now = settings.read((view.balancer,), self.lookout.scoreboard)
        is_now = {name: value for (place, name), value in now.items() if place[2] == member}
        wanted: dict[bytes, bytes] = {}
        for name, value in said.items():
            if name.startswith(prefix) and name in is_now and value.strip() != is_now[name]:
                wanted |= settings.form(name, value.strip())
        return wanted

    def add(self, view: BalancerView, said: dict[str, str]) -> list[str]:
        """Another member; it is disabled until somebody enables it."""
        try:
            add_member(view.balancer, said.get("url", "").strip().encode("latin-1", "replace"), self.lookout.scoreboard)
        except NotAdded as fault:
            raise Refused(str(fault), 400) from None
        return []

    def remove(self, view: BalancerView, said: dict[str, str]) -> list[str]:
        """A member that was added goes: it drains, and is no more once nobody uses it."""
        return self.take_away(view, self.member(view, said), said.get("w", ""), said)

    def take_away(
        self, view: BalancerView, member: MemberView | None, name: str, said: dict[str, str]
    ) -> list[str]:
        if member is None:
            raise Refused(f"{name} is not there any more.")
        self.ask_first(view, member, said, True)
        try:
            removal.remove(member.member, self.lookout.scoreboard, time.monotonic())
        except removal.NotRemoved as fault:
            raise Refused(str(fault)) from None
        return []

    def undo(self, view: BalancerView, said: dict[str, str]) -> list[str]:
        """Say again what was before a change. Raises Refused where something else was said since."""
        change = self.ledger.find(said.get("change", ""))
        if change is None or change.balancer != view.name:
            raise Refused("That change is not known any more.", 404)
        member = next((one for one in view.members if one.name == change.member), None)
        if any(one.field == settings.ADDED for one in change.what):
            # It may have been added, removed and kept since: what counts is what is.
            return self.take_away(view, member, change.member, said)
        if change.id in self.ledger.undone():
            raise Refused("That change was taken back already.")
        now = self.witness.known
        for one in change.what:
            is_now = now.get((one.place, one.field))
            if is_now is None:
                raise Refused(f"{change.member or 'The balancer'} is not there any more.")
            if is_now != one.after:
                raise Refused(f"Somebody changed it again since ({one.words}): undo that first.")
        notes: list[str] = []
        wanted: dict[bytes, bytes] = {}
        for one in change.what:
            if one.field != settings.GOES:
                wanted |= settings.form(one.field, one.before)
        goes = next((one for one in change.what if one.field == settings.GOES), None)
        if goes is not None and goes.before == "1":
            return self.take_away(view, member, change.member, said)
        if member is None:
            return self.change_balancer(view, wanted)
        if any(wanted.get(one) == b"1" for one in (b"w_status_D", b"w_status_S", b"w_status_N")):
            self.ask_first(view, member, said, wanted.keys().isdisjoint((b"w_status_D", b"w_status_S")))
        if goes is not None:
            member.slot.goes = 0.0
        notes += self.change_member(view, member, wanted)
        if wanted.get(b"w_status_N") == b"0":
            self.leave_by(member, 0.0)
        return notes


ACTS: Final[dict[str, Callable[[Deeds, BalancerView, dict[str, str]], list[str]]]] = {
    "drain": Deeds.drain,
    "enable": Deeds.enable,
    "disable": Deeds.disable,
    "member": Deeds.set_member,
    "balancer": Deeds.set_balancer,
    "add": Deeds.add,
    "remove": Deeds.remove,
    "undo": Deeds.undo,
}
