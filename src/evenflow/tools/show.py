"""`evenflow show`: what a configuration comes to, for people and for programs.

Listeners; the virtual hosts of each address with their names, rules, mappings in the order in which they are tried,
sections and logs; balancers with their members. Each line says where it was written. What is shown is the plan that
would serve, and beside it the statements as they were read: includes followed, macros used, variables replaced, and
without what is ignored.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any, Final

from evenflow.config.load import Loaded
from evenflow.config.registry import DIRECTIVES
from evenflow.config.render import COLOURS
from evenflow.config.syntax import Included, Node, Section, Statement
from evenflow.origin import NOWHERE, Origin
from evenflow.plan.balancing import AS_HTTPD, Balancing
from evenflow.plan.model import Balancer, Member, Plan, VirtualHost
from evenflow.plan.vhosts import HostTable
from evenflow.tools.written import READ_TIME

JSON_VERSION: Final = 1
"""Counts up when a field of the JSON changes its meaning or goes; new fields may come without it."""

Json = dict[str, Any]

SHOWN_BY_PLAN: Final = frozenset(("proxypass", "proxypassmatch", "balancermember", "proxyset"))
"""What stands below mappings and balancers."""

READ: Final = ("define", "undefine", "include", "includeoptional", "loadmodule", "loadfile", "use", "undefmacro")
LOGS: Final = ("customlog", "transferlog", "globallog", "logformat")
ELSEWHERE: Final = frozenset((*SHOWN_BY_PLAN, *READ, *LOGS, "serverroot", "listen", "servername", "serveralias"))
"""What is shown under another head, or has done its work when the file is read."""

MEMBER_DEFAULTS: Final = Member(b"", b"", "", 0, b"", 0, NOWHERE)
BALANCER_DEFAULTS: Final = Balancer(b"", (), 0, NOWHERE)

MEMBER_SAYS: Final = (
    ("route", "route"),
    ("redirect", "redirect"),
    ("loadfactor", "loadfactor"),
    ("lbset", "lbset"),
    ("status", "status"),
    ("timeout", "timeout"),
    ("connect_timeout", "connectiontimeout"),
    ("retry", "retry"),
    ("ttl", "ttl"),
    ("acquire", "acquire"),
    ("ping", "ping"),
    ("max", "max"),
    ("smax", "smax"),
    ("disable_reuse", "disablereuse"),
    ("keepalive", "keepalive"),
    ("upgrade", "upgrade"),
    ("response_field_size", "responsefieldsize"),
)
"""A member's attribute and httpd's name for it; shown where it is not the default."""

BALANCER_SAYS: Final = (
    ("sticky_separator", "stickysessionsep"),
    ("semicolon_ends", "scolonpathdelim"),
    ("nofailover", "nofailover"),
    ("timeout", "timeout"),
    ("failonstatus", "failonstatus"),
    ("failontimeout", "failontimeout"),
    ("forcerecovery", "forcerecovery"),
    ("growth", "growth"),
)


# --- what there is ------------------------------------------------------------------------------------------------


def view(loaded: Loaded, plan: Plan) -> Json:
    """Everything, as one object for programs."""
    tables: dict[tuple[bytes, int], HostTable] = plan.tables  # type: ignore[assignment]
    main = plan.main
    assert main is not None
    statements = by_server(loaded)
    servers = [server(host, main, statements.get(host.origin, [])) for host in plan.hosts]
    return {
        "version": JSON_VERSION,
        "file": loaded.path,
        "server_root": plan.server_root,
        "listeners": [
            {"address": one.host or "*", "port": one.port, "tls": one.tls, "origin": place(one.origin)}
            for one in plan.listeners
        ],
        "addresses": [
            {
                "address": text(address),
                "port": port or None,
                "default": table.first.index,
                "hosts": [host.index for host in table.hosts],
            }
            for (address, port), table in tables.items()
            if address
        ],
        "hosts": servers,
        "main": server(main, main, statements.get(NOWHERE, [])),
        "balancers": [balancer(one) for one in plan.balancers],
        "members": [member(one) for one in plan.members if one.balancer is None],
    }


def server(host: VirtualHost, main: VirtualHost, said: list[Node]) -> Json:
    """One virtual host, or the main server."""
    own = list(flat(said))
    return {
        "index": host.index,
        "name": text(host.server_name),
        "aliases": [text(name) for name in (*host.aliases, *host.wildcards)],
        "tls": host.tls,
        "certificates": [certificate for certificate, _ in host.certificates],
        "document_root": text(host.document_root),
        "origin": place(host.origin),
        "rules": [line(node) for node in own if is_rule(node)],
        "mappings": mappings(host, main),
        "settings": [
            line(node)
            for node in own
            if isinstance(node, Statement)
            and is_shown(node)
            and not is_rule(node)
            and node.name.lower() not in ELSEWHERE
        ],
        "sections": [line(node) for node in own if isinstance(node, Section) and is_shown(node)],
        "logs": [
            {"target": log.target, "format": log.format.lstrip("\0"), "origin": place(log.origin)} for log in host.logs
        ],
    }


def mappings(host: VirtualHost, main: VirtualHost) -> list[Json]:
    """In the order in which they are tried: those of sections first, and of these the last that matches."""
    found = []
    for section in reversed(host.locations):
        mapping = getattr(section, "mapping", None)
        if mapping is not None:
            found.append(mapped(mapping, "section"))
    for mapping in host.mappings:
        taken_over = host is not main and any(mapping.origin == other.origin for other in main.mappings)  # type: ignore[attr-defined]
        found.append(mapped(mapping, "main server" if taken_over else "server"))
    return found


def mapped(mapping: Any, said_in: str) -> Json:
    target = mapping.target
    return {
        "path": text(mapping.prefix),
        "pattern": mapping.pattern is not None,
        "target": None if target is None else text(target),
        "said_in": said_in,
        "origin": place(mapping.origin),
    }


def balancer(one: Balancer) -> Json:
    sticky = text(one.sticky_cookie)
    if one.sticky_path and one.sticky_path != one.sticky_cookie:
        sticky += f"|{text(one.sticky_path)}"
    return {
        "name": f"balancer://{text(one.name)}",
        "lbmethod": one.lbmethod,
        "stickysession": sticky or None,
        "maxattempts": one.maxattempts,
        "parameters": changed(one, BALANCER_DEFAULTS, BALANCER_SAYS) | beyond_httpd(one.balancing),
        "origin": place(one.origin),
        "members": [member(each) for each in one.members],
        "services": services(one),
    }


def services(one: Balancer) -> list[Json]:
    """The lines by which the DNS says who else is a member, each with what it says of all of them."""
    first = {id(row.service): row for row in reversed(one.spares) if row.service is not None}
    found = []
    for row in reversed(first.values()):
        said = row.service
        own: Json = {"scheme": said.scheme, "most": said.most, "drain": said.drain, "route": said.route or "off"}
        routes = ",".join([f"{name}:{route}" for name, route in said.routes.items()])
        rest = {name: value for name, value in member(row)["parameters"].items() if name != "status"}
        if routes:
            own["routes"] = routes
        found.append({"url": f"srv://{said.name}", "parameters": own | rest, "origin": place(said.origin)})
    return found


def beyond_httpd(said: Balancing) -> Json:
    """What directives of ours say, where it is not the default, as one would write it."""
    found: Json = {}
    hashed, retries, ejection = said.hash_by, said.retries, said.ejection
    if hashed != AS_HTTPD.hash_by:
        name = f":{text(hashed.name)}" if hashed.name else ""
        found["EvenflowHash"] = f"{hashed.kind}{name} load={spelt(hashed.load) if hashed.load else 'off'}"
    if retries is None:
        found["EvenflowRetryBudget"] = "Off"
    elif retries != AS_HTTPD.retries:
        found["EvenflowRetryBudget"] = f"{100 * retries.share:g}% persecond={retries.per_second:g}"
    if ejection is not None:
        errors = f"errors={100 * ejection.errors:g}% " if ejection.errors else ""
        latency = f"latency={ejection.latency:g} " if ejection.latency else ""
        found["EvenflowEject"] = (
            f"{errors}{latency}requests={ejection.requests} interval={ejection.interval:g} "
            f"time={ejection.seconds:g} most={100 * ejection.most:g}%"
        )
    if not said.session_idle:
        found["EvenflowSessionIdle"] = "Off"
    elif (said.session_idle, said.session_cookie) != (AS_HTTPD.session_idle, AS_HTTPD.session_cookie):
        found["EvenflowSessionIdle"] = f"{said.session_idle:g} cookie={text(said.session_cookie)}"
    if said.slow_start:
        found["EvenflowSlowStart"] = f"{said.slow_start:g} from={100 * said.slow_least:g}%"
    return found


def member(one: Member) -> Json:
    return {
        "url": text(one.name),
        "parameters": changed(one, MEMBER_DEFAULTS, MEMBER_SAYS),
        "origin": place(one.origin),
    }


def changed(one: object, defaults: object, names: Iterable[tuple[str, str]]) -> Json:
    """The parameters that are not the default, by httpd's names."""
    found: Json = {}
    for attribute, name in names:
        value = getattr(one, attribute)
        if value == getattr(defaults, attribute):
            continue
        found[name] = value / 100 if name == "loadfactor" else readable(value)
    return found


