"""What certificates say about the virtual hosts that show them: names that are missing, days that are left, authorities
that clients cannot find.

The files that the configuration names are read; what cannot be read is told elsewhere. Every code has a page under
docs/checks.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from evenflow.compiler.lookups import absolute
from evenflow.compiler.tls import compile_front, compile_stapling
from evenflow.config.checks.view import Places
from evenflow.config.diagnostics import Diagnostic, warning
from evenflow.config.loaded import Loaded
from evenflow.config.merge import merge
from evenflow.config.settings import UNSET, Block, TlsSettings
from evenflow.origin import Origin
from evenflow.serve.member_tls import names, names_in
from evenflow.serve.revocation import lists_of
from evenflow.serve.stapling import staple_of

if TYPE_CHECKING:
    from cryptography import x509

SOON: Final = 21
"""Days: enough to get another one, and to notice that nothing got it."""
LIST_SOON: Final = datetime.timedelta(days=1)
"""Lists are made anew every few days; who fetches them does not wait for the last one."""


def check_shown(loaded: Loaded, now: datetime.datetime) -> Iterator[Diagnostic]:
    """Every finding about certificates of virtual hosts; `now` has a time zone. Needs settings."""
    assert loaded.settings is not None
    main = loaded.settings.main
    root = loaded.settings.server_root
    places = Places(loaded)
    said: set[Diagnostic] = set()
    for block in (main, *(one for one in main.blocks if one.kind == "virtualhost")):
        tls = block.tls if block is main else merge(main.tls, block.tls)
        if tls.engine is not True or (block is main and not main.tls.certificates):
            continue
        chain = [] if tls.chain is UNSET else read(absolute(root, tls.chain[0]))
        shown = [(read(absolute(root, path)), origin) for path, origin in tls.certificates or ()]
        shown = [(certificates, origin) for certificates, origin in shown if certificates]
        findings = list(check_names(block, [(certificates[0], origin) for certificates, origin in shown], places))
        for certificates, origin in shown:
            findings += check_end(certificates[0], origin, places, now)
            findings += check_chain([*certificates, *chain], origin, places)
        both = block if block is main else replace(block, ocsp=merge(main.ocsp, block.ocsp))
        findings += check_stapling(both, tls, root, places)
        findings += check_lists(tls, root, places, now)
        for found in findings:
            if found not in said:
                said.add(found)
                yield found


def read(path: str) -> list[x509.Certificate]:
    """The certificates in a PEM file, the virtual host's own first; none where they cannot be read."""
    from cryptography import x509

    try:
        with open(path, "rb") as file:
            return x509.load_pem_x509_certificates(file.read())
    except (OSError, ValueError):
        return []


def check_names(block: Block, shown: list[tuple[x509.Certificate, Origin]], places: Places) -> Iterator[Diagnostic]:
    """Names of the virtual host that none of its certificates is for."""
    name = block.core.server_name
    wanted = [] if name is UNSET else [name.host]
    wanted += [alias for alias in block.core.server_aliases or () if "?" not in alias]
    known = [one for certificate, _ in shown for one in names_in(certificate)]
    missing = [one for one in wanted if not any(names(each, one) for each in known)]
    if shown and missing:
        yield warning(
            "certificate-name",
            f"the certificate is not for {listed(missing)}",
            places.whole(shown[0][1]),
            notes=(f"it is for {listed(known) if known else 'nobody'}: browsers refuse the others",),
            help=f"get one for {listed(missing)} too, or take the name out of ServerName and ServerAlias",
        )


def check_end(
    certificate: x509.Certificate, origin: Origin, places: Places, now: datetime.datetime
) -> Iterator[Diagnostic]:
    """A certificate that is over, or soon will be."""
    end = certificate.not_valid_after_utc
    days = (end - now).days
    if days >= SOON:
        return
    yield warning(
        "certificate-ends",
        f"the certificate is over since {end:%Y-%m-%d}" if end < now else f"the certificate ends on {end:%Y-%m-%d}",
        places.whole(origin),
        notes=("" if end < now else f"that is in {days} days" if days != 1 else "that is tomorrow",),
        help="get the next one, put it there, and reload",
    )


def check_chain(certificates: list[x509.Certificate], origin: Origin, places: Places) -> Iterator[Diagnostic]:
    """A certificate whose signer's own is not shown with it."""
    own = certificates[0]
    if own.issuer == own.subject or any(one.subject == own.issuer for one in certificates[1:]):
        return
    signer = own.issuer.rfc4514_string()
    yield warning(
        "certificate-chain",
        f"the certificate of its signer, `{signer}`, is not shown with it",
        places.whole(origin),
        notes=("clients that do not know the signer refuse it: browsers often do, programs mostly do not",),
        help="append the signer's certificate to the file (authorities give it as `chain.pem` or `fullchain.pem`)",
    )


def check_stapling(block: Block, tls: TlsSettings, root: str, places: Places) -> Iterator[Diagnostic]:
    """Certificates that authorities cannot be asked about, though what they say is to be stapled."""
    said = compile_stapling(block.ocsp)
    if said is None:
        return
    front = compile_front(tls, block.ocsp, root, frozenset())
    for (path, _), (_, origin) in zip(front.certificates, tls.certificates or (), strict=False):
        if not read(path):
            continue
        found = staple_of(front, path)
        if isinstance(found, str):
            yield warning(
                "stapling-impossible",
                f"nothing can be stapled to this certificate: {found}",
                places.whole(origin),
                notes=("httpd says so in its log (AH02604), and serves without",),
                help="write `SSLUseStapling off` in this `<VirtualHost>`",
            )


def check_lists(tls: TlsSettings, root: str, places: Places, now: datetime.datetime) -> Iterator[Diagnostic]:
    """Lists of revoked certificates that are over, or soon will be: then everybody is refused."""
    if tls.crl_check is UNSET or tls.crl_check[0][0] == "none":
        return
    for said, is_file in ((tls.crl_file, True), (tls.crl_path, False)):
        if said is UNSET:
            continue
        path = absolute(root, said[0])
        try:
            lists = lists_of(path if is_file else "", "" if is_file else path)
        except (OSError, ValueError):
            continue
        for one in lists:
            end = one.next_update_utc
            if end is None or end - now >= LIST_SOON:
                continue
            yield warning(
                "revocation-list-ends",
                f"the list of `{one.issuer.rfc4514_string()}` is over since {end:%Y-%m-%d %H:%M}"
                if end < now
                else f"the list of `{one.issuer.rfc4514_string()}` ends on {end:%Y-%m-%d %H:%M}",
                places.whole(said[1]),
                notes=("a client whose issuer's list is over is refused",),
                help="fetch the next one, put it there, and reload: lists are read at the start",
            )


def listed(words: list[str]) -> str:
    return ", ".join(f"`{word}`" for word in dict.fromkeys(words))
