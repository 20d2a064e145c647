"""What all connections of one child share: the loop, the read buffer, kept connections, and who is connected.

It holds; it does not act. Kept connections come and go by `backend_connection`, the ticking is `loop`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from evenflow.proxy.exchange import Exchange
from evenflow.proxy.routes import Routes
from evenflow.serve.access_log import AccessLogs
from evenflow.serve.client_status import ClientStatuses
from evenflow.serve.error_log import ErrorLog
from evenflow.serve.error_logs import ErrorLogs
from evenflow.serve.log_record import LogRecord
from evenflow.serve.member_pool import MemberPool
from evenflow.serve.questions import Questions
from evenflow.serve.resolver import Resolver
from evenflow.slotmem.limits import LIMITS
from evenflow.slotmem.scoreboard import Scoreboard
from evenflow.slotmem.sessions import Sweeper
from evenflow.slotmem.tokens import Tokens

BUFFER_SIZE = 131072


class Server:
    """Made once in each child."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        routes: Routes,
        resolver: Resolver,
        handlers: dict[str, Callable[..., Any]],
        log: ErrorLog,
        access_logs: AccessLogs,
        scoreboard: Scoreboard | None = None,
    ) -> None:
        self.loop = loop
        self.routes = routes
        self.resolver = resolver
        self.handlers = handlers
        self.log = log
        self.error_logs = ErrorLogs(routes.plan, log)
        self.access_logs = access_logs
        self.questions = Questions(loop)
        self.client_statuses = ClientStatuses(loop)
        self.logs_access = bool(access_logs.sinks)
        self.record = LogRecord()
        self.buffer = bytearray(BUFFER_SIZE)
        """Every read goes here; nothing in it outlives the call-back."""
        self.idle: list[list[Any]] = [[] for _ in routes.plan.members]
        """Kept connections for each member's slot, the last used at the end."""
        self.pools: list[MemberPool | None] = [None] * len(routes.plan.members)
        """For members that say `max`."""
        self.limited: list[tuple[MemberPool, list[Any]]] = []
        """Those pools, and what is kept of them."""
        for member in routes.plan.members:
            if member.max <= 0:
                continue
            # Without a supervisor a child has them for itself.
            place = scoreboard.place if scoreboard is not None else 0
            known = scoreboard.tokens if scoreboard is not None else {}
            tokens = known[member.slot] if member.slot in known else Tokens(member.max)
            tokens.begin(place)
            pool = self.pools[member.slot] = MemberPool(tokens, place, member.acquire, loop)
            self.limited.append((pool, self.idle[member.slot]))
        self.limits_met = [0] * len(LIMITS)
        """How often, by the places of `slotmem.limits`."""
        self.sweeper = None if scoreboard is None else Sweeper(scoreboard)
        """Takes sessions out that are gone."""
        self.clients: set[Any] = set()
        self.http2: set[Any] = set()
        """The `http2.connection.Http2Connection`s; their streams are among the clients."""
        self.spare_exchanges: list[Exchange] = []
        self.draining = False
        """Nothing new is accepted, and every answer ends its connection."""
        self.ending = False
        """Nor does anybody wait for another request on a kept connection."""
        self.answered = 0
        """Requests that were answered."""
        self.body_bytes = 0
        """Bytes of their bodies."""
        self.host_rows: list[Any] = []
        """`measures.HostRow`s by the virtual hosts' index; none where nobody measures."""
        self.tracer: Any = None
        """`tracing.Tracer`; None where no collector is told of requests."""
        self.now = 0.0
        """When the next tick is due, at the latest: a free clock for deadlines that every message sets."""

    def take_exchange(self) -> Exchange:
        """An exchange to use until `give_exchange`."""
        if self.spare_exchanges:
            return self.spare_exchanges.pop()
        exchange = Exchange(self.routes)
        exchange.remembers = self.logs_access
        return exchange

    def give_exchange(self, exchange: Exchange) -> None:
        """It is done with. It is made new when it is taken into use again."""
        if len(self.spare_exchanges) < 256:
            self.spare_exchanges.append(exchange)
