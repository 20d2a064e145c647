"""Which way an editor would really get, found out as the editor does it; and whether it is the one that it should be.

A page that is edited names addresses (`ajs-synchrony-base-url`). Confluence's script asks each of them, in their order,
for `/heartbeat`, takes the first that answers 200, and stays with it: with the WebSocket there, and with polling there
where the WebSocket is lost. The page is behind a login, so unless somebody has saved one, the addresses are those that
a node names where nobody has set `synchrony.proxy.enabled`: the direct one, then Confluence's internal proxy.

That editors get the direct way and no other takes two changes, one in the balancer and one at the nodes. Both can be
seen from outside: `check_expected` says which of them is missing.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from evenflow.tools.doctor.asking import Answer, Jar, Unanswered
from evenflow.tools.doctor.synchrony import Editor, is_answer
from evenflow.tools.doctor.visit import NODE_FIELD, PASS, Finding, Visit, found, looks_like_confluence
from evenflow.tools.doctor.websocket import Shaken, shake

ADDRESSES: Final = "ajs-synchrony-base-url"
DIRECT_ADDRESS: Final = "/synchrony"
INTERNAL_ADDRESS: Final = "/synchrony-proxy"
BAYEUX: Final = "/v1/bayeux-sync1"
COMMON: Final = ("Upgrade", "keep-alive, Upgrade")
"""Connection as Chromium spells it, and Firefox."""

DIRECT: Final = "direct"
INTERNAL: Final = "synchrony-proxy"
POLLING: Final = "polling"
NONE: Final = "none"
WAYS: Final = (DIRECT, INTERNAL, POLLING)
"""What can be expected. Polling may be by either address."""
EXPECTED: Final = "expected way"
"""The check that `--expect` adds."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One address, asked as an editor asks."""

    address: str
    heartbeat: Answer
    sockets: dict[str, Shaken]
    """What became of the upgrade, by how Connection was spelled."""
    polls: bool = False
    """Asked only where a WebSocket is lost: whether polling reaches Synchrony."""

    @property
    def taken(self) -> bool:
        """Whether an editor stays with it."""
        return self.heartbeat.status == 200

    @property
    def lost(self) -> list[str]:
        """The spellings whose WebSocket is lost."""
        return [spelling for spelling, shaken in self.sockets.items() if not shaken.accepted]

    @property
    def opens(self) -> bool:
        """Whether somebody could get through there."""
        return self.taken or len(self.lost) < len(self.sockets)

    @property
    def evidence(self) -> str:
        told = [f"{self.heartbeat.request} -> {self.heartbeat.status}"]
        told += [f"{shaken.answer.request} (`Connection: {spelling}`) -> {shaken.answer.status}"
                 for spelling, shaken in self.sockets.items()]  # fmt: skip
        if self.taken and self.lost:
            told.append("polling reaches it" if self.polls else "polling does not reach it")
        return ", ".join(told)


@dataclass(frozen=True, slots=True)
class Way:
    """What an editor gets. `name` is one of WAYS or NONE, `address` the path that it stays with, "" for none."""

    name: str
    address: str
    evidence: str
    named: bool = False
    """A page was seen, and it names the address; else it is what is usual."""


@dataclass(frozen=True, slots=True)
class Ways:
    """All addresses, tried; `offered` are those that a page names, None where no page was seen."""

    direct: Tried
    internal: tuple[Tried, ...]
    offered: tuple[str, ...] | None
    way: Way

    @property
    def shortcut(self) -> Tried | None:
        """The internal proxy where editors could reach it and the page, if one was seen, names it."""
        for tried in self.internal:
            if tried.opens and (self.offered is None or any(INTERNAL_ADDRESS in one for one in self.offered)):
                return tried
        return None


def ways_of(visit: Visit) -> Ways:
    """Try everything, once in a visit. Raises Unanswered, and Enough."""
    if visit.ways is None:
        direct = _try(visit, DIRECT_ADDRESS)
        addresses = dict.fromkeys((INTERNAL_ADDRESS, visit.path + INTERNAL_ADDRESS))
        internal = tuple(_try(visit, address) for address in addresses)
        offered = offered_by(visit.editor or visit.meta)
        visit.ways = Ways(direct, internal, offered, _choose(visit, (direct, *internal), offered))
    return visit.ways


