"""Expressions (httpd's ap_expr), compiled: is it so, and what does the text come to?

A tree of small objects, made once by the compiler. Words give bytes, conditions give a truth; each is asked with an
`Asking`, which belongs to one evaluation and knows what `$N` mean and which fields of the request were read. What was
looked at is marked on the inquiry, as everywhere in this room.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import os
import stat
from collections.abc import Callable
from typing import Any, Final, Protocol

from evenflow.plan import lookahead
from evenflow.plan.decision import CLIENT, FIELDS, FILES, NOTHING, Inquiry
from evenflow.plan.shell import matches_shell
from evenflow.plan.variables import Variable
from evenflow.wire.targets import escape

MOST_FILE: Final = 10 * 1024 * 1024
"""`file()` reads no more bytes than that; a larger one fails."""


class Failed(Exception):
    """An evaluation cannot be finished: a file that cannot be read, an expression nested too deep. Stays in this
    file."""


class Asking:
    """One evaluation. `match` is what `$N` refer to; `read` are the names of the fields that a Vary would list."""

    __slots__ = ("inquiry", "match", "read")

    def __init__(self, inquiry: Inquiry) -> None:
        self.inquiry = inquiry
        self.match: Any = None
        self.read: list[bytes] = []


class Word(Protocol):
    """What gives a text."""

    def write(self, asking: Asking) -> bytes: ...


class Test(Protocol):
    """What holds or not."""

    def holds(self, asking: Asking) -> bool: ...


class Text:
    """A whole text: `Header set X expr=...`, ErrorDocument. `literal` is its value where nothing is put in."""

    __slots__ = ("source", "word", "literal", "answers")

    def __init__(self, source: str, word: Word, answers: bool) -> None:
        self.source = source
        self.word = word
        self.literal = word.text if isinstance(word, Literal) else None
        self.answers = answers
        """Whether it looks at the answer."""


class Condition:
    """A whole condition: `<If>`, `Require expr`, `expr=`. `constant` is its value where it depends on nothing."""

    __slots__ = ("source", "test", "constant", "answers", "vary")

    def __init__(self, source: str, test: Test, answers: bool) -> None:
        self.source = source
        self.test = test
        self.constant = test.value if isinstance(test, Constant) else None
        self.answers = answers
        """Whether it looks at the answer."""
        self.vary = True
        """Whether fields that it reads go into Vary; not for RewriteCond's NV and for logs."""


def holds(condition: Condition, inquiry: Inquiry, failed: bool = False) -> bool:
    """Whether it holds; `failed` where the evaluation fails. Fields that were read go into `inquiry.vary`."""
    if condition.constant is not None:
        return condition.constant
    return try_it(condition, inquiry, failed)[0]


def try_it(condition: Condition, inquiry: Inquiry, failed: bool = False) -> tuple[bool, Any]:
    """Like `holds`, and the match that `$N` (or a RewriteCond's %N) refer to afterwards, None for none."""
    asking = Asking(inquiry)
    try:
        held = condition.test.holds(asking)
    except Failed:
        return failed, None
    if condition.vary and asking.read:
        inquiry.vary = (*inquiry.vary, *asking.read)
    return held, asking.match


def write(text: Text, inquiry: Inquiry, failed: bytes = b"") -> bytes:
    """The text for this request; `failed` where the evaluation fails. A text adds nothing to Vary (httpd's
    `ap_expr_exec_ctx` does it for conditions only)."""
    if text.literal is not None:
        return text.literal
    try:
        return text.word.write(Asking(inquiry))
    except Failed:
        return failed


# --- words --------------------------------------------------------------------------------------------------------


class Literal:
    """Text as it is."""

    __slots__ = ("text",)

    def __init__(self, text: bytes) -> None:
        self.text = text

    def write(self, asking: Asking) -> bytes:
        return self.text


class Joined:
    """Words behind each other; the last is asked first where `backwards`, which only the order in Vary tells."""

    __slots__ = ("words", "backwards")

    def __init__(self, words: tuple[Word, ...], backwards: bool) -> None:
        self.words = words
        self.backwards = backwards

    def write(self, asking: Asking) -> bytes:
        out = [word.write(asking) for word in (reversed(self.words) if self.backwards else self.words)]
        if self.backwards:
            out.reverse()
        return b"".join(out)


