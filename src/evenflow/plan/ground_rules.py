"""Rules of the core that hold before anybody looks at the path: strict names, methods, ServerPath; and TRACE.

Each gives an answer or None. httpd's `ap_update_vhost_from_headers`, `ap_send_http_trace` and the checks of
HttpProtocolOptions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from evenflow.plan import decision

if TYPE_CHECKING:
    from evenflow.plan.decision import Inquiry
    from evenflow.plan.model import Decision, VirtualHost
    from evenflow.plan.vhosts import HostTable

# TraceEnable
TRACE_ON: Final = 0
TRACE_OFF: Final = 1
TRACE_EXTENDED: Final = 2
"""A request body is sent back too."""

TRACE_HANDLER: Final = "*trace"
"""The handler of a decision that TRACE is answered here; no SetHandler can name it."""

METHODS: Final = frozenset(
    b"GET HEAD PUT POST DELETE CONNECT OPTIONS TRACE PATCH PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK"
    b" VERSION-CONTROL CHECKOUT UNCHECKOUT CHECKIN UPDATE LABEL REPORT MKWORKSPACE MKACTIVITY BASELINE-CONTROL MERGE"
    b" BREW WHEN".split()
)
"""What httpd has registered by itself."""


def host_by_path(table: HostTable, path: bytes) -> VirtualHost | None:
    """The virtual host whose ServerPath covers the path: for requests that name no host."""
    for host in table.hosts:
        prefix = host.server_path
        if prefix and path.startswith(prefix):
            size = len(prefix)
            if prefix.endswith(b"/") or size == len(path) or path[size] == 47:
                return host
    return None


def refuse(inquiry: Inquiry, table: HostTable) -> Decision | None:
    """What the virtual host does not take at all. Asked only where `HostTable.has_rules`."""
    head = inquiry.head
    if table.strict and head.host and table.find(head.host) is None:
        return decision.answer(inquiry, 400, "no virtual host has the name that was asked for (StrictHostCheck)")
    methods = inquiry.host.methods
    if methods is not None and head.method not in methods:
        made = decision.answer(inquiry, 501, "the method is not registered (HttpProtocolOptions RegisteredMethods)")
        made.fields = ((b"Allow", allowed(inquiry.host)),)
        return made
    return None


def allowed(host: VirtualHost) -> bytes:
    """The Allow field where no handler says what it takes: TRACE, unless TraceEnable is off."""
    return b"" if host.trace == TRACE_OFF else b"TRACE"


def answer_trace(inquiry: Inquiry) -> Decision | None:
    """TRACE: forbidden, or answered here unless it is forwarded. httpd looks at no access rule for it."""
    if inquiry.head.method != b"TRACE":
        return None
    if inquiry.host.trace == TRACE_OFF:
        made = decision.answer(inquiry, 405, "TRACE is forbidden (TraceEnable)")
        made.fields = ((b"Allow", b""),)
        return made
    if inquiry.mapped:
        return None
    return decision.local(inquiry, TRACE_HANDLER, inquiry.host.origin)
