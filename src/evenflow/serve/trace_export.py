"""Spans on their way to a collector: OTLP over HTTP, protobuf (https://opentelemetry.io/docs/specs/otlp/), by a thread.

The loop only appends to a bounded queue and never waits; what does not fit is left out and counted. The thread makes
the messages a few spans at a time, so that the loop has its turn, and sends them to the one address that the
configuration names: it follows no redirect and asks no proxy. A collector that is away or busy is asked again for a
while; meanwhile the queue fills, and then what is newest is left out.
"""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import evenflow
from evenflow.plan.tracing import Tracing

if TYPE_CHECKING:
    from evenflow.serve.tracing import Span, Value

MOST: Final = 4096
"""Spans that wait."""
BATCH: Final = 256
"""Spans in one message."""
AT_ONCE: Final = 8
"""Spans that are put into words before the loop has its turn."""
PAUSE: Final = 1.0
"""Seconds from one message to the next, unless a batch is together before."""
PATIENCE: Final = 5.0
"""Seconds for the collector to take a message."""
TRIES: Final = 5
LONGEST_PAUSE: Final = 30.0
FLUSH: Final = 3.0
"""Seconds at the end for what still waits."""
AGAIN: Final = (429, 502, 503, 504)
"""Statuses after which the same may be sent again."""
MOST_ANSWER: Final = 65536

SERVER_KIND: Final = 2
ERROR: Final = 2


