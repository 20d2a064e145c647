"""Bodies as they should arrive: error answers, encodings, and how large they may be. Nothing large is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from evenflow.tools.doctor.asking import PATIENCE, Answer, Jar, Unanswered, decode
from evenflow.tools.doctor.synchrony import BAYEUX, Editor, is_answer
from evenflow.tools.doctor.visit import Finding, Visit, found, looks_like_confluence, unknown

MB: Final = 1_000_000
WANTED: Final = 100 * MB
"""Confluence's own limit on attachments, unless changed."""
FIELDS: Final = (2000, 4000, 7000)
"""Bytes of a cookie that must pass."""
OUTAGE: Final = (502, 503, 504)
MARKUP: Final = '<p onclick="x()">a <b>page</b></p><script>alert(1)</script>'
"""What a firewall may take for an attack, and editors send all day."""


def check_error_bodies(visit: Visit) -> Iterator[Finding]:
    """A REST path that is not there, as scripts ask for it: the application's own body must come through."""
    target = f"{visit.path}/rest/evenflow-doctor/nothing"
    fields = {"Accept": "application/json"}
    ours = visit.site.ask(target, fields=fields)
    if ours.status < 400:
        yield unknown("error bodies", f"nothing fails here: {ours.evidence('Content-Type')}")
        return
    theirs = None
    for node in visit.nodes:
        try:
            theirs = node.asker.ask(target, fields=fields)
        except Unanswered:
            continue
        break
    if ours.status in OUTAGE:
        if ours.is_html and (theirs is None or theirs.status != ours.status):
            yield found("outage-in-html", "error bodies", ours.evidence("Content-Type", "Server"))
    elif theirs is not None:
        # A page of Confluence itself was not put there by the balancer: the request came to another address of it.
        replaced = _kind(theirs) != _kind(ours) and not looks_like_confluence(ours)
        if replaced and theirs.status == ours.status:
            both = f"{ours.evidence('Content-Type')}; at the node {theirs.evidence('Content-Type')}"
            yield found("error-bodies-replaced", "error bodies", both)
    elif _is_a_servers_page(ours):
        yield found("error-bodies-replaced", "error bodies", ours.evidence("Content-Type", "Server"))


def _kind(answer: Answer) -> str:
    try:
        json.loads(answer.text)
    except ValueError:
        return "html" if answer.is_html else "other"
    return "json"


def _is_a_servers_page(answer: Answer) -> bool:
    """The short pages that httpd, nginx and evenflow write themselves."""
    text = answer.text.lower()
    return answer.is_html and "<title>404 not found</title>" in text and len(text) < 1500 and "tomcat" not in text


def check_markup(visit: Visit) -> Iterator[Finding]:
    """A message of nobody with a piece of a page in it, beside the same without."""
    nobody = {"channel": "/meta/connect", "clientId": "evenflow-doctor", "connectionType": "long-polling", "id": "1"}
    editor = Editor(visit.site, BAYEUX, Jar())
    plain, said = editor.post({**nobody, "ext": {"note": "a page"}, "advice": {"timeout": 0}})
    if not is_answer(plain, said):
        return
    marked, said = editor.post({**nobody, "ext": {"note": MARKUP}, "advice": {"timeout": 0}})
    if marked.status >= 400 and marked.status != plain.status and not is_answer(marked, said):
        said_so = f"with HTML in it {marked.evidence('Server')}; without {plain.status}"
        yield found("firewall-refuses", "markup", said_so)


def check_encodings(visit: Visit) -> Iterator[Finding]:
    """The login page packed and unpacked."""
    packed = visit.site.ask(visit.login, fields={"Accept-Encoding": "gzip"})
    encoding = packed.get("content-encoding")
    if encoding:
        body = decode(packed.raw, encoding)
        if body is None:
            yield found("encoding-broken", "encodings", packed.evidence("Content-Encoding"))
        elif body[:2] == b"\x1f\x8b":
            yield found("encoding-broken", "encodings", f"packed twice: {packed.request}, Content-Encoding: {encoding}")
        return
    if packed.raw[:2] == b"\x1f\x8b":
        yield found("encoding-broken", "encodings", f"{packed.request} is packed, and does not say so")


def check_body_limit(visit: Visit) -> Iterator[Finding]:
    """Announce a body with `Expect: 100-continue` and send none of it: a limit on the way answers at once."""
    target = f"{visit.path}/rest/api/content/0/child/attachment"
    low, high = 0, WANTED
    answer = _announce(visit, target, high)
    if answer is None or answer.status not in (413, 417):
        return
    evidence = answer.evidence("Server")
    while high - low > max(MB, low // 10):
        middle = (low + high) // 2
        answer = _announce(visit, target, middle)
        if answer is not None and answer.status in (413, 417):
            high = middle
        else:
            low = middle
    yield found("body-limit", "body limit", f"bodies above about {low / MB:.0f} MB are refused: {evidence}")


def _announce(visit: Visit, target: str, size: int) -> Answer | None:
    """The answer to a body that is only announced; None where the server waits for it (100, or silence)."""
    fields = {
        "Expect": "100-continue", "Content-Length": str(size), "Content-Type": "application/octet-stream",
        "X-Atlassian-Token": "no-check",
    }  # fmt: skip
    with visit.site.connect(PATIENCE) as link:
        link.settimeout(visit.silence)
        try:
            return visit.site.exchange(link, visit.site.head("POST", target, fields), "POST", target)
        except Unanswered:
            return None


def check_field_limit(visit: Visit) -> Iterator[Finding]:
    """Cookies as long as people with many applications have them."""
    plain = visit.site.ask(visit.login)
    for size in FIELDS:
        fields = {"Cookie": f"evenflow-doctor={'x' * size}"}
        try:
            answer = visit.site.ask(visit.login, fields=fields)
        except Unanswered as why:
            yield found("field-limit", "field limit", f"a cookie of {size} bytes: {why}")
            return
        if answer.status in (400, 413, 431) and plain.status != answer.status:
            yield found("field-limit", "field limit", f"a cookie of {size} bytes: {answer.evidence('Server')}")
            return