class Looked:
    """%{NAME}; `field` is the request field that it reads, b"" for none."""

    __slots__ = ("variable", "argument", "field")

    def __init__(self, variable: Variable, argument: bytes, field: bytes) -> None:
        self.variable = variable
        self.argument = argument
        self.field = field

    def write(self, asking: Asking) -> bytes:
        variable = self.variable
        inquiry = asking.inquiry
        inquiry.asked |= variable.depends
        if self.field:
            asking.read.append(self.field)
        return variable.read(inquiry, self.argument)


class Called:
    """A function with its argument."""

    __slots__ = ("function", "depends", "argument")

    def __init__(self, function: Callable[[Asking, bytes], bytes], depends: int, argument: Word) -> None:
        self.function = function
        self.depends = depends
        self.argument = argument

    def write(self, asking: Asking) -> bytes:
        asking.inquiry.asked |= self.depends
        return self.function(asking, self.argument.write(asking))


class Group:
    """$N: what the last `=~` with groups has found in this expression."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number

    def write(self, asking: Asking) -> bytes:
        if asking.match is None:
            return b""
        try:
            text: bytes | None = asking.match.group(self.number)
        except IndexError:
            return b""
        return text or b""


class TooDeep:
    """A word or condition nested so deep that httpd gives up when it gets there (AP_EXPR_MAX_RECURSION)."""

    __slots__ = ()

    def write(self, asking: Asking) -> bytes:
        raise Failed

    def holds(self, asking: Asking) -> bool:
        raise Failed


# --- conditions ---------------------------------------------------------------------------------------------------


class Constant:
    """true, false."""

    __slots__ = ("value",)

    def __init__(self, value: bool) -> None:
        self.value = value

    def holds(self, asking: Asking) -> bool:
        return self.value


class Not:
    __slots__ = ("test",)

    def __init__(self, test: Test) -> None:
        self.test = test

    def holds(self, asking: Asking) -> bool:
        return not self.test.holds(asking)


class All:
    """Joined by `and`; the first that fails ends it."""

    __slots__ = ("tests",)

    def __init__(self, tests: tuple[Test, ...]) -> None:
        self.tests = tests

    def holds(self, asking: Asking) -> bool:
        for test in self.tests:  # noqa: SIM110  a generator costs a frame
            if not test.holds(asking):
                return False
        return True


class Any_:
    """Joined by `or`; the first that holds ends it."""

    __slots__ = ("tests",)

    def __init__(self, tests: tuple[Test, ...]) -> None:
        self.tests = tests

    def holds(self, asking: Asking) -> bool:
        for test in self.tests:  # noqa: SIM110  a generator costs a frame
            if test.holds(asking):
                return True
        return False


EQUAL: Final = 0
NOT_EQUAL: Final = 1
LESS: Final = 2
LESS_EQUAL: Final = 3
GREATER: Final = 4
GREATER_EQUAL: Final = 5


class Compared:
    """Two words compared, as bytes or as integers."""

    __slots__ = ("left", "right", "sign", "numbers")

    def __init__(self, left: Word, right: Word, sign: int, numbers: bool) -> None:
        self.left = left
        self.right = right
        self.sign = sign
        self.numbers = numbers

    def holds(self, asking: Asking) -> bool:
        # The right one first, as httpd's compiler has it: which field comes first in Vary shows it.
        right = self.right.write(asking)
        left = self.left.write(asking)
        if self.numbers:
            return compared(self.sign, number(left), number(right))
        return compared(self.sign, left, right)


class ByLength:
    """Two words compared as SSLRequire has it: the longer one is the greater."""

    __slots__ = ("left", "right", "sign")

    def __init__(self, left: Word, right: Word, sign: int) -> None:
        self.left = left
        self.right = right
        self.sign = sign

    def holds(self, asking: Asking) -> bool:
        right = self.right.write(asking)
        left = self.left.write(asking)
        return compared(self.sign, (len(left), left), (len(right), right))


def compared(sign: int, left: Any, right: Any) -> bool:
    """Whether two texts, or two numbers, stand so."""
    if sign == EQUAL:
        return bool(left == right)
    if sign == NOT_EQUAL:
        return bool(left != right)
    if sign == LESS:
        return bool(left < right)
    if sign == LESS_EQUAL:
        return bool(left <= right)
    if sign == GREATER:
        return bool(left > right)
    return bool(left >= right)


def number(text: bytes) -> int:
    """The number at the front of a text, as C's strtoll reads it: blanks, a sign, digits; 0 for none, the ends of 64
    bits for what is larger."""
    text = text.lstrip(b" \t\n\v\f\r")
    sign = 1
    if text[:1] == b"-" or text[:1] == b"+":
        sign = -1 if text[:1] == b"-" else 1
        text = text[1:]
    size = 0
    while size < len(text) and 48 <= text[size] <= 57:
        size += 1
    digits = text[:size].lstrip(b"0")
    if not digits:
        return 0
    value = sign * int(digits) if len(digits) < 20 else sign << 64
    return min(max(value, -(1 << 63)), (1 << 63) - 1)


class Matched:
    """=~ and !~. Only a pattern with groups changes what `$N` mean, and one that fails makes them empty."""

    __slots__ = ("word", "pattern", "groups", "negated")

    def __init__(self, word: Word, pattern: Any, groups: bool, negated: bool) -> None:
        self.word = word
        self.pattern = pattern
        self.groups = groups
        self.negated = negated

    def holds(self, asking: Asking) -> bool:
        match = self.pattern.search(self.word.write(asking))
        if self.groups:
            asking.match = match
        return (match is None) == self.negated


class In:
    """-in: one of several words, looked at from the last to the first as httpd does."""

    __slots__ = ("word", "words")

    def __init__(self, word: Word, words: tuple[Word, ...]) -> None:
        self.word = word
        self.words = words

    def holds(self, asking: Asking) -> bool:
        wanted = self.word.write(asking)
        for word in reversed(self.words):  # noqa: SIM110  a generator costs a frame
            if word.write(asking) == wanted:
                return True
        return False


class Tried:
    """A unary operator with its word."""

    __slots__ = ("operator", "depends", "word")

    def __init__(self, operator: Callable[[Asking, bytes], bool], depends: int, word: Word) -> None:
        self.operator = operator
        self.depends = depends
        self.word = word

    def holds(self, asking: Asking) -> bool:
        asking.inquiry.asked |= self.depends
        return self.operator(asking, self.word.write(asking))


class Within:
    """-ipmatch, and -R where `word` is None: the client's address. `bits` is the size of the network's kind of
    address."""

    __slots__ = ("word", "bits", "address", "mask")

    def __init__(self, word: Word | None, bits: int, address: int, mask: int) -> None:
        self.word = word
        self.bits = bits
        self.address = address & mask
        self.mask = mask

    def holds(self, asking: Asking) -> bool:
        if self.word is None:
            asking.inquiry.asked |= CLIENT
            text = asking.inquiry.address
        else:
            text = self.word.write(asking)
        try:
            parsed = ipaddress.ip_address(text.decode("latin-1"))
        except ValueError:
            # httpd would ask the DNS for a name here.
            return False
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        return parsed.max_prefixlen == self.bits and int(parsed) & self.mask == self.address


class Shell:
    """-fnmatch (`slashes` must be written out), -strmatch, -strcmatch (`any_case`)."""

    __slots__ = ("word", "pattern", "slashes", "any_case")

    def __init__(self, word: Word, pattern: Word, slashes: bool, any_case: bool) -> None:
        self.word = word
        self.pattern = pattern
        self.slashes = slashes
        self.any_case = any_case

    def holds(self, asking: Asking) -> bool:
        # The right one first, as in a comparison.
        pattern = self.pattern.write(asking)
        return matches_shell(pattern, self.word.write(asking), self.slashes, self.any_case)


# --- operators ----------------------------------------------------------------------------------------------------


def _not_empty(asking: Asking, text: bytes) -> bool:
    return text != b""


def _empty(asking: Asking, text: bytes) -> bool:
    return text == b""


UNTRUE: Final = frozenset((b"", b"off", b"no", b"false", b"0"))


def _true(asking: Asking, text: bytes) -> bool:
    return text.lower() not in UNTRUE


def _mode(text: bytes, follow: bool) -> os.stat_result | None:
    """What is known of a file; None where there is none, or its name is none."""
    try:
        return os.stat(text, follow_symlinks=follow)
    except (OSError, ValueError):
        return None


def _is_directory(asking: Asking, text: bytes) -> bool:
    found = _mode(text, True)
    return found is not None and stat.S_ISDIR(found.st_mode)


def _exists(asking: Asking, text: bytes) -> bool:
    return _mode(text, True) is not None


def _is_file(asking: Asking, text: bytes) -> bool:
    found = _mode(text, True)
    return found is not None and stat.S_ISREG(found.st_mode)


def _has_bytes(asking: Asking, text: bytes) -> bool:
    found = _mode(text, True)
    return found is not None and stat.S_ISREG(found.st_mode) and found.st_size > 0


def _is_link(asking: Asking, text: bytes) -> bool:
    found = _mode(text, False)
    return found is not None and stat.S_ISLNK(found.st_mode)


def _may_execute(asking: Asking, text: bytes) -> bool:
    # The link itself and not what it leads to, as with httpd.
    found = _mode(text, False)
    return found is not None and found.st_mode & 0o111 != 0


def _leads_on(asking: Asking, text: bytes) -> bool:
    """-U and -A: this client would get something under that URL."""
    inquiry = asking.inquiry
    return lookahead.may_look(inquiry) and lookahead.look_at_url(inquiry, text).status < 400


def _gives_file(asking: Asking, text: bytes) -> bool:
    """-F: the file is there, and this client may have it."""
    found = lookahead.look_at_file(asking.inquiry, text)
    return found.status < 300 and _mode(found.filename, True) is not None


OPERATORS: Final[dict[str, tuple[Callable[[Asking, bytes], bool], int]]] = {
    "n": (_not_empty, NOTHING),
    "z": (_empty, NOTHING),
    "T": (_true, NOTHING),
    "d": (_is_directory, FILES),
    "e": (_exists, FILES),
    "f": (_is_file, FILES),
    "s": (_has_bytes, FILES),
    "L": (_is_link, FILES),
    "h": (_is_link, FILES),
    "x": (_may_execute, FILES),
    "F": (_gives_file, FILES),
    "U": (_leads_on, NOTHING),
    "A": (_leads_on, NOTHING),
}
"""By letter, with what they look at; -R has a network and stands apart."""


# --- functions ----------------------------------------------------------------------------------------------------


def _request_field(asking: Asking, name: bytes) -> bytes:
    """req, http: a field of the request; everybody is told by Vary, unless it is Host."""
    if name.lower() != b"host":
        asking.read.append(name)
    return field_value(asking.inquiry, name)


def _request_field_unsaid(asking: Asking, name: bytes) -> bytes:
    return field_value(asking.inquiry, name)


def field_value(inquiry: Inquiry, name: bytes) -> bytes:
    """A field of the request, b"" for none; after RequestHeader has run, as that left it."""
    name = name.lower()
    if inquiry.fields is not None:
        return inquiry.fields.get(name) or b""
    if name == b"host":
        return inquiry.head.host
    inquiry.asked |= FIELDS
    return inquiry.head.get(name) or b""


def _response_field(asking: Asking, name: bytes) -> bytes:
    response = asking.inquiry.response
    if response is None:
        return b""
    value: bytes | None = response.get(name)
    return value or b""


def _probe_answer(asking: Asking, name: bytes) -> bytes:
    """hc('body'): the body of a probe's answer, for ProxyHCExpr."""
    body: bytes = getattr(asking.inquiry.response, "body", b"")
    return body if name == b"body" else b""


