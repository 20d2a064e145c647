"""What mod_ssl's directives say, for the plan: TLS towards clients and members, and what requests learn of it.

Files are named, not opened.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from evenflow.compiler.expr import compile_requirement
from evenflow.compiler.findings import Findings, Refused
from evenflow.compiler.lookups import absolute
from evenflow.compiler.texts import to_bytes
from evenflow.config.settings import UNSET, Block, MemberTlsSettings, OcspSettings, TlsSettings, Unset
from evenflow.origin import NOWHERE, Origin
from evenflow.plan.fronts import EVERY, ClientStatus, Front, Setting, Stapling
from evenflow.plan.scope import Said
from evenflow.plan.tls import Option

GENEROUS: Final = "optional_no_ca"


def compile_front(tls: TlsSettings, ocsp: OcspSettings, root: str, later: frozenset[str]) -> Front:
    """How a virtual host with SSLEngine speaks TLS; `later`: how its sections ask for certificates."""
    keys = [absolute(root, path) for path, _ in tls.keys or ()]
    found = [absolute(root, path) for path, _ in tls.certificates or ()]
    verify = "none" if tls.verify is UNSET else tls.verify[0]
    return Front(
        tuple((path, keys[place] if place < len(keys) else None) for place, path in enumerate(found)),
        file_of(tls.chain, root),
        EVERY if tls.protocols is UNSET else tls.protocols[0],
        "" if tls.ciphers is UNSET else tls.ciphers[0],
        "" if tls.suites is UNSET else tls.suites[0],
        bool(tls.prefers_own),
        tls.tickets is not False,
        verify,
        1 if tls.depth is UNSET else tls.depth,
        file_of(tls.ca_file, root),
        file_of(tls.ca_path, root),
        file_of(tls.crl_file, root),
        file_of(tls.crl_path, root),
        ("none", False) if tls.crl_check is UNSET else tls.crl_check[0],
        bool(later),
        file_of(tls.names_file, root),
        file_of(tls.names_path, root),
        file_of(tls.ticket_key, root),
        tuple((name, value) for name, value, _ in tls.commands or ()),
        compile_stapling(ocsp),
        compile_status(ocsp, root),
        # A server that verifies does so in the handshake, whatever its sections say.
        verify == GENEROUS or (verify == "none" and GENEROUS in later),
        origins=tuple(
            (name, said[1])
            for name, said in (
                ("SSLCertificateChainFile", tls.chain),
                ("SSLCipherSuite", tls.ciphers),
                ("SSLCipherSuite TLSv1.3", tls.suites),
                ("SSLCACertificateFile", tls.ca_file),
                ("SSLCACertificatePath", tls.ca_path),
                ("SSLCARevocationFile", tls.crl_file),
                ("SSLCARevocationPath", tls.crl_path),
                ("SSLCARevocationCheck", tls.crl_check),
                ("SSLCADNRequestFile", tls.names_file),
                ("SSLCADNRequestPath", tls.names_path),
                ("SSLSessionTicketKeyFile", tls.ticket_key),
            )
            if said is not UNSET
        ),
    )


def compile_stapling(said: OcspSettings) -> Stapling | None:
    """None where nothing is stapled."""
    if said.stapling is UNSET or not said.stapling[0]:
        return None
    return Stapling(
        10.0 if said.timeout is UNSET else said.timeout,
        300.0 if said.skew is UNSET else said.skew,
        -1.0 if said.max_age is UNSET else said.max_age,
        3600.0 if said.keeps is UNSET else said.keeps,
        600.0 if said.keeps_errors is UNSET else said.keeps_errors,
        said.returns_errors is not False,
        said.fakes_try_later is not False,
        said.url or "",
        said.proxy or "",
        said.stapling[1],
    )


def compile_status(said: OcspSettings, root: str) -> ClientStatus | None:
    """None where nobody is asked about clients."""
    if said.enable is UNSET or said.enable[0][0] == "off":
        return None
    (kind, lax), origin = said.enable
    return ClientStatus(
        kind == "on",
        lax,
        said.client_url or "",
        bool(said.overrides),
        10.0 if said.client_timeout is UNSET else said.client_timeout,
        300.0 if said.client_skew is UNSET else said.client_skew,
        -1.0 if said.client_max_age is UNSET else said.client_max_age,
        said.nonce is not False,
        bool(said.unsigned),
        file_of(said.believed, root),
        said.proxy or "",
        origin,
    )


def miss_cache(said: OcspSettings, cache: str | Unset, findings: Findings) -> None:
    """Something is to be stapled, and `SSLStaplingCache` is not said."""
    if said.stapling is not UNSET and said.stapling[0] and cache is UNSET:
        findings.error(
            "stapling-cache-missing",
            "`SSLUseStapling on` needs `SSLStaplingCache` in the main server",
            said.stapling[1],
            notes=("httpd does not start: SSLStapling: no stapling cache available (AH01958)",),
            help='write `SSLStaplingCache "shmcb:${APACHE_RUN_DIR}/ssl_stapling(32768)"` outside of all sections',
        )


MEMBER_FIELDS: Final = (
    ("protocols", "SSLProxyProtocol"),
    ("ciphers", "SSLProxyCipherSuite"),
    ("suites", "SSLProxyCipherSuite TLSv1.3"),
    ("verify", "SSLProxyVerify"),
    ("ca_file", "SSLProxyCACertificateFile"),
    ("ca_path", "SSLProxyCACertificatePath"),
    ("crl_file", "SSLProxyCARevocationFile"),
    ("crl_path", "SSLProxyCARevocationPath"),
    ("crl_check", "SSLProxyCARevocationCheck"),
    ("check_name", "SSLProxyCheckPeerName"),
    ("check_cn", "SSLProxyCheckPeerCN"),
    ("check_expire", "SSLProxyCheckPeerExpire"),
    ("certificate", "SSLProxyMachineCertificateFile"),
    ("certificate_path", "SSLProxyMachineCertificatePath"),
    ("certificate_chain", "SSLProxyMachineCertificateChainFile"),
)
FILES: Final = frozenset(
    ("ca_file", "ca_path", "crl_file", "crl_path", "certificate", "certificate_path", "certificate_chain")
)


def compile_member_tls(tls: MemberTlsSettings, root: str) -> tuple[Setting, ...]:
    """What one section says of TLS towards members."""
    found: list[Setting] = []
    if tls.engine is not UNSET:
        found.append(("engine", tls.engine, "SSLProxyEngine", NOWHERE))
    if tls.depth is not UNSET:
        found.append(("depth", tls.depth, "SSLProxyVerifyDepth", NOWHERE))
    for name, directive in MEMBER_FIELDS:
        said = getattr(tls, name)
        if said is not UNSET:
            value, origin = said
            found.append((name, absolute(root, value) if name in FILES else value, directive, origin))
    return tuple(found)


def say_tls(section: Said, tls: TlsSettings, server: bool, findings: Findings) -> None:
    """What a section says of TLS towards clients. What servers say of certificates is their `Front`'s."""
    if tls.options:
        section.say(
            "tls_options",
            tuple(
                Option(None if one.whole is None else words(one.whole), words(one.added), words(one.removed))
                for one in tls.options
            ),
        )
    if tls.required is not UNSET:
        section.say("tls_required", tls.required[0])
        section.say("tls_required_by", tls.required[1])
    if tls.user_name is not UNSET:
        section.say("tls_user", to_bytes(tls.user_name))
    if tls.verify is not UNSET and not server:
        section.say("tls_verify", to_bytes(tls.verify[0]))
        section.say("tls_verify_by", tls.verify[1])
    if tls.depth is not UNSET and not server:
        section.say("tls_depth", tls.depth)
    made = []
    for text, origin in tls.requires or ():
        try:
            made.append((compile_requirement(text, origin), origin))
        except Refused as refused:
            refused.report(findings, origin)
    section.say("tls_requires", tuple(made) or None)
    if tls.buffer is not UNSET:
        section.say("tls_buffer", tls.buffer)


