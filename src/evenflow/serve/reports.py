"""What an exchange tells the error log: a member that failed, a request that we refused or could not serve."""

from __future__ import annotations

from typing import Final

from evenflow.plan.denials import DENIALS
from evenflow.proxy.attempt import CONNECT, MemberFailure
from evenflow.proxy.exchange import Exchange
from evenflow.proxy.steps import MEMBER
from evenflow.serve.error_log import About, ErrorLog, Ids
from evenflow.serve.error_logs import ErrorLogs
from evenflow.serve.handed_on import MANAGER
from evenflow.serve.log_record import LogRecord

MOST_TOLD: Final = 200
"""Bytes of what a client sent that a line tells."""


def report_failure(logs: ErrorLogs, exchange: Exchange) -> None:
    """A member failed: one line for who is called. The failure is taken away."""
    failure = exchange.failure
    exchange.failure = None
    member = failure.member
    name = member.name.decode("latin-1")
    balancer = member.balancer.name.decode("latin-1") if member.balancer is not None else "-"
    log = logs.of(exchange.decision.host)
    if exchange.decision.handler == MANAGER:
        report_console(log, failure)
    elif failure.in_error:
        log.error(
            "member unavailable",
            f"unavailable {name}",
            about(log, exchange),
            balancer=balancer,
            member=name,
            stage=failure.stage,
            cause=failure.cause,
            retry_in=int(member.retry),
            origin=member.origin,
        )
    elif not (failure.repeated and exchange.step == MEMBER and failure.cause == "closed"):
        log.error(
            "member failed",
            f"failed {name} {failure.stage}",
            about(log, exchange),
            balancer=balancer,
            member=name,
            stage=failure.stage,
            cause=failure.cause,
            client=client_of(exchange),
            origin=member.origin,
        )


def report_console(log: ErrorLog, failure: MemberFailure) -> None:
    """The manager's page is no member of anybody's configuration. While its process begins, or is replaced, a child
    answers in its place, so nothing is lost.
    """
    if failure.stage == CONNECT:
        log.info("nobody is there for the manager's page: a child answers", "console", cause=failure.cause)
    else:
        log.warn("the manager's page broke off", "console", stage=failure.stage, cause=failure.cause)


def report_refusal(logs: ErrorLogs, exchange: Exchange) -> None:
    """An error of ours: why, and which line of the configuration has to do with it."""
    status = exchange.document_status or exchange.status
    if status < 400:
        # An ErrorDocument sends the client elsewhere.
        status = exchange.decision.status
    log = logs.of(exchange.decision.host if exchange.decision is not None else exchange.facts.table.first)
    if status >= 500:
        origin = exchange.decision.origin if exchange.decision is not None else None
        log.error(
            "request failed",
            f"request {status} {exchange.why}",
            about(log, exchange),
            status=status,
            why=exchange.why,
            target=exchange.head.target[:MOST_TOLD].decode("latin-1"),
            client=client_of(exchange),
            origin=origin,
        )
    elif was_denied(exchange):
        told: dict[str, object] = {"status": status, "why": exchange.why, "client": client_of(exchange)}
        decision = exchange.decision
        if decision is not None:
            # What the client chose stands behind its address, where nobody takes it for one.
            if decision.user is not None:
                told["user"] = decision.user[:MOST_TOLD]
            told["target"] = exchange.first_head.target[:MOST_TOLD]
            told["origin"] = decision.origin
        log.error("request refused", f"denied {client_of(exchange)}", about(log, exchange), **told)
    else:
        log.info(
            "request refused",
            f"refused {status}",
            about(log, exchange),
            status=status,
            why=exchange.why,
            client=client_of(exchange),
        )


def was_denied(exchange: Exchange) -> bool:
    """Whether the client may not have what it asked for."""
    return exchange.why in DENIALS


def about(log: ErrorLog, exchange: Exchange) -> About | None:
    """What a format can ask of the exchange; None where no format is asked."""
    if log.formats is None:
        return None
    facts = exchange.facts
    if facts.log_ids is None:
        facts.log_ids = Ids()
    record = LogRecord()
    record.facts = facts
    record.keepalive_count = exchange.served
    record.refused = exchange.refused_head
    if exchange.decision is not None:
        record.decision = exchange.decision
        record.host = exchange.decision.host
        record.head = exchange.first_head
        # Variables of the balancer are not final yet.
        record.env = exchange.env or {}
        record.request_fields = exchange.request_fields
        record.plain = exchange.plain
    else:
        record.host = facts.table.first
    return About(record, facts.log_ids)


def client_of(exchange: Exchange) -> str:
    """The client's address, for a log."""
    decision = exchange.decision
    address: bytes = exchange.facts.client if decision is None else decision.client(exchange.facts)
    return address.decode("latin-1")
