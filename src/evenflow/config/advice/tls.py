"""TLS that protects less than it looks: members that anybody could be, versions that are broken."""

from __future__ import annotations

from collections.abc import Iterator

from evenflow.config.advice.uses import uses
from evenflow.config.checks.view import Places, Server
from evenflow.config.diagnostics import Diagnostic, warning
from evenflow.config.merge import merge
from evenflow.config.settings import UNSET, Block, MemberLine, MemberTlsSettings, TlsSettings
from evenflow.config.syntax import Span
from evenflow.origin import Origin

OLD = ("tlsv1", "+tlsv1", "tlsv1.1", "+tlsv1.1")
VERIFIED = ("optional", "require")


def check_members(server: Server, places: Places) -> Iterator[Diagnostic]:
    """TLS to a member whose certificate nobody verifies: whoever stands between reads and writes along."""
    for use in uses(server):
        for member in use.members:
            if not member.url.lower().startswith(("https://", "wss://")):
                continue
            tls, section = settings_for(server, member)
            if tls.engine is not True:
                continue
            if tls.verify is UNSET or tls.verify[0] not in VERIFIED:
                yield warning(
                    "backend-not-verified",
                    f"anybody may be `{member.url}`: who signed its certificate is not looked at",
                    place_of(tls, "verify", section, places),
                    notes=("SSLProxyVerify is `none` where it is not said; the name is compared, but anybody can sign "
                           "a certificate with that name",),
                    help="write `SSLProxyVerify require` and `SSLProxyCACertificateFile FILE` with the signer's "
                    "certificate",
                )  # fmt: skip
            elif tls.check_name is not UNSET and not tls.check_name[0]:
                yield warning(
                    "backend-not-verified",
                    f"any certificate of its signer is good enough for `{member.url}`",
                    place_of(tls, "check_name", section, places),
                    notes=("with a public authority that is any server in the world",),
                    help="write `SSLProxyCheckPeerName on`, and the name of the certificate into the member's URL",
                )


def settings_for(server: Server, member: MemberLine) -> tuple[MemberTlsSettings, Block]:
    """What is said of TLS to this member, and the innermost section or server that switches it on."""
    found = merge(server.main.member_tls, server.block.member_tls)
    where = server.block if server.block.member_tls.engine is not UNSET else server.main
    url = f"balancer://{member.balancer}" if member.balancer else member.url
    for section in server.proxies:
        if section.match == "regex" or not url.lower().startswith(section.pattern.lower().rstrip("*/")):
            continue
        found = merge(found, section.member_tls)
        if section.member_tls.engine is not UNSET:
            where = section
    return found, where


def place_of(tls: MemberTlsSettings | TlsSettings, field: str, section: Block, places: Places) -> Span:
    """Where it is said; where it is not, the SSLProxyEngine."""
    said: tuple[object, Origin] | object = getattr(tls, field)
    if isinstance(said, tuple):
        return places.whole(said[1])
    return places.statement(section, "SSLProxyEngine")


def check_versions(server: Server, places: Places) -> Iterator[Diagnostic]:
    """TLS 1.0 or 1.1, switched on by name."""
    for block in (server.main, server.block, *server.proxies):
        for said in (block.tls.protocols, block.member_tls.protocols):
            if said is UNSET:
                continue
            node = places.nodes.get((said[1].file, said[1].line))
            word = next((word for word in node.words if word.text.lower() in OLD), None) if node is not None else None
            if word is not None and said[0] & {"TLSv1", "TLSv1.1"}:
                yield warning(
                    "tls-version-old",
                    f"`{word.text.lstrip('+')}` is broken, and no browser speaks it any more",
                    word.span,
                    notes=("RFC 8996 forbids it; OpenSSL needs `@SECLEVEL=0` in the ciphers to speak it at all",),
                    help=f"write `{node.name if node is not None else 'SSLProtocol'} -all +TLSv1.2 +TLSv1.3`",
                )
