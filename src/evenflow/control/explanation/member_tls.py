"""TLS towards the member, as far as it can be told without a connection: the name that the handshake would ask for, and
what the member's certificate would have to be."""

from __future__ import annotations

from evenflow.control.explanation.facts import Json, place, switch
from evenflow.control.explanation.walk import Walk
from evenflow.plan.fronts import EVERY, MemberTls
from evenflow.plan.model import Member
from evenflow.proxy.attempt import NO_ENGINE, handshake_failed
from evenflow.proxy.steps import MEMBER
from evenflow.serve.member_tls import VERIFIED, Way, is_address, way_to


def member_tls(walk: Walk) -> Json | None:
    """The handshake with the chosen member; None where nobody is chosen or no TLS is spoken to it."""
    exchange = walk.exchange
    if exchange.step != MEMBER or not exchange.slot.member.encrypted:
        return None
    member: Member = exchange.slot.member
    way = way_to(member, exchange.decision, exchange.head)
    from_client = exchange.decision.scope.preserve_host and bool(exchange.head.host)
    return {
        "engine": way.said.engine,
        "place": walk.said("SSLProxyEngine"),
        "name": way.name,
        "name_from": "client" if from_client else "member",
        "name_place": walk.said("ProxyPreserveHost") if from_client else place(member.origin),
        "server_name_indication": None if is_address(way.name) else way.name,
        "checks": checks(walk, way) if way.said.engine else [],
    }


def fail_without_engine(walk: Walk, now: float) -> Json:
    """The handshake fails before its first byte: that needs no connection to be known. What the outcome is then."""
    handshake_failed(walk.exchange, NO_ENGINE, now, True)
    return {"kind": "refused", "status": walk.exchange.status, "reason": walk.exchange.why}


def checks(walk: Walk, way: Way) -> list[Json]:
    """What would be looked at in the handshake: directive, value, what that means, and the line."""
    said = way.said
    found = [check_of(walk, said, "SSLProxyVerify", said.verify, who_signed(said))]
    if said.verify in VERIFIED:
        depth = f"at most {said.depth} authorit{'y stands' if said.depth == 1 else 'ies stand'} above the certificate"
        found.append(check_of(walk, said, "SSLProxyVerifyDepth", str(said.depth), depth))
    named = "whom the certificate is for is not asked"
    if said.check_name:
        named = f"the certificate must be for `{way.name}`"
    found.append(check_of(walk, said, "SSLProxyCheckPeerName", switch(said.check_name), named))
    if said.check_cn and not said.check_name:
        common = f"the certificate's common name must be `{way.name}`"
        found.append(check_of(walk, said, "SSLProxyCheckPeerCN", "On", common))
    dates = "the certificate must be valid today" if said.check_expire else "a certificate that is over will do"
    found.append(check_of(walk, said, "SSLProxyCheckPeerExpire", switch(said.check_expire), dates))
    if said.protocols != EVERY:
        spoken = " ".join(sorted(said.protocols))
        found.append(check_of(walk, said, "SSLProxyProtocol", spoken, "nothing else is spoken"))
    for directive, path, ours in (
        ("SSLProxyMachineCertificateFile", said.certificate, "shown to a member that asks who we are"),
        ("SSLProxyMachineCertificatePath", said.certificate_path, "one of them is shown, by whom the member believes"),
        ("SSLProxyMachineCertificateChainFile", said.certificate_chain, "sent behind the certificate that is shown"),
    ):
        if path:
            found.append(check_of(walk, said, directive, path, ours))
    return found


def who_signed(said: MemberTls) -> str:
    """Whose signature is believed."""
    if said.verify not in VERIFIED:
        return "who signed the certificate is not looked at"
    believed = " or ".join(path for path in (said.ca_file, said.ca_path) if path)
    if not believed:
        return "nobody is believed: no authority is named"
    return f"an authority of {believed} must have signed it"


def check_of(walk: Walk, said: MemberTls, directive: str, value: str, means: str) -> Json:
    """One thing that would be looked at; its place is null where nobody wrote it."""
    where = place(said.origin_of(directive)) or walk.said(directive)
    return {"name": directive, "value": value, "means": means, "place": where}
