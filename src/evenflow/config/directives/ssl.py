"""mod_ssl towards clients: on or off, certificates and keys. Files are named here and opened by the compiler."""

from __future__ import annotations

from typing import Any

from evenflow.config.arguments import on_off, one, text
from evenflow.config.contexts import SERVERS
from evenflow.config.diagnostics import Wrong
from evenflow.config.directive import Directive
from evenflow.config.scope import Draft, put
from evenflow.config.syntax import Section, Statement, Word


def engine(name: str, word: Word) -> bool:
    """On or Off; httpd has its own sentence here."""
    try:
        return on_off(name, word)
    except Wrong as wrong:
        wrong.says = "Argument must be On or Off"
        raise


def add_certificate(draft: Draft, statement: Statement | Section, value: Any) -> None:
    draft.add("tls", "certificates", (value, statement.origin))


def add_key(draft: Draft, statement: Statement | Section, value: Any) -> None:
    draft.add("tls", "keys", (value, statement.origin))


def set_chain(draft: Draft, statement: Statement | Section, value: Any) -> None:
    draft.put("tls", "chain", (value, statement.origin))


DIRECTIVES = (
    Directive(
        "SSLEngine",
        SERVERS,
        one(engine),
        put("tls", "engine"),
        "Speak TLS on the addresses of this virtual host.",
        syntax="On|Off",
        default="Off",
    ),
    Directive(
        "SSLCertificateFile",
        SERVERS,
        one(text),
        add_certificate,
        "The certificate, with its chain behind it, in PEM.",
        syntax="FILE",
    ),
    Directive(
        "SSLCertificateKeyFile",
        SERVERS,
        one(text),
        add_key,
        "The certificate's private key in PEM, if it is not in the same file.",
        syntax="FILE",
    ),
    Directive(
        "SSLCertificateChainFile",
        SERVERS,
        one(text),
        set_chain,
        "The chain above the certificate, where it is kept apart.",
        syntax="FILE",
    ),
)
