"""Tables that serving looks into: virtual hosts by address, listeners, access logs."""

from __future__ import annotations

import ipaddress
import socket
from typing import Final

from evenflow.compiler.expr import compile_condition
from evenflow.compiler.findings import Findings, Refused
from evenflow.compiler.texts import to_bytes
from evenflow.config.settings import JSON_LINES, Address, Block, LogLine, LogSettings
from evenflow.plan import model
from evenflow.plan.model import Listener, LogTarget, Plan, VirtualHost
from evenflow.plan.vhosts import HostTable, table_for

COMMON_FORMAT: Final = '%h %l %u %t "%r" %>s %b'


def host_tables(
    main: VirtualHost, hosts: list[tuple[VirtualHost, tuple[Address, ...]]], findings: Findings
) -> dict[tuple[bytes, int], HostTable]:
    """The tables by (address, port): b"*" and 0 are any; (b"", 0) is the main server for every other address."""
    found: dict[tuple[bytes, int], list[VirtualHost]] = {}
    for host, addresses in hosts:
        for address in addresses:
            for text in spelled(address, findings):
                at = found.setdefault((text, address.port or 0), [])
                if host not in at:
                    at.append(host)
    tables = {key: HostTable(tuple(at)) for key, at in found.items()}
    tables[(b"", 0)] = HostTable((main,))
    return tables


def spelled(address: Address, findings: Findings) -> list[bytes]:
    """An address as a socket spells its own end; several for a name."""
    if not address.host:
        return [b"*"]
    try:
        return [to_bytes(str(ipaddress.ip_address(address.host)))]
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(address.host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        findings.warning(
            "address-unknown",
            f"nobody knows the address of `{address.host}`: the virtual host does not stand there",
            address.origin,
            notes=("httpd says: Could not resolve host name -- ignoring! (AH00547)",),
            help="write the address itself, or `*`",
        )
        return []
    return sorted({to_bytes(str(entry[4][0])) for entry in found})


def listeners(addresses: tuple[Address, ...], plan: Plan) -> tuple[Listener, ...]:
    """The sockets to open. One speaks TLS if the first virtual host at its address does."""
    made = []
    for address in addresses:
        assert address.port is not None
        host = first_host(plan, address.host, address.port)
        made.append(Listener(address.host, address.port, host.tls, address.origin))
    return tuple(made)


def first_host(plan: Plan, host: str, port: int) -> VirtualHost:
    """Who answers at a listener. For a listener on every address: the `*` hosts of the port, else any host of it."""
    if host:
        return table_for(plan, to_bytes(host), port).first
    found = table_for(plan, b"*", port).first
    tables = plan.tables
    assert isinstance(tables, dict)
    if found is plan.main:
        for (_, other), table in tables.items():
            if other == port:
                return table.first  # type: ignore[no-any-return]
    return found


def log_targets(main: Block, inner: Block | None, findings: Findings, root: str) -> tuple[LogTarget, ...]:
    """The access logs of a server: a virtual host's own if it has any, else the main server's; and
    those of GlobalLog."""
    formats = dict((main.log.formats or ()) + ((inner.log.formats or ()) if inner is not None else ()))
    block = inner if inner is not None and inner.log.logs else main
    return tuple(
        target
        for line in (main.log.global_logs or ()) + (block.log.logs or ())
        for target in [log_target(line, formats, (inner or main).log, main.log, findings, root)]
        if target is not None
    )


def log_target(
    line: LogLine, formats: dict[str, str], log: LogSettings, outer: LogSettings, findings: Findings, root: str
) -> LogTarget | None:
    text = line.format
    if text is None:
        text = log.transfer_format or outer.transfer_format or COMMON_FORMAT
    text = model.JSON_LINES if text == JSON_LINES else formats.get(text, text)
    target = line.target if line.target.startswith("|") or is_journal(line.target) else absolute(root, line.target)
    env = None if line.env is None else (to_bytes(line.env[0]), line.env[1])
    made = LogTarget(target, text, env, line.origin)
    if line.expr is not None:
        try:
            condition = compile_condition(line.expr, line.origin)
        except Refused as refused:
            refused.report(findings, line.origin)
            return None
        condition.vary = False
        made.condition = condition
    return made


def is_journal(target: str) -> bool:
    """Whether lines go to systemd's journal: `journald[:IDENTIFIER]`."""
    return target == "journald" or target.startswith("journald:")


def absolute(root: str, path: str) -> str:
    """A path of the configuration, from ServerRoot on if it is relative."""
    return path if path.startswith("/") else f"{root.rstrip('/')}/{path}"
