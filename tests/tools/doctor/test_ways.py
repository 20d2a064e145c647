"""Which way an editor gets before real front doors, and what is missing where it is not the direct one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from click.testing import CliRunner

from evenflow.tools.cli import main
from evenflow.tools.doctor import command
from evenflow.tools.doctor.faults import FAULTS
from evenflow.tools.doctor.run import Report, as_json, as_text, in_words
from evenflow.tools.doctor.visit import PASS, Finding, Visit, found
from evenflow.tools.doctor.ways import (
    ADDRESSES,
    DIRECT,
    EXPECTED,
    NONE,
    POLLING,
    WAYS,
    Way,
    check_expected,
    check_own_paths,
    check_ways,
    offered_by,
    ways_of,
)
from evenflow.tools.doctor.ways import (
    INTERNAL as THROUGH,
)
from evenflow.tools.init.make import configuration
from evenflow.tools.init.profile import PROFILES
from evenflow.tools.init.site import Node
from evenflow.tools.init.site import Site as Asked
from tests.nodes.fronts import httpd_front
from tests.peers import CHECKOUT, free_port
from tests.tools.doctor.answering import Answering, answer
from tests.tools.doctor.site import HEALTHY, INTERNAL, SYNCHRONY, Site, with_internal_proxy

EXCEPTION: Final = "    RewriteCond %{REQUEST_URI} !^/robots.txt$\n"
BEFORE: Final = ("Listen ", "ServerName ", "DocumentRoot ", "<VirtualHost ", "</VirtualHost>")


def recipe() -> str:
    """The published recipe as it stands in our examples, with the nodes of a test."""
    text = (CHECKOUT / "examples" / "synchrony-direct.conf").read_text()
    assert EXCEPTION in text
    lines = [line for line in text.splitlines(keepends=True) if not line.strip().startswith(BEFORE)]
    ported = "".join(lines).replace("127.0.0.1:8090", "127.0.0.1:{wiki[0]}")
    return "LogLevel crit\n" + ported.replace("127.0.0.1:8091", "127.0.0.1:{synchrony[0]}")


def profile(direct: bool) -> str:
    """What `evenflow init` writes, with the nodes of a test."""
    nodes, beside = [tuple(Node(f"{{{kind}[{at}]}}", 0) for at in (0, 1)) for kind in ("wiki", "synchrony")]
    asked = Asked("127.0.0.1", 0, free_port(), "", nodes, beside, direct=direct)
    text = configuration(PROFILES["confluence"], asked, "x")
    for kind in ("wiki", "synchrony"):
        for at in (0, 1):
            text = text.replace(f"http://{{{kind}[{at}]}}:0", f"http://127.0.0.1:{{{kind}[{at}]}}")
    return text.replace("Listen 0\n", "LogLevel crit\n").replace("*:0", "*")


@contextmanager
def expecting(folder: Path, text: str, *, internal: bool = False) -> Iterator[Visit]:
    """A visit of a site that serves with this configuration; `internal`: the nodes' internal proxy is on."""
    with Site(folder, text) as site:
        if internal:
            with_internal_proxy(site)
        visit = site.visit()
        visit.expected = DIRECT
        yield visit


def codes(findings: Iterator[Finding]) -> list[str]:
    return [one.verdict if one.fault is None else one.fault.code for one in findings]


def told(visit: Visit) -> dict[str, str]:
    """What is said of the expected way: the evidence by code."""
    return {PASS if one.fault is None else one.fault.code: one.evidence for one in check_expected(visit)}


@contextmanager
def by_both(folder: Path, text: str) -> Iterator[list[Visit]]:
    """Visits of the same nodes through evenflow and through httpd, with the same lines."""
    with Site(folder, text) as site:
        assert site.server is not None
        port = free_port()
        file = folder / "httpd" / "wiki.conf"
        file.parent.mkdir()
        file.write_text(site.server.file.read_text().replace(f":{site.port}\n", f":{port}\n"))
        with httpd_front(file, port):
            visits = [site.visit(), site.visit()]
            visits[1].site.place = replace(visits[1].site.place, port=port)
            for visit in visits:
                visit.expected, visit.own = DIRECT, ("/robots.txt",)
            yield visits


