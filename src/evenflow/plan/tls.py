"""What requests learn of TLS (SSLOptions, SSLUserName), and what is refused without it (SSLRequireSSL).

Of the handshake nothing is known here but what `TlsFacts` tells.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

from evenflow.plan import denials, steps
from evenflow.plan.decision import CLIENT, Inquiry, answer, wait
from evenflow.plan.expr import holds
from evenflow.plan.fronts import Front
from evenflow.plan.model import Decision, Scope
from evenflow.plan.questions import CANNOT_ASK, CERTIFICATE, TOO_LONG, Question
from evenflow.plan.vhosts import HostTable


class TlsFacts(Protocol):
    """What is known of one handshake."""

    def get(self, name: bytes) -> bytes:
        """The value of one of mod_ssl's variables; b"" for none."""

    def subject(self) -> bytes:
        """Who the client's certificate is for, in one line; b"" where it has shown none. Verified or not."""

    def above(self) -> int:
        """How many authorities stand above the client's certificate; -1 where it has shown none."""


class Option:
    """One SSLOptions."""

    __slots__ = ("whole", "added", "removed")

    def __init__(self, whole: frozenset[bytes] | None, added: frozenset[bytes], removed: frozenset[bytes]) -> None:
        self.whole = whole
        self.added = added
        self.removed = removed


def options_of(scope: Scope) -> frozenset[bytes]:
    """The options that are on."""
    found: frozenset[bytes] = frozenset()
    for option in scope.tls_options:
        assert isinstance(option, Option)
        if option.whole is not None:
            found = option.whole
        found = (found | option.added) - option.removed
    return found


FAKE_BASIC: Final = b"fakebasicauth"

STANDARD: Final = (
    b"SSL_VERSION_INTERFACE", b"SSL_VERSION_LIBRARY", b"SSL_PROTOCOL", b"SSL_SECURE_RENEG", b"SSL_COMPRESS_METHOD",
    b"SSL_CIPHER", b"SSL_CIPHER_EXPORT", b"SSL_CIPHER_USEKEYSIZE", b"SSL_CIPHER_ALGKEYSIZE", b"SSL_CLIENT_VERIFY",
    b"SSL_CLIENT_M_VERSION", b"SSL_CLIENT_M_SERIAL", b"SSL_CLIENT_V_START", b"SSL_CLIENT_V_END",
    b"SSL_CLIENT_V_REMAIN", b"SSL_CLIENT_S_DN", b"SSL_CLIENT_I_DN", b"SSL_CLIENT_A_KEY", b"SSL_CLIENT_A_SIG",
    b"SSL_SERVER_M_VERSION", b"SSL_SERVER_M_SERIAL", b"SSL_SERVER_V_START", b"SSL_SERVER_V_END", b"SSL_SERVER_S_DN",
    b"SSL_SERVER_I_DN", b"SSL_SERVER_A_KEY", b"SSL_SERVER_A_SIG", b"SSL_SESSION_ID", b"SSL_SESSION_RESUMED",
)  # fmt: skip
"""What SSLOptions StdEnvVars puts into the environment, beside the parts of names."""

PARTS: Final = (b"C", b"ST", b"L", b"O", b"OU", b"CN", b"T", b"I", b"G", b"S", b"D", b"UID", b"Email")
PART_NAMES: Final = tuple(
    b"SSL_%s_DN_%s" % (whose, part) for whose in (b"CLIENT_S", b"CLIENT_I", b"SERVER_S", b"SERVER_I") for part in PARTS
)


def set_variables(inquiry: Inquiry) -> None:
    """What the environment and the logs learn of the handshake; more with SSLOptions and SSLUserName."""
    found = inquiry.env
    found[b"HTTPS"] = b"on"
    sni = inquiry.facts.sni
    if sni:
        found[b"SSL_TLS_SNI"] = sni
        table = inquiry.facts.table
        assert isinstance(table, HostTable)
        if sni not in table.names:
            # Decisions are remembered for names that somebody has.
            inquiry.asked |= CLIENT
    scope = inquiry.scope
    if not scope.tls_options and not scope.tls_user:
        return
    inquiry.asked |= CLIENT
    facts: TlsFacts | None = inquiry.facts.tls_facts
    options = options_of(scope)
    if b"stdenvvars" in options and facts is not None:
        for name in (*STANDARD, *PART_NAMES):
            value = facts.get(name)
            if value:
                found[name] = value
    if b"exportcertdata" in options and facts is not None:
        for name in (b"SSL_SERVER_CERT", b"SSL_CLIENT_CERT"):
            value = facts.get(name)
            if value:
                found[name] = value
    # Beside FakeBasicAuth it has no effect, not even where nobody asks for a user (httpd).
    if scope.tls_user and facts is not None and FAKE_BASIC not in options:
        name = facts.get(scope.tls_user)
        if name:
            inquiry.user = name
            inquiry.auth_type = b"ClientCert"


