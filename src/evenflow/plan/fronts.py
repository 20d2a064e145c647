"""How a virtual host speaks TLS to clients, and how TLS is spoken to a member.

Files are only named here; who serves opens them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from evenflow.origin import NOWHERE, Origin

EVERY: Final = frozenset(("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"))


@dataclass(frozen=True, slots=True)
class Stapling:
    """What authorities are asked about certificates of ours, and what clients are shown of it. Seconds."""

    timeout: float = 10.0
    skew: float = 300.0
    max_age: float = -1.0
    """Below 0: as old as it likes."""
    keeps: float = 3600.0
    keeps_errors: float = 600.0
    returns_errors: bool = True
    fakes_try_later: bool = True
    url: str = ""
    proxy: str = ""
    origin: Origin = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class ClientStatus:
    """What authorities are asked about certificates of clients. Seconds."""

    chain: bool = True
    """About each certificate of the chain, not the client's alone."""
    lax: bool = False
    """A certificate passes that names nobody to ask."""
    url: str = ""
    overrides: bool = False
    timeout: float = 10.0
    skew: float = 300.0
    max_age: float = -1.0
    nonce: bool = True
    unsigned: bool = False
    believed: str = ""
    proxy: str = ""
    origin: Origin = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Front:
    """How TLS is spoken to clients. Paths are absolute; "" and None stand for what is not said."""

    certificates: tuple[tuple[str, str | None], ...]
    """(certificate file, key file or None where the key is in the certificate's file)"""
    chain: str = ""
    protocols: frozenset[str] = EVERY
    ciphers: str = ""
    suites: str = ""
    prefers_own: bool = False
    tickets: bool = True
    verify: str = "none"
    """none, optional, require, optional_no_ca"""
    depth: int = 1
    ca_file: str = ""
    ca_path: str = ""
    crl_file: str = ""
    crl_path: str = ""
    crl_check: tuple[str, bool] = ("none", False)
    """none, leaf or chain; and whether a certificate passes whose issuer has given no list."""
    later: bool = False
    """A section asks for certificates, once the request is known."""
    names_file: str = ""
    """The authorities that clients are told of; without it those that they may have been signed by."""
    names_path: str = ""
    ticket_key: str = ""
    commands: tuple[tuple[str, str], ...] = ()
    """Commands of OpenSSL's own configuration: name, value."""
    stapling: Stapling | None = None
    status: ClientStatus | None = None
    generous: bool = False
    """Handshakes end well with certificates that nobody has verified (optional_no_ca, here or in a section): that there
    is one says nothing of who the client is."""
    origins: tuple[tuple[str, Origin], ...] = field(default=(), compare=False)
    """Where each directive that names a file or a cipher is written."""

    def origin_of(self, directive: str) -> Origin:
        """Where it is written."""
        return dict(self.origins).get(directive, NOWHERE)

    @property
    def asking(self) -> tuple[object, ...]:
        """Whom it wants to see a certificate of."""
        if self.verify == "none" and not self.later:
            return ()
        lists = (self.crl_file, self.crl_path, self.crl_check)
        return (self.verify, self.later, self.generous, self.depth, self.ca_file, self.ca_path, lists, self.status)

    @property
    def opening(self) -> tuple[object, ...]:
        """What must be known before the first byte of an answer to a handshake: it cannot be changed within it."""
        return (self.asking, self.protocols)


@dataclass(frozen=True, slots=True)
class MemberTls:
    """How TLS is spoken to members. Paths are absolute."""

    engine: bool = False
    protocols: frozenset[str] = EVERY
    ciphers: str = ""
    suites: str = ""
    verify: str = "none"
    """none, optional_no_ca, optional, require"""
    depth: int = 1
    ca_file: str = ""
    ca_path: str = ""
    crl_file: str = ""
    crl_path: str = ""
    crl_check: tuple[str, bool] = ("none", False)
    check_name: bool = True
    check_cn: bool = False
    """Only the common name, where the whole check is off."""
    check_expire: bool = True
    certificate: str = ""
    """The file of ours, with its key, for members that ask for one."""
    certificate_path: str = ""
    """A folder of such files."""
    certificate_chain: str = ""
    """The file of those that stand above ours."""
    origins: tuple[tuple[str, Origin], ...] = field(default=(), compare=False)
    """By directive, where it is written."""

    def origin_of(self, directive: str) -> Origin:
        """Where it is written."""
        return dict(self.origins).get(directive, NOWHERE)


Setting = tuple[str, object, str, Origin]
"""A field of `MemberTls`, what is said of it, by which directive, and where."""


@lru_cache(maxsize=1024)
def member_tls_of(said: tuple[Setting, ...]) -> MemberTls:
    """How TLS is spoken to a member, from what the sections that met say, outermost first (`Scope.member_tls`)."""
    values: dict[str, Any] = {name: value for name, value, _, _ in said}
    # As httpd: CheckPeerCN off takes the check of the whole name away, unless that is said to be on.
    cn = values.get("check_cn")
    values["check_name"] = values.get("check_name", cn is not False)
    if cn is None:
        values.pop("check_cn", None)
    return MemberTls(**values, origins=tuple((directive, origin) for _, _, directive, origin in said))
