"""Answers that we write ourselves: error pages and redirects, with httpd's fields in httpd's order, in our own words.

httpd's order of fields is Date, Server, what `Header always` added, Location and its like, Content-Length, Connection,
Content-Type. A page is the same for everybody; nothing of a request stands in it unless escaped.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final

from evenflow.proxy.server_token import TOKEN
from evenflow.serve.error_log import DAYS, MONTHS

HTML: Final = b"text/html; charset=iso-8859-1"

UNKNOWN: Final = -2
"""The length of a body that is not known when its head is written."""

Field = tuple[bytes, bytes]

REASONS: Final[dict[int, bytes]] = {
    100: b"Continue",
    101: b"Switching Protocols",
    102: b"Processing",
    103: b"Early Hints",
    200: b"OK",
    201: b"Created",
    202: b"Accepted",
    203: b"Non-Authoritative Information",
    204: b"No Content",
    205: b"Reset Content",
    206: b"Partial Content",
    207: b"Multi-Status",
    208: b"Already Reported",
    226: b"IM Used",
    300: b"Multiple Choices",
    301: b"Moved Permanently",
    302: b"Found",
    303: b"See Other",
    304: b"Not Modified",
    305: b"Use Proxy",
    307: b"Temporary Redirect",
    308: b"Permanent Redirect",
    400: b"Bad Request",
    401: b"Unauthorized",
    402: b"Payment Required",
    403: b"Forbidden",
    404: b"Not Found",
    405: b"Method Not Allowed",
    406: b"Not Acceptable",
    407: b"Proxy Authentication Required",
    408: b"Request Timeout",
    409: b"Conflict",
    410: b"Gone",
    411: b"Length Required",
    412: b"Precondition Failed",
    413: b"Request Entity Too Large",
    414: b"Request-URI Too Long",
    415: b"Unsupported Media Type",
    416: b"Requested Range Not Satisfiable",
    417: b"Expectation Failed",
    418: b"I'm A Teapot",
    421: b"Misdirected Request",
    422: b"Unprocessable Entity",
    423: b"Locked",
    424: b"Failed Dependency",
    425: b"Too Early",
    426: b"Upgrade Required",
    428: b"Precondition Required",
    429: b"Too Many Requests",
    431: b"Request Header Fields Too Large",
    451: b"Unavailable For Legal Reasons",
    500: b"Internal Server Error",
    501: b"Not Implemented",
    502: b"Bad Gateway",
    503: b"Service Unavailable",
    504: b"Gateway Timeout",
    505: b"HTTP Version Not Supported",
    506: b"Variant Also Negotiates",
    507: b"Insufficient Storage",
    508: b"Loop Detected",
    510: b"Not Extended",
    511: b"Network Authentication Required",
}
"""Reason phrases as httpd 2.4 sends them."""

PROXY_ERROR: Final = b"Proxy Error"
"""The reason that httpd gives where its proxy, rather than the member, says 502 or 500."""

SENTENCES: Final[dict[int, str]] = {
    400: "The request is not valid HTTP, so it was not passed on.",
    401: "This address asks for a name and a password, and none that fit were given.",
    403: "This address is not open to you.",
    404: "There is nothing at this address.",
    405: "What is at this address does not take this method.",
    406: "What is at this address cannot be had in a form that the request accepts.",
    407: "The proxy asks for a name and a password, and none that fit were given.",
    408: "The request did not arrive in time, and the connection is closed.",
    409: "The request does not go together with what is at this address now.",
    410: "What was at this address is gone for good.",
    411: "The request has a body and does not say how long it is.",
    412: "A condition that the request set does not hold.",
    413: "The request is larger than what is taken here.",
    414: "The address in the request is longer than what is taken here.",
    415: "The request's body has a form that is not taken here.",
    416: "No part of what is at this address lies in the range that was asked for.",
    417: "The request expects something that cannot be done here: only <code>100-continue</code> is.",
    421: "This connection was made for another name: open a new one for this address.",
    422: "The request was understood and cannot be carried out.",
    423: "What is at this address is locked.",
    424: "Another request that this one depends on has failed.",
    426: "This address is to be used with another protocol, which the <code>Upgrade</code> field names.",
    428: "The request has to say which state of things it is meant for.",
    429: "Too many requests came in a short time.",
    431: "The request's header fields are larger than what is taken here.",
    451: "What is at this address may not be shown, for a legal reason.",
    500: "The request met a mistake on this side; it is noted in the error log.",
    501: "This method is not known here.",
    502: "The server behind this proxy gave no valid answer.",
    503: "Nobody can take the request at the moment. Please try again in a little while.",
    504: "The server behind this proxy did not answer in time.",
    505: "This version of HTTP is not spoken here.",
    507: "There is not enough room to carry the request out.",
    508: "The request came back to where it had been before.",
}

MOVED: Final = 'What you asked for is <a href="{}">at this address</a>.'
SEE_OTHER: Final = 'The answer to your request is <a href="{}">at this address</a>.'

DOCTYPE: Final = '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">'


def reason_of(status: int) -> bytes:
    """The reason phrase of a status; httpd's word for one that it does not know is that of 500."""
    return REASONS.get(status) or REASONS[500]


def escape_html(text: bytes) -> bytes:
    """Safe in text and in a quoted attribute."""
    return text.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;").replace(b'"', b"&quot;")


