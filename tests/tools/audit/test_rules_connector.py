"""Faults of the connector and the valve, each put in on purpose."""

from __future__ import annotations

import pytest

from tests.tools.audit.nodes import BALANCER, DIFFER, OTHER_XML, VALVE, XML, Place, check_fault, codes, in_the_clear

FAULTS = [
    # what is changed where, what is found besides differences between the nodes, and what the line to type has in it
    ("scheme", VALVE, "", XML, {"(valve-missing)"}, "RemoteIpValve"),
    ("valve in the clear", 'X-Forwarded-Proto https', "X-Forwarded-Proto http", BALANCER,
     {"valve-undoes-scheme"}, "RequestHeader set X-Forwarded-Proto https"),
    ("valve and strangers", "    RequestHeader set X-Forwarded-Proto https\n", "", BALANCER,
     {"valve-believes-strangers"}, "RequestHeader set X-Forwarded-Proto https"),
    ("valve and another port", 'httpsServerPort="8443"', "", XML, {"valve-undoes-port"}, 'httpsServerPort="8443"'),
    ("other name", 'proxyName="wiki.example.com"', 'proxyName="old.example.com"', XML,
     {"connector-proxy-name"}, 'proxyName="wiki.example.com"'),
    ("no name, Host kept", ' proxyName="wiki.example.com"', "", XML,
     {"(connector-proxy-name)"}, 'proxyName="wiki.example.com"'),
    ("other port", 'proxyPort="8443"', 'proxyPort="443"', XML, {"connector-proxy-port"}, 'proxyPort="8443"'),
    ("no port", ' proxyPort="8443"', "", XML, {"(connector-proxy-port)"}, 'proxyPort="8443"'),
    ("redirect port", 'redirectPort="8443"', 'redirectPort="9443"', XML,
     {"(connector-redirect-port)"}, 'redirectPort="8443"'),
    ("threads", 'maxThreads="48"', 'maxThreads="20"', XML, {"connector-threads"}, "max=18"),
    ("no bound on threads", " max=46", "", BALANCER, {"(connector-threads)"}, "max=46"),
    ("header", 'acceptCount="10"', 'acceptCount="10" maxHttpHeaderSize="4096"', XML,
     {"connector-head"}, 'maxHttpHeaderSize="8192"'),
    ("header before", "ProxyRequests Off", "ProxyRequests Off\nLimitRequestFieldSize 16000", BALANCER,
     {"connector-head"}, 'maxHttpHeaderSize="16000"'),
    ("letters", 'URIEncoding="UTF-8"', 'URIEncoding="ISO-8859-1"', XML, {"connector-uri-encoding"}, "UTF-8"),
    ("body's letters", 'URIEncoding="UTF-8"', 'URIEncoding="UTF-8" useBodyEncodingForURI="true"', XML,
     {"connector-body-encoding"}, "remove `useBodyEncodingForURI`"),
    ("compressed twice", "ProxyRequests Off", "ProxyRequests Off\nSetOutputFilter DEFLATE", BALANCER, set(), ""),
    ("kept too long", "max=46 route=1", "max=46 ttl=60 route=1", BALANCER, {"connector-keep-alive"}, "ttl=18"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "where", "expected", "typed"), FAULTS, ids=[one[0] for one in FAULTS])
def test_a_fault_is_named(
    place: Place, name: str, old: str, new: str, where: str, expected: set[str], typed: str
) -> None:
    check_fault(place, old, new, where, expected, typed)


@pytest.mark.parametrize(
    ("old", "new", "expected", "typed"),
    [
        ('jvmRoute="1"', 'jvmRoute="node1"', "jvm-route", 'jvmRoute="1"'),
        (' jvmRoute="1"', "", "jvm-route", 'jvmRoute="1"'),
    ],
)
def test_faults_in_the_clear(place: Place, old: str, new: str, expected: str, typed: str) -> None:
    in_the_clear(place)
    place.change(XML, old, new)
    found = [one.diagnostic for one in place.audit().findings if one.diagnostic.code != DIFFER]
    assert [(one.code, typed in one.help) for one in found] == [(expected, True)]


def test_secure_counts_where_the_valve_hears_of_no_scheme(place: Place) -> None:
    in_the_clear(place)
    for name in (XML, OTHER_XML):
        place.change(name, "proxyName", 'secure="true" proxyName')
    assert codes(place.audit()) == set()
    place.change(BALANCER, "RequestHeader set X-Forwarded-Proto http\n", "")
    assert {(one.diagnostic.code, one.diagnostic.help) for one in place.audit().findings} == {
        ("connector-secure", "remove `secure` from the Connector")
    }


def test_a_valve_reads_the_port_that_the_balancer_tells(place: Place) -> None:
    line = "    RequestHeader set X-Forwarded-Proto https\n"
    place.change(BALANCER, line, line + "    RequestHeader set X-Forwarded-Port 8443\n")
    for name in (XML, OTHER_XML):
        place.change(name, 'httpsServerPort="8443"', "")
    found = [one.diagnostic for one in place.audit().findings]
    assert {(one.code, one.help) for one in found} == {
        ("valve-undoes-port", 'write `portHeader="x-forwarded-port"` into the Valve')
    }
    for name in (XML, OTHER_XML):
        place.change(name, "protocolHeader", 'portHeader="x-forwarded-port" protocolHeader')
    assert codes(place.audit()) == set()


def test_the_connector_counts_where_no_valve_does(place: Place) -> None:
    for name in (XML, OTHER_XML):
        place.change(name, VALVE, "")
        place.change(name, 'scheme="https" secure="true"', "")
    assert codes(place.audit()) == {"connector-scheme", "connector-secure", "(valve-missing)"}


def test_compression_on_both_sides(place: Place) -> None:
    place.change(BALANCER, "ProxyRequests Off", "ProxyRequests Off\nAddOutputFilterByType DEFLATE text/html")
    for name in (XML, OTHER_XML):
        place.change(name, 'acceptCount="10"', 'acceptCount="10" compression="on"')
    assert codes(place.audit()) == {"connector-compression"}


def test_slashes_that_one_side_hands_on(place: Place) -> None:
    place.change(BALANCER, "ProxyRequests Off", "ProxyRequests Off\nAllowEncodedSlashes NoDecode")
    place.change(BALANCER, "ProxyPass        / balancer://confluence/", "ProxyPass / balancer://confluence/ nocanon")
    assert codes(place.audit()) == {"connector-slashes"}
    for name in (XML, OTHER_XML):
        place.change(name, 'acceptCount="10"', 'acceptCount="10" encodedSolidusHandling="passthrough"')
    assert codes(place.audit()) == set()
