"""Small static files: what httpd's default handler answers for them.

A file is opened, looked at, and answered as a value: a status, fields, and either the bytes or an open file with its
length that the caller sends piece by piece. Conditions and a single range are honoured (RFC 9110 sections 13 and
14). The path is the plan's: decoded, without dot segments. Nothing is sent here.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from typing import Any, BinaryIO, Final

from evenflow.plan.files import DEFAULT_ETAG, DEFAULT_OPTIONS, INCLUDES, INODE, MTIME, SIZE, fold
from evenflow.plan.ground_rules import TRACE_OFF
from evenflow.plan.model import Decision
from evenflow.plan.naming import Description, describe, with_charset
from evenflow.serve.pages import Field, error_response, response, spell_date
from evenflow.wire.http1 import RequestHead

SMALL: Final = 65536
"""Bytes up to which a file is read at once."""

ALLOWED: Final = b"POST,OPTIONS,HEAD,GET,TRACE"
"""The methods of httpd's default handler, in its order. POST is answered like GET."""

KNOWN_METHODS: Final = frozenset(
    b"GET HEAD POST OPTIONS TRACE PUT DELETE PATCH CONNECT PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK"
    b" VERSION-CONTROL CHECKOUT UNCHECKOUT"
    b" CHECKIN UPDATE LABEL REPORT MKWORKSPACE MKACTIVITY BASELINE-CONTROL MERGE".split()
)
"""Methods that httpd knows: 405 where they cannot be used, others get 501."""

NO_HANDLERS: Final = (b"", b"none", b"default-handler")


class FileAnswer:
    """What is answered for a file, before it is written down.

    `fields` are those that go with the status, in order; they may be changed before `write`. `size` is the length of
    the body that an answer to GET has. It is in `body` if it is small; else `file` is open at its first byte, and
    who sends it closes it.
    """

    __slots__ = ("status", "fields", "content_type", "body", "size", "file", "head_only", "filter", "packed")

    def __init__(
        self,
        status: int,
        fields: list[Field],
        content_type: bytes = b"",
        body: bytes | None = None,
        size: int = 0,
        file: BinaryIO | None = None,
        head_only: bool = False,
    ) -> None:
        self.status = status
        self.fields = fields
        self.content_type = content_type
        self.body = body
        """None where the page of `status` is the body, and where `file` is."""
        self.size = size
        self.file = file
        self.head_only = head_only
        self.filter = b""
        """What the end of the name says of filters."""
        self.packed: Any = None
        """A `packing.PackedFile`, where it is sent compressed."""

    def close(self) -> None:
        """What was opened is not needed."""
        if self.file is not None:
            self.file.close()
            self.file = None

    def write(
        self,
        always_fields: Iterable[Field] = (),
        close: bool = False,
        date: bytes = b"",
        signature: bytes = b"",
        keep_line: bytes = b"",
    ) -> bytes:
        """The head, and the body unless it is in `file`. The arguments are those of `pages.error_response`."""
        status = self.status
        if self.body is None and self.file is None:
            return error_response(
                status, always_fields, close, date, self.head_only, self.fields, b"", b"", signature, keep_line
            )
        length = -1 if status == 304 else self.size
        return response(
            status,
            always_fields,
            close,
            date,
            self.head_only,
            self.fields,
            b"",
            self.body or b"",
            self.content_type,
            length,
            keep_line,
        )


def allowed(decision: Decision) -> bytes:
    """What may be asked of a file."""
    return ALLOWED.removesuffix(b",TRACE") if decision.host.trace == TRACE_OFF else ALLOWED


def find_file(decision: Decision, head: RequestHead, now: float, whole: bool = False) -> FileAnswer:
    """The answer to `head` with the file that was decided on; with `whole` no range is looked at. `now` is time.time():
    a file that was changed in this second gets a weak ETag, as it may change again."""
    method = head.method
    if method == b"OPTIONS":
        named = described(decision)
        return FileAnswer(200, [(b"Allow", allowed(decision)), *coded_fields(named)], type_of(decision, named), b"")
    if method not in (b"GET", b"HEAD", b"POST"):
        return FileAnswer(405 if method in KNOWN_METHODS else 501, [(b"Allow", allowed(decision))])
    answer = look_at(decision, head, now, whole)
    if answer.status < 300:
        answer.filter = described(decision).filter
    answer.head_only = method == b"HEAD"
    if answer.head_only and answer.file is not None:
        answer.file.close()
        answer.file = None
        answer.body = b""
    return answer


