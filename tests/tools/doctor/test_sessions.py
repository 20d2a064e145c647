"""Affinity where nodes do not say who they are, and routes of members that are gone. (The rest: test_run.)"""

from __future__ import annotations

import itertools

from evenflow.tools.doctor.asking import Answer, Place
from evenflow.tools.doctor.sessions import check_affinity, check_cookies, check_crossed, check_stale_route, is_route
from evenflow.tools.doctor.visit import UNKNOWN
from tests.tools.doctor.answering import Answering, answer


def codes(findings: object) -> list[str]:
    return [one.fault.code if one.fault else one.verdict for one in findings]  # type: ignore[attr-defined]


def test_sessions_that_are_begun_anew_tell_as_much_as_names() -> None:
    count = itertools.count()
    with Answering(lambda head: answer(200, b"", f"Set-Cookie: JSESSIONID={next(count)}; Path=/")) as there:
        assert codes(check_affinity(there.visit())) == ["affinity-lost"]


def test_routes_in_sessions_name_the_node() -> None:
    count = itertools.count()
    with Answering(lambda head: answer(200, b"", f"Set-Cookie: JSESSIONID=a.n{next(count) % 2}")) as there:
        assert codes(check_affinity(there.visit())) == ["affinity-lost"]


def test_one_session_without_a_route_is_a_hint_and_silence_is_open() -> None:
    def once(head: bytes) -> bytes:
        return answer(200) if b"JSESSIONID" in head else answer(200, b"", "Set-Cookie: JSESSIONID=a")

    with Answering(once) as there:
        assert codes(check_affinity(there.visit())) == ["no-route-cookie"]
    with Answering(lambda head: answer(200)) as there:
        assert codes(check_affinity(there.visit())) == [UNKNOWN]


def test_a_route_that_nobody_has_is_replaced_or_a_fault() -> None:
    for said, expected in (
        (answer(200, b"", "Set-Cookie: ROUTEID=.1"), []),
        (answer(200), ["route-honoured-when-gone"]),
        (answer(503), ["route-honoured-when-gone"]),
    ):
        with Answering(lambda head, said=said: said if b"Cookie" in head else answer(200)) as there:  # type: ignore[misc]
            visit = there.visit()
            visit.routes = {"ROUTEID"}
            assert codes(check_stale_route(visit)) == expected


def test_a_page_that_fails_for_everybody_says_nothing_of_routes() -> None:
    with Answering(lambda head: answer(500)) as there:
        visit = there.visit()
        visit.routes = {"ROUTEID"}
        assert codes(check_stale_route(visit)) == [UNKNOWN]


def test_flags_of_the_session_and_the_route_and_of_nothing_else() -> None:
    lines = ("JSESSIONID=a; Path=/; HttpOnly", "ROUTEID=.1; Path=/; Secure", "theme=dark; Path=/x")
    said = Answer("GET /", 200, tuple(("Set-Cookie", line) for line in lines), b"", b"", 0.0)
    with Answering(lambda head: b"") as there:
        visit = there.visit()
        visit.site.place = Place("https", "wiki.example.com", 443)
        visit.site.ask = lambda *words, **more: said  # type: ignore[method-assign]
        assert codes(check_cookies(visit)) == ["cookie-not-secure", "cookie-readable"]


def test_a_page_keeps_its_node_when_synchrony_is_asked() -> None:
    for name, expected in (("ROUTEID", ["cookie-crossed"]), ("AWSALB", [])):
        with Answering(lambda head, name=name: answer(200, b"", f"Set-Cookie: {name}=.1; Path=/")) as there:  # type: ignore[misc]
            visit = there.visit()
            visit.routes = {name}
            assert codes(check_crossed(visit)) == expected

    def settled(head: bytes) -> bytes:
        return answer(200) if b"ROUTEID=" in head else answer(200, b"", "Set-Cookie: ROUTEID=.1; Path=/")

    with Answering(settled) as there:
        visit = there.visit()
        visit.routes = {"ROUTEID"}
        assert codes(check_crossed(visit)) == []


def test_route_cookies_are_known_by_name() -> None:
    from evenflow.tools.doctor.asking import Cookie

    assert is_route(Cookie("ROUTEID", ".1", {}, "")) and is_route(Cookie("BIGipServerpool", "1", {}, ""))
    assert not is_route(Cookie("theme", "dark", {}, "")) and not is_route(Cookie("ROUTEID", "x" * 99, {}, ""))
