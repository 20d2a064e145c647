"""Faults of routes, contexts and Synchrony's settings, each put in on purpose."""

from __future__ import annotations

import pytest

from tests.tools.audit.nodes import BALANCER, OTHER_XML, SETENV, XML, Place, check_fault, codes

FAULTS = [
    # what is changed where, what is found besides differences between the nodes, and what the line to type has in it
    ("other route", 'jvmRoute="1"', 'jvmRoute="x"', XML, set(), ""),
    ("context", 'path="" docBase', 'path="/confluence" docBase', XML, {"context-path"}, 'path=""'),
    ("internal proxy", "proxy.enabled=false", "proxy.enabled=true", SETENV,
     {"synchrony-internal-proxy"}, "-Dsynchrony.proxy.enabled=false"),
    ("internal proxy unsaid", 'CATALINA_OPTS="-Dsynchrony.proxy.enabled=false ${CATALINA_OPTS}"\n', "", SETENV,
     {"(synchrony-internal-proxy)"}, "-Dsynchrony.proxy.enabled=false"),
    ("service without v1", "/synchrony/v1", "/synchrony", SETENV, {"synchrony-service-url"}, "8443/synchrony/v1"),
    ("service in the clear", "https://wiki.example.com:8443/syn", "http://wiki.example.com:8443/syn", SETENV,
     {"synchrony-service-url"}, "https://wiki.example.com:8443/synchrony/v1"),
    ("service elsewhere", "//wiki.example.com:8443", "//node1.internal:8091", SETENV,
     {"synchrony-service-url"}, "https://wiki.example.com:8443/synchrony/v1"),
    ("service unknown", "https://wiki.example.com:8443", "${PUBLIC}", SETENV, set(), ""),
    ("path", "-Dsynchrony.port=8091", "-Dsynchrony.port=8091 -Dsynchrony.context.path=/editors", SETENV,
     {"synchrony-context-path"}, "-Dsynchrony.context.path=/synchrony"),
    ("fallback", "fallback=true", "fallback=false", SETENV, {"(synchrony-no-fallback)"}, "fallback=true"),
    ("port", "synchrony.port=8091", "synchrony.port=8099", SETENV, {"synchrony-port"}, "8099"),
    ("outgoing proxy", "-Dsynchrony.port=8091", "-Dsynchrony.port=8091 -Dhttp.proxyHost=out.example.com", SETENV,
     {"synchrony-through-proxy"}, "-Dhttp.nonProxyHosts=localhost|127.0.0.1|wiki.example.com"),
    ("outgoing proxy, told", "-Dsynchrony.port=8091",
     "-Dsynchrony.port=8091 -Dhttp.proxyHost=o -Dhttp.nonProxyHosts=localhost|127.*|*.example.com", SETENV, set(), ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "where", "expected", "typed"), FAULTS, ids=[one[0] for one in FAULTS])
def test_a_fault_is_named(
    place: Place, name: str, old: str, new: str, where: str, expected: set[str], typed: str
) -> None:
    check_fault(place, old, new, where, expected, typed)


def test_a_port_that_nobody_asks(place: Place) -> None:
    for name in (XML, OTHER_XML):
        place.change(name, 'port="8090" connectionTimeout', 'port="8095" connectionTimeout')
    audited = place.audit()
    assert codes(audited) == {"connector-port"} and len(audited.findings) == 2


def test_no_way_to_synchrony(place: Place) -> None:
    text = (place.folder / BALANCER).read_text()
    start, end = text.index("    <Location /synchrony>"), text.index("    <Proxy balancer://confluence>")
    place.write(BALANCER, text[:start] + text[end:])
    assert codes(place.audit()) == {"synchrony-nowhere"}
    for name in (SETENV, "node2/bin/setenv.sh"):
        place.change(name, "proxy.enabled=false", "proxy.enabled=true")
    assert codes(place.audit()) == set()
    for name in (XML, OTHER_XML):
        place.change(name, 'docBase="../synchrony-proxy"', 'docBase="../other"')
    assert codes(place.audit()) == {"synchrony-proxy-context"}
