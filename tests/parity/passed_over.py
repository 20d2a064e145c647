"""What `evenflow explain` is not held against: in which cases, why, and how many requests of each.

Each number is what it truly is: a request more that is passed over fails its case, and so does one less.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .agreed import CLOSED, DEAD, HALF, LATE, NOT_HTTP, PEER, RESET

PASSED_OVER: Final[Mapping[str, Mapping[str, int]]] = {
    "audit-proxy::an-errordocument-of-a-mapped-path-takes-the-member-s-status": {DEAD: 1},
    "connections::a-body-that-never-comes": {HALF: 2},
    "datacenter-complete::the-manager-is-reached-and-redirects-carry-the-public-name": {NOT_HTTP: 1},
    "error-documents::from-a-member": {DEAD: 3},
    "http2::a-websocket-is-a-stream-h2websockets": {RESET: 1},
    "http2::a-websocket-where-streams-cannot-be-any": {RESET: 1},
    "http2::over-tls": {RESET: 1},
    "http2::what-is-too-long-and-what-cannot-be": {RESET: 7},
    "language::an-idle-connection-of-a-client-is-closed": {CLOSED: 1},
    "logs::errors-redirects-and-documents-in-their-place": {DEAD: 3},
    "logs::bytes-of-tls-are-none-of-the-request-s": {NOT_HTTP: 2},
    "logs::requests-that-do-not-come-whole": {CLOSED: 1},
    "proxy-protocol::version-1": {NOT_HTTP: 10},
    "proxy-protocol::version-2": {NOT_HTTP: 5},
    "tls-clients::a-certificate-is-required": {NOT_HTTP: 2},
    "tls-clients::each-name-has-its-own-versions": {NOT_HTTP: 1},
    "tls-clients::one-name-requires-what-another-does-not": {NOT_HTTP: 1},
    "tls-clients::versions-and-ciphers": {NOT_HTTP: 1},
    "tls-late::a-section-inside-takes-it-back": {LATE: 1},
    "tls-late::an-if-asks": {LATE: 2},
    "tls-late::bodies-wait-for-it": {LATE: 5},
    "tls-late::how-deep-its-chain-may-be": {LATE: 1},
    "tls-late::it-is-required": {LATE: 8},
    "tls-late::over-tls-1-2": {LATE: 3},
    "tls-late::so-much-of-a-body-waits": {LATE: 2},
    "tls-late::the-connection-keeps-the-certificate": {LATE: 1, NOT_HTTP: 3},
    "tls-late::whoever-has-none-is-let-in": {LATE: 3},
    "tls-members::a-member-whose-handshake-fails-is-in-error-and-no-other-is-asked": {PEER: 1},
    "tls-members::the-name-is-looked-at-whoever-signed": {PEER: 2},
    "tls-members::the-name-is-not-looked-at": {PEER: 1},
    "tls-members::the-name-of-the-client-s-host": {PEER: 2},
    "tls-members::whom-we-believe": {PEER: 1},
    "tls-revocation::a-client-s-certificate-is-in-the-list": {NOT_HTTP: 2},
    "tls-revocation::a-member-s-certificate-is-revoked": {PEER: 1},
    "tls-revocation::a-member-s-issuer-has-given-no-list": {PEER: 1},
    "tls-revocation::the-issuer-has-given-no-list": {NOT_HTTP: 1},
    "tls-revocation::the-issuer-need-not-give-a-list-but-has": {NOT_HTTP: 1},
    "tls-revocation::the-whole-chain-is-looked-up": {NOT_HTTP: 1},
    "tls-unverified::a-section-requires-what-the-server-takes-as-it-is": {LATE: 6},
    "tls-unverified::a-section-takes-them": {LATE: 6, NOT_HTTP: 5},
    "tls-unverified::a-server-that-verifies-does-so-whatever-its-sections-say": {LATE: 1, NOT_HTTP: 2},
    "tls-unverified::lists-of-revoked-certificates-are-looked-into-all-the-same": {NOT_HTTP: 3},
    "tls-unverified::the-virtual-host-takes-them": {NOT_HTTP: 2},
    "tls-unverified::where-a-list-need-not-be-given": {NOT_HTTP: 1},
    "tls::plain-http-on-the-port-for-tls": {NOT_HTTP: 1},
}