def look_at(decision: Decision, head: RequestHead, now: float, whole: bool) -> FileAnswer:
    """The answer to a request that reads."""
    path = decision.file
    scope = decision.scope
    try:
        facts = os.stat(path)
    except OSError as fault:
        return FileAnswer(status_of(fault), [])
    except ValueError:
        # A NUL in the name.
        return FileAnswer(404, [])
    if stat.S_ISDIR(facts.st_mode) or (decision.path_info and scope.path_info != b"on"):
        # Nobody makes a list of a directory's files.
        return FileAnswer(404, [])
    if not stat.S_ISREG(facts.st_mode) or is_hidden(path):
        return FileAnswer(403, [])
    description = described(decision)
    if description.handler not in NO_HANDLERS and scope.handler != "default-handler":
        # A program, or something else that is not to be given out as it is.
        return FileAnswer(403, [])
    if b"INCLUDES" in description.filter.upper() and fold(DEFAULT_OPTIONS, scope.options) & INCLUDES:
        return FileAnswer(403, [])

    tag = etag(facts, fold(DEFAULT_ETAG, scope.etags), now)
    changed = int(facts.st_mtime)
    content_type = type_of(decision, description)
    fields = [(b"Last-Modified", spell_date(changed))]
    if tag:
        fields.append((b"ETag", tag))
    fields.append((b"Accept-Ranges", b"bytes"))
    fields += coded_fields(description)
    verdict = check_conditions(head, tag, changed)
    if verdict:
        return FileAnswer(verdict, fields, content_type if verdict != 304 else b"", b"")
    size = facts.st_size
    start, end = WHOLE if whole else asked_range(head, size, tag, changed)
    if start < 0:
        return FileAnswer(416, [])
    try:
        file = open(path, "rb", buffering=0)  # noqa: SIM115  it is handed to the caller
    except OSError as fault:
        return FileAnswer(status_of(fault), [])
    status = 200
    content_range: list[Field] = []
    if end >= 0:
        status = 206
        content_range = [(b"Content-Range", b"bytes %d-%d/%d" % (start, end - 1, size))]
        file.seek(start)
        size = end - start
    fields += content_range
    if size > SMALL:
        return FileAnswer(status, fields, content_type, None, size, file)
    with file:
        body = file.read(size)
    return FileAnswer(status, fields, content_type, body, len(body))


def status_of(fault: OSError) -> int:
    """404 for what is not there (a file in the place of a directory too), 403 for what may not be seen."""
    if fault.errno in (errno.ENOENT, errno.ENOTDIR):
        return 404
    return 403


def is_hidden(path: bytes) -> bool:
    """`.htaccess` and its like: every httpd that is configured as shipped refuses them."""
    return path[path.rfind(b"/") + 1 :].startswith(b".ht")