def test_the_published_recipe_is_proven(tmp_path: Path) -> None:
    with by_both(tmp_path, recipe()) as visits:
        for visit in visits:
            assert codes(check_ways(visit)) == codes(check_own_paths(visit)) == []
            said = told(visit)
            assert set(said) == {PASS}
            assert "/synchrony/heartbeat -> 200" in said[PASS] and "keep-alive, Upgrade`) -> 101" in said[PASS]
            assert "/synchrony-proxy: 404, no WebSocket" in said[PASS]
            assert ways_of(visit).way.name == DIRECT


def test_an_exception_that_a_rule_takes_is_the_balancers_part(tmp_path: Path) -> None:
    with by_both(tmp_path, recipe().replace(EXCEPTION, "")) as visits:
        for visit in visits:
            assert codes(check_own_paths(visit)) == ["own-path-taken"]
            said = told(visit)
            assert set(said) == {"direct-way-not-led"} and "/robots.txt -> 200" in said["direct-way-not-led"]


def test_the_switch_of_the_profile_shuts_what_the_nodes_leave_open(tmp_path: Path) -> None:
    with expecting(tmp_path, profile(True), internal=True) as visit:
        assert codes(check_ways(visit)) == []
        said = told(visit)
    assert set(said) == {PASS}
    assert "/synchrony-proxy: 403" in said[PASS] and "node1 itself still has it" in said[PASS]
    assert "no page was seen" in said[PASS]


def test_without_it_the_nodes_part_is_missing_unless_their_page_does_not_name_it(tmp_path: Path) -> None:
    with expecting(tmp_path, profile(False), internal=True) as visit:
        assert codes(check_ways(visit)) == ["internal-proxy-open"]
        said = told(visit)
        assert set(said) == {"direct-way-not-enforced"}
        assert "GET /synchrony-proxy/heartbeat -> 200" in said["direct-way-not-enforced"]
        site = visit.site.place.url

        def named(*addresses: str) -> dict[str, str]:
            visit.ways, visit.editor = None, {ADDRESSES: ",".join(addresses)}
            return told(visit)

        said = named(f"{site}/synchrony")
        assert set(said) == {PASS} and "and not /synchrony-proxy" in said[PASS] and "--editor" not in said[PASS]
        assert ways_of(visit).way.named
        assert codes(check_ways(visit)) == []
        # Confluence's `synchrony.proxy.enabled=true`, and what it does where nobody says anything.
        assert "names no other address" in named(f"{site}/synchrony-proxy")["direct-way-not-enforced"]
        assert codes(check_ways(visit)) == ["internal-proxy-preferred"]
        assert ways_of(visit).way.name == THROUGH
        assert set(named(f"{site}/synchrony", f"{site}/synchrony-proxy")) == {"direct-way-not-enforced"}
        assert ways_of(visit).way.name == DIRECT
        # An address elsewhere is nobody's whom we were told to ask.
        said = named("https://elsewhere.example/synchrony")
        assert "`https://elsewhere.example/synchrony` is not this site's" in said["direct-way-not-led"]


def test_a_lost_websocket_is_polling_at_the_same_address(tmp_path: Path) -> None:
    lost = INTERNAL
    for number in (0, 1):
        lost = lost.replace(f"{{synchrony[{number}]}} route={number + 1} upgrade=websocket", f"{{synchrony[{number}]}}")
    with expecting(tmp_path, lost, internal=True) as visit:
        said = told(visit)
        assert "`Connection: Upgrade` gets no WebSocket" in said["direct-way-not-led"]
        # The internal proxy would take it, but who has the heartbeat stays with it.
        way = ways_of(visit).way
        assert (way.name, way.address) == (POLLING, "/synchrony") and "polling reaches it" in way.evidence
        visit.expected = POLLING
        assert set(told(visit)) == {PASS}
        visit.expected = THROUGH
        assert told(visit)["way-not-expected"].startswith("polling in place of synchrony-proxy: GET /synchrony/heart")


def test_the_internal_proxy_by_another_name(tmp_path: Path) -> None:
    led = INTERNAL.replace("balancer://synchrony/synchrony", "balancer://wiki/synchrony-proxy")
    with expecting(tmp_path, led, internal=True) as visit:
        assert codes(check_ways(visit)) == ["direct-way-through-confluence", "internal-proxy-open"]
        assert "under another name" in told(visit)["direct-way-not-led"]