def _variable(asking: Asking, name: bytes) -> bytes:
    """env: a note, a variable of the request, or one of the process."""
    env = asking.inquiry.env
    value = env.get(NOTE_PREFIX + name)
    if value is None:
        value = env.get(name)
    return os.environb.get(name, b"") if value is None else value


def _request_variable(asking: Asking, name: bytes) -> bytes:
    return asking.inquiry.env.get(name, b"")


def _process_variable(asking: Asking, name: bytes) -> bytes:
    return os.environb.get(name, b"")


NOTE_PREFIX: Final = b"note:"
"""See `edits.NOTE_PREFIX`."""


def _note(asking: Asking, name: bytes) -> bytes:
    return asking.inquiry.env.get(NOTE_PREFIX + name, b"")


def _lower(asking: Asking, text: bytes) -> bytes:
    return text.lower()


def _upper(asking: Asking, text: bytes) -> bytes:
    return text.upper()


def _escape(asking: Asking, text: bytes) -> bytes:
    return escape(text)


HEXADECIMAL: Final = b"0123456789abcdefABCDEF"


def _unescape(asking: Asking, text: bytes) -> bytes:
    """Percent-decoded, but for %2f; empty where that cannot be done (`ap_unescape_url_keep2f`)."""
    pieces = text.split(b"%")
    out = [pieces[0]]
    for piece in pieces[1:]:
        digits = piece[:2]
        if len(digits) < 2 or digits[0] not in HEXADECIMAL or digits[1] not in HEXADECIMAL or digits == b"00":
            return b""
        out.append(b"%" + digits if digits.lower() == b"2f" else bytes([int(digits, 16)]))
        out.append(piece[2:])
    return b"".join(out)