def etag(facts: os.stat_result, parts: int, now: float) -> bytes:
    """As httpd makes it: inode, size, and the microseconds of the last change, in hexadecimal, as FileETag says.

    b"" for none.
    """
    pieces = []
    if parts & INODE:
        pieces.append(b"%x" % facts.st_ino)
    if parts & SIZE:
        pieces.append(b"%x" % facts.st_size)
    if parts & MTIME:
        pieces.append(b"%x" % (facts.st_mtime_ns // 1000))
    if not pieces:
        return b""
    return (b'W/"' if now - facts.st_mtime <= 1.0 else b'"') + b"-".join(pieces) + b'"'


def described(decision: Decision) -> Description:
    """What the file's name says."""
    return describe(decision.scope, decision.host.types, decision.file)


def coded_fields(description: Description) -> list[Field]:
    """What a name says beside the type."""
    fields: list[Field] = []
    if description.encoding:
        fields.append((b"Content-Encoding", description.encoding))
    if description.language:
        fields.append((b"Content-Language", description.language))
    return fields


def type_of(decision: Decision, description: Description) -> bytes:
    """The Content-Type: a rule's T, else what the name says; b"" where nobody says one, and then httpd names none."""
    return with_charset(decision.content_type or description.content_type, decision.scope.default_charset)


# --- conditions, RFC 9110 section 13 ------------------------------------------------------------------------------


def check_conditions(head: RequestHead, tag: bytes, changed: int) -> int:
    """0 to go on, 304 or 412; in the order of RFC 9110 section 13.2.2. `changed` is seconds since 1970."""
    given = head.get(b"if-match")
    if given is not None:
        if not among(given, tag, False):
            return 412
    else:
        given = head.get(b"if-unmodified-since")
        if given is not None:
            since = parse_date(given)
            if since >= 0 and changed > since:
                return 412
    given = head.get(b"if-none-match")
    reading = head.method in (b"GET", b"HEAD")
    if given is not None:
        if among(given, tag, True):
            return 304 if reading else 412
        return 0
    given = head.get(b"if-modified-since") if reading else None
    if given is not None:
        since = parse_date(given)
        if since >= 0 and changed <= since:
            return 304
    return 0


def among(given: bytes, tag: bytes, weakly: bool) -> bool:
    """Whether `tag` is in a list of entity tags; `*` is any. Only a weak comparison takes `W/"..."`."""
    if given.strip() == b"*":
        return True
    if not tag:
        return False
    if weakly:
        tag = tag.removeprefix(b"W/")
    elif tag.startswith(b"W/"):
        return False
    for piece in given.split(b","):
        piece = piece.strip(b" \t")
        if weakly and piece.startswith(b"W/"):
            piece = piece[2:]
        if piece == tag:
            return True
    return False


MONTH_NUMBERS: Final = {
    name: number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)
}


def parse_date(text: bytes) -> int:
    """Seconds since 1970 of an HTTP date in any of its three forms (RFC 9110 section 5.6.7); -1 for anything else."""
    words = text.strip().replace(b"-", b" ").replace(b",", b" ").split()
    if len(words) == 6 and words[5] == b"GMT":
        day, month, year, clock = words[1], words[2], words[3], words[4]
    elif len(words) == 5:
        day, month, year, clock = words[2], words[1], words[4], words[3]
    else:
        return -1
    parts = clock.split(b":")
    number = MONTH_NUMBERS.get(month, 0)
    if not number or len(parts) != 3:
        return -1
    values = [decimal(part) for part in (day, year, *parts)]
    if -1 in values:
        return -1
    years = values[1]
    if len(year) == 2:
        # RFC 850's two digits: of the years that fit, not one far ahead.
        years += 1900 if years >= 70 else 2000
    if not (1 <= values[0] <= 31 and 1970 <= years <= 9999 and values[2] < 24 and values[3] < 60 and values[4] <= 60):
        return -1
    return days_before(years, number, values[0]) * 86400 + values[2] * 3600 + values[3] * 60 + values[4]


def days_before(year: int, month: int, day: int) -> int:
    """Days from 1 January 1970, in the Gregorian calendar."""
    if month <= 2:
        year -= 1
        month += 12
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * month - 457) // 5 + day - 719469


def decimal(digits: bytes) -> int:
    """A short number in ASCII digits; -1 for anything else."""
    if not digits or len(digits) > 18 or digits.translate(None, b"0123456789"):
        return -1
    value = 0
    for digit in digits:
        value = value * 10 + digit - 48
    return value


# --- ranges, RFC 9110 section 14 ----------------------------------------------------------------------------------


WHOLE: Final = (0, -1)


def asked_range(head: RequestHead, size: int, tag: bytes, changed: int) -> tuple[int, int]:
    """What part is asked for: (start, end) for one range, (0, -1) for the whole, (-1, -1) for a range that lies
    outside.

    Several ranges, and what is no range in bytes, are answered with the whole, as RFC 9110 section 14.2 lets us.
    """
    given = head.get(b"range")
    if given is None or not given.lower().startswith(b"bytes="):
        return WHOLE
    condition = head.get(b"if-range")
    if condition is not None and (condition != tag or tag.startswith(b"W/")) and parse_date(condition) != changed:
        return WHOLE
    first, dash, last = given[6:].strip(b" \t").partition(b"-")
    if not dash or b"," in last:
        return WHOLE
    if not first:
        count = decimal(last)
        if count < 0:
            return WHOLE
        if count == 0 or size == 0:
            return -1, -1
        return max(0, size - count), size
    start = decimal(first)
    end = decimal(last) if last else size - 1
    if start < 0 or (end < start and last):
        return WHOLE
    if start >= size:
        return -1, -1
    return start, min(end + 1, size)
