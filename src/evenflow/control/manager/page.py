"""The page: headings, tables, columns and forms as on httpd's, so that eyes and scripts find their way.

Everything that is printed between tags goes through `escape`. It looks at nothing but its arguments.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final
from urllib.parse import quote

from evenflow.balancer.methods import NAMES
from evenflow.control.manager.change import STATUS_FIELDS
from evenflow.control.manager.view import BalancerView, MemberView

STYLE: Final = """\
:root { color-scheme: light dark; }
body { font: 15px/1.4 system-ui, sans-serif; margin: 1.5em; }
table { border-collapse: collapse; margin: 0 0 1em; }
th, td { border: 1px solid #8888; padding: .2em .6em; text-align: center; }
th { background: #8882; font-weight: 600; }
td:first-child { text-align: left; }
.notice { border-left: 4px solid #c60; padding: .3em .8em; }
dl { margin: 0; }
h3 { margin-bottom: .3em; }
"""

BALANCER_COLUMNS: Final = (
    "MaxMembers", "StickySession", "DisableFailover", "Timeout", "FailoverAttempts", "Method", "Path", "Active",
)  # fmt: skip
MEMBER_COLUMNS: Final = (
    "Worker URL", "Route", "RouteRedir", "Factor", "Set", "Status", "Elected", "Busy", "Load", "To", "From",
)  # fmt: skip
STATUS_COLUMNS: Final = {
    b"w_status_I": "Ignore Errors",
    b"w_status_N": "Draining Mode",
    b"w_status_D": "Disabled",
    b"w_status_H": "Hot Standby",
    b"w_status_R": "Hot Spare",
    b"w_status_S": "Stopped",
}


def write_page(
    path: str,
    server_name: str,
    facts: Sequence[str],
    balancers: Sequence[BalancerView],
    notices: Sequence[str],
    selected: BalancerView | None,
    selected_member: MemberView | None,
    methods: Sequence[str],
) -> str:
    """The whole page. `path` is the manager's own, as the client wrote it; a form is added for what is selected, with
    these lbmethods.
    """
    parts = [
        "<!DOCTYPE html>\n<html lang='en'><head><title>Balancer Manager</title>\n"
        f"<meta name='viewport' content='width=device-width'>\n<style>\n{STYLE}</style>\n</head>\n"
        f"<body><h1>Load Balancer Manager for {escape(server_name)}</h1>\n\n<dl>",
        *(f"<dt>{escape(fact)}</dt>\n" for fact in facts),
        "</dl>\n",
        *(f"<p class='notice' role='status'>{escape(notice)}</p>\n" for notice in notices),
        "<hr>\n",
        *(write_balancer(path, balancer) for balancer in balancers),
    ]
    if selected is not None and selected_member is not None:
        parts.append(write_member_form(path, selected, selected_member))
    elif selected is not None:
        parts.append(write_balancer_form(path, selected, methods))
    parts.append("</body></html>\n")
    return "".join(parts)


def write_balancer(path: str, view: BalancerView) -> str:
    """One balancer's two tables."""
    cells = (
        f"{most_members(view)} [{len(view.members)} Used]",
        view.sticky or " (None) ",
        "On" if view.nofailover else "Off",
        str(view.timeout),
        str(view.maxattempts),
        view.method,
        view.path,
        "Yes",
    )
    return (
        f"<h3>LoadBalancer Status for <a href='{link(path, view)}' title='{escape(str(view.balancer.origin))}'>"
        f"balancer://{escape(view.name)}</a> [p{view.balancer.index}_{escape(view.name)}]</h3>\n\n"
        f"<table><tr>{headings(BALANCER_COLUMNS)}</tr>\n<tr>{''.join(map(cell, cells))}</tr>\n</table>\n\n"
        f"<table><tr>{headings(MEMBER_COLUMNS)}</tr>\n"
        f"{''.join(write_member(path, view, member) for member in view.members)}</table>\n<hr>\n"
    )


def most_members(view: BalancerView) -> int:
    """How many members the balancer has room for."""
    return len(view.balancer.members) + len(view.balancer.spares)


def write_member(path: str, balancer: BalancerView, view: MemberView) -> str:
    """One member's row."""
    cells = (
        view.route,
        view.redirect,
        view.factor,
        str(view.lbset),
        view.status,
        str(view.elected),
        str(view.busy),
        str(view.load),
        short_size(view.sent),
        short_size(view.received),
    )
    origin = str(view.member.origin)
    title = f"{origin}; {view.place}" if view.place else origin
    return (
        f"<tr>\n<td><a href='{link(path, balancer, view)}' title='{escape(title)}'>"
        f"{escape(view.name)}</a></td>{''.join(map(cell, cells))}</tr>\n"
    )


def write_member_form(path: str, balancer: BalancerView, view: MemberView) -> str:
    """What can be changed of one member."""
    status = "".join(
        f"<td>{switch(field.decode(), view.slot.status & STATUS_FIELDS[field] != 0)}</td>\n" for field in STATUS_COLUMNS
    )
    return form(
        path,
        f"Edit worker settings for {view.name}",
        row("Load factor:", box("w_lf", view.factor))
        + row("LB Set:", box("w_ls", str(view.lbset)))
        + row("Route:", box("w_wr", view.route))
        + row("Route Redirect:", box("w_rr", view.redirect))
        + row("Status:", f"<table><tr>{headings(STATUS_COLUMNS.values())}</tr>\n<tr>{status}</tr></table>"),
        {"w": view.name, "b": balancer.name, "nonce": balancer.nonce},
    )


def write_balancer_form(path: str, view: BalancerView, methods: Sequence[str]) -> str:
    """What can be changed of one balancer; where there is room for another member, its URL is asked for."""
    options = "".join(
        f"<option value='{name}'{' selected' * (name == view.method)}>{name}</option>\n"
        for name in NAMES
        if name in methods or name == view.method
    )
    room = ""
    if len(view.members) < most_members(view):
        sure = "<label for='b_wyes'>Are you sure?</label> <input name='b_wyes' id='b_wyes' type='checkbox' value='1'>"
        room = row("Add New Worker:", f"{box('b_nwrkr', '')} {sure}")
    return form(
        path,
        f"Edit balancer settings for balancer://{view.name}",
        row("LBmethod:", f"<select name='b_lbm' id='b_lbm'>{options}</select>")
        + row("Timeout:", box("b_tmo", str(view.timeout)))
        + row("Failover Attempts:", box("b_max", str(view.maxattempts)))
        + row("Disable Failover:", switch("b_sforce", view.nofailover))
        + row("Sticky Session:", box("b_ss", view.sticky) + " (Use '-' to delete)")
        + room,
        {"b": view.name, "nonce": view.nonce},
    )


def form(path: str, heading: str, rows: str, hidden: dict[str, str]) -> str:
    """A form that is sent to the manager itself."""
    fields = "".join(f"<input type='hidden' name='{name}' value='{escape(value)}'>\n" for name, value in hidden.items())
    return (
        f"<h3>{escape(heading)}</h3>\n"
        f"<form method='POST' enctype='application/x-www-form-urlencoded' action='{address(path)}'>\n"
        f"<table>{rows}<tr><td colspan='2'><input type='submit' value='Submit'></td></tr>\n</table>\n"
        f"{fields}</form>\n<hr>\n"
    )


def row(caption: str, content: str) -> str:
    return f"<tr><td>{escape(caption)}</td><td>{content}</td></tr>\n"


def box(name: str, value: str) -> str:
    return f"<input name='{name}' id='{name}' type='text' value='{escape(value)}'>"


def switch(name: str, on: bool) -> str:
    """Two buttons of which one is pressed."""
    return "<br>".join(
        f"<label for='{name}{value}'>{caption}</label> "
        f"<input name='{name}' id='{name}{value}' value='{value}' type='radio'{' checked' * (on == bool(value))}>"
        for value, caption in ((1, "On"), (0, "Off"))
    )


def headings(names: Iterable[str]) -> str:
    return "".join(f"<th>{escape(name)}</th>" for name in names)


def cell(value: str) -> str:
    return f"<td>{escape(value)}</td>"


def link(path: str, balancer: BalancerView, member: MemberView | None = None) -> str:
    """The address of the page with a form for this balancer, or for this member of it."""
    worker = f"&w={quote(member.name, safe=':/', encoding='latin-1')}" if member is not None else ""
    name, nonce = (quote(value, safe=":/", encoding="latin-1") for value in (balancer.name, balancer.nonce))
    return f"{address(path)}?{escape(f'b={name}{worker}&nonce={nonce}')}"


def address(path: str) -> str:
    """A path for an attribute; what is already escaped stays as it is."""
    return escape(quote(path, safe="/%:@!$&()*+,;=~", encoding="latin-1"))


def short_size(size: int) -> str:
    """Bytes in four characters, as APR prints them: `973` to `1.0K`, `10K`, `1.5M`."""
    if size < 973:
        return f"{size:3d} "
    for unit in "KMGTPE":
        rest = size & 1023
        size >>= 10
        if size >= 973:
            continue
        if size < 9 or (size == 9 and rest < 973):
            tenths = (rest * 5 + 256) // 512
            if tenths >= 10:
                size, tenths = size + 1, 0
            return f"{size}.{tenths}{unit}"
        return f"{size + (rest >= 512):3d}{unit}"
    return "****"
