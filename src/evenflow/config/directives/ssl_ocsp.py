"""mod_ssl's questions to authorities (OCSP): about certificates of ours, to staple the answer, and about clients'.

Whoever serves asks them.
"""

from __future__ import annotations

from typing import Any

from evenflow.config.arguments import at, c_number, count_words, flag, one, raw, text
from evenflow.config.contexts import SERVER, SERVERS
from evenflow.config.diagnostics import Wrong
from evenflow.config.directive import Directive
from evenflow.config.directives.ssl_words import with_origin, wrong
from evenflow.config.scope import Draft, put
from evenflow.config.syntax import Section, Statement, Word

CACHES = ("shmcb", "default")
LAX = "no_ocsp_for_cert_ok"


def cache(name: str, word: Word) -> str:
    """Where httpd keeps answers; ours keep themselves."""
    kind = word.text.partition(":")[0]
    if kind not in CACHES:
        raise wrong(word, f"`{name}` must begin with `shmcb:`, not `{word.text}`",
                    f"SSLStaplingCache: '{kind}' stapling cache not supported")  # fmt: skip
    return word.text


def whole(name: str, word: Word) -> float:
    """Seconds, 0 or more."""
    found = c_number(word.text)
    if found < 0:
        raise wrong(word, f"`{name}` must be 0 or more seconds, not `{word.text}`", f"{name}: invalid argument")
    return float(found)


def enable(draft: Draft, statement: Statement | Section, value: Any) -> None:
    """`off|on|leaf [no_ocsp_for_cert_ok]`"""
    words = count_words(statement, 0, None, "")
    given = [word.text for word in words] or [""]
    kind = given[0].lower()
    if kind not in ("off", "on", "leaf"):
        raise Wrong(
            "value-not-allowed",
            f"`{statement.name}` must be `off`, `on` or `leaf`, not `{given[0]}`",
            words[0].span if words else at(statement),
            says=f"{statement.name}: Invalid argument '{given[0]}'",
        )
    for word in words[1:]:
        if word.text.lower() != LAX:
            raise wrong(word, f"behind `{given[0]}` only `{LAX}` may stand, not `{word.text}`",
                        f"{statement.name}: Invalid argument '{word.text}'")  # fmt: skip
    draft.put("ocsp", "enable", ((kind, len(given) > 1), statement.origin))


DIRECTIVES = (
    Directive(
        "SSLUseStapling",
        SERVERS,
        flag,
        with_origin("ocsp", "stapling"),
        "Show clients, beside our certificate, what its authority says of it now (OCSP stapling).",
        default="Off",
        differs="Each child asks for itself, from its start on, and no handshake waits: those before the first answer "
        "go without. A response that is over, or about another certificate, or wrongly signed is never shown.",
    ),
    Directive(
        "SSLStaplingCache",
        SERVER,
        one(cache),
        put("ocsp", "cache"),
        "Where answers of authorities are kept. `SSLUseStapling On` needs it, as in httpd; each child keeps its own.",
        syntax="shmcb:PATH[(SIZE)]",
    ),
    Directive(
        "SSLStaplingResponderTimeout",
        SERVERS,
        one(whole),
        put("ocsp", "timeout"),
        "How long an authority may take to answer.",
        syntax="SECONDS",
        default="10",
    ),
    Directive(
        "SSLStaplingResponseTimeSkew",
        SERVERS,
        one(whole),
        put("ocsp", "skew"),
        "So far may an authority's clock be from ours.",
        syntax="SECONDS",
        default="300",
    ),
    Directive(
        "SSLStaplingResponseMaxAge",
        SERVERS,
        one(whole),
        put("ocsp", "max_age"),
        "So old may an answer be; without it, until it says itself that it is over.",
        syntax="SECONDS",
    ),
    Directive(
        "SSLStaplingStandardCacheTimeout",
        SERVERS,
        one(whole),
        put("ocsp", "keeps"),
        "How long a good answer is kept.",
        syntax="SECONDS",
        default="3600",
    ),
    Directive(
        "SSLStaplingErrorCacheTimeout",
        SERVERS,
        one(whole),
        put("ocsp", "keeps_errors"),
        "How long it is before we ask again where there was no good answer.",
        syntax="SECONDS",
        default="600",
    ),
    Directive(
        "SSLStaplingReturnResponderErrors",
        SERVERS,
        flag,
        put("ocsp", "returns_errors"),
        "Show clients also an answer that the certificate is not good, or that there is no answer now.",
        default="On",
    ),
    Directive(
        "SSLStaplingFakeTryLater",
        SERVERS,
        flag,
        put("ocsp", "fakes_try_later"),
        "Show clients `tryLater` where an authority cannot be asked, if they are shown such things at all.",
        default="On",
    ),
    Directive(
        "SSLStaplingForceURL",
        SERVERS,
        one(text),
        put("ocsp", "url"),
        "Ask here, whomever the certificate names.",
        syntax="URL",
    ),
    Directive(
        "SSLOCSPProxyURL",
        SERVERS,
        one(text),
        put("ocsp", "proxy"),
        "Ask authorities by way of this proxy.",
        syntax="URL",
    ),
    Directive(
        "SSLOCSPEnable",
        SERVERS,
        raw,
        enable,
        "Ask authorities whether clients' certificates are revoked: all of the chain, or the client's own.",
        syntax="off|on|leaf [no_ocsp_for_cert_ok]",
        default="off",
        differs="They are asked when the handshake has ended, and before a request is read: who is refused sees "
        "the connection closed, not an alert.",
    ),
    Directive(
        "SSLOCSPDefaultResponder",
        SERVERS,
        one(text),
        put("ocsp", "client_url"),
        "Whom to ask about certificates that name nobody.",
        syntax="URL",
    ),
    Directive(
        "SSLOCSPOverrideResponder",
        SERVERS,
        flag,
        put("ocsp", "overrides"),
        "Ask `SSLOCSPDefaultResponder` also about certificates that name somebody.",
        default="Off",
    ),
    Directive(
        "SSLOCSPResponderTimeout",
        SERVERS,
        one(whole),
        put("ocsp", "client_timeout"),
        "How long an authority may take to answer about a client.",
        syntax="SECONDS",
        default="10",
    ),
    Directive(
        "SSLOCSPResponseTimeSkew",
        SERVERS,
        one(whole),
        put("ocsp", "client_skew"),
        "So far may an authority's clock be from ours.",
        syntax="SECONDS",
        default="300",
    ),
    Directive(
        "SSLOCSPResponseMaxAge",
        SERVERS,
        one(whole),
        put("ocsp", "client_max_age"),
        "So old may an answer about a client be; without it, until it says itself that it is over.",
        syntax="SECONDS",
    ),
    Directive(
        "SSLOCSPUseRequestNonce",
        SERVERS,
        flag,
        put("ocsp", "nonce"),
        "Ask with a number that the answer must repeat.",
        default="On",
    ),
    Directive(
        "SSLOCSPNoVerify",
        SERVERS,
        flag,
        put("ocsp", "unsigned"),
        "Believe answers whoever signed them.",
        default="Off",
    ),
    Directive(
        "SSLOCSPResponderCertificateFile",
        SERVERS,
        one(text),
        with_origin("ocsp", "believed"),
        "Whose signature counts, beside those that the certificate's authority has named: a PEM file.",
        syntax="FILE",
    ),
)
