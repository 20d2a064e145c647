"""Upgrade, from the client's wish to the member's word: which protocol may be asked for, and was it agreed on?"""

from __future__ import annotations

from evenflow.plan.model import Member
from evenflow.wire.faults import ProtocolFault
from evenflow.wire.http1 import UPGRADE, RequestHead, ResponseHead


def wanted(head: RequestHead, member: Member) -> bytes | None:
    """The client's Upgrade, as spelled, if the member may be upgraded to it; httpd does not look at Connection. One
    in an HTTP/1.0 request is passed over (RFC 9110 section 7.8): that client does not know a 101."""
    if not member.upgrade or head.version < 11:
        return None
    index = head.find(UPGRADE)
    if index < 0:
        return None
    value: bytes = head.value(index)
    asked = value.lower()
    for protocol in member.upgrade:
        if protocol == b"any" or protocol == asked:
            return value
    if len(member.upgrade) > 1 or b"," in asked:
        tokens = [token.strip(b" \t") for token in asked.split(b",")]
        for protocol in member.upgrade:
            if protocol in tokens:
                return value
    return None


def agree(upgrade: bytes | None, answer: ResponseHead) -> bytes:
    """The protocol that a 101 switches to. ProtocolFault where it is not the one that was asked for."""
    token = answer.get(b"upgrade")
    if upgrade is None or token is None or token.lower() != upgrade.lower():
        expected = "none" if upgrade is None else upgrade.decode("latin-1")
        found = "none" if token is None else token.decode("latin-1")
        raise ProtocolFault(f"Unexpected Upgrade: {found} (expecting {expected})", 502)
    return upgrade


def offered(answer: ResponseHead, member: Member) -> bytes:
    """RFC 9110 section 15.5.22: a 426 names the protocol that it asks for; the lines that say so go on where the member
    may be upgraded to it.
    """
    said = answer.get(b"upgrade")
    if said is None or said.lower() not in member.upgrade:
        return b""
    return b"Connection: Upgrade\r\nUpgrade: " + said + b"\r\n"
