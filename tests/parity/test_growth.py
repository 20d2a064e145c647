"""A member is added by the manager of both fronts: the same statuses, and the same XML at every step."""

from __future__ import annotations

import http.client
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tests.peers import free_port, require_peer

from .casebook import Case
from .fronts import folder, running

CONFIG = """\
<Proxy balancer://c>
    BalancerMember http://127.0.0.1:1 route=n1
    ProxySet growth=2 nonce=secret
</Proxy>
<Location /manager>
    SetHandler balancer-manager
</Location>
ProxyPass /manager !
ProxyPass / balancer://c/
"""
NEW = "b=c&nonce=secret&b_wyes=1&b_nwrkr="
FORMS = (
    "b=c&nonce=wrong&b_wyes=1&b_nwrkr=http%3A%2F%2F127.0.0.1%3A2",
    "b=c&nonce=secret&b_nwrkr=http%3A%2F%2F127.0.0.1%3A2",
    f"{NEW}http%3A%2F%2F127.0.0.1%3A1",
    f"{NEW}http%3A%2F%2F127.0.0.1%3A1%2Fwithin",
    f"{NEW}http%3A%2F%2FLOCALHOST%3A2%2Fbase",
    f"{NEW}http%3A%2F%2Flocalhost%3A2%2Fbase",
    "b=c&nonce=secret&w=http%3A%2F%2Flocalhost%3A2%2Fbase&w_status_D=0&w_wr=n2&w_lf=3",
    f"{NEW}http%3A%2F%2F127.0.0.1%3A3",
    f"{NEW}http%3A%2F%2F127.0.0.1%3A4",
)


def elements(worker: ElementTree.Element) -> list[tuple[str, str]]:
    """Name and text of each, but for what has nothing to do with adding: httpd counts its threads as `max`, leaves out
    a `retry` that nobody said, and computes `lbstatus` at once where our children do so at their next choice."""
    named = [(one.tag.partition("}")[2], one.text or "") for one in worker]
    return [(name, text) for name, text in named if name not in ("smax", "max", "retry", "lbstatus")]


def told(port: int) -> list[tuple[int, list[list[tuple[str, str]]]]]:
    """Before, and after each form: the status of its answer, and all members' elements."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    fields = {"Host": "www.example", "Referer": "http://www.example/manager"}
    found = []
    for form in ("", *FORMS):
        status = 0
        if form:
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", "/manager", form, fields | kind)
            answer = connection.getresponse()
            answer.read()
            status = answer.status
        connection.request("GET", "/manager?xml=1", headers=fields)
        text = connection.getresponse().read()
        workers = ElementTree.fromstring(text).iter("{http://httpd.apache.org}worker")
        found.append((status, [elements(worker) for worker in workers]))
    connection.close()
    return found


@pytest.fixture(scope="module")
def answers() -> dict[str, list[tuple[int, list[list[tuple[str, str]]]]]]:
    require_peer("apache2")
    port = free_port()
    found = {}
    for kind in ("httpd", "evenflow"):
        case = Case("growth", "growth", 1, CONFIG, False)
        with folder(case, port, Path(__file__).parent) as root, running(kind, root, port):
            found[kind] = told(port)
    return found


def test_both_answer_alike(answers: dict[str, list[tuple[int, list[list[tuple[str, str]]]]]]) -> None:
    for form, httpd, evenflow in zip(("", *FORMS), answers["httpd"], answers["evenflow"], strict=True):
        assert evenflow == httpd, form


def test_the_steps_are_what_they_should_be(answers: dict[str, list[tuple[int, list[list[tuple[str, str]]]]]]) -> None:
    steps = answers["httpd"]
    assert [status for status, _ in steps] == [0, 200, 200, 400, 400, 200, 400, 200, 200, 400]
    assert [len(members) for _, members in steps] == [1, 1, 1, 1, 1, 2, 2, 2, 3, 3]
    assert dict(steps[5][1][1])["status"] == "Init Dis " and dict(steps[7][1][1])["status"] == "Init Ok "