def readable(value: Any) -> Any:
    if isinstance(value, bytes):
        return text(value)
    if isinstance(value, (tuple, frozenset)):
        return sorted(readable(item) for item in value)
    return value


# --- the statements -----------------------------------------------------------------------------------------------


def by_server(loaded: Loaded) -> dict[Origin, list[Node]]:
    """What stands directly in the main server (NOWHERE) and in each virtual host, by its place."""
    found: dict[Origin, list[Node]] = {NOWHERE: []}
    for node in flat(loaded.tree.nodes):
        if isinstance(node, Section) and node.name.lower() == "virtualhost":
            found[node.origin] = node.children
        else:
            found[NOWHERE].append(node)
    return found


def flat(nodes: Iterable[Node]) -> Iterable[Statement | Section]:
    """Statements and sections, with includes and read-time sections opened and what is left out gone."""
    for node in nodes:
        if isinstance(node, Included):
            yield from flat(node.children)
        elif isinstance(node, Statement):
            yield node
        elif node.taken and node.name.lower() in READ_TIME:
            yield from flat(node.children)
        elif node.taken:
            yield node


def is_rule(node: Statement | Section) -> bool:
    return isinstance(node, Statement) and node.name.lower().startswith("rewrite")


def nothing_left(section: Section) -> bool:
    """Whether the section says something, and nothing that is to be shown here."""
    inner = list(flat(section.children))
    return bool(inner) and not any(is_shown(node) for node in inner)


