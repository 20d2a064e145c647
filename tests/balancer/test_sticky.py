"""Sessions as httpd finds them, each case with two members n1 and n2: where they stick, it is 2 2 2, else 1 2 1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenflow.balancer.sticky import find_routed, find_session, is_known, route_changed
from tests.balancer.cluster import Cluster, member

TWO = member(route=b"n1"), member(route=b"n2")
STICKS = "2 2 2"
TURNS = "1 2 1"


@pytest.mark.parametrize(
    ("cookie", "story"),
    [
        (b"SID=n2", TURNS),
        (b"SID=.n2", STICKS),
        (b"SID=abc.n2", STICKS),
        (b"SID=a.b.n2", TURNS),
        (b"sid=.n2", TURNS),
        (b"XSID=.n2", TURNS),
        (b'SID="x.n2"', TURNS),
        (b"SID = x.n2", STICKS),
        (b"SID=x.n2, z=1", STICKS),
        (b"a=b; SID=x.n2; z=1", STICKS),
        (b"a=b,SID=x.n2", STICKS),
        (b"a=b SID=x.n2", STICKS),
        (b"SID=.", TURNS),
        (b"SID=", TURNS),
        (b"SID", TURNS),
        (b"SID ", TURNS),
        (b"SID; SID=.n2", STICKS),
        (b"SIDX=1; SID=.n2", STICKS),
        (b"XSID=.n1; SID=.n2", STICKS),
        (b"SID=; SID=.n2", TURNS),
        (b"SID=.n2 ", TURNS),
        (b"SID=.N2", TURNS),
        (b"", TURNS),
    ],
)
def test_cookies(cookie: bytes, story: str) -> None:
    assert Cluster(*TWO, sticky_cookie=b"SID").requests(3, cookie=cookie) == story


@pytest.mark.parametrize(
    ("url", "story"),
    [
        (b"/?SID=.n2", STICKS),
        (b"/?XSID=.n2", STICKS),
        (b"/xSID=.n2", STICKS),
        (b"/x;SID=.n2?a=b", STICKS),
        (b"/?a=b&SID=.n2&c=d", STICKS),
        (b"/x;SID=.n2/y", TURNS),
        (b"/x;SID=.n2;k=v", TURNS),
        (b"/SIDSID=.n2", TURNS),
        (b"/SID-SID=.n2", STICKS),
        (b"/?SID=&x=.n2", STICKS),
        (b"/?SID=", TURNS),
        (b"/?SID=&", TURNS),
        (b"/?SID", TURNS),
        (b"/?sid=.n2", TURNS),
    ],
)
def test_urls(url: bytes, story: str) -> None:
    assert Cluster(*TWO, sticky_cookie=b"SID").requests(3, url) == story


def test_a_semicolon_ends_the_value_if_told_to() -> None:
    cluster = Cluster(*TWO, sticky_cookie=b"SID", semicolon_ends=True)
    assert cluster.requests(3, b"/x;SID=.n2;k=v") == STICKS


def test_the_url_hides_the_cookie() -> None:
    cluster = Cluster(*TWO, sticky_cookie=b"SID")
    assert cluster.requests(3, b"/?SID=.n1", b"SID=.n2") == "1 1 1"
    session = find_session(cluster.balance, b"/?SID=n1", b"SID=.n2")
    assert session is None


def test_one_name_for_the_cookie_and_one_for_the_url() -> None:
    cluster = Cluster(*TWO, sticky_cookie=b"JSESSIONID", sticky_path=b"jsessionid")
    assert cluster.requests(3, b"/x;jsessionid=A1.n2?q") == STICKS
    assert cluster.requests(3, b"/x", b"JSESSIONID=A1.n2") == STICKS
    assert find_session(cluster.balance, b"/x;JSESSIONID=A1.n2?q", b"jsessionid=A1.n2") is None


def test_the_name_that_matched_and_the_route() -> None:
    cluster = Cluster(*TWO, sticky_cookie=b"JSESSIONID", sticky_path=b"jsessionid")
    by_url = find_session(cluster.balance, b"/x;jsessionid=A1.n2?q", None)
    by_cookie = find_session(cluster.balance, b"/x", b"JSESSIONID=A1.a.b")
    assert by_url is not None and by_cookie is not None
    assert (by_url.name, by_url.route) == (b"jsessionid", b"n2")
    assert (by_cookie.name, by_cookie.route) == (b"JSESSIONID", b"a.b")


def test_another_separator_or_none() -> None:
    other = Cluster(*TWO, sticky_cookie=b"SID", sticky_separator=b"!")
    assert other.requests(3, cookie=b"SID=a.b!n2") == STICKS
    whole = Cluster(*TWO, sticky_cookie=b"SID", sticky_separator=b"")
    assert whole.requests(3, cookie=b"SID=n2") == STICKS
    assert find_session(whole.balance, b"/", b"SID=") is None
    assert whole.requests(4, cookie=b"SID=; x=y") == "1 1 1 1"


def test_without_stickysession_nothing_sticks() -> None:
    cluster = Cluster(*TWO)
    assert cluster.requests(3, b"/?SID=.n2", b"SID=.n2") == TURNS
    assert cluster.changed == [False] * 3


def test_route_changed_is_said_unless_the_route_was_honoured() -> None:
    cluster = Cluster(*TWO, sticky_cookie=b"SID")
    for cookie in (None, b"SID=n1", b"SID=.zz", b"SID=.n1", b"SID=.n2"):
        cluster.request(cookie=cookie)
    assert cluster.changed == [True, True, True, False, False]
    assert route_changed(cluster.balance, b"", cluster.slots[0])


def test_a_member_without_route_does_not_honour_the_empty_one() -> None:
    cluster = Cluster(member(), sticky_cookie=b"SID")
    cluster.request()
    assert cluster.changed == [True]


def test_two_members_with_one_route() -> None:
    cluster = Cluster(member(route=b"n1"), member(route=b"n1"), sticky_cookie=b"SID")
    assert cluster.requests(4, cookie=b"SID=.n1") == "1 1 1 1"
    cluster.dead = {1}
    assert cluster.requests(3, cookie=b"SID=.n1") == "2 2 2"


def test_a_draining_member_keeps_its_sessions() -> None:
    cluster = Cluster(member(route=b"n1", status=b"N"), member(route=b"n2"), sticky_cookie=b"SID")
    assert cluster.requests(2, cookie=b"SID=.n1") == "1 1"
    assert cluster.requests(2) == "2 2"


def test_disabled_and_stopped_members_do_not() -> None:
    for status in (b"D", b"S"):
        cluster = Cluster(member(route=b"n1", status=status), member(route=b"n2"), sticky_cookie=b"SID")
        assert cluster.requests(2, cookie=b"SID=.n1") == "2 2"


def test_standbys_with_the_route_come_last() -> None:
    cluster = Cluster(member(route=b"n1", status=b"H"), member(), member(route=b"n1"), sticky_cookie=b"SID")
    assert cluster.requests(2, cookie=b"SID=.n1") == "3 3"
    cluster.dead = {3}
    assert cluster.requests(2, cookie=b"SID=.n1") == "1 1"


def test_the_redirect_of_a_dead_member() -> None:
    cluster = Cluster(
        member(route=b"n1", redirect=b"n3"), member(route=b"n2"), member(route=b"n3"), dead=(1,), sticky_cookie=b"SID"
    )
    assert cluster.requests(4, cookie=b"SID=.n1") == "3 3 3 3"
    assert cluster.changed == [True] * 4


def test_redirects_in_a_circle_end() -> None:
    cluster = Cluster(
        member(route=b"n1", redirect=b"n2", status=b"D"),
        member(route=b"n2", redirect=b"n1", status=b"D"),
        member(),
        sticky_cookie=b"SID",
    )
    assert cluster.requests(2, cookie=b"SID=.n1") == "3 3"


def test_the_next_of_the_route_where_the_redirect_is_no_help() -> None:
    cluster = Cluster(
        member(route=b"n1", redirect=b"zz", status=b"D"), member(), member(route=b"n1"), sticky_cookie=b"SID"
    )
    assert cluster.requests(2, cookie=b"SID=.n1") == "3 3"


def test_nofailover() -> None:
    cluster = Cluster(*TWO, dead=(1,), sticky_cookie=b"SID", nofailover=True)
    assert cluster.requests(3, cookie=b"SID=.n1") == "503 503 503"
    assert cluster.requests(2, cookie=b"SID=.zz") == "2 2"
    assert cluster.requests(2) == "2 2"
    assert is_known(cluster.balance, b"n1") and not is_known(cluster.balance, b"zz")


def test_the_redirect_is_told_to_the_trace() -> None:
    cluster = Cluster(member(route=b"n1", redirect=b"n2", status=b"D"), member(route=b"n2"), sticky_cookie=b"SID")
    trace: list[str] = []
    cluster.balance.trace = trace
    assert find_routed(cluster.balance, b"n1", 0.0, 1) is cluster.slots[1]
    assert trace == ["route 'n1' is unusable, its redirect leads to 'n2'"]


pieces = st.lists(
    st.sampled_from([b"SID", b"=", b".", b"n2", b"/", b"?", b"&", b";", b",", b" ", b"x", b"\xff"]), max_size=12
)


@given(pieces, pieces, st.booleans())
def test_what_is_found_stands_in_what_was_sent(url: list[bytes], cookie: list[bytes], semicolon: bool) -> None:
    cluster = Cluster(*TWO, sticky_cookie=b"SID", semicolon_ends=semicolon)
    sent = b"/" + b"".join(url), b"".join(cookie)
    session = find_session(cluster.balance, *sent)
    if session is not None:
        assert any(b"." + session.route in text for text in sent)
        assert not any(byte in session.route for byte in b"&?") or session.route in sent[1]


def test_an_empty_route_is_a_session_that_leads_nowhere() -> None:
    cluster = Cluster(*TWO, sticky_cookie=b"SID")
    for url, cookie in ((b"/?SID=.", None), (b"/", b"SID=abc."), (b"/", b"SID=.; x=y")):
        session = find_session(cluster.balance, url, cookie)
        assert session is not None
        assert (session.name, session.route) == (b"SID", b"")
    assert cluster.requests(3, b"/?SID=.") == TURNS
    assert cluster.changed == [True] * 3
    assert find_session(cluster.balance, b"/?SID=", b"SID=; x=y") is None


def test_what_one_attempt_changed_stays_changed() -> None:
    cluster = Cluster(
        member(route=b"n1", status=b"H"),
        member(route=b"n1", redirect=b"n2"),
        member(route=b"n2"),
        dead=(2, 3),
        sticky_cookie=b"SID",
    )
    # The member of the route refuses, then the one its redirect leads to, and then a standby of the very route answers.
    assert cluster.request(cookie=b"SID=.n1") == "1"
    assert cluster.changed == [True]
