"""What a virtual host says of TLS that Python's ssl has no word for: the authorities that clients are told of, keys of
session tickets that several machines share, and commands of OpenSSL's own configuration.
"""

from __future__ import annotations

import hashlib
import os
import ssl
from typing import TYPE_CHECKING, Final

from evenflow.plan.fronts import Front
from evenflow.serve.libssl import TICKET_KEYS, Unavailable, library, obstacle
from evenflow.serve.unverified import forgive, impossible

if TYPE_CHECKING:
    from evenflow.origin import Origin

KEY_FILE: Final = 48
"""Bytes, as httpd has it."""


def apply(context: ssl.SSLContext, front: Front) -> None:
    """Let the context have them. OSError and ValueError where something cannot be used."""
    if front.generous:
        cause = impossible()
        if cause:
            raise ValueError(f"`SSLVerifyClient optional_no_ca` cannot be done here: {cause}")
        forgive(context)
    wanted = needed(front)
    if not wanted and not (front.asking and front.ca_file):
        return
    cause = obstacle()
    if cause:
        if wanted:
            raise ValueError(f"`{wanted[0]}` cannot be done here: {cause}")
        # Clients are asked without being told of anybody.
        return
    used = library()
    try:
        if front.asking:
            used.tell_names(context, files_of_names(front))
        if front.ticket_key:
            used.set_ticket_keys(context, ticket_keys(front.ticket_key))
        if front.commands:
            used.configure(context, front.commands)
    except Unavailable as fault:
        if wanted:
            raise ValueError(f"`{wanted[0]}` cannot be done here: {fault}") from None


def needed(front: Front) -> list[str]:
    """The directives that cannot be done without OpenSSL's own functions."""
    said = (
        ("SSLCADNRequestFile", front.names_file),
        ("SSLCADNRequestPath", front.names_path),
        ("SSLSessionTicketKeyFile", front.ticket_key),
        ("SSLOpenSSLConfCmd", front.commands),
    )
    return [directive for directive, value in said if value]


def files_of_names(front: Front) -> list[str]:
    """The files with the authorities that clients are told of. OSError where a directory cannot be read."""
    found = [front.names_file] if front.names_file else []
    if front.names_path:
        paths = [os.path.join(front.names_path, name) for name in sorted(os.listdir(front.names_path))]
        found += [path for path in paths if os.path.isfile(path)]
    return found or ([front.ca_file] if front.ca_file else [])


def ticket_keys(path: str) -> bytes:
    """OpenSSL's keys, made of the 48 bytes of a file. OSError and ValueError where it cannot be used."""
    with open(path, "rb") as file:
        secret = file.read(KEY_FILE + 1)
    if len(secret) != KEY_FILE:
        raise ValueError(f"`SSLSessionTicketKeyFile {path}` must hold {KEY_FILE} bytes")
    halves = [hashlib.blake2b(bytes((half,)), key=secret, digest_size=TICKET_KEYS // 2).digest() for half in (1, 2)]
    return b"".join(halves)


def faults_of_extras(front: Front) -> list[tuple[Origin, str]]:
    """What is wrong with the files that are named for it."""
    faults = []
    if front.names_path and not os.path.isdir(front.names_path):
        directive = "SSLCADNRequestPath"
        faults.append((front.origin_of(directive), f"`{directive} {front.names_path}` is no directory"))
    if front.ticket_key:
        directive = "SSLSessionTicketKeyFile"
        try:
            ticket_keys(front.ticket_key)
        except OSError as fault:
            why = f"`{directive} {front.ticket_key}` cannot be read: {os.strerror(fault.errno or 0)}"
            faults.append((front.origin_of(directive), why))
        except ValueError as fault:
            faults.append((front.origin_of(directive), str(fault)))
    return faults
