"""What is said of a balancer beyond httpd's, as the plan has it."""

from __future__ import annotations

from evenflow.compiler.build import build
from evenflow.plan.balancing import AS_HTTPD, Balancing, Ejection, HashBy, Retries
from tests.config.cases import load_text


def balancing(*lines: str, method: str = "hash") -> tuple[Balancing, list[str]]:
    """What a balancer with these lines does, and the codes of what is said about them."""
    first = ("Listen 80", "<Proxy balancer://c>", "BalancerMember http://m", f"ProxySet lbmethod={method}")
    loaded = load_text("\n".join([*first, *lines, "</Proxy>"]))
    assert loaded.settings is not None
    built = build(loaded.settings)
    assert built.plan is not None
    return built.plan.balancers[0].balancing, [diagnostic.code for diagnostic in built.diagnostics]


def test_nothing_said() -> None:
    assert balancing() == (AS_HTTPD, [])


def test_what_is_hashed() -> None:
    assert balancing("EvenflowHash uri")[0].hash_by == HashBy("uri", b"", 1.25)
    assert balancing("EvenflowHash cookie:SiD load=2")[0].hash_by == HashBy("cookie", b"SiD", 2.0)
    assert balancing("EvenflowHash header:X-User load=off")[0].hash_by == HashBy("header", b"x-user", 0.0)


def test_the_last_line_counts() -> None:
    assert balancing("EvenflowHash uri", "EvenflowHash client")[0].hash_by == HashBy("client", b"", 1.25)


def test_hashing_that_nobody_does() -> None:
    assert balancing("EvenflowHash uri", method="leastconn")[1] == ["hash-not-used"]


def test_how_much_is_repeated() -> None:
    assert AS_HTTPD.retries == Retries(0.2, 10.0)
    assert balancing("EvenflowRetryBudget 5%")[0].retries == Retries(0.05, 10.0)
    assert balancing("EvenflowRetryBudget 0% persecond=2.5")[0].retries == Retries(0.0, 2.5)
    assert balancing("EvenflowRetryBudget off")[0].retries is None


def test_who_is_passed_over() -> None:
    assert AS_HTTPD.ejection is None
    assert balancing("EvenflowEject errors=25%")[0].ejection == Ejection(errors=0.25)
    said = balancing("EvenflowEject latency=2.5 requests=7 interval=5 time=60 most=100%")[0]
    assert said.ejection == Ejection(0.0, 2.5, 7, 5.0, 60.0, 1.0)
    assert balancing("EvenflowEject errors=25%", "EvenflowEject Off") == (AS_HTTPD, [])


def test_how_members_come_back() -> None:
    assert (AS_HTTPD.slow_start, AS_HTTPD.slow_least) == (0.0, 0.1)
    said = balancing("EvenflowSlowStart 30 from=25%")[0]
    assert (said.slow_start, said.slow_least) == (30.0, 0.25)
    assert balancing("EvenflowSlowStart 30", "EvenflowSlowStart Off") == (AS_HTTPD, [])


def test_until_when_a_session_counts_and_what_tells_it_apart() -> None:
    assert (AS_HTTPD.session_idle, AS_HTTPD.session_cookie) == (1800.0, b"JSESSIONID")
    said = balancing("EvenflowSessionIdle 8h cookie=PHPSESSID")[0]
    assert (said.session_idle, said.session_cookie) == (28800.0, b"PHPSESSID")
    assert balancing("EvenflowSessionIdle Off")[0].session_idle == 0.0