def asks_later(blocks: Iterable[Block]) -> frozenset[str]:
    """How these sections ask clients for certificates: the words of their SSLVerifyClient, without `none`."""
    found: frozenset[str] = frozenset()
    for block in blocks:
        found |= asks_later(block.blocks)
        if block.tls.verify is not UNSET and block.tls.verify[0] != "none":
            found |= {block.tls.verify[0]}
    return found


def miss_lists(tls: TlsSettings | MemberTlsSettings, prefix: str, findings: Findings) -> None:
    """Certificates are to be looked up, and nobody says in what; or the other way round."""
    if tls.crl_check is UNSET or tls.crl_check[0][0] == "none":
        for name, said in (("File", tls.crl_file), ("Path", tls.crl_path)):
            if said is not UNSET:
                findings.warning(
                    "revocation-unchecked",
                    f"nobody looks into the lists of `{prefix}CARevocation{name}`",
                    said[1],
                    notes=(f"httpd says: CRL checking ({prefix}CARevocationCheck) is not enabled",),
                    help=f"write `{prefix}CARevocationCheck leaf`",
                )
    elif tls.crl_file is UNSET and tls.crl_path is UNSET:
        findings.error(
            "revocation-lists-missing",
            f"there is no list to look certificates up in for `{prefix}CARevocationCheck {tls.crl_check[0][0]}`",
            tls.crl_check[1],
            notes=(
                "httpd does not start: CRL checking has been enabled, but neither "
                f"{prefix}CARevocationFile nor {prefix}CARevocationPath is configured",
            ),
            help=f"write `{prefix}CARevocationFile FILE`, or leave the line out",
        )


def words(names: frozenset[str]) -> frozenset[bytes]:
    return frozenset(to_bytes(name) for name in names)


def file_of(value: tuple[str, Origin] | Unset, root: str) -> str:
    """An absolute path; "" for none."""
    return "" if value is UNSET else absolute(root, value[0])
