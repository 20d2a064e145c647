"""What httpd prints with `-S`, `-M` and `-t -D DUMP_INCLUDES`, in its own form: scripts read it.

The order is httpd's too, which keeps addresses in a hash table. `evenflow show` says the same things better.
"""

from __future__ import annotations

import grp
import ipaddress
import pwd
from collections.abc import Iterator
from typing import Final

from evenflow.config.load import Loaded
from evenflow.config.syntax import Included, Node, Section
from evenflow.plan.model import Plan, VirtualHost
from evenflow.plan.vhosts import HostTable

BUCKETS: Final = 256

DUMPS: Final = ("DUMP_VHOSTS", "DUMP_RUN_CFG", "DUMP_MODULES", "DUMP_INCLUDES")
"""The names that ask for a dump, as httpd's `-D` takes them."""


def virtual_hosts(plan: Plan) -> str:
    """`-S`, first half: who answers at each address."""
    tables: dict[tuple[bytes, int], HostTable] = plan.tables  # type: ignore[assignment]
    groups = [(address, port, table) for (address, port), table in tables.items() if address]
    groups.sort(key=lambda group: bucket(group[0]))
    made = ["VirtualHost configuration:\n"]
    for address, port, table in groups:
        made.append(f"{spelt(address, port):<22} ")
        if len(table.hosts) == 1:
            made.append(f"{named(table.first)}\n")
            continue
        made.append(f"is a NameVirtualHost\n{'':8} default server {named(table.first)}\n")
        for host in table.hosts:
            made.append(f"{'':8} port {port or '*'} namevhost {named(host)}\n")
            made += [f"{'':16} alias {name.decode('utf-8', 'replace')}\n" for name in host.aliases]
            made += [f"{'':16} wild alias {name.decode('utf-8', 'replace')}\n" for name in host.wildcards]
    return "".join(made)


def bucket(address: bytes) -> int:
    """Where httpd's table has an address; those for every address come behind all others."""
    if address == b"*":
        return BUCKETS
    packed = ipaddress.ip_address(address.decode("ascii").partition("%")[0]).packed[-4:]
    key = int.from_bytes(packed, "little")
    key ^= key >> 16
    return ((key >> 8) ^ key) % BUCKETS


def spelt(address: bytes, port: int) -> str:
    host = address.decode("ascii", "replace")
    return f"{f'[{host}]' if ':' in host else host}:{port or '*'}"


def named(host: VirtualHost) -> str:
    return f"{host.server_name.decode('utf-8', 'replace')} ({host.origin})"


def run_configuration(loaded: Loaded, plan: Plan) -> str:
    """`-S`, second half: the main server's files, what is defined, and who it runs as."""
    main = plan.main
    assert main is not None
    made = [f'ServerRoot: "{plan.server_root}"']
    if main.document_root:
        made.append(f'Main DocumentRoot: "{main.document_root.decode("utf-8", "replace")}"')
    if plan.error_log:
        made.append(f'Main ErrorLog: "{plan.error_log}"')
    if plan.pid_file:
        made.append(f'PidFile: "{plan.pid_file}"')
    for name, value in loaded.tree.names.values.items():
        made.append(f"Define: {name}" + (f"={value}" if value is not None else ""))
    if plan.user:
        made.append(f'User: name="{plan.user}" id={user_id(plan.user)}')
    if plan.group:
        made.append(f'Group: name="{plan.group}" id={group_id(plan.group)}')
    return "".join(f"{line}\n" for line in made)


def user_id(name: str) -> str:
    """A number, or `?` for somebody whom the system does not know."""
    if name.startswith("#"):
        return name[1:]
    try:
        return str(pwd.getpwnam(name).pw_uid)
    except KeyError:
        return "?"


def group_id(name: str) -> str:
    if name.startswith("#"):
        return name[1:]
    try:
        return str(grp.getgrnam(name).gr_gid)
    except KeyError:
        return "?"


def includes(loaded: Loaded) -> str:
    """`-t -D DUMP_INCLUDES`: the files, each below the line that brought it in."""
    lines = [f"  (*) {loaded.path}\n", *_included(loaded.tree.nodes, 4)]
    return "Included configuration files:\n" + "".join(lines)


def _included(nodes: list[Node], indent: int) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, Included):
            yield f"{'':{indent}}({node.statement.origin.line}) {node.path}\n"
            yield from _included(node.children, indent + 2)
        elif isinstance(node, Section):
            yield from _included(node.children, indent)


def modules(loaded: Loaded) -> str:
    """`-M`: what counts as loaded; what a LoadModule line asks for and evenflow does not have is marked."""
    names = loaded.tree.names
    made = [f" {name} (static)\n" for name in sorted(names.modules) if name not in names.loads]
    made += [f" {name} (shared)\n" if ours else f" {name} (not in evenflow)\n" for name, ours in names.loads.items()]
    return "Loaded Modules:\n" + "".join(made)
