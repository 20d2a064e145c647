"""What only evenflow has. In a file that httpd is to read too it stands in `<IfModule evenflow_module>`."""

from __future__ import annotations

import ipaddress
from typing import Any, Final

from evenflow.config.arguments import count_words, duration, number, one, raw
from evenflow.config.contexts import SERVER, SERVERS
from evenflow.config.diagnostics import Wrong
from evenflow.config.directive import Directive
from evenflow.config.directives.authz import read_network
from evenflow.config.directives.log_config import condition_of
from evenflow.config.scope import Draft, put
from evenflow.config.settings import JSON_LINES, LogLine, ReservedPorts
from evenflow.config.syntax import Section, Statement, Word

RESERVED_CONNECTIONS = 20
"""Connections to reserved ports that each child takes unless `connections` says another number."""


def explain(draft: Draft, statement: Statement | Section, value: Any) -> None:
    """`Off`, or `from ADDRESS...`"""
    words = statement.words
    first = words[0].text.lower() if words else ""
    if first == "off" and len(words) == 1:
        draft.put("evenflow", "explain_from", ())
        return
    if first != "from" or len(words) < 2:
        raise Wrong(
            "value-malformed",
            f"`{statement.name}` takes `from` and the addresses of those who may ask, or `Off`",
            help=f"write for instance `{statement.name} from 127.0.0.1 ::1`",
        )
    for word in words[1:]:
        if read_network(word.text) is None:
            raise Wrong(
                "address-malformed",
                f"`{word.text}` is not an address: write `10.0.0.1`, `10.0.0.0/8`, `10.1` or `2001:db8::/32`",
                word.span,
            )
    draft.put("evenflow", "explain_from", tuple(word.text for word in words[1:]))


def reserved_ports(draft: Draft, statement: Statement | Section, value: Any) -> None:
    """Ports, and `connections=NUMBER`."""
    words = count_words(statement, 1, None, "takes ports")
    most = RESERVED_CONNECTIONS
    ports = []
    for word in words:
        name, equals, text = word.text.partition("=")
        wanted = text if equals else name
        if equals and name.lower() != "connections":
            raise Wrong("parameter-unknown", f"`{statement.name}` has no `{name}`, only `connections`", word.span)
        if not (wanted.isascii() and wanted.isdigit() and 0 < int(wanted) < 65536):
            raise Wrong(
                "value-malformed",
                f"`{statement.name}` takes numbers from 1 to 65535, not `{wanted}`",
                word.span,
                help=f"write for instance `{statement.name} 8081 connections={RESERVED_CONNECTIONS}`",
            )
        if equals:
            most = int(wanted)
        else:
            ports.append(int(wanted))
    draft.put("evenflow", "reserved_ports", ReservedPorts(tuple(ports), most, statement.origin))


def access_log(draft: Draft, statement: Statement | Section, value: Any) -> None:
    words = count_words(statement, 1, 2, "takes one or two arguments")
    env, expr = condition_of(words[1]) if len(words) == 2 else (None, None)
    draft.add("log", "logs", LogLine(words[0].text, JSON_LINES, env, expr, statement.origin))


MOST_NAME_SERVERS: Final = 3
"""As many as resolv.conf may name."""


def resolver(draft: Draft, statement: Statement | Section, value: Any) -> None:
    """`ADDRESS[:PORT]`, up to three of them."""
    words = count_words(statement, 1, MOST_NAME_SERVERS, "takes one to three arguments")
    draft.put("evenflow", "name_servers", tuple([name_server(word) for word in words]))


def name_server(word: Word) -> tuple[str, int]:
    """`10.0.0.53`, `10.0.0.53:5353`, `2001:db8::53` or `[2001:db8::53]:5353`."""
    text, port = word.text, "53"
    if text.startswith("["):
        text, _, behind = text[1:].partition("]")
        port = behind.removeprefix(":") if behind else port
    elif text.count(":") == 1:
        text, _, port = text.partition(":")
    try:
        address = str(ipaddress.ip_address(text))
    except ValueError:
        address = ""
    if not address or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise Wrong(
            "address-malformed",
            f"`{word.text}` is not the address of a name server",
            word.span,
            help="write `10.0.0.53`, `10.0.0.53:5353`, `2001:db8::53` or `[2001:db8::53]:5353`",
        )
    return address, int(port)


DIRECTIVES = (
    Directive(
        "EvenflowAccessLog",
        SERVERS,
        raw,
        access_log,
        "Write a JSON object for each request on a line of a file or for a program, with the cause of our own errors.",
        syntax='FILE|"|COMMAND"|journald[:IDENTIFIER] [env=[!]NAME|expr=CONDITION]',
    ),
    Directive(
        "EvenflowExplain",
        SERVERS,
        raw,
        explain,
        "Explain requests with an `Evenflow-Explain` field that come from these addresses.",
        syntax="from ADDRESS ...|Off",
        default="Off",
    ),
    Directive(
        "EvenflowGoodbye",
        SERVER,
        one(duration("s")),
        put("evenflow", "goodbye"),
        "After a reload, tunnels whose way has changed are told to go, spread over this time.",
        default="30",
    ),
    Directive(
        "EvenflowMaxConnections",
        SERVER,
        one(number(at_least=0)),
        put("evenflow", "most_connections"),
        "So many connections of clients each child has at once; more wait in the kernel's queue. 0 for no bound.",
        default="0",
    ),
    Directive(
        "EvenflowMaxConnectionsPerAddress",
        SERVER,
        one(number(at_least=0)),
        put("evenflow", "most_of_address"),
        "So many connections one client's address has at each child at once; more are closed. 0 for no bound.",
        default="0",
    ),
    Directive(
        "EvenflowReservedPorts",
        SERVER,
        raw,
        reserved_ports,
        "Connections to these ports do not count among those that are bounded: whoever operates it is let in when it is"
        " full.",
        syntax="PORT ... [connections=NUMBER]",
    ),
    Directive(
        "EvenflowResolver",
        SERVER,
        raw,
        resolver,
        "The name servers that are asked for members' names, behind the hosts file.",
        syntax="ADDRESS[:PORT] ...",
        default="those of /etc/resolv.conf",
    ),
)
