"""Does `evenflow explain` say of a request what the running program did with it?

The same configuration is loaded in this process, the same bytes are explained, and the story is held against the
observation: the kind of decision, status and Location, the member, and what the member received, byte for byte. Only
what hangs on earlier requests is let go: which member a balancer's turn falls on, and members in error by then.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evenflow.compiler.build import build
from evenflow.config.load import load
from evenflow.control.explanation import explain
from evenflow.control.map_programs import close_programs, start_programs
from evenflow.origin import NOWHERE
from evenflow.plan.fronts import Front
from evenflow.plan.model import ConnectionFacts, Plan, VirtualHost
from evenflow.plan.preambles import Preambles
from evenflow.plan.vhosts import HostTable, table_for
from evenflow.serve.http2.doorway import stream_of
from evenflow.serve.http2.fields import Malformed, read_request
from evenflow.serve.tls import TlsContexts
from evenflow.tools.written import Written
from evenflow.wire.faults import ProtocolFault
from evenflow.wire.framing import CHUNKED
from evenflow.wire.http1 import RequestHead
from evenflow.wire.proxy_protocol import read_preamble

from .casebook import Request
from .client import PATIENCE, VERSIONS
from .http2 import apart, opening
from .members import Received
from .observed import Seen, keyed

NOT_HTTP = "no HTTP was spoken"
CLOSED = "the connection was closed before it"
HALF = "the rest of its body never came"
LATE = "who the client is was asked when its request was known"
RESET = "its stream was reset before it was a request"
PEER = "who is at the other end is known only after a handshake"
DEAD = "that nobody listens there is known only after a connect, and a document stands for it"


def disagreements(
    file: Path, port: int, seen: Sequence[Seen], members: Mapping[str, str]
) -> tuple[list[str], list[str]]:
    """What explain says otherwise than it was observed, and why requests were passed over, a reason for each.

    `members` are the living ones: their names by HOST:PORT.
    """
    loaded = load(str(file))
    assert loaded.settings is not None, loaded.errors
    plan = build(loaded.settings).plan
    assert plan is not None
    programs = start_programs(plan)
    try:
        return told_otherwise(plan, Written(loaded.tree), port, seen, members, file.parent / "certificates")
    finally:
        close_programs(programs)


def told_otherwise(
    plan: Plan, places: Written, port: int, seen: Sequence[Seen], members: Mapping[str, str], certificates: Path
) -> tuple[list[str], list[str]]:
    """The sentences, one for each request that the story is wrong about, and why others were passed over."""
    found, passed_over = [], []
    secure = any(listener.tls for listener in plan.listeners if listener.port == port)
    for one in seen:
        reason = ""
        connection, payload = facts(plan, port, one.request), one.request.payload
        if one.request.http2 is not None:
            payload, reason = as_stream(one.request, connection)
        if reason:
            pass
        elif one.reply.ending == "no connection" or (secure and one.request.tls is None):
            reason = NOT_HTTP
        elif one.request.same_connection and one.reply.ending == "closed" and not one.received:
            reason = CLOSED
        elif connection.tls and not shake_hands(plan, connection, one.request, certificates):
            reason = NOT_HTTP
        elif isinstance(plan.preambles, Preambles) and plan.preambles.wanted(b"127.0.0.1", port, b"127.0.0.1"):
            try:
                preamble = read_preamble(payload)
            except ProtocolFault:
                preamble = None
            if preamble is None:
                reason = NOT_HTTP
            else:
                connection.proxied_address, connection.spoken_for = preamble.address, True
                payload = payload[preamble.size :]
        elif one.request.tls is not None and asks_late(connection):
            reason = LATE
        if not reason:
            said = explain(plan, connection, payload, places=places)
            while said["document"] is not None:
                # What an ErrorDocument's path leads to is what the client and the members saw.
                said = said["document"]
            reason = beyond(said, one, members)
        if reason:
            passed_over.append(reason)
            continue
        wrong = wrong_about(said, one, members)
        if wrong:
            found.append(f"{one.request.line_number}: {one.request.title}: {wrong}")
    return found, passed_over


def asks_late(connection: ConnectionFacts) -> bool:
    """Whether some section asks the clients of this address for their certificates."""
    assert isinstance(connection.table, HostTable)
    return any(isinstance(host.front, Front) and host.front.later for host in connection.table.hosts)


def as_stream(request: Request, connection: ConnectionFacts) -> tuple[bytes, str]:
    """The bytes that an exchange gets of an HTTP/2 request, and why there are none."""
    if request.http2 == "upgrade":
        head = RequestHead()
        head.parse(request.payload)
        return stream_of(head).head, ""
    fields, pieces, _ = apart(request.payload, request.tls is not None)
    tunnel = request.tunnel is not None
    if tunnel:
        fields = opening(fields)
    assert isinstance(connection.table, HostTable)
    http2 = connection.table.first.http2
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]
    host = VirtualHost(0, b"", NOWHERE)
    try:
        made = read_request(pairs, not pieces and not tunnel, host, http2 is not None and http2.websockets)
    except Malformed:
        return b"", RESET
    if made.status:
        return b"", RESET
    body = b"".join(pieces)
    if made.length == CHUNKED:
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    elif made.length != len(body):
        return b"", RESET
    return made.head + body, ""


def facts(plan: Plan, port: int, request: Request) -> ConnectionFacts:
    """The connection that the request came by."""
    address = b"127.0.0.1"
    sni = b"" if request.tls in (None, "-") else str(request.tls).lower().encode()
    made = ConnectionFacts(address, 49152, address, port, request.tls is not None, sni, table_for(plan, address, port))
    if request.http2 is not None:
        made.http2 = {b"HTTP2": b"on", b"H2PUSH": b"off"}
    return made


def shake_hands(plan: Plan, connection: ConnectionFacts, request: Request, certificates: Path) -> bool:
    """Make the handshake once more, between two ends in this process: what it tells goes to the connection. Whether it
    came to an end."""
    contexts = TlsContexts(plan)
    assert isinstance(connection.table, HostTable)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    if request.shows is not None:
        client.load_cert_chain(certificates / f"{request.shows}.pem")
    if request.speaks is not None:
        client.minimum_version = client.maximum_version = VERSIONS[request.speaks]
    ours, theirs = socket.socketpair()

    def greet() -> None:
        try:
            with client.wrap_socket(theirs, server_hostname=None if request.tls == "-" else request.tls) as secured:
                secured.recv(1)
        except OSError:
            # Either end may refuse the other.
            pass

    thread = threading.Thread(target=greet)
    thread.start()
    ours.settimeout(PATIENCE)
    tls = contexts.wrap(ours, connection.table.hosts, connection.sni)
    try:
        tls.do_handshake()
        if not contexts.admits(tls):
            return False
        connection.tls_facts = contexts.facts(tls)
        return True
    except OSError:
        return False
    finally:
        tls.close()
        thread.join()


def beyond(said: Any, seen: Seen, members: Mapping[str, str]) -> str:
    """Why an explanation cannot know what became of this request; "" where it can."""
    answer = seen.reply.answer
    if seen.request.http2 is not None and (answer is None or answer.status == 431):
        # Before HTTP/2 was agreed on, or before its fields were one head.
        return RESET
    if said["outcome"]["kind"] != "forward":
        return ""
    if seen.received and name_of(said["outcome"]["member"], members) is None and has_document_at_a_path(said):
        return DEAD
    if seen.request.half_closed and not seen.received:
        return HALF
    if answer is not None and answer.status == 500 and not seen.received and said["member_tls"] is not None:
        return PEER
    return ""


def has_document_at_a_path(said: Any) -> bool:
    """Whether an answer of ours, or with ProxyErrorOverride a member's, may lead to another request."""
    return any(document["kind"] == "path" for document in said["documents"])