def _try(visit: Visit, address: str) -> Tried:
    heartbeat = visit.site.ask(address + "/heartbeat")
    sockets = {}
    for spelling in COMMON:
        shaken = shake(visit.site, address + BAYEUX, spelling)
        shaken.close()
        sockets[spelling] = shaken
    tried = Tried(address, heartbeat, sockets)
    if tried.taken and tried.lost:
        polls = is_answer(*Editor(visit.site, address + BAYEUX, Jar()).handshake())
        return Tried(address, heartbeat, sockets, polls)
    return tried


def offered_by(page: dict[str, str]) -> tuple[str, ...] | None:
    """The addresses that a page names, as they stand there; None where it names none."""
    said = html.unescape(page.get(ADDRESSES, ""))
    return tuple(one.strip().rstrip("/") for one in said.split(",") if one.strip()) or None


def _choose(visit: Visit, tried: tuple[Tried, ...], offered: tuple[str, ...] | None) -> Way:
    """As the script of the page does."""
    known = {one.address: one for one in tried}
    told = []
    for address in offered if offered is not None else known:
        one = known.get(_path(visit, address))
        if one is None:
            # Pages name what they like: nobody but the site is asked.
            told.append(f"`{address}` is not this site's")
            continue
        told.append(one.evidence)
        if one.taken:
            name = INTERNAL if INTERNAL_ADDRESS in one.address else DIRECT
            if one.lost:
                name = POLLING if one.polls else NONE
            return Way(name, one.address, "; ".join(told), offered is not None)
    return Way(NONE, "", "; ".join(told), offered is not None)


def _path(visit: Visit, address: str) -> str:
    """The path of an address at the site; "" for an address elsewhere."""
    parts, place = urlsplit(address), visit.site.place
    spelled = (place.url.lower(), f"{place.scheme}://{place.host}:{place.port}".lower())
    here = not parts.netloc or f"{parts.scheme}://{parts.netloc}".lower() in spelled
    return parts.path if here else ""


def check_ways(visit: Visit) -> Iterator[Finding]:
    """The way that an editor gets, and those that it should not get."""
    ways = ways_of(visit)
    opened = next((one for one in ways.internal if one.opens), None)
    through = led_through(visit, ways)
    if through:
        yield found("direct-way-through-confluence", "ways", through)
    if INTERNAL_ADDRESS in ways.way.address:
        code = "internal-proxy-preferred" if ways.direct.taken and not ways.direct.lost else "only-internal-proxy"
        yield found(code, "ways", ways.way.evidence + named(ways))
    elif ways.way.name != NONE:
        if ways.shortcut is not None:
            yield found("internal-proxy-open", "ways", f"{ways.direct.evidence}; {ways.shortcut.evidence}{named(ways)}")
    elif opened is not None:
        yield found("only-internal-proxy", "ways", f"{ways.direct.evidence}; {opened.evidence}")
    elif not ways.direct.opens:
        answer, said = Editor(visit.site, DIRECT_ADDRESS + BAYEUX, Jar()).handshake()
        if not is_answer(answer, said):
            yield found("no-way-to-synchrony", "ways", f"no WebSocket, and {answer.evidence('Content-Type')}")


def named(ways: Ways) -> str:
    """What the page names, as a piece of evidence."""
    return "" if ways.offered is None else f"; the page names {', '.join(ways.offered)}"


def led_through(visit: Visit, ways: Ways) -> str:
    """Evidence that `/synchrony` is Confluence's internal proxy under another name; "" for none.

    `/healthcheck` is the internal proxy's. A Synchrony has none, as far as is known.
    """
    if not ways.direct.taken:
        return ""
    answer = visit.site.ask(DIRECT_ADDRESS + "/healthcheck")
    if answer.status == 200 and "json" in answer.get("content-type").lower():
        return answer.evidence("Content-Type")
    if any(cookie.name == "JSESSIONID" for cookie in ways.direct.heartbeat.cookies()):
        return f"{ways.direct.heartbeat.evidence()}; a session of Tomcat's comes with it"
    return ""


