"""Access logs as JSON lines (`EvenflowAccessLog`): what happened to a request, and of an error of ours why and by which
line of the configuration.

Whatever a client sends, a line is one object of strictly valid JSON in ASCII. Bytes that are no UTF-8 stand in a text
as `\\udc80` to `\\udcff`, each for the byte with the same last two digits (Python's surrogateescape, RFC 8259 section
8.2), so nothing is lost. What is not known is null.
"""

from __future__ import annotations

import json
import time
from typing import Any, Final

from evenflow.plan.edits import NOTE_PREFIX
from evenflow.plan.model import FILE, FORWARD
from evenflow.serve.log_format import OTHER, LogFormat
from evenflow.serve.log_record import LogRecord
from evenflow.serve.pages import reason_of
from evenflow.serve.refused_head import RefusedHead

ENCODER: Final = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def json_format() -> LogFormat:
    """The format of a log whose lines are objects."""
    return LogFormat([(OTHER, line)])


def line(record: LogRecord) -> bytes:
    """One exchange, ended by a line feed."""
    return ENCODER.encode(facts_of(record)).encode("ascii") + b"\n"


def facts_of(record: LogRecord) -> dict[str, Any]:
    """The object. `time` is when the request began, UTC; `duration` is seconds; `bytes` are those of the answer's
    body."""
    decision = record.first_decision or record.decision
    said: dict[str, Any] = {
        "time": spell(record.started),
        "host": text(record.host.server_name) if record.host is not None else None,
        "client": text(record.client()),
        "user": text(decision.user) if decision is not None else None,
        **asked(record),
        "status": record.status or None,
        "bytes": record.body_bytes_sent,
        "duration": round(record.duration, 6),
        "aborted": record.aborted,
        **way(record),
    }
    trace = record.env.get(NOTE_PREFIX + b"trace-id")
    if trace is not None:
        said["trace"] = text(trace)
        said["span"] = text(record.env.get(NOTE_PREFIX + b"span-id"))
    cause = cause_of(record)
    if cause:
        said["cause"] = cause
        origin = origin_of(record)
        said["origin"] = f"{origin.file}:{origin.line}" if origin is not None and origin.file else None
    return said


def asked(record: LogRecord) -> dict[str, Any]:
    """What the client sent: as it came, also where it could not be understood."""
    head = record.head
    if head is None:
        refused = RefusedHead(record.refused)
        method, target = refused.method, refused.target
        return {"method": text(method) or None, "target": text(target) or None, "protocol": None}
    if record.facts is not None and record.facts.http2 is not None:
        protocol = "HTTP/2.0"
    else:
        protocol = "HTTP/1.0" if head.version == 10 else "HTTP/1.1"
    return {"method": text(head.method), "target": text(head.target), "protocol": protocol}


def way(record: LogRecord) -> dict[str, Any]:
    """Who answered: the member that was asked last, null where it was ourselves."""
    decision = record.decision
    member = decision.member if decision is not None and decision.kind == FORWARD else None
    name = member.name if member is not None else record.env.get(b"BALANCER_WORKER_NAME")
    balancer = record.env.get(b"BALANCER_NAME")
    if balancer is None and decision is not None and decision.balancer is not None:
        balancer = b"balancer://" + decision.balancer.name
    return {
        "balancer": text(balancer.removeprefix(b"balancer://")) if balancer is not None else None,
        "member": text(name),
        "route": text(record.env.get(b"BALANCER_WORKER_ROUTE")) or None,
        "attempts": record.attempts,
    }


def cause_of(record: LogRecord) -> str:
    """Why an error of ours is one; "" for every other answer, and for a member's own errors."""
    if record.status < 400:
        return ""
    decision = record.first_decision or record.decision
    if record.why or decision is None or decision.kind == FORWARD:
        return record.why + behind(record)
    reason: str = decision.reason or reason_of(record.status).decode("ascii")
    return f"{reason}: `{text(decision.file)}`" if decision.kind == FILE else reason


def behind(record: LogRecord) -> str:
    """What a member did, where our words for the client do not say it: ` (http://10.0.0.1: timeout)`."""
    failure = record.failure
    if not record.why or failure is None or failure.cause in record.why:
        return ""
    return f" ({failure.member.name.decode('utf-8', 'backslashreplace')}: {failure.cause})"


def origin_of(record: LogRecord) -> Any:
    """Whose line of the configuration decided; None where no request was understood."""
    decision = record.first_decision or record.decision
    return decision.origin if decision is not None else None


def text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "surrogateescape")


def spell(moment: float) -> str:
    """RFC 3339 with milliseconds: `2026-11-21T20:00:00.123Z`."""
    thousandths = int(moment * 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(thousandths // 1000))}.{thousandths % 1000:03d}Z"