def is_shown(node: Statement | Section) -> bool:
    """Not what mappings and balancers show already, and not what is ignored."""
    if isinstance(node, Section):
        return not nothing_left(node)
    name = node.name.lower()
    return name in DIRECTIVES and name not in SHOWN_BY_PLAN


def line(node: Statement | Section) -> Json:
    """A statement, or a section with what stands in it."""
    said = f"{node.name} {node.rest}".rstrip()
    if isinstance(node, Statement):
        return {"text": said, "origin": place(node.origin)}
    inner = [line(child) for child in flat(node.children) if is_shown(child)]
    return {"text": f"<{said}>", "origin": place(node.origin), "lines": inner}


def place(origin: Origin) -> Json | None:
    """File and line; `used` where a macro's line is meant. None for what nobody wrote."""
    if not origin.file:
        return None
    found: Json = {"file": origin.file, "line": origin.line}
    if origin.used is not None:
        found["used"] = place(origin.used)
    return found


def text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


# --- for people ---------------------------------------------------------------------------------------------------


def as_json(said: Mapping[str, Any]) -> str:
    return json.dumps(said, indent=2)


def as_text(said: Mapping[str, Any], color: bool) -> str:
    """The same for people: what is said on the left, where on the right."""
    page = Page(color, os.path.dirname(os.path.abspath(said["file"])))
    page.head("listeners")
    for one in said["listeners"]:
        tls = "  TLS" if one["tls"] else ""
        page.row(1, f"{address(one['address'], one['port'])}{tls}", one["origin"])
    if not said["listeners"]:
        page.row(1, "none", None)
    shown: set[int] = set()
    for group in said["addresses"]:
        page.head(f"virtual hosts at {address(group['address'], group['port'])}")
        for index in group["hosts"]:
            host = said["hosts"][index]
            default = "  default" if index == group["default"] and len(group["hosts"]) > 1 else ""
            above = "  as above" if index in shown else ""
            page.row(1, f"{host['name']}{default}{above}", host["origin"], bold=True)
            if index not in shown:
                server_page(page, host)
            shown.add(index)
    page.head("main server" + (": answers where no virtual host stands" if said["hosts"] else ""))
    page.row(1, said["main"]["name"], None, bold=True)
    server_page(page, said["main"])
    if said["balancers"]:
        page.head("balancers")
    for one in said["balancers"]:
        sticky = f"  stickysession={one['stickysession']}" if one["stickysession"] else ""
        page.row(1, f"{one['name']}  lbmethod={one['lbmethod']}{sticky}{parameters(one)}", one["origin"], bold=True)
        for each in one["members"]:
            page.row(2, f"{each['url']}{parameters(each)}", each["origin"])
        for each in one["services"]:
            page.row(2, f"{each['url']}{parameters(each)}", each["origin"])
        if not one["members"] and not one["services"]:
            page.row(2, "no members", None)
    if said["members"]:
        page.head("members outside of balancers")
    for each in said["members"]:
        page.row(1, f"{each['url']}{parameters(each)}", each["origin"])
    return page.text()


