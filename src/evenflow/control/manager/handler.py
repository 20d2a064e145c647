"""`SetHandler balancer-manager`: one request in, one answer out.

It guards as httpd does: whatever a request says counts only if its Referer is on this host, it changes something only
by POST, and only with the balancer's nonce. Who may ask at all was decided by `Require` before. It reads and writes
slots and never touches a child's objects.
"""

from __future__ import annotations

import hmac
import platform
from html import escape
from pathlib import Path

import evenflow
from evenflow.balancer import choose
from evenflow.control.manager.add import NotAdded, add_member
from evenflow.control.manager.change import change_balancer, change_member, offered
from evenflow.control.manager.page import write_page
from evenflow.control.manager.parameters import comes_from, read_parameters
from evenflow.control.manager.report import write_report
from evenflow.control.manager.view import BalancerView, MemberView, text, view_balancer, visible_balancers
from evenflow.plan.model import Plan, VirtualHost
from evenflow.slotmem.scoreboard import Scoreboard

HTML = b"text/html; charset=ISO-8859-1"
ALLOWED = b"GET, HEAD, POST, OPTIONS"

Answer = tuple[int, list[tuple[bytes, bytes]], bytes]
"""(status, fields, body); Content-Length is among the fields, Date and Server are not."""


def answer(
    method: bytes,
    path: bytes,
    query: bytes,
    referer: bytes,
    server_name: bytes,
    body: bytes,
    host: VirtualHost,
    plan: Plan,
    scoreboard: Scoreboard,
) -> Answer:
    """Show the balancers, and change them if the request says so.

    `path` and `query` (b"" for none) as the client wrote them, `referer` the field or b"", `server_name` the name that
    the request was sent to, `body` what a POST says (of which httpd reads 1024 bytes). HEAD is answered like GET: leave
    out the body. Other methods get 405.
    """
    if method not in (b"GET", b"HEAD", b"POST"):
        return refuse_method(method)
    own_page = comes_from(referer, server_name)
    said = read_parameters(method, query, body) if own_page else {}
    balancers = visible_balancers(host, plan)
    chosen = next((one for one in balancers if one.name == said.get(b"b", b"").lower()), None)
    notices: list[str] = []
    if method == b"POST":
        if not own_page:
            notices = ["nothing was changed: the Referer field does not name this host"]
        elif chosen is None:
            notices = [f"nothing was changed: there is no balancer `{text(said.get(b'b', b''))}`"]
        else:
            try:
                notices = change(view_balancer(chosen, host, scoreboard), said, scoreboard, offered(plan))
            except NotAdded as fault:
                # httpd answers 400 as well; what else the form said of the balancer is done.
                return reply(400, HTML, error_page("400 Bad Request", fault.because, fault.help))
    views = [view_balancer(balancer, host, scoreboard) for balancer in balancers]
    if said.get(b"xml"):
        return reply(200, b"text/xml", write_report(views).encode("ascii", "xmlcharrefreplace"))
    selected = next((view for view in views if view.balancer is chosen), None)
    member = None if selected is None else selected_member(selected, said)
    lines = facts(scoreboard, any(one.persist for one in balancers))
    page = write_page(text(path), text(server_name), lines, views, notices, selected, member, offered(plan))
    return reply(200, HTML, page.encode("latin-1", "xmlcharrefreplace"))


def change(
    view: BalancerView, said: dict[bytes, bytes], scoreboard: Scoreboard, methods: tuple[str, ...]
) -> list[str]:
    """Apply a form to the balancer and to its member, if it carries the nonce; answer what the page says of it. Raises
    NotAdded where a member is to be added and cannot be."""
    if not view.nonce or not hmac.compare_digest(view.nonce.encode("latin-1"), said.get(b"nonce", b"")):
        return ["nothing was changed: the nonce is not the balancer's; take the form anew"]
    notices = change_balancer(view.balancer, scoreboard, said, methods)
    if wants_member(said):
        add_member(view.balancer, said[b"b_nwrkr"], scoreboard)
    member = selected_member(view, said)
    if member is not None:
        notices += change_member(view.balancer, scoreboard, member.slot, said)
    elif b"w" in said:
        notices.append(f"nothing was changed: there is no member `{text(said[b'w'])}` in this balancer")
    return notices


def selected_member(view: BalancerView, said: dict[bytes, bytes]) -> MemberView | None:
    """The member of this balancer that `w` names."""
    return next((one for one in view.members if one.member.name == said.get(b"w")), None)


def wants_member(said: dict[bytes, bytes]) -> bool:
    """Whether a form asks, and says yes, to add a member."""
    return bool(said.get(b"b_nwrkr")) and said.get(b"b_wyes") == b"1"


def facts(scoreboard: Scoreboard, lasting: bool) -> list[str]:
    """The lines below the heading."""
    compiled = Path(choose.__file__).suffix != ".py"
    return [
        f"Server Version: evenflow/{evenflow.__version__}",
        f"Server Built: {'compiled' if compiled else 'interpreted'}, Python {platform.python_version()}",
        f"Numbers are the sums of {scoreboard.children} children.",
        f"Balancer changes will {'' if lasting else 'NOT '}be persisted on restart.",
    ]


def refuse_method(method: bytes) -> Answer:
    """OPTIONS asks for what is allowed, everybody else is told it."""
    if method == b"OPTIONS":
        return 200, [(b"Allow", ALLOWED), (b"Content-Length", b"0")], b""
    status, fields, body = reply(405, HTML, error_page("405 Method Not Allowed", "The manager takes GET and POST."))
    return status, [(b"Allow", ALLOWED), *fields], body


def reply(status: int, content_type: bytes, body: bytes) -> Answer:
    # What is shown is true for a moment, and the page carries nonces.
    fields = [(b"Cache-Control", b"no-store"), (b"Content-Length", b"%d" % len(body)), (b"Content-Type", content_type)]
    return status, fields, body


def error_page(title: str, *sentences: str) -> bytes:
    lines = "".join(f"<p>{escape(sentence)}</p>\n" for sentence in sentences)
    heading = title.partition(" ")[2]
    head = f"<!DOCTYPE html>\n<html lang='en'><head><title>{title}</title></head><body>\n<h1>{heading}</h1>\n"
    page = f"{head}{lines}</body></html>\n"
    return page.encode("latin-1", "xmlcharrefreplace")
