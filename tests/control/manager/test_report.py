"""The XML, element for element."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ElementTree
from email.utils import parsedate_to_datetime

from evenflow.balancer.choose import choose, release
from evenflow.balancer.health import mark_failed
from evenflow.slotmem.layout import LONG_AGO
from tests.control.manager.managed import SPACE, Managed


def names(parent: ElementTree.Element | None) -> list[str]:
    assert parent is not None
    return [element.tag.removeprefix(SPACE) for element in parent]


def test_the_elements_in_httpds_order() -> None:
    text = Managed().ask(query="xml=1")[2]
    assert text.startswith(
        "<?xml version='1.0' encoding='UTF-8' ?>\n<httpd:manager xmlns:httpd='http://httpd.apache.org'>"
    )
    balancers = ElementTree.fromstring(text)[0]
    assert names(balancers[0]) == (
        [
            "name",
            "nonce",
            "stickysession",
            "nofailover",
            "timeout",
            "maxattempts",
            "lbmethod",
            "scolonpathdelim",
            "workers",
        ]
    )
    assert names(balancers[1]) == ["name", "nonce", "timeout", "lbmethod", "workers"]
    assert names(balancers[0].find(f"{SPACE}workers/{SPACE}worker")) == [
        "name",
        "scheme",
        "hostname",
        "loadfactor",
        "port",
        "min",
        "smax",
        "max",
        "ttl",
        "status",
        "retries",
        "lbstatus",
        "loadfactor",
        "transferred",
        "read",
        "elected",
        "route",
        "redirect",
        "busy",
        "lbset",
        "retry",
    ]


def test_what_is_configured_shows() -> None:
    managed = Managed()
    one = managed.plan.members[0]
    one.timeout, one.acquire, one.keepalive, one.disable_reuse, one.connect_timeout, one.retry = (
        5.0,
        0.5,
        True,
        True,
        3.0,
        30.0,
    )
    member = managed.report()[0]
    assert {
        key: member[key] for key in ("timeout", "acquire", "keepalive", "disablereuse", "connectiontimeout", "retry")
    } == {
        "timeout": "5",
        "acquire": "500",
        "keepalive": "On",
        "disablereuse": "On",
        "connectiontimeout": "3",
        "retry": "30",
    }


def test_numbers_of_a_request_and_of_a_failure() -> None:
    managed = Managed()
    balance = managed.balance()
    slot = choose(balance, b"", time.monotonic())
    assert slot is not None
    release(slot, 120, 4096)
    mark_failed(balance, slot, time.monotonic())
    member = managed.report()[0]
    assert (member["elected"], member["transferred"], member["read"], member["status"]) == (
        "1",
        "120",
        "4096",
        "Init Err ",
    )
    assert abs(parsedate_to_datetime(member["error_time"]).timestamp() - time.time()) < 5


def test_a_member_configured_in_error_has_no_error_time() -> None:
    managed = Managed()
    managed.balance().slots[0].error_since = LONG_AGO
    assert "error_time" not in managed.report()[0]


def test_whatever_was_typed_the_report_stays_well_formed() -> None:
    managed = Managed()
    managed.post(w_wr="<&>\x01\xff")
    assert managed.report()[0]["route"] == "<&>?\xc3\xbf"