def admit(inquiry: Inquiry) -> Decision | None:
    """SSLRequireSSL, and virtual hosts that want to see a certificate over whatever handshake the request came."""
    if inquiry.scope.tls_required and not inquiry.facts.tls:
        if inquiry.trace is not None:
            inquiry.note(steps.ACCESS, inquiry.scope.tls_required_by, b"SSLRequireSSL", b"denied")
        inquiry.origin = inquiry.scope.tls_required_by
        return answer(inquiry, 403, denials.NO_TLS)
    if not inquiry.facts.tls:
        # As in httpd, the other lines say nothing of plain connections.
        return None
    return check_certificate(inquiry) or check_requirements(inquiry)


def check_certificate(inquiry: Inquiry) -> Decision | None:
    """Whether the client has shown the certificate that is wanted of it."""
    front = inquiry.host.front
    if not isinstance(front, Front):
        return None
    if inquiry.scope.tls_verify:
        return admit_shown(inquiry, front)
    if front.verify == "require":
        inquiry.asked |= CLIENT
        facts = inquiry.facts.tls_facts
        if facts is not None and facts.get(b"SSL_CLIENT_VERIFY") != b"SUCCESS":
            return answer(inquiry, 403, "the virtual host requires a certificate, and the handshake brought none")
    return None


def check_requirements(inquiry: Inquiry) -> Decision | None:
    """SSLRequire."""
    requires: Any = inquiry.scope.tls_requires
    for condition, origin in requires:
        held = holds(condition, inquiry)
        if inquiry.trace is not None:
            inquiry.note(steps.ACCESS, origin, b"SSLRequire", b"granted" if held else b"denied", condition.source)
        if not held:
            inquiry.origin = origin
            return answer(inquiry, 403, denials.BY_SSL_REQUIRE)
    return None


def admit_shown(inquiry: Inquiry, front: Front) -> Decision | None:
    """SSLVerifyClient of a section: the client is asked for a certificate now, if it has shown none before."""
    scope = inquiry.scope
    wanted = scope.tls_verify
    inquiry.asked |= CLIENT
    facts: TlsFacts | None = inquiry.facts.tls_facts
    if inquiry.trace is not None:
        inquiry.note(steps.ACCESS, scope.tls_verify_by, b"SSLVerifyClient", wanted)
    if facts is None or wanted == b"none":
        # Nobody shook hands: an explanation of a request that nobody sent.
        return None
    inquiry.origin = scope.tls_verify_by
    height = facts.above()
    if height < 0 and front.verify == "none":
        told = inquiry.told.get((CERTIFICATE, b""))
        if told is None:
            inquiry.question = Question(CERTIFICATE, b"")
            return wait(inquiry)
        if told == TOO_LONG:
            return answer(inquiry, 413, "the body is larger than SSLRenegBufferSize, and a certificate is asked for")
        if told == CANNOT_ASK:
            return answer(inquiry, 403, "the client's TLS cannot be asked for a certificate now (AH10158)")
    if height < 0:
        if wanted != b"require":
            return None
        return answer(inquiry, 403, "a certificate is required here, and the client has shown none")
    if wanted == b"require" and facts.get(b"SSL_CLIENT_VERIFY") != b"SUCCESS":
        return answer(inquiry, 403, "a certificate is required here, and nobody has verified the client's")
    depth = scope.tls_depth if scope.tls_depth >= 0 else front.depth
    if height > depth:
        return answer(inquiry, 403, f"more than {depth} authorities stand above the client's certificate")
    return None
