"""Error pages in the place of a member's, and an ErrorDocument at a path of ours: the exchange answers another request
in the place of the failed one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenflow.plan import documents
from evenflow.proxy.response import CLOSING

if TYPE_CHECKING:
    from evenflow.proxy.exchange import Exchange


def begin(exchange: Exchange, path: bytes, status: int, reason: bytes, now: float) -> None:
    """In the place of the page for `status`, answer with what lies at `path`; the phases run for it. Once for an
    exchange: a document that fails has our own page.
    """
    failed = exchange.decision
    if exchange.first_decision is None:
        exchange.first_decision = failed
    exchange.document_status = status
    exchange.documents += 1
    exchange.document_reason = reason
    if status in CLOSING:
        exchange.keep_client = False
    if exchange.request_left != 0:
        # What is left of the body goes nowhere, and nobody knows where the next request begins.
        exchange.keep_client = False
        exchange.abandoned = True
    # The document is asked for without a body. What was said of the failed request's would make its member wait
    # for one, and take the next request on that connection for it.
    exchange.request_left = exchange.request_length = 0
    exchange.collected = bytearray()
    exchange.inflater = None
    exchange.route = exchange.session_name = exchange.session = b""
    exchange.rerouted = False
    keep = exchange.keep_client
    old = exchange.head
    exchange.head = documents.head_for(old, path)
    exchange.expects = exchange.held_back = False
    exchange.status = 0
    exchange.reason = b""
    exchange.env = None
    exchange.view = exchange.seen_answer = exchange.own_always = exchange.request_fields = exchange.plain = None
    exchange.balance = exchange.elected = None
    exchange.attempts = 0
    exchange.died_at = None
    exchange.repeated_fresh = False
    decider = exchange.routes.decider
    exchange.decided(decider.decide_document(exchange.facts, failed, old, exchange.head, status), now)
    exchange.keep_client = exchange.keep_client and keep


def keep_status(exchange: Exchange) -> None:
    """With ProxyErrorOverride the document's answer says the status that it is shown for, else its own (httpd)."""
    data = exchange.answer.data
    line = b"HTTP/1.1 %d " % exchange.document_status + exchange.document_reason
    exchange.answer.parse(line + data[data.find(b"\r\n") :], 0)


def replace(exchange: Exchange) -> None:
    """ProxyErrorOverride: an answer of ours in the place of the member's error page."""
    answer = exchange.answer
    exchange.release()
    exchange.refuse(answer.status, "the member's error page is replaced (ProxyErrorOverride)")
    # A document that a member refuses may have a document itself (httpd).
    exchange.document_status = 0
    exchange.reason = answer.reason
    if answer.status == 401:
        exchange.kept_fields = [pair for pair in answer.pairs() if pair[0].lower() == b"www-authenticate"]
