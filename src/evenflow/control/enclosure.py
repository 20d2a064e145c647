"""ChrootDir: what must be at hand before the children shut themselves in, and the shutting in.

As in httpd the supervisor stays outside, and opens logs, sockets, certificates and programs there. What is looked at
for each request is looked for inside: files, user files, texts of maps, sockets of members. Of the program itself
nothing is needed inside, because it is all loaded before; and nothing is ever loaded from inside, whoever writes there.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import socket
import sys
import syslog
import time
from importlib.machinery import BuiltinImporter, FrozenImporter
from typing import Any, Final, cast

from evenflow.control.trouble import Trouble
from evenflow.origin import NOWHERE
from evenflow.plan.fronts import member_tls_of
from evenflow.plan.locations import Section
from evenflow.plan.model import Plan
from evenflow.serve import hosts_file, libssl, stapling, tls
from evenflow.serve.member_tls import context_of, ways_of

ALWAYS: Final = (
    "ast",
    "brotli",
    "concurrent.futures.thread",
    "evenflow.control.explanation",
    "evenflow.control.services",
    "evenflow.serve.heartbeats",
    "evenflow.serve.http2.connection",
    "evenflow.serve.http2.doorway",
    "evenflow.serve.names",
    "linecache",
    "tokenize",
    "uvloop",
)
"""Imported where they are first used, by a child or the watchdog."""
FOR_TLS: Final = (
    "cryptography.exceptions",
    "cryptography.hazmat.primitives.asymmetric.ec",
    "cryptography.hazmat.primitives.asymmetric.ed25519",
    "cryptography.hazmat.primitives.asymmetric.ed448",
    "cryptography.hazmat.primitives.asymmetric.padding",
    "cryptography.hazmat.primitives.asymmetric.rsa",
    "cryptography.hazmat.primitives.hashes",
    "cryptography.hazmat.primitives.serialization",
    "cryptography.x509",
    "cryptography.x509.ocsp",
    "cryptography.x509.oid",
    "datetime",
)
FOR_TRACES: Final = (
    "evenflow.serve.trace_export",
    "evenflow.serve.tracing",
    "google.protobuf.message",
    "opentelemetry.proto.collector.trace.v1.trace_service_pb2",
)

MOST_WAYS: Final = 128
"""Combinations of sections that are made ready for each virtual host."""

NAMES: Final = (hosts_file.HOSTS, hosts_file.SWITCH, hosts_file.RESOLV)
"""What the watchdog finds names of members by; kept for where the directory has no such file."""


def get_ready(plan: Plan) -> None:
    """Have everything at hand that children will not find inside. Raises Trouble where the kernel would not let them
    in. For the supervisor, before it forks."""
    try_it(plan.chroot_dir)
    speaks_tls = bool(tls.hosts_with_tls(plan) or ways_of(plan))
    for name in (*ALWAYS, *(FOR_TLS if speaks_tls else ()), *(FOR_TRACES if plan.tracing is not None else ())):
        # What is an extra may not be installed, and nobody asks for it then.
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    if speaks_tls:
        libssl.obstacle()
        prepare_ways(plan)
        stapling.read_ahead([tls.front_of(host) for host in tls.hosts_with_tls(plan)])
    hosts_file.keep(NAMES)
    # The C library loads what nsswitch.conf names at the first question, and this one when a thread is ended.
    with contextlib.suppress(OSError):
        socket.getaddrinfo("localhost", None)
    with contextlib.suppress(OSError):
        ctypes.CDLL("libgcc_s.so.1")
    if any(target.startswith("syslog") for target in error_logs(plan)):
        syslog.openlog("evenflow", syslog.LOG_PID | syslog.LOG_NDELAY)


def prepare_ways(plan: Plan) -> None:
    """Read what is shown to and believed of members for whom several `<Proxy>` sections say something of TLS: with one
    of them it is read by now."""
    for host in (*plan.hosts, plan.main):
        if host is None:
            continue
        together: list[tuple[Section, ...]] = [()]
        for section in host.proxies:
            assert isinstance(section, Section)
            if section.said.get("member_tls") is not None:
                together += [(*some, section) for some in together if all(meet(one, section) for one in some)]
                del together[MOST_WAYS:]
        for some in together:
            said: list[Any] = [line for one in some for line in cast(tuple[Any, ...], one.said.get("member_tls"))]
            way = member_tls_of((*cast(tuple[Any, ...], host.base.member_tls), *said))
            # What cannot be used together is told when it is asked for.
            with contextlib.suppress(OSError, ValueError):
                if way.engine:
                    context_of(way)


def meet(one: Section, other: Section) -> bool:
    """Whether both can be about the same member."""
    if one.pattern is not None or other.pattern is not None:
        return True
    return one.prefix.startswith(other.prefix) or other.prefix.startswith(one.prefix)


def error_logs(plan: Plan) -> list[str]:
    """Where errors go."""
    return [plan.error_log, *(host.error_log for host in plan.hosts)]


def try_it(path: str) -> None:
    """Let a process of its own go in. Raises Trouble where it may not."""
    pid = os.fork()
    if not pid:
        number = 0
        try:
            os.chroot(path)
        except OSError as fault:
            number = fault.errno or 255
        finally:
            os._exit(number)
    number = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if number:
        raise Trouble(
            "chroot-refused",
            f"`ChrootDir {path}`: {os.strerror(number)}",
            NOWHERE,
            "the supervisor needs the capability CAP_SYS_CHROOT (systemd: `CapabilityBoundingSet=`)",
        )


def enter(path: str) -> None:
    """Shut this process in, for ever if it then leaves root. Raises OSError."""
    # With a name the C library reads the time zone once; without one it reads it again, and would find none.
    os.putenv("TZ", os.environ.get("TZ") or ":/etc/localtime")
    time.tzset()
    os.chdir(path)
    os.chroot(path)
    os.chdir("/")
    lock_out()


def lock_out() -> None:
    """Nothing is imported from files any more: those inside may be anybody's."""
    sys.path[:] = []
    sys.path_importer_cache.clear()
    built_in: list[Any] = [BuiltinImporter, FrozenImporter]
    sys.meta_path[:] = built_in