def page(status: int, reason: bytes = b"", detail: bytes = b"", signature: bytes = b"", location: bytes = b"") -> bytes:
    """The page of a status, iso-8859-1.

    `reason` is the phrase of its title, by default the status's own. `detail` is one sentence more, plain text,
    escaped here. `signature` is `signature_of`'s. `location` is where a redirect goes.
    """
    # A reason phrase may be a member's.
    name = escape_html(reason or reason_of(status)).decode("latin-1")
    if location:
        pattern = SEE_OTHER if status == 303 else MOVED
        sentence = pattern.format(escape_html(location).decode("latin-1"))
    else:
        sentence = SENTENCES.get(status, "")
    paragraphs = [f"<p>{sentence}</p>"] if sentence else []
    if detail:
        paragraphs.append(f"<p>{escape_html(detail).decode('latin-1')}</p>")
    lines = [
        DOCTYPE,
        "<html><head>",
        f"<title>{status} {name}</title>",
        "</head><body>",
        f"<h1>{name}</h1>",
        *paragraphs,
    ]
    if signature:
        lines += ["<hr>", signature.decode("latin-1")]
    lines += ["</body></html>", ""]
    return "\n".join(lines).encode("latin-1", "xmlcharrefreplace")


def signature_of(mode: bytes, name: bytes, port: int, admin: bytes = b"") -> bytes:
    """The line under a page by `ServerSignature`: b"off" is nothing, b"email" has a link to `admin`."""
    if mode.lower() == b"off" or not mode:
        return b""
    shown = escape_html(name)
    if mode.lower() == b"email" and admin:
        shown = b'<a href="mailto:' + escape_html(admin) + b'">' + shown + b"</a>"
    return b"<address>" + TOKEN.text + b" Server at " + shown + b" Port " + str(port).encode() + b"</address>"


def may_have_body(status: int) -> bool:
    """Whether an answer of this status has a body at all. RFC 9110 section 6.4.1."""
    return status >= 200 and status != 204 and status != 304


def error_response(
    status: int,
    always_fields: Iterable[Field] = (),
    close: bool = False,
    date: bytes = b"",
    head_only: bool = False,
    extra_fields: Iterable[Field] = (),
    reason: bytes = b"",
    detail: bytes = b"",
    signature: bytes = b"",
    keep_line: bytes = b"",
) -> bytes:
    """A complete answer with the page of `status`, ready to be sent.

    `always_fields` are those of `Header always`; `extra_fields` come with the status (Allow, Location,
    WWW-Authenticate). `close` announces that the connection ends, `keep_line` is the lines (each ended) that announce
    that it does not. `date` is `http_date`'s; empty, it is made now. `head_only` for an answer to HEAD: httpd then
    gives no length.
    """
    body = page(status, reason, detail, signature) if may_have_body(status) else b""
    return response(
        status,
        always_fields,
        close,
        date,
        head_only,
        extra_fields,
        reason,
        body,
        HTML if may_have_body(status) else b"",
        keep_line=keep_line,
    )


def redirect_response(
    status: int,
    location: bytes,
    always_fields: Iterable[Field] = (),
    close: bool = False,
    date: bytes = b"",
    head_only: bool = False,
    extra_fields: Iterable[Field] = (),
    signature: bytes = b"",
    keep_line: bytes = b"",
) -> bytes:
    """A complete redirect to `location`, with a page for those who do not follow."""
    body = page(status, b"", b"", signature, location) if may_have_body(status) else b""
    fields = [(b"Location", location), *extra_fields]
    content_type = HTML if body else b""
    return response(status, always_fields, close, date, head_only, fields, b"", body, content_type, keep_line=keep_line)


def response(
    status: int,
    always_fields: Iterable[Field],
    close: bool,
    date: bytes,
    head_only: bool,
    extra_fields: Iterable[Field],
    reason: bytes,
    body: bytes,
    content_type: bytes,
    length: int = -1,
    keep_line: bytes = b"",
) -> bytes:
    """A complete answer with any body. `length` is announced instead of the body's own if it is not negative: the
    caller sends the rest; UNKNOWN announces none.
    """
    lines = [
        b"HTTP/1.1 %d " % status + (reason or reason_of(status)),
        b"Date: " + (date or http_date(time.time())),
        b"Server: " + TOKEN.text,
    ]
    for name, value in always_fields:
        if name == b"Content-Type":
            # Header says it in place of the answer: b"" for none.
            content_type = value
        else:
            lines.append(name + b": " + value)
    for name, value in extra_fields:
        lines.append(name + b": " + value)
    if length >= 0:
        lines.append(b"Content-Length: %d" % length)
    elif length != UNKNOWN and may_have_body(status) and not head_only:
        lines.append(b"Content-Length: %d" % len(body))
    if close:
        lines.append(b"Connection: close")
    elif keep_line:
        lines.append(keep_line[: len(keep_line) - 2])
    if content_type:
        lines.append(b"Content-Type: " + content_type)
    lines.append(b"\r\n")
    head = b"\r\n".join(lines)
    return head if head_only or not may_have_body(status) else head + body


class _DateCache:
    """The last second that was spelled, and how."""

    __slots__ = ("second", "text")

    def __init__(self) -> None:
        self.second = -1
        self.text = b""


_DATE: Final = _DateCache()


def http_date(now: float) -> bytes:
    """`Sun, 06 Nov 1994 08:49:37 GMT` for time.time() `now`; spelled once a second. RFC 9110 section 5.6.7."""
    second = int(now)
    if second != _DATE.second:
        _DATE.text = spell_date(second)
        _DATE.second = second
    return _DATE.text


def spell_date(second: int) -> bytes:
    """The same for any second, not kept."""
    moment = time.gmtime(second)
    return (
        f"{DAYS[moment.tm_wday]}, {moment.tm_mday:02d} {MONTHS[moment.tm_mon - 1]} {moment.tm_year:04d}"
        f" {moment.tm_hour:02d}:{moment.tm_min:02d}:{moment.tm_sec:02d} GMT"
    ).encode()
