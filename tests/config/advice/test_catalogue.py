"""What goes wrong between a proxy and a wiki with its editors, row by row: which check finds it, or who else must.

A row is a finding's codes, or the reason why a configuration alone cannot show it: `nodes` needs the nodes' own files
(server.xml, setenv.sh), `living` needs a deployment that answers, `refused` is an error already. A row whose reason no
longer holds fails here.
"""

from __future__ import annotations

from typing import Final

import pytest

from tests.config.advice.test_pages import codes
from tests.config.cases import load_text

NODES: Final = "nodes"
LIVING: Final = "living"
REFUSED: Final = "refused"

ROUTING: Final = {
    "Synchrony's path is not led to it": ("synchrony-not-routed", "mapping-shadowed"),
    "WebSockets lose their Upgrade": ("websocket-not-tunnelled",),
    "Connection is compared as a whole": ("connection-compared-whole",),
    "quiet WebSockets are cut": ("tunnel-idle-timeout",),
    "one editor on several Synchrony nodes": ("synchrony-not-sticky", "balancers-split"),
    "polls are sent to a WebSocket member": ("upgrade-forced",),
    "long polls are cut, or held back": ("timeout-below-long-poll",),
    "another path behind than in front": ("synchrony-path",),
    "the internal proxy's path is taken": ("synchrony-takes-internal-proxy",),
    "Synchrony below the context path": ("synchrony-below-context",),
    "a login before Synchrony": ("synchrony-behind-login",),
    "tokens of an issuer that Synchrony does not know": (LIVING, "the answer's body says so"),
    "tokens for another audience": (LIVING, "the answer's body says so"),
    "nodes do not reach the public address": (LIVING, "seen from the node; the address stands in its start-up"),
    "/v1 missing or doubled in Synchrony's address": (NODES, "it is a system property of the node"),
    "pages and sockets in the clear from a TLS page": ("forwarded-proto-wrong", "plain-beside-tls"),
    "too many open files at the nodes": (LIVING, "limits of the node, counted under load"),
    "a firewall refuses what editors send": (LIVING, "it stands before or behind us"),
    "modules that are used and not loaded": ("module-missing",),
}

SESSIONS: Final = {
    "no affinity": ("sticky-cookie-never-set",),
    "affinity on some pages only": ("cookie-path",),
    "routes that are not written down": ("route-missing", "balancers-split"),
    "a route that nobody has any more": (LIVING, "who comes with an old cookie is known then"),
    "everybody on one node": ("member-by-address", "pages-cached"),
    "a route without its dot, or twice": ("route-without-separator", "route-twice"),
    "two applications end each other's sessions": ("cookies-shared",),
    "a Secure cookie in the clear": ("cookie-secure-in-clear",),
    "cookies without flags": ("cookie-flags",),
    "embedded pages lose their session": ("cookie-flags",),
    "probes that make sessions": ("probe-makes-sessions",),
}

ADDRESSES: Final = {
    "redirects without end": ("forwarded-proto-wrong",),
    "redirects to a node's own name": ("redirects-leak",),
    "another base URL than the public one": (LIVING, "it is in the application's database"),
    "forged-request checks fail": ("origin-changed",),
    "signed requests are changed, or come from a cache": ("pages-cached", "query-dropped"),
    "clocks differ": (LIVING, "Date of the nodes' answers"),
    "paths differ, slashes on one side": ("paths-differ", "missing-slash", "slash-doubled"),
    "question marks and signs in names": ("question-mark-refused",),
    "slashes in names": ("encoded-slashes",),
    "plain HTTP without redirect, or with a temporary one": ("plain-beside-tls", "redirect-temporary"),
}

BODIES: Final = {
    "uploads end with 413 or a reset": ("body-limit-idle", "upload-cut", "request-spooled"),
    "uploads are kept whole by the proxy": ("request-spooled",),
    "400 for clients with many cookies": ("field-limit-small",),
    "bodies that nobody can decode": ("encoding-broken",),
    "the application's error bodies are lost": ("error-override-hides",),
    "one bad page takes a node out": ("failonstatus-application",),
    "a page of HTML where JSON is expected": (LIVING, "which paths are read by scripts the application knows"),
    "downloads that end early": ("timeout-below-long-poll", "upload-cut"),
    "one user's page for another": ("pages-cached",),
    "names of downloads are broken": (LIVING, "what stands in the field is known when it is sent"),
}

HEALTH: Final = {
    "users on a node that still starts": ("probe-blind",),
    "everything down while an index is built": (LIVING, "all members at once"),
    "members that come and go": ("member-flaps",),
    "a node that answers every page with 500": (LIVING, "a share of answers"),
    "the member closes kept connections first": (NODES, "its own keep-alive time counts"),
    "tunnels drop with each reload": (LIVING, "how we reload, not what is written"),
    "everybody shakes hands anew after a node died": (LIVING, "seen only then"),
    "two versions beside each other": (LIVING, "build numbers of the nodes"),
    "a busy node refuses connections": (NODES, "maxThreads and acceptCount stand in server.xml"),
    "slow requests pile up on one node": (LIVING, "ages of what is in flight"),
    "set-up and upgrade pages are cut": ("setup-cut-short",),
    "the probe asks another name than people do": (LIVING, "it is the probe's"),
}

SECURITY: Final = {
    "manager and status open to everyone": ("manager-open-to-everyone", "status-open-to-everyone"),
    "the backend taken from the request": ("backend-from-request",),
    "an open proxy": (REFUSED, "ProxyRequests On"),
    "addresses that strangers say": ("forwarded-unchecked",),
    "members reachable past the balancer": (LIVING, "from outside only"),
    "Synchrony's control paths": (LIVING, "whether they are open to strangers the node decides, and it says so"),
    "requests of known attacks": (LIVING, "which are harmful hangs on the application's version"),
    "members that anybody could be": ("backend-not-verified",),
    "old TLS, certificates that end or lack a link": ("tls-version-old", "certificate-ends", "certificate-chain"),
    "Origin is changed": ("origin-changed",),
}

EVERYTHING: Final = {**ROUTING, **SESSIONS, **ADDRESSES, **BODIES, **HEALTH, **SECURITY}


def test_every_row_is_here() -> None:
    assert [len(rows) for rows in (ROUTING, SESSIONS, ADDRESSES, BODIES, HEALTH, SECURITY)] == [19, 11, 10, 10, 12, 10]


@pytest.mark.parametrize("row", [row for row, said in EVERYTHING.items() if said[0] not in (NODES, LIVING, REFUSED)])
def test_a_row_is_found(row: str) -> None:
    assert set(EVERYTHING[row]) <= codes()


@pytest.mark.parametrize("row", [row for row, said in EVERYTHING.items() if said[0] == REFUSED])
def test_a_row_cannot_even_be_written(row: str) -> None:
    """Once one of these is accepted, it needs a check."""
    line = EVERYTHING[row][1]
    text = f"<Proxy balancer://c>\n{line}\n</Proxy>" if line.startswith("BalancerMember") else line
    loaded = load_text(text)
    assert loaded.settings is None and all(one.help for one in loaded.errors)


def test_what_is_left_to_others_says_why() -> None:
    assert all(said[1] for said in EVERYTHING.values() if said[0] in (NODES, LIVING))
