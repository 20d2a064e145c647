"""Arguments that mod_ssl's two halves share: protocols, cipher lists, how a certificate is verified, how deep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from evenflow.config.arguments import at, c_number, count_words
from evenflow.config.diagnostics import Wrong, warning
from evenflow.config.scope import Draft
from evenflow.config.syntax import Section, Statement, Word

PROTOCOLS: Final = {"tlsv1": "TLSv1", "tlsv1.1": "TLSv1.1", "tlsv1.2": "TLSv1.2", "tlsv1.3": "TLSv1.3"}
ALL: Final = frozenset(PROTOCOLS.values())
NEWER: Final = "write `all`, or `TLSv1.2 TLSv1.3`"
REVOCATIONS: Final = ("none", "leaf", "chain")
LAX: Final = "no_crl_for_cert_ok"
VERIFIES: Final = ("none", "optional", "require", "optional_no_ca")

Act = Callable[[Draft, Statement | Section, Any], None]


def protocols(statement: Statement | Section, draft: Draft) -> frozenset[str]:
    """`[+|-]PROTOCOL ...`: without a sign it replaces what was said before."""
    found: frozenset[str] = frozenset()
    for word in statement.words:
        sign = word.text[:1] if word.text[:1] in ("+", "-") else ""
        name = word.text[len(sign) :].lower()
        if name == "sslv2" and sign != "-":
            raise wrong(word, "SSL 2 is spoken by nobody any more", f"{statement.name}: SSLv2 is no longer supported",
                        NEWER)  # fmt: skip
        if name == "sslv3" and sign != "-":
            raise wrong(word, "SSL 3 is broken, and OpenSSL does not have it any more",
                        "SSLv3 not supported by this version of OpenSSL", NEWER)  # fmt: skip
        if name != "all" and name not in PROTOCOLS and name not in ("sslv2", "sslv3"):
            known = ", ".join(f"`{one}`" for one in PROTOCOLS.values())
            raise wrong(word, f"there is no protocol `{name or word.text}`: write `all`, {known}",
                        f"{statement.name}: Illegal protocol '{word.text[len(sign) :]}'")  # fmt: skip
        named = ALL if name == "all" else frozenset((PROTOCOLS[name],)) if name in PROTOCOLS else frozenset()
        if sign == "+":
            found |= named
        elif sign == "-":
            found -= named
        else:
            if found:
                draft.reports.append(
                    warning(
                        "protocol-overrides",
                        f"`{word.text}` takes the place of what stands before it",
                        word.span,
                        notes=("httpd says: Check if a +/- prefix is missing (AH02532)",),
                        help=f"write `+{word.text}`",
                    )
                )
            found = named
    if not found:
        raise Wrong(
            "value-not-allowed",
            f"`{statement.name} {statement.rest}` leaves no protocol at all",
            at(statement),
            note="httpd takes the line, and does not start: No SSL protocols available",
            help=f"write `{statement.name} all -SSLv3 -TLSv1 -TLSv1.1`",
        )
    return found


def ciphers(draft: Draft, statement: Statement | Section, module: str) -> None:
    """`[SSL|TLSv1.3] LIST`"""
    words = count_words(
        statement,
        1,
        2,
        "takes 1-2 arguments, Colon-delimited list of permitted SSL Ciphers, optional preceded by protocol identifier "
        "('XXX:...:XXX' - see manual)",
    )
    field = "ciphers"
    if len(words) == 2:
        kind = words[0].text
        if kind.lower() not in ("ssl", "tlsv1.3"):
            raise wrong(words[0], f"`{kind}` is not `SSL` (TLS 1.2 and before) or `TLSv1.3`",
                        f"protocol '{kind}' not supported")  # fmt: skip
        if kind.lower() == "tlsv1.3":
            field = "suites"
    draft.put(module, field, (words[-1].text, statement.origin))


def verify(name: str, word: Word) -> str:
    """How a certificate of the other side is looked at."""
    lower = word.text.lower()
    # httpd takes on and off for require and none
    lower = {"off": "none", "on": "require"}.get(lower, lower)
    if lower not in VERIFIES:
        raise wrong(word, f"`{name}` must be `none`, `optional` or `require`, not `{word.text}`",
                    f"{name}: Invalid argument '{word.text}'")  # fmt: skip
    return lower


def depth(name: str, word: Word) -> int:
    """How many authorities may stand above a certificate."""
    found = c_number(word.text)
    if found < 0:
        raise wrong(word, f"`{name}` must be 0 or more, not `{word.text}`", f"{name}: Invalid argument '{word.text}'")
    return found


def revocation(module: str) -> Act:
    """`none|leaf|chain [no_crl_for_cert_ok]`"""

    def act(draft: Draft, statement: Statement | Section, value: Any) -> None:
        given = [word.text for word in statement.words] or [""]
        kind = given[0].lower()
        if kind not in REVOCATIONS:
            raise Wrong(
                "value-not-allowed",
                f"`{statement.name}` must be `none`, `leaf` or `chain`, not `{given[0]}`",
                statement.words[0].span if statement.words else at(statement),
                says=f"{statement.name}: Invalid argument '{given[0]}'",
            )
        for word in statement.words[1:]:
            if word.text.lower() != LAX:
                raise wrong(word, f"behind `{given[0]}` only `{LAX}` may stand, not `{word.text}`",
                            f"{statement.name}: Invalid argument '{word.text}'")  # fmt: skip
        draft.put(module, "crl_check", ((kind, len(given) > 1), statement.origin))

    return act


def with_origin(module: str, field: str) -> Act:
    """The action that says one field together with the place where it is said."""

    def act(draft: Draft, statement: Statement | Section, value: Any) -> None:
        draft.put(module, field, (value, statement.origin))

    return act


def wrong(word: Word, headline: str, says: str, help: str = "") -> Wrong:
    return Wrong("value-not-allowed", headline, word.span, says=says, help=help)