def check_own_paths(visit: Visit) -> Iterator[Finding]:
    """Paths that the balancer keeps for itself, which a rule or a mapping may take all the same."""
    for path in visit.own:
        sign = answered_by_confluence(visit, path)
        if sign:
            yield found("own-path-taken", "own paths", sign)


def answered_by_confluence(visit: Visit, path: str) -> str:
    """Evidence that Confluence answers it; "" where nothing says so."""
    answer = visit.site.ask(path)
    if looks_like_confluence(answer) or any(cookie.name == "JSESSIONID" for cookie in answer.cookies()):
        return answer.evidence(NODE_FIELD, "Server")
    if answer.status >= 400 and "apache tomcat" in answer.text.lower():
        return answer.evidence("Server")
    return ""


def check_expected(visit: Visit) -> Iterator[Finding]:
    """Whether editors get the way that they are to get, and no other. One that cannot be found out is not proven."""
    ways = ways_of(visit)
    if visit.expected != DIRECT:
        if ways.way.name == visit.expected:
            yield Finding(EXPECTED, PASS, ways.way.evidence)
        else:
            told = f"{ways.way.name} in place of {visit.expected}: {ways.way.evidence}"
            yield found("way-not-expected", EXPECTED, told)
        return
    balancer, nodes = missing_in_balancer(visit, ways), missing_at_nodes(ways)
    if not balancer and not nodes and ways.way.name != DIRECT:
        balancer = [ways.way.evidence]
    if balancer:
        yield found("direct-way-not-led", EXPECTED, "; ".join(balancer))
    if nodes:
        yield found("direct-way-not-enforced", EXPECTED, "; ".join(nodes))
    if not balancer and not nodes:
        yield Finding(EXPECTED, PASS, f"{ways.direct.evidence}; {shut(visit, ways)}")


def missing_in_balancer(visit: Visit, ways: Ways) -> list[str]:
    """What is missing of the first change: `/synchrony` is led to Synchrony, and exceptions are still exceptions."""
    missing = []
    beat = ways.direct.heartbeat
    if not ways.direct.taken or beat.text.strip() != "OK":
        missing.append(beat.evidence("Location", "Server"))
    missing += [f"`Connection: {spelling}` gets no WebSocket: {ways.direct.sockets[spelling].answer.status}"
                for spelling in ways.direct.lost]  # fmt: skip
    through = led_through(visit, ways)
    if through:
        missing.append(f"it is the internal proxy under another name: {through}")
    return missing + [sign for path in visit.own if (sign := answered_by_confluence(visit, path))]


def missing_at_nodes(ways: Ways) -> list[str]:
    """What is missing of the second change: the internal proxy is off, or no browser is told of it."""
    missing = []
    if ways.offered is not None and all(INTERNAL_ADDRESS in one for one in ways.offered):
        missing.append(f"the page names no other address than {', '.join(ways.offered)}")
    if ways.shortcut is not None:
        missing.append(ways.shortcut.evidence + named(ways))
    return missing


def shut(visit: Visit, ways: Ways) -> str:
    """Why no editor gets through the internal proxy, and whether the nodes still have one."""
    told = [f"{one.address}: {one.heartbeat.status}, no WebSocket" for one in ways.internal if not one.opens]
    if len(told) < len(ways.internal):
        told.append(f"the page names {', '.join(ways.offered or ())} and not {INTERNAL_ADDRESS}")
    for node in visit.nodes:
        try:
            answer = node.asker.ask(f"{visit.path}{INTERNAL_ADDRESS}/heartbeat")
        except Unanswered:
            continue
        if answer.status == 200:
            told.append(f"{node.name} itself still has it")
    if ways.offered is None:
        told.append(f"no page was seen that names {DIRECT_ADDRESS} (--editor), which is usual")
    return "; ".join(told)
