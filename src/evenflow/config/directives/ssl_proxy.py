"""mod_ssl towards members: SSLProxyEngine, whom to believe, and what to show.

Files are named here and opened by whoever serves.
"""

from __future__ import annotations

from typing import Any

from evenflow.config.arguments import flag, one, raw, text
from evenflow.config.contexts import PROXY, SERVERS
from evenflow.config.directive import Directive
from evenflow.config.directives import ssl_words
from evenflow.config.directives.ssl_words import with_origin
from evenflow.config.scope import Draft, put
from evenflow.config.syntax import Section, Statement

HERE = SERVERS | PROXY


def protocol(draft: Draft, statement: Statement | Section, value: Any) -> None:
    draft.put("member_tls", "protocols", (ssl_words.protocols(statement, draft), statement.origin))


def cipher_suite(draft: Draft, statement: Statement | Section, value: Any) -> None:
    ssl_words.ciphers(draft, statement, "member_tls")


DIRECTIVES = (
    Directive(
        "SSLProxyEngine",
        HERE,
        flag,
        put("member_tls", "engine"),
        "Speak TLS to members whose URL begins with https:// or wss://; without it they are answered 500.",
        default="Off",
    ),
    Directive(
        "SSLProxyProtocol",
        HERE,
        raw,
        protocol,
        "The versions of TLS that are spoken to members.",
        syntax="[+|-]PROTOCOL ...",
        default="all -SSLv3",
    ),
    Directive(
        "SSLProxyCipherSuite",
        HERE,
        raw,
        cipher_suite,
        "The ciphers that are offered to members, as OpenSSL names them.",
        syntax="[SSL|TLSv1.3] LIST",
    ),
    Directive(
        "SSLProxyVerify",
        HERE,
        one(ssl_words.verify),
        with_origin("member_tls", "verify"),
        "Whether somebody whom we believe must have signed a member's certificate.",
        syntax="none|optional|require",
        default="none",
    ),
    Directive(
        "SSLProxyVerifyDepth",
        HERE,
        one(ssl_words.depth),
        put("member_tls", "depth"),
        "How many authorities may stand above a member's certificate.",
        syntax="NUMBER",
        default="1",
    ),
    Directive(
        "SSLProxyCACertificateFile",
        HERE,
        one(text),
        with_origin("member_tls", "ca_file"),
        "Whom we believe when they sign members' certificates: one PEM file.",
        syntax="FILE",
    ),
    Directive(
        "SSLProxyCACertificatePath",
        HERE,
        one(text),
        with_origin("member_tls", "ca_path"),
        "Whom we believe: a directory of files named by their hashes.",
        syntax="DIRECTORY",
    ),
    Directive(
        "SSLProxyCARevocationFile",
        HERE,
        one(text),
        with_origin("member_tls", "crl_file"),
        "The lists of revoked certificates of members' authorities: one PEM file.",
        syntax="FILE",
    ),
    Directive(
        "SSLProxyCARevocationPath",
        HERE,
        one(text),
        with_origin("member_tls", "crl_path"),
        "The lists of revoked certificates of members' authorities: files named by their hashes (`.r0`).",
        syntax="DIRECTORY",
    ),
    Directive(
        "SSLProxyCARevocationCheck",
        HERE,
        raw,
        ssl_words.revocation("member_tls"),
        "Look members' certificates up in those lists, where SSLProxyVerify looks at certificates at all.",
        syntax="none|leaf|chain [no_crl_for_cert_ok]",
        default="none",
    ),
    Directive(
        "SSLProxyCheckPeerName",
        HERE,
        flag,
        with_origin("member_tls", "check_name"),
        "The member's name must be in its certificate, also where SSLProxyVerify is none.",
        default="On",
    ),
    Directive(
        "SSLProxyCheckPeerCN",
        HERE,
        flag,
        with_origin("member_tls", "check_cn"),
        "The old form of SSLProxyCheckPeerName: only the certificate's common name is compared.",
        default="On",
    ),
    Directive(
        "SSLProxyCheckPeerExpire",
        HERE,
        flag,
        with_origin("member_tls", "check_expire"),
        "The member's certificate must not be over.",
        default="On",
    ),
    Directive(
        "SSLProxyMachineCertificateFile",
        HERE,
        one(text),
        with_origin("member_tls", "certificate"),
        "The certificate, with its key, that we show to members that ask for one.",
        syntax="FILE",
        differs="A file with one certificate is shown whatever authorities the member names.",
    ),
    Directive(
        "SSLProxyMachineCertificatePath",
        HERE,
        one(text),
        with_origin("member_tls", "certificate_path"),
        "Certificates with their keys, each file one: shown is the first that an authority named by the member signed.",
        syntax="DIRECTORY",
        differs="The files are taken by name; a folder without any certificate and key is an error.",
    ),
    Directive(
        "SSLProxyMachineCertificateChainFile",
        HERE,
        one(text),
        with_origin("member_tls", "certificate_chain"),
        "The authorities above the certificates that we show: sent behind them, and looked at when one is chosen.",
        syntax="FILE",
    ),
)