def _base64(asking: Asking, text: bytes) -> bytes:
    return base64.b64encode(text)


BASE64: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def _unbase64(asking: Asking, text: bytes) -> bytes:
    """Up to the first byte that is none of the alphabet (`apr_base64_decode`), and as C reads it up to a NUL."""
    size = len(text) - len(text.lstrip(BASE64))
    if size % 4 == 1:
        size -= 1
    try:
        made = binascii.a2b_base64(text[:size] + b"=" * (-size % 4))
    except binascii.Error:
        return b""
    return made.partition(b"\0")[0]


def _md5(asking: Asking, text: bytes) -> bytes:
    return hashlib.md5(text, usedforsecurity=False).hexdigest().encode()


def _sha1(asking: Asking, text: bytes) -> bytes:
    return hashlib.sha1(text, usedforsecurity=False).hexdigest().encode()


def _file(asking: Asking, name: bytes) -> bytes:
    """What is in a file, up to a NUL."""
    try:
        with open(name, "rb") as opened:
            if os.fstat(opened.fileno()).st_size > MOST_FILE:
                raise Failed
            return opened.read(MOST_FILE).partition(b"\0")[0]
    except (OSError, ValueError):
        raise Failed from None


def _file_size(asking: Asking, name: bytes) -> bytes:
    found = _mode(name, True)
    if found is None or not stat.S_ISREG(found.st_mode):
        return b"0"
    return b"%d" % found.st_size


FUNCTIONS: Final[dict[str, tuple[Callable[[Asking, bytes], bytes], int]]] = {
    "req": (_request_field, NOTHING),
    "http": (_request_field, NOTHING),
    "req_novary": (_request_field_unsaid, NOTHING),
    "resp": (_response_field, NOTHING),
    "hc": (_probe_answer, NOTHING),
    "env": (_variable, NOTHING),
    "reqenv": (_request_variable, NOTHING),
    "osenv": (_process_variable, NOTHING),
    "note": (_note, NOTHING),
    "tolower": (_lower, NOTHING),
    "toupper": (_upper, NOTHING),
    "escape": (_escape, NOTHING),
    "unescape": (_unescape, NOTHING),
    "base64": (_base64, NOTHING),
    "unbase64": (_unbase64, NOTHING),
    "md5": (_md5, NOTHING),
    "sha1": (_sha1, NOTHING),
    "file": (_file, FILES),
    "filesize": (_file_size, FILES),
}
"""By name in lower case, with what they look at; what depends on the argument they mark themselves."""

ANSWERING: Final = frozenset(("resp",))
"""Functions that look at the answer."""