def server_page(page: Page, host: Mapping[str, Any]) -> None:
    if host["aliases"]:
        page.row(2, f"also {', '.join(host['aliases'])}", None)
    if host["tls"]:
        page.row(2, f"TLS with {', '.join(host['certificates'])}", None)
    for name, lines in (("rules", host["rules"]), ("settings", host["settings"])):
        page.lines(2, name, lines)
    if host["mappings"]:
        page.row(2, "mappings, in the order in which they are tried", None)
        width = max(len(mapping_text(one)[0]) for one in host["mappings"])
        for number, one in enumerate(host["mappings"], 1):
            path, target = mapping_text(one)
            note = {"section": "  (in a section)", "main server": "  (of the main server)"}.get(one["said_in"], "")
            page.row(3, f"{number}  {path:<{width}}  {target}{note}", one["origin"])
    page.lines(2, "sections", host["sections"])
    if host["logs"]:
        page.row(2, "logs", None)
        for log in host["logs"]:
            page.row(3, f"{log['target']}  {log['format']}", log["origin"])


def mapping_text(one: Mapping[str, Any]) -> tuple[str, str]:
    path = f"~ {one['path']}" if one["pattern"] else one["path"]
    return path, "not proxied" if one["target"] is None else f"-> {one['target']}"


def parameters(one: Mapping[str, Any]) -> str:
    said = []
    for name, value in one["parameters"].items():
        shown = ",".join(map(str, value)) if isinstance(value, list) else value
        said.append(f"  {name}={'On' if shown is True else 'Off' if shown is False else spelt(shown)}")
    return "".join(said)


def spelt(value: Any) -> str:
    """A number without a useless fraction."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def address(host: str, port: int | None) -> str:
    """`*:80`, `[::1]:80`, `*:*`."""
    return f"{f'[{host}]' if ':' in host else host}:{port or '*'}"


class Page:
    """Rows under heads: a text, and where it was written, in a column of its own."""

    def __init__(self, color: bool, folder: str) -> None:
        """Files below `folder` are named from there on."""
        self.color = color
        self.folder = folder
        self.rows: list[tuple[str, str, bool]] = []

    def head(self, words: str) -> None:
        if self.rows:
            self.rows.append(("", "", False))
        self.rows.append((words, "", True))

    def row(self, depth: int, words: str, origin: Mapping[str, Any] | None, bold: bool = False) -> None:
        self.rows.append(("  " * depth + words, where(origin, self.folder), bold))

    def lines(self, depth: int, name: str, lines: Iterable[Mapping[str, Any]]) -> None:
        """Statements under a name; nothing where there are none."""
        found = list(lines)
        if name and found:
            self.row(depth, name, None)
        for one in found:
            self.row(depth + 1, one["text"], one["origin"])
            self.lines(depth + 1, "", one.get("lines", ()))

    def text(self) -> str:
        """All rows; places stand in one column, unless a row is too long for it."""
        widths = [len(words) for words, said, _ in self.rows if said]
        column = min(max(widths, default=0), 76) + 2
        made = []
        for words, said, bold in self.rows:
            shown = printable(words)
            gap = " " * max(column - len(shown), 2) if said else ""
            if self.color and bold:
                shown = f"{COLOURS['bold']}{shown}{COLOURS['off']}"
            made.append(f"{shown}{gap}{COLOURS['frame'] if self.color and said else ''}{printable(said)}")
            made.append(f"{COLOURS['off'] if self.color and said else ''}\n")
        return "".join(made)


def where(origin: Mapping[str, Any] | None, folder: str) -> str:
    if origin is None:
        return ""
    used = f" (used at {where(origin['used'], folder)})" if "used" in origin else ""
    file = os.path.abspath(origin["file"])
    below = file.startswith(folder.rstrip("/") + "/")
    return f"{os.path.relpath(file, folder) if below else file}:{origin['line']}{used}"


def printable(words: str) -> str:
    """Without control characters: a terminal must not obey a configuration file."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in words)
