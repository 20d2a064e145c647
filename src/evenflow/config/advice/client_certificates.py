"""Certificates of clients: whom a section really asks for one, and names that nobody has verified."""

from __future__ import annotations

from collections.abc import Iterator

from evenflow.config.advice.tls import place_of
from evenflow.config.checks.view import Places, Server, every_block
from evenflow.config.diagnostics import Diagnostic, warning
from evenflow.config.merge import merge
from evenflow.config.settings import UNSET, Block, TlsSettings

UNVERIFIED = "optional_no_ca"
CLIENT = "ssl_client_"


def check_asked_early(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A section asks for certificates, and over TLS 1.2 its whole virtual host does."""
    tls = merge(server.main.tls, server.block.tls)
    if tls.engine is not True or verify_of(tls) != "none":
        return
    if tls.protocols is not UNSET and tls.protocols[0] == {"TLSv1.3"}:
        return
    for section in sections(server):
        if verify_of(section.tls) != "none":
            yield warning(
                "certificate-asked-early",
                "over TLS 1.2 the whole virtual host asks for a certificate, not this section alone",
                place_of(section.tls, "verify", section, places),
                notes=("nobody can be asked after the handshake there: who shows nothing in it is answered 403 here; "
                       "over TLS 1.3 the section asks once its request is known",),
                help="write `SSLProtocol -all +TLSv1.3`, or give what needs certificates a virtual host of its own",
            )  # fmt: skip


def check_names(server: Server, places: Places) -> Iterator[Diagnostic]:
    """Users are named after certificates that anybody can have made."""
    tls = merge(server.main.tls, server.block.tls)
    inner = list(sections(server))
    if tls.engine is not True:
        return
    verify = verify_of(tls)
    if verify != UNVERIFIED and (verify != "none" or all(verify_of(one.tls) != UNVERIFIED for one in inner)):
        return
    for block in dict.fromkeys((server.main, server.block, *inner)):
        name = block.tls.user_name
        if name is not UNSET and name.lower().startswith(CLIENT):
            yield warning(
                "user-not-verified",
                f"anybody may choose what `{name}` says: nobody has verified the certificate",
                places.statement(block, "SSLUserName"),
                notes=("`SSLVerifyClient optional_no_ca` takes certificates that their owners have signed themselves",),
                help="write `SSLVerifyClient optional` with `SSLCACertificateFile FILE`, or "
                "`Require ssl-verify-client` beside it",
            )  # fmt: skip


def verify_of(tls: TlsSettings) -> str:
    return "none" if tls.verify is UNSET else tls.verify[0]


def sections(server: Server) -> Iterator[Block]:
    """Every section that may hold for a request of the server."""
    for scope in dict.fromkeys((server.main, server.block)):
        for part in scope.blocks:
            if part.kind != "virtualhost":
                yield from every_block(part)
