"""The same as XML, element for element what httpd prints for `?xml=1`: for those who watch balancers by script."""

from __future__ import annotations

import time
from collections.abc import Sequence
from email.utils import formatdate
from xml.sax.saxutils import escape

from evenflow.control.manager.view import BalancerView, MemberView
from evenflow.slotmem.layout import LONG_AGO


def write_report(balancers: Sequence[BalancerView]) -> str:
    """The whole document; characters outside of ASCII are written as references."""
    parts = [
        "<?xml version='1.0' encoding='UTF-8' ?>\n<httpd:manager xmlns:httpd='http://httpd.apache.org'>\n"
        "  <httpd:balancers>\n"
    ]
    for balancer in balancers:
        parts.append("    <httpd:balancer>\n")
        parts += (element(6, name, value) for name, value in balancer_elements(balancer))
        parts.append("      <httpd:workers>\n")
        for member in balancer.members:
            parts.append("        <httpd:worker>\n")
            parts += (element(10, name, value) for name, value in member_elements(member))
            parts.append("        </httpd:worker>\n")
        parts.append("      </httpd:workers>\n    </httpd:balancer>\n")
    parts.append("  </httpd:balancers>\n</httpd:manager>\n")
    return "".join(parts)


def balancer_elements(view: BalancerView) -> list[tuple[str, str]]:
    """(name, value) in httpd's order."""
    found = [("name", f"balancer://{view.name}"), ("nonce", view.nonce)]
    if view.sticky_cookie:
        found += [("stickysession", view.sticky_cookie), ("nofailover", on_off(view.nofailover))]
    found.append(("timeout", str(view.timeout)))
    if view.maxattempts:
        found.append(("maxattempts", str(view.maxattempts)))
    found.append(("lbmethod", view.method))
    if view.sticky_cookie:
        found.append(("scolonpathdelim", on_off(view.balancer.semicolon_ends)))
    return found


def member_elements(view: MemberView) -> list[tuple[str, str]]:
    """(name, value) in httpd's order; what is not configured is left out where httpd leaves it out."""
    member = view.member
    found = [
        ("name", view.name),
        ("scheme", member.scheme.decode("latin-1")),
        ("hostname", member.host),
        ("loadfactor", view.factor),
        ("port", str(member.port)),
        ("min", "0"),
        ("smax", str(member.smax)),
        ("max", str(member.max)),
        ("ttl", str(int(member.ttl))),
    ]
    if member.timeout:
        found.append(("timeout", str(int(member.timeout))))
    if member.acquire:
        found.append(("acquire", str(int(member.acquire * 1000))))
    if member.keepalive:
        found.append(("keepalive", on_off(True)))
    found.append(("status", view.status))
    if view.slot.error_since not in (0.0, LONG_AGO):
        found.append(("error_time", wall_clock(view.slot.error_since)))
    found += [
        ("retries", str(view.retries)),
        ("lbstatus", str(view.load)),
        ("loadfactor", view.factor),
        ("transferred", str(view.sent)),
        ("read", str(view.received)),
        ("elected", str(view.elected)),
        ("route", view.route),
        ("redirect", view.redirect),
        ("busy", str(view.busy)),
        ("lbset", str(view.lbset)),
    ]
    if member.disable_reuse:
        found.append(("disablereuse", on_off(True)))
    if member.connect_timeout:
        found.append(("connectiontimeout", str(int(member.connect_timeout))))
    found.append(("retry", str(int(member.retry))))
    return found


def element(indent: int, name: str, value: str) -> str:
    """One line; a control character, which XML cannot carry, becomes a question mark."""
    value = "".join(character if character >= " " else "?" for character in value)
    return f"{' ' * indent}<httpd:{name}>{escape(value)}</httpd:{name}>\n"


def on_off(wanted: bool) -> str:
    return "On" if wanted else "Off"


def wall_clock(since: float) -> str:
    """A moment of CLOCK_MONOTONIC as a date."""
    return formatdate(time.time() - (time.monotonic() - since), usegmt=True)
