"""A collector of traces as OpenTelemetry has it: OTLP over HTTP, decoded with the published messages."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


class Told:
    """One span, its attributes as plain values."""

    def __init__(self, span: Any, resource: dict[str, Any]) -> None:
        self.name: str = span.name
        self.trace: str = span.trace_id.hex()
        self.id: str = span.span_id.hex()
        self.parent: str = span.parent_span_id.hex()
        self.state: str = span.trace_state
        self.kind: int = span.kind
        self.failed: str = span.status.message if span.status.code == 2 else ""
        self.nanoseconds: int = span.end_time_unix_nano - span.start_time_unix_nano
        self.began: int = span.start_time_unix_nano
        self.said = plain(span.attributes)
        self.events = [(event.name, plain(event.attributes)) for event in span.events]
        self.resource = resource


def plain(attributes: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}


class Collector:
    """It listens from the beginning, and answers from `start` on (a test forks in between). `answers` are statuses that
    it gives first, with the fields that go with them; `rejects` is how many spans of each message it says it did not
    take."""

    def __init__(self) -> None:
        self.spans: list[Told] = []
        self.posts: list[tuple[str, dict[str, str]]] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.rejects = 0
        collector = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers["Content-Length"]))
                status, fields = collector.took(self.path, dict(self.headers), data)
                answer = ExportTraceServiceResponse()
                answer.partial_success.rejected_spans = collector.rejects
                body = answer.SerializeToString() if status == 200 else b""
                self.send_response(status)
                for name, value in {**fields, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                collector.posts.append(("GET " + self.path, {}))
                self.send_error(500)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port: int = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)

    def took(self, path: str, fields: dict[str, str], data: bytes) -> tuple[int, dict[str, str]]:
        """What is answered to a message; its spans are kept where that is 200."""
        self.posts.append((path, fields))
        if self.answers:
            return self.answers.pop(0)
        message = ExportTraceServiceRequest.FromString(data)
        for resource in message.resource_spans:
            facts = plain(resource.resource.attributes)
            for scope in resource.scope_spans:
                self.spans += [Told(span, facts) for span in scope.spans]
        return 200, {}

    def start(self) -> Collector:
        self.thread.start()
        return self

    def __enter__(self) -> Collector:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.thread.is_alive():
            self.server.shutdown()
            self.thread.join()
        self.server.server_close()
