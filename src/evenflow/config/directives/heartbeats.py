"""mod_heartmonitor and mod_lbmethod_heartbeat: where members say how many requests they could take."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from evenflow.config.arguments import c_number, one, text
from evenflow.config.contexts import SERVER
from evenflow.config.diagnostics import Wrong
from evenflow.config.directive import Directive
from evenflow.config.scope import Draft
from evenflow.config.settings import UNSET
from evenflow.config.syntax import Section, Statement, Word

UNKNOWN = "HeartbeatListen: apr_sockaddr_info_get failed on multicast address"
LEAST_SERVERS = 10


def listen_address(name: str, word: Word) -> tuple[str, int]:
    """`ADDRESS:PORT`, IPv4 as in httpd."""
    host, colon, port = word.text.rpartition(":")
    digits = port.isascii() and port.isdigit()
    headline = says = ""
    if not colon or not digits:
        headline = f"`{name}` needs an address and a port, not `{word.text}`"
        alone = word.text.isascii() and word.text.isdigit()
        says = f"{name}: No {'host' if alone else 'port'} provided in multicast address"
    elif not host or not 1 <= int(port[:6]) <= 65535:
        headline = f"a port must be between 1 and 65535, and an address stands before it: not `{word.text}`"
        says = f"{name}: Unable to parse multicast address."
    elif not is_address(host):
        headline = f"`{host}` is not an IPv4 address"
        # httpd asks the resolver for a name.
        says = "" if ":" not in host and re.search("[a-z]", host) else UNKNOWN
    if headline:
        help = f"write for instance `{name} 239.0.0.1:27999`"
        raise Wrong("address-malformed", headline, word.span, says=says, help=help)
    return host, int(port)


def is_address(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def listen(draft: Draft, statement: Statement | Section, value: Any) -> None:
    earlier = draft.get("heartbeat", "listen")
    if earlier is not UNSET:
        raise Wrong(
            "said-twice",
            f"`{statement.name}` stands already in line {earlier[2].line} of {earlier[2].file}",
            says=f"{statement.name}: May only be specified once.",
            help="remove one of the two lines",
        )
    draft.put("heartbeat", "listen", (*value, statement.origin))


def storage(draft: Draft, statement: Statement | Section, value: Any) -> None:
    draft.put("heartbeat", "storage", (value, statement.origin))


def servers(name: str, word: Word) -> int:
    number = c_number(word.text)
    if number < LEAST_SERVERS and number != 0:
        raise Wrong(
            "value-out-of-range",
            f"`{name}` must be 0, for a file, or at least {LEAST_SERVERS}, not {word.text}",
            word.span,
            says=f"{name}: Should be 0 for file storage, or greater or equal than {LEAST_SERVERS} for slotmem",
        )
    return number


def most_servers(draft: Draft, statement: Statement | Section, value: Any) -> None:
    draft.put("heartbeat", "most", value)


DIRECTIVES = (
    Directive(
        "HeartbeatListen",
        SERVER,
        one(listen_address),
        listen,
        "Hear by UDP how many requests members could take (their mod_heartbeat), for `lbmethod=heartbeat`.",
        syntax="ADDRESS:PORT",
        differs="An address of this machine may be named too, for senders that know it; httpd joins groups only.",
    ),
    Directive(
        "HeartbeatStorage",
        SERVER,
        one(text),
        storage,
        "The file that says how many requests members could take, below DefaultRuntimeDir. With HeartbeatListen and "
        "`HeartbeatMaxServers 0` it is written.",
        syntax="FILE",
        default="hb.dat",
        differs="It is read once a second, not for each request.",
    ),
    Directive(
        "HeartbeatMaxServers",
        SERVER,
        one(servers),
        most_servers,
        "So many senders that are no members are remembered; 0 for any number of them, and for a file of it.",
        syntax="NUMBER",
        default="10",
    ),
)