def wrong_about(said: Any, seen: Seen, members: Mapping[str, str]) -> str:
    """One sentence, "" where they agree."""
    outcome = said["outcome"]
    answer = seen.reply.answer
    kind = outcome["kind"]
    if kind == "forward":
        # What a document's path led to after the member's answer comes behind what is explained.
        received = seen.received[:1] if has_document_at_a_path(said) else seen.received
        return wrong_about_forward(said, received, members, keyless=seen.is_opening())
    if seen.received:
        return f"explain: {kind} {outcome['status']} ({outcome['reason']}); but {seen.received[0].member} was asked"
    if answer is None:
        return "" if kind == "refused" else f"explain: {kind}; but the connection {seen.reply.ending}"
    if kind == "local":
        return "" if answer.status < 500 else f"explain: {outcome['handler']}; but {answer.status}"
    if said["own"] is None:
        return f"explain: {kind} {outcome['status']} without a head; but {answer.status}"
    line, *own = said["own"].split("\r\n")
    if str(answer.status) != line.split(" ")[1]:
        return f"explain: {kind} {outcome['status']} ({outcome['reason']}), {line}; but {answer.status}"
    locations = [field.partition(": ")[2] for field in own if field.lower().startswith("location:")]
    if answer.values("location") != locations:
        return f"explain: Location {locations}; but {answer.values('location')}"
    return ""


def wrong_about_forward(
    said: Any, received: Sequence[Received], members: Mapping[str, str], keyless: bool = False
) -> str:
    """The members that may be asked, and what the first one received; `keyless`: each time with another key."""
    outcome = said["outcome"]
    expected = asked_of(outcome["member"], outcome["through"], members)
    choice = said["choice"]
    may = {asked_of(one["name"], one["through"], members) for one in choice["members"]} if choice else {expected}
    if any(one.member not in may for one in received):
        return f"explain: {sorted(map(str, may))}; but {[one.member for one in received]} were asked"
    if not received:
        # Nobody listens there, or the front gave up before it asked.
        return "" if None in may else f"explain: {expected}; but nobody was asked"
    first = received[0]
    if (choice is None or choice["by"] == "route") and expected is not None and first.member != expected:
        return f"explain: {expected}; but {first.member} was asked"
    line, *fields = said["to_member"]["head"].encode("latin-1").split(b"\r\n")[:-2]
    theirs = list(first.fields)
    if keyless:
        fields, theirs = ([keyed(field) for field in head] for head in (fields, theirs))
    if first.member != expected:
        # Its own name, and whether its connections are kept, are another member's.
        own = (b"host:", b"connection:")
        fields = [field for field in fields if not field.lower().startswith(own)]
        theirs = [field for field in theirs if not field.lower().startswith(own)]
    theirs = [field for field in theirs if not field.startswith(b"(trailer)")]
    if (line, fields) != (first.line, theirs):
        return f"explain: {line!r} {fields!r}; but {first.member} received {first.line!r} {theirs!r}"
    return ""


def asked_of(url: str | None, through: str | None, members: Mapping[str, str]) -> str | None:
    """Who is asked for that URL: the member, or another proxy."""
    return name_of(url if through is None else f"http://{through}", members)


def name_of(url: str | None, members: Mapping[str, str]) -> str | None:
    """The living member that a URL names, None for nobody."""
    if url is None:
        return None
    authority = url.partition("://")[2].partition("/")[0].replace("localhost", "127.0.0.1")
    return members.get(authority)