class Exporter:
    """The queue and its thread. `sent`, `left_out` and `refused` count spans; `trouble` is what last went wrong, for
    somebody to tell and to take away."""

    def __init__(self, said: Tracing, most: int = MOST) -> None:
        self.said = said
        self.most = most
        self.queue: deque[Span] = deque()
        self.sent = 0
        self.left_out = 0
        """The queue was full."""
        self.refused = 0
        """The collector did not take them."""
        self.trouble = ""
        self.due = threading.Event()
        self.ending = False
        self.resource: Any = None
        self.connection: http.client.HTTPConnection | None = None
        self.thread = threading.Thread(target=self._run, name="evenflow: traces", daemon=True)

    def start(self) -> None:
        """Behind the fork."""
        self.thread.start()

    def put(self, span: Span) -> None:
        """A finished span."""
        waiting = len(self.queue)
        if waiting >= self.most:
            self.left_out += 1
            return
        self.queue.append(span)
        if waiting + 1 == BATCH:
            self.due.set()

    def close(self, seconds: float = FLUSH) -> None:
        """Send what waits, for so long at most."""
        self.ending = True
        self.due.set()
        self.thread.join(seconds)
        self.left_out += len(self.queue)

    # --- in the thread ---

    def _run(self) -> None:
        while not self.ending:
            self.due.wait(PAUSE)
            self.due.clear()
            while self.queue:
                self._send_some()
        while self.queue:
            self._send_some()

    def _send_some(self) -> None:
        """One message, until it is taken or given up."""
        spans = [self.queue.popleft() for _ in range(min(BATCH, len(self.queue)))]
        try:
            taken = self._deliver(self._message(spans), len(spans))
        except Exception as fault:
            # A mistake of ours must not end the thread: the queue would stay full for ever.
            self.trouble = f"a mistake in evenflow: {fault!r}"
            taken = 0
        self.sent += taken
        self.refused += len(spans) - taken

    def _message(self, spans: list[Span]) -> bytes:
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

        message = ExportTraceServiceRequest()
        one = message.resource_spans.add()
        for name, value in resource_facts(self.said):
            say(one.resource.attributes.add(), name, value)
        scope = one.scope_spans.add()
        scope.scope.name = "evenflow"
        scope.scope.version = evenflow.__version__
        for index, span in enumerate(spans):
            write(scope.spans.add(), span)
            if index % AT_ONCE == AT_ONCE - 1 and not self.ending:
                time.sleep(0)
        data: bytes = message.SerializeToString()
        return data

    def _deliver(self, data: bytes, count: int) -> int:
        """How many of its spans were taken."""
        pause = 1.0
        for attempt in range(TRIES):
            if attempt and (self.ending or self._rest(pause)):
                # No time for another try.
                return 0
            try:
                status, answer, after = self._post(data)
            except (OSError, http.client.HTTPException) as fault:
                self._hang_up()
                self.trouble = str(fault) or type(fault).__name__
            else:
                if status == 200:
                    return max(0, count - rejected(answer))
                self.trouble = f"the collector answered {status}"
                if status not in AGAIN:
                    return 0
                pause = max(pause, after)
            pause = min(pause * 2, LONGEST_PAUSE)
        return 0

    def _rest(self, seconds: float) -> bool:
        """Wait; whether all is about to end."""
        deadline = time.monotonic() + seconds
        while not self.ending and time.monotonic() < deadline:
            self.due.wait(deadline - time.monotonic())
            self.due.clear()
        return self.ending

    def _post(self, data: bytes) -> tuple[int, bytes, float]:
        """Status, body, and after how many seconds to come again."""
        connection = self.connection
        if connection is None:
            connection = self.connection = self._connect()
        fields = {"Content-Type": "application/x-protobuf", "User-Agent": f"evenflow/{evenflow.__version__}"}
        connection.request("POST", self.said.path, data, fields)
        answer = connection.getresponse()
        body = answer.read(MOST_ANSWER)
        if answer.read(1) or answer.will_close:
            self._hang_up()
        after = answer.getheader("Retry-After", "")
        return answer.status, body, float(after) if after.isdigit() and len(after) < 6 else 0.0

    def _connect(self) -> http.client.HTTPConnection:
        said = self.said
        if said.secure:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(said.host, said.port, timeout=PATIENCE, context=context)
        return http.client.HTTPConnection(said.host, said.port, timeout=PATIENCE)

    def _hang_up(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def resource_facts(said: Tracing) -> list[tuple[str, Value]]:
    """Who tells."""
    return [
        ("service.name", said.service),
        ("service.version", evenflow.__version__),
        ("service.instance.id", f"{socket.gethostname()}:{os.getpid()}"),
        ("host.name", socket.gethostname()),
        ("process.pid", os.getpid()),
    ]


def write(to: Any, span: Span) -> None:
    """One span into its message."""
    to.trace_id = bytes.fromhex(span.context.trace.decode())
    to.span_id = bytes.fromhex(span.context.span.decode())
    if span.parent:
        to.parent_span_id = bytes.fromhex(span.parent.decode())
    to.trace_state = span.state.decode("ascii", "replace")
    # Sampled; whether the parent is somebody else's is known, and it is.
    to.flags = 0x301 if span.parent else 0x101
    to.name = span.name
    to.kind = SERVER_KIND
    to.start_time_unix_nano = span.began
    to.end_time_unix_nano = span.ended
    for name, value in span.attributes:
        say(to.attributes.add(), name, value)
    for when, told in span.events:
        event = to.events.add()
        event.name = "attempt failed"
        event.time_unix_nano = when
        for name, value in told:
            say(event.attributes.add(), name, value)
    if span.failed:
        to.status.code = ERROR
        to.status.message = span.failed


def say(to: Any, name: str, value: Value) -> None:
    """One attribute into its message."""
    to.key = name
    if isinstance(value, bool):
        to.value.bool_value = value
    elif isinstance(value, int):
        to.value.int_value = value
    elif isinstance(value, bytes):
        to.value.string_value = value.decode("utf-8", "backslashreplace")
    else:
        to.value.string_value = value.encode("utf-8", "backslashreplace").decode()


def rejected(answer: bytes) -> int:
    """How many spans of a message that was taken were not (partial success)."""
    from google.protobuf.message import DecodeError
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

    try:
        return int(ExportTraceServiceResponse.FromString(answer).partial_success.rejected_spans)
    except DecodeError:
        return 0
