"""Protocols and mod_http2, from settings to `plan.http2`."""

from __future__ import annotations

import importlib.util

from evenflow.compiler.findings import Findings
from evenflow.config.settings import UNSET, Block, Http2Settings, Unset
from evenflow.plan.http2 import ORDINARY, Http2
from evenflow.plan.model import VirtualHost
from evenflow.plan.scope import Said


def compile_http2(both: Block) -> Http2 | None:
    """How a server speaks HTTP/2; None where it does not."""
    protocols = both.core.protocols or ()
    secure, clear = "h2" in protocols, "h2c" in protocols
    if not (secure or clear):
        return None
    said = both.http2
    after = protocols.index("h2") > protocols.index("http/1.1") if secure and "http/1.1" in protocols else False
    return Http2(
        secure,
        not after or both.core.protocols_honored == "off",
        clear,
        said.direct is not False,
        number(said.max_streams, ORDINARY.max_streams),
        number(said.window, ORDINARY.window),
        said.modern_tls is not False,
        number(said.max_data_frame, ORDINARY.max_data_frame),
        number(said.max_header_block, ORDINARY.max_header_block),
        number(said.max_errors, ORDINARY.max_errors),
        0.0 if said.stream_timeout is UNSET else said.stream_timeout,
        bool(said.websockets),
        bool(said.early_hints),
    )


def require_library(hosts: tuple[VirtualHost, ...], modules: frozenset[str], findings: Findings) -> None:
    """HTTP/2 needs mod_http2, without which httpd takes the line and speaks HTTP/1.1, and here a library."""
    for host in hosts:
        if host.http2 is None:
            continue
        if "http2_module" not in modules:
            host.http2 = None
        elif importlib.util.find_spec("h2") is None:
            findings.error(
                "extra-missing",
                "HTTP/2 (`Protocols`) needs the library `h2`, which is not installed",
                host.origin,
                help="type `pip install 'evenflow[http2]'`, or write `Protocols http/1.1`",
            )


def number(said: int | Unset, default: int) -> int:
    return default if said is UNSET else said


def say_http2(said: Said, settings: Http2Settings) -> None:
    """H2Upgrade may stand in sections."""
    if settings.upgrade is not UNSET:
        said.say("http2_upgrade", settings.upgrade)
