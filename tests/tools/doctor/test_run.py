"""Each fault, put in on purpose at a deployment that serves, is named; the healthy one has none."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from evenflow.tools.demo.synchrony import BAYEUX_PATH
from evenflow.tools.demo.web import Request, Response
from evenflow.tools.doctor.asking import AGENT
from evenflow.tools.doctor.run import CHECKS, as_json, as_text, examine
from evenflow.tools.doctor.visit import FAIL, HINT, UNKNOWN
from tests.tools.doctor.answering import Answering
from tests.tools.doctor.site import (
    COOKIE,
    HEALTHY,
    INTERNAL,
    STICKY,
    SYNCHRONY,
    WIKI,
    Site,
    with_internal_proxy,
    zipped,
)

Prepare = Callable[[Site], None]


def visit(folder: Path, text: str = HEALTHY, prepare: Prepare = lambda site: None, **how: object) -> set[str]:
    """The codes of what is found, hints in parentheses."""
    with Site(folder, text) as site:
        prepare(site)
        report = examine(site.visit(**how))  # type: ignore[arg-type]
    found = [(one.verdict, one.fault.code) for one in report.findings if one.fault is not None]
    return {f"({code})" if verdict == HINT else code for verdict, code in found}


READING = ("GET", "HEAD", "OPTIONS")
NOWHERE = ("/rest/evenflow-doctor/nothing", "/rest/api/content/0/child/attachment")
HARMLESS = [("POST", path) for path in (BAYEUX_PATH, *NOWHERE)]
"""What may be sent: messages of an editor that subscribes to nothing, and bodies that do not come or lead nowhere."""


def test_nothing_is_found_where_nothing_is_wrong(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    with Site(tmp_path) as site:
        report = examine(site.visit(), lambda name, done, of: told.append((name, done, of)))
    assert told == [(name, done, len(CHECKS)) for done, (name, _) in enumerate(CHECKS)]
    assert not [one for one in site.asked if one[0] not in READING and one[:2] not in HARMLESS] and len(site.asked) > 50
    assert {agent for _, _, agent in site.asked} == {AGENT}
    assert [one for one in report.findings if one.verdict in (FAIL, HINT, UNKNOWN)] == [], as_text(report)
    assert report.asked < 200 and not report.failed
    assert "nothing found" in as_text(report)


REWRITTEN = (
    "RewriteEngine On\nRewriteCond %{REQUEST_URI} !^/synchrony\nRewriteRule ^/(.*)$ balancer://wiki/$1 [P]\n"
)
BY_RULE = (
    "RewriteEngine On\nRewriteCond %{HTTP:Upgrade} =websocket [NC]\nRewriteCond %{HTTP:Connection} ^Upgrade$ [NC]\n"
    "RewriteRule ^/(synchrony/.*)$ ws://127.0.0.1:{synchrony[0]}/$1 [P]\n"
    "ProxyPass /synchrony http://127.0.0.1:{synchrony[0]}/synchrony\n"
)
OWN_PAGES = "ProxyErrorOverride On\n"
OPEN = (
    '<Location /balancer-manager>\nSetHandler balancer-manager\nRequire all granted\n</Location>\n'
    '<Location /server-status>\nSetHandler server-status\nRequire all granted\n</Location>\n'
    "ProxyPass /balancer-manager !\nProxyPass /server-status !\n"
)
SPREAD = SYNCHRONY.replace("SYNROUTE=", "OTHER=")
CONFIGURATIONS = {
    # what is configured, and what is found
    "no cookie": (HEALTHY.replace(STICKY, ""), {"affinity-lost"}),
    "crossed cookie": (HEALTHY.replace(STICKY, COOKIE), {"cookie-crossed"}),
    "narrow cookie": (HEALTHY.replace("e; path=/; httponly", "e; path=/pages; httponly"), {"cookie-path"}),
    "secure cookie": (HEALTHY.replace("path=/; httponly", "path=/; httponly; secure"), {"cookie-secure-in-clear"}),
    "readable cookie": (HEALTHY.replace("e; path=/; httponly", "e; path=/"), {"cookie-readable"}),
    "Synchrony not led": (
        HEALTHY.replace(SYNCHRONY, ""),
        {"synchrony-not-reached", "websocket-lost", "polling-broken", "no-way-to-synchrony"},
    ),
    "no upgrade": (HEALTHY.replace(" upgrade=websocket timeout=3600", ""), {"websocket-lost"}),
    "compared as a whole": (HEALTHY.replace(SYNCHRONY, BY_RULE), {"websocket-by-spelling"}),
    "spread": (HEALTHY.replace(SYNCHRONY, SPREAD), {"bayeux-spread"}),
    "error pages": (HEALTHY.replace(WIKI, OWN_PAGES + WIKI), {"error-bodies-replaced"}),
    "rewritten": (
        HEALTHY.replace("ProxyPass / balancer://wiki/ nocanon\n", REWRITTEN), {"path-mangled"},
    ),
    "slashes": (HEALTHY.replace("AllowEncodedSlashes NoDecode\n", ""), {"(slashes-refused)"}),
    "open to all": (HEALTHY.replace(SYNCHRONY, OPEN + SYNCHRONY), {"(manager-open)", "(status-open)"}),
    "small fields": (HEALTHY + "LimitRequestFieldSize 3000\n", {"field-limit"}),
    "login": (
        HEALTHY.replace(
            "<Location /synchrony>",
            '<Location /synchrony>\nAuthType Basic\nAuthName x\nAuthUserFile /dev/null\nRequire valid-user',
        ),
        {"synchrony-behind-login", "websocket-lost", "polling-broken", "no-way-to-synchrony"},
    ),
    "cut": (
        "Timeout 2\n" + HEALTHY.replace("timeout=3600", "timeout=2"),
        {"tunnel-cut"},
    ),
    "strangers believed": (HEALTHY.replace("RequestHeader set X-Forwarded-Proto http\n", ""), set()),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CONFIGURATIONS.values(), ids=CONFIGURATIONS.keys())
def test_a_configurations_fault_is_named(tmp_path: Path, text: str, expected: set[str]) -> None:
    assert text != HEALTHY
    idle = 20.0 if expected == {"tunnel-cut"} else 0.2
    assert visit(tmp_path, text, idle=idle) == expected


def set_state(site: Site) -> None:
    site.wikis[1].state = "STARTING"


def set_build(site: Site) -> None:
    site.wikis[1].build = "9013"


def set_base(site: Site) -> None:
    for wiki in site.wikis:
        wiki.extra = '<meta name="ajs-remote-user" content="">'
        wiki.change = lambda request, answer: Response(
            answer.status, answer.fields, bytes(answer.body).replace(b'content="http://', b'content="http://old.')  # type: ignore[arg-type]
        )


def changing(change: Callable[[Request, Response], Response]) -> Prepare:
    def prepare(site: Site) -> None:
        for wiki in site.wikis:
            wiki.change = change

    return prepare


def redirecting(request: Request, answer: Response) -> Response:
    return Response(302, [("Location", "http://127.0.0.1:8090/")]) if request.path == "/" else answer


def looping(request: Request, answer: Response) -> Response:
    return Response(302, [("Location", "/")]) if request.path == "/" else answer


def believing(request: Request, answer: Response) -> Response:
    host = request.fields.get("x-forwarded-host", "").split(",")[0]
    return Response(302, [("Location", f"http://{host}/x")]) if request.path == "/" and "doctor" in host else answer


def refusing(request: Request, answer: Response) -> Response:
    return Response(403, [], b"XSRF check failed") if request.fields.get("origin") else answer


def aged(request: Request, answer: Response) -> Response:
    return Response(answer.status, [*answer.fields, ("Age", "0")], answer.body)


def late(request: Request, answer: Response) -> Response:
    return Response(answer.status, [*answer.fields, ("Date", "Sat, 01 Jan 2000 00:00:00 GMT")], answer.body)


def packed_unsaid(request: Request, answer: Response) -> Response:
    return Response(answer.status, answer.fields, gzip.compress(bytes(answer.body)))  # type: ignore[arg-type]


def packed_twice(request: Request, answer: Response) -> Response:
    return zipped(request, packed_unsaid(request, answer)) if request.path == "/login.action" else answer


def page_for_status(request: Request, answer: Response) -> Response:
    return Response(200, [("Content-Type", "text/html")], b"<html>") if request.path == "/status" else answer


NODES = {
    "starting": (set_state, {"node-not-running"}),
    "two builds": (set_build, {"builds-differ"}),
    "base URL": (set_base, {"(base-url)"}),
    "redirect to the node": (changing(redirecting), {"redirect-elsewhere"}),
    "redirects for ever": (changing(looping), {"redirect-loop"}),
    "believes strangers": (changing(believing), {"forwarded-believed"}),
    "origin": (changing(refusing), {"origin-refused"}),
    "cached": (changing(aged), {"pages-cached"}),
    "packed and not said": (changing(packed_unsaid), {"encoding-broken"}),
    "packed twice": (changing(packed_twice), {"encoding-broken"}),
    "status page": (changing(page_for_status), {"status-unreadable"}),
}


@pytest.mark.parametrize(("prepare", "expected"), NODES.values(), ids=NODES.keys())
def test_a_nodes_fault_is_named(tmp_path: Path, prepare: Prepare, expected: set[str]) -> None:
    assert expected <= visit(tmp_path, prepare=prepare) <= expected | {"status-unreadable", "builds-differ"}


def test_the_second_way_beside_the_direct_one_is_a_hint(tmp_path: Path) -> None:
    assert visit(tmp_path, INTERNAL, with_internal_proxy) == {"(internal-proxy-open)", "(internal-proxy-reload)"}


def test_only_the_internal_proxy_is_a_fault(tmp_path: Path) -> None:
    found = visit(tmp_path, INTERNAL.replace(SYNCHRONY, ""), with_internal_proxy)
    assert {"only-internal-proxy", "synchrony-not-reached"} <= found and "no-way-to-synchrony" not in found


def test_a_site_that_does_not_answer_is_one_finding(tmp_path: Path) -> None:
    with Site(tmp_path) as site:
        assert site.server is not None
        site.server.stop()
        report = examine(site.visit())
    assert [one.fault.code for one in report.findings if one.fault] == ["unanswered"] and report.failed


def test_that_answers_are_cut_is_said_once() -> None:
    with Answering(lambda head: b"HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\nxy") as there:
        visit = there.visit()
        visit.idle = 0.0
        report = examine(visit)
    assert report.findings[0].check == CHECKS[0][0] and "2 of 9 bytes" in report.findings[0].evidence
    assert [one.fault.code for one in report.findings if one.fault].count("answer-cut") == 1 and report.failed


def test_a_visit_ends_when_it_has_asked_enough(tmp_path: Path) -> None:
    with Site(tmp_path) as site:
        visit = site.visit()
        visit.site.manners.most = 20
        report = examine(visit)
    assert report.asked == 20
    assert any(one.verdict == UNKNOWN and "all that a visit may" in one.evidence for one in report.findings)


def test_text_and_json_have_the_four_sentences(tmp_path: Path) -> None:
    with Site(tmp_path, HEALTHY.replace(" upgrade=websocket", "")) as site:
        report = examine(site.visit())
    text, said = as_text(report), json.loads(as_json(report))
    for word in ("symptom:", "evidence:", "cause:", "fix:", "1 fault, "):
        assert word in text
    fault = next(one for one in said["findings"] if one["verdict"] == "fail")
    assert fault["code"] == "websocket-lost" and "101" not in fault["evidence"].split("(")[0]
    assert all(fault[key] for key in ("symptom", "cause", "fix", "evidence"))
