"""SSLOptions FakeBasicAuth: whose certificate was verified needs no password but `password`.

The certificate's subject in one line is the user, for AuthUserFile, Require and the
member, as if the client had sent it in Authorization. A certificate that nobody has verified makes nobody's
credentials, and nobody may type them.
"""

from __future__ import annotations

import base64

from evenflow.plan import steps
from evenflow.plan.decision import CLIENT, Inquiry
from evenflow.plan.model import Scope
from evenflow.plan.tls import FAKE_BASIC, TlsFacts


def field_of(inquiry: Inquiry, scope: Scope, options: frozenset[bytes]) -> bytes | None:
    """Authorization as the certificate makes it; None where it makes none. What is only asked on the way to an answer
    has what was made for the request itself."""
    if FAKE_BASIC not in options or inquiry.main is not None or not inquiry.facts.tls:
        return None
    inquiry.asked |= CLIENT
    facts: TlsFacts | None = inquiry.facts.tls_facts
    if facts is None or facts.get(b"SSL_CLIENT_VERIFY") != b"SUCCESS":
        tell(inquiry, scope, b"nobody has verified a certificate")
        return None
    user = facts.subject()
    if not user:
        tell(inquiry, scope, b"the certificate is for nobody")
        return None
    tell(inquiry, scope, user)
    return b"Basic " + base64.b64encode(user + b":password")


def tell(inquiry: Inquiry, scope: Scope, found: bytes) -> None:
    if inquiry.trace is not None:
        inquiry.note(steps.ACCESS, scope.auth_origin, b"SSLOptions FakeBasicAuth", found)


def is_typed(given: tuple[bytes, bytes] | None, inquiry: Inquiry) -> bool:
    """Whether somebody pretends to be a certificate's owner: a subject for the user, and the password that all of them
    have. httpd looks for it in every place that asks for a user, whatever its SSLOptions."""
    return given is not None and inquiry.main is None and given[0].startswith(b"/") and given[1] == b"password"