def test_a_session_of_tomcats_says_it_too_and_its_404() -> None:
    with Answering(lambda head: answer(200, b"OK", "Set-Cookie: JSESSIONID=x; Path=/synchrony-proxy")) as there:
        visit = there.visit()
        assert "direct-way-through-confluence" in codes(check_ways(visit))
    with Answering(lambda head: answer(404, b"<h3>Apache Tomcat/9.0</h3>")) as there:
        visit = there.visit()
        visit.own = ("/robots.txt",)
        assert codes(check_own_paths(visit)) == ["own-path-taken"]


def test_only_the_internal_proxy_and_none(tmp_path: Path) -> None:
    with expecting(tmp_path, INTERNAL.replace(SYNCHRONY, ""), internal=True) as visit:
        assert codes(check_ways(visit)) == ["only-internal-proxy"]
        assert ways_of(visit).way.name == THROUGH
        assert set(told(visit)) == {"direct-way-not-led", "direct-way-not-enforced"}
    with Answering(lambda head: answer(404)) as there:
        visit = there.visit()
        assert codes(check_ways(visit)) == ["no-way-to-synchrony"] and ways_of(visit).way.name == NONE


def test_both_paths_of_the_internal_proxy_are_tried_below_a_context() -> None:
    with Answering(lambda head: answer(200 if b" /wiki/synchrony-proxy/heartbeat " in head else 404)) as there:
        visit = there.visit("/wiki")
        assert [one.address for one in ways_of(visit).internal] == ["/synchrony-proxy", "/wiki/synchrony-proxy"]
        assert codes(check_ways(visit)) == ["only-internal-proxy"]


def test_addresses_of_a_page() -> None:
    assert offered_by({}) is None and offered_by({ADDRESSES: ""}) is None
    said = {ADDRESSES: "https://wiki/synchrony/, https://wiki/a&amp;b/synchrony-proxy"}
    assert offered_by(said) == ("https://wiki/synchrony", "https://wiki/a&b/synchrony-proxy")


def test_what_is_not_proven_fails_and_the_report_says_the_way() -> None:
    way = Way(POLLING, "/synchrony", "GET /synchrony/heartbeat -> 200", True)
    proven = Finding(EXPECTED, PASS, "it is so")
    assert Report("http://wiki", (), 1, way, DIRECT).failed
    assert not Report("http://wiki", (proven,), 1, way, DIRECT).failed
    assert Report("http://wiki", (proven, found("own-path-taken", "x", "y")), 1, way, DIRECT).failed
    assert not Report("http://wiki", (), 1, way).failed
    text = as_text(Report("http://wiki", (), 1, way))
    assert "an editor gets: the direct way, by long polling\n      evidence: GET /synchrony/heartbeat -> 200\n" in text
    assert json.loads(as_json(Report("http://wiki", (), 1, way)))["way"]["name"] == "polling"
    assert in_words(Way(THROUGH, "/wiki/synchrony-proxy", "", True)) == "Confluence's internal proxy, by WebSocket"
    assert in_words(Way(NONE, "", "")) == "no way to Synchrony, if its page names what is usual (--editor)"
    assert "change 1 of 2" in FAULTS["direct-way-not-led"].cause
    assert "change 2 of 2" in FAULTS["direct-way-not-enforced"].cause


def test_what_can_be_expected_can_be_typed() -> None:
    assert command.WAYS == WAYS


def test_as_it_is_typed(tmp_path: Path) -> None:
    page = tmp_path / "edit.html"
    with Site(tmp_path, HEALTHY) as site:
        url = f"http://127.0.0.1:{site.port}"

        def typed(*words: str) -> tuple[int, str]:
            done = CliRunner().invoke(main, ["doctor", url, "--idle", "0", "--rate", "50", *words])
            return done.exit_code, done.output

        page.write_text(f'<meta name="{ADDRESSES}" content="{url}/synchrony">')
        status, said = typed("--expect", "direct", "--editor", str(page), "--own", "/nothing", "--format", "json")
        told = json.loads(said)
        assert (status, told["expected"], told["way"]["name"]) == (1, "direct", "direct")
        # What its own is: this balancer leads everything else to Confluence.
        assert [one["code"] for one in told["findings"] if one["verdict"] == "fail"] == [
            "own-path-taken", "direct-way-not-led",
        ]  # fmt: skip
        page.write_text("<html>")
        status, said = typed("--editor", str(page))
        assert status == 2 and ADDRESSES in said
