# cython: boundscheck=False, wraparound=False
"""HTTP/1.1 heads: a request's or an answer's first lines, scanned once into offsets.

A head keeps its own bytes and, for each field, four offsets, the number of its name if that name matters to a proxy,
and a hash. No object is made for a field until somebody asks for its value. It follows RFC 9112 and, where that leaves
room, httpd's `HttpProtocolOptions Strict`; a doubtful byte is a `ProtocolFault`, never repaired. How long the body is,
`framing` says.
"""

from __future__ import annotations

from array import array
from typing import Final

import cython

from evenflow.wire.faults import ProtocolFault
from evenflow.wire.scan import Buffer, count_controls, find_byte, piece, same_name

# Field names that matter to a proxy. Up to CONTENT_LENGTH: never copied, written anew where they are wanted.
HOST = 1
CONNECTION = 2
KEEP_ALIVE = 3
PROXY_CONNECTION = 4
TE = 5
TRAILER = 6
UPGRADE = 7
TRANSFER_ENCODING = 8
CONTENT_LENGTH = 9
PROXY_AUTHENTICATE = 10
EXPECT = 11
COOKIE = 12
X_FORWARDED_FOR = 13
X_FORWARDED_HOST = 14
X_FORWARDED_SERVER = 15
VIA = 16
MAX_FORWARDS = 17
DATE = 18
SERVER = 19
LOCATION = 20
CONTENT_LOCATION = 21
URI = 22
DESTINATION = 23
SET_COOKIE = 24

KNOWN_NAMES: Final = (
    b"", b"host", b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"upgrade",
    b"transfer-encoding", b"content-length", b"proxy-authenticate", b"expect", b"cookie", b"x-forwarded-for",
    b"x-forwarded-host", b"x-forwarded-server", b"via", b"max-forwards", b"date", b"server", b"location",
    b"content-location", b"uri", b"destination", b"set-cookie",
)  # fmt: skip

TOKEN: Final = bytes(chr(c).isascii() and (chr(c).isalnum() or chr(c) in "!#$%&'*+-.^_`|~") for c in range(256))
"""TOKEN[c] is 1 where RFC 9110 section 5.6.2 allows the byte c in a token."""

STRIDE = 6
"""Cells for each field: name from, name to, value from, value to, number of the name or 0, hash of the name."""

if cython.compiled:
    # The `.pxd` makes C variables of these numbers, which Python does not see: put them where an import looks.
    globals().update({name.decode().upper().replace("-", "_"): n for n, name in enumerate(KNOWN_NAMES) if n})
    globals().update(STRIDE=STRIDE)


def name_hash(name: Buffer, start: int, end: int) -> int:
    """A number below 2**24 that is the same for names which differ only in case."""
    value = 0
    for at in range(start, end):
        value = (value * 35 + (name[at] | 0x20)) & 0xFFFFFF
    return value


def _slots() -> bytes:
    table = bytearray(1024)
    for number, name in enumerate(KNOWN_NAMES):
        if name:
            slot = name_hash(name, 0, len(name)) & 1023
            assert table[slot] == 0, f"{name!r} shares its slot: take another multiplier in name_hash"
            table[slot] = number
    return bytes(table)


KNOWN_SLOTS: Final = _slots()
"""The number of the known name that may have this hash (its low ten bits); the name itself is compared then."""

NO_COLON: Final = "a header line has no colon"


def trimmed_end(data: Buffer, start: int, end: int) -> int:
    """`end` less the blanks and tabs before it."""
    while end > start and (data[end - 1] == 32 or data[end - 1] == 9):
        end -= 1
    return end


class Head:
    """What requests and answers share: bytes, and where the fields are in them."""

    def __init__(self) -> None:
        self.data = b""
        self.count = 0
        """Number of fields."""
        self.known_names = 0
        """One bit for each known name that occurs, by its number."""
        self.apart = False
        """Fields of one name are so on purpose (RequestHeader add, early): nobody joins them."""
        self.repeated = False
        """Two fields share a name."""
        self.version = 11
        """10 or 11"""
        self.cells = array("i", bytes(4 * STRIDE * 32))
        self.closes = False
        """`Connection: close` was said."""
        self.keeps = False
        """`Connection: keep-alive` was said."""
        self.names_others = False
        """Connection names fields that are to be dropped with it."""
        self.uneven = False
        """A line is not `Name: value` with one blank and nothing behind: its bytes may not be copied as they are."""

    def scan_fields(self, at: int, end: int, max_size: int, max_count: int) -> int:
        """Scan field lines from `at` to the empty line; returns the position behind it. RFC 9112 section 5.

        Raises ProtocolFault 400 for a line that is not `token ":" value CR LF`, for a control character, a folded line
        and for more or longer fields than allowed (0: no limit).
        """
        data = self.data
        cells = self.cells
        table = TOKEN
        slots = KNOWN_SLOTS
        room = len(cells)
        seen = 0
        known = 0
        count = 0
        lines = 0
        first = at
        self.repeated = False
        self.closes = self.keeps = self.names_others = self.uneven = False
        while True:
            line_end = find_byte(data, 10, at, end)
            if line_end < 0:
                raise ProtocolFault("the head ends within a line", 400)
            if line_end == at or data[line_end - 1] != 13:
                raise ProtocolFault("a header line ends without CR", 400)
            lines += 1
            stop = line_end - 1
            if stop == at:
                break
            if max_size and stop - at > max_size:
                raise ProtocolFault(f"a header field is longer than {max_size} bytes", 400)
            if max_count and count >= max_count:
                raise ProtocolFault(f"more than {max_count} header fields", 400)
            hash_ = 0
            pos = at
            while table[data[pos]]:
                hash_ = (hash_ * 35 + (data[pos] | 0x20)) & 0xFFFFFF
                pos += 1
            if data[pos] != 58 or pos == at:
                self._refuse_name(at, pos, stop)
            base = count * STRIDE
            if base + STRIDE > room:
                self.cells = cells = longer_cells(cells)
                room = len(cells)
            cells[base] = at
            cells[base + 1] = pos
            number = slots[hash_ & 1023]
            if number and not same_name(data, at, pos, KNOWN_NAMES[number]):
                number = 0
            cells[base + 4] = number
            known |= 1 << number
            cells[base + 5] = hash_
            # In two steps: compiled, `1 << 63` would be shifted as an int of 32 bits.
            bit = 1
            bit <<= hash_ & 63
            if seen & bit and not self.repeated:
                self.repeated = self._is_repeated(count)
            seen |= bit
            pos += 1
            colon = pos
            while pos < stop and (data[pos] == 32 or data[pos] == 9):
                pos += 1
            cells[base + 2] = pos
            cells[base + 3] = trimmed_end(data, pos, stop)
            if pos != colon + 1 or data[colon] != 32 or cells[base + 3] != stop:
                self.uneven = True
            count += 1
            if number == 2:
                self.scan_connection(cells[base + 2], cells[base + 3])
            at = line_end + 1
        if count_controls(data, first, line_end + 1) != 2 * lines:
            raise ProtocolFault("a control character in the head", 400)
        self.count = count
        self.known_names = known
        return line_end + 1

    def _refuse_name(self, at: int, pos: int, stop: int) -> None:
        """Say what is wrong with the field name in `data[at:stop]`, whose first `pos - at` bytes are a token."""
        data = self.data
        if pos == at and (data[at] == 32 or data[at] == 9):
            raise ProtocolFault("a folded header line", 400)
        colon = find_byte(data, 58, at, stop)
        if colon < 0:
            raise ProtocolFault(NO_COLON, 400)
        if data[pos] == 32 or data[pos] == 9:
            raise ProtocolFault("a blank before the colon of a header field", 400)
        raise ProtocolFault("a header field's name is not a token", 400)

    def _is_repeated(self, index: int) -> bool:
        """Whether field `index`, whose name stands in its cells, has the name of one before it."""
        data = self.data
        cells = self.cells
        base = index * STRIDE
        start = cells[base]
        size = cells[base + 1] - start
        for other in range(0, base, STRIDE):
            if cells[other + 5] == cells[base + 5] and cells[other + 1] - cells[other] == size:
                at = cells[other]
                for i in range(size):
                    # `^` and `~` differ by 0x20 as well, and are no letters.
                    if data[start + i] != data[at + i] and (
                        data[start + i] | 0x20 != data[at + i] | 0x20 or data[start + i] | 0x20 == 126
                    ):
                        break
                else:
                    return True
        return False

    def scan_connection(self, start: int, end: int) -> None:
        """Read the options of a Connection field. RFC 9110 section 7.6.1."""
        data = self.data
        while start < end:
            comma = find_byte(data, 44, start, end)
            if comma < 0:
                comma = end
            while start < comma and (data[start] == 32 or data[start] == 9):
                start += 1
            stop = trimmed_end(data, start, comma)
            if same_name(data, start, stop, b"keep-alive"):
                self.keeps = True
            elif same_name(data, start, stop, b"close"):
                self.closes = True
            elif stop > start and not same_name(data, start, stop, b"upgrade"):
                self.names_others = True
            start = comma + 1

    def named_by_connection(self) -> set[bytes]:
        """The lower case names that Connection fields list, `close` and `keep-alive` among them."""
        return {token.strip(b" \t").lower() for token in (self.get(b"connection") or b"").split(b",")} - {b""}

    def find(self, number: int) -> int:
        """The index of the first field with this known name, or -1."""
        if not self.known_names >> number & 1:
            return -1
        cells = self.cells
        for index in range(self.count):
            if cells[index * STRIDE + 4] == number:
                return index
        return -1

    def value(self, index: int) -> bytes:
        """The value of field `index`, 0 to `count` - 1: compiled, nobody checks that."""
        return piece(self.data, self.cells[index * STRIDE + 2], self.cells[index * STRIDE + 3])

    def name(self, index: int) -> bytes:
        """The name of field `index`, 0 to `count` - 1, as it was written."""
        return piece(self.data, self.cells[index * STRIDE], self.cells[index * STRIDE + 1])

    def known(self, number: int) -> bytes | None:
        """The value of the first field with this known name, or None."""
        index = self.find(number)
        return self.value(index) if index >= 0 else None

    def get(self, name: bytes) -> bytes | None:
        """The value of the fields called `name` (lower case), joined with `, ` if there are several; None for none. Of
        those that stand apart the first."""
        found: bytes | None = None
        for index in range(self.count):
            base = index * STRIDE
            if same_name(self.data, self.cells[base], self.cells[base + 1], name):
                if found is None:
                    found = self.value(index)
                    if self.apart:
                        break
                else:
                    found = found + b", " + self.value(index)
        return found

    def pairs(self) -> list[tuple[bytes, bytes]]:
        """Every field as (name, value), in order."""
        return [(self.name(index), self.value(index)) for index in range(self.count)]


def longer_cells(cells: array[int]) -> array[int]:
    """Twice as many cells, the old ones first. A new array: compiled, nobody can lengthen one that is looked into."""
    return array("i", bytes(cells) + bytes(4 * len(cells)))


class RequestHead(Head):
    """A request's head."""

    def __init__(self) -> None:
        Head.__init__(self)
        self.method = b""
        self.target = b""
        """As received: origin-form, absolute-form or `*`."""
        self.path = b""
        """The target up to its `?`, in origin-form."""
        self.query: bytes | None = None
        """What follows the `?`; None where there is none."""
        self.host = b""
        """The Host field, or the authority of an absolute-form target (RFC 9112 section 3.2.2)."""
        self.came = b""
        """The head as it came, where `replace` changed it since; else b""."""
        self.checked_host = b" "
        """The last Host that was found valid, at first one that no head can have: most requests repeat it."""

    @property
    def line(self) -> bytes:
        """The request line without its CR LF."""
        return self.data[: self.data.find(b"\r\n")]

    def parse(self, data: bytes, max_line: int = 8190, max_size: int = 8190, max_count: int = 100) -> None:
        """Read a complete head, its last empty line included.

        Raises ProtocolFault: 414 for a long request line, 400 for anything that RFC 9112 or httpd's Strict forbids.
        """
        self.data = data
        self.came = b""
        self.apart = False
        self.count = 0
        self.known_names = 0
        # The same bytes: compiled, an index into `text` is a memory access, one into `data` a call.
        text = data
        end = len(data)
        line_end = find_byte(text, 10, 0, end)
        if line_end < 1 or text[line_end - 1] != 13:
            raise ProtocolFault("the request line ends without CR", 400)
        stop = line_end - 1
        if max_line and stop > max_line:
            raise ProtocolFault(f"the request line is longer than {max_line} bytes", 414)
        table = TOKEN
        pos = 0
        while table[text[pos]]:
            pos += 1
        if pos == 0 or text[pos] != 32:
            raise ProtocolFault("the method is not a token and one blank", 400)
        if pos == 3 and text[0] == 71 and text[1] == 69 and text[2] == 84:
            self.method = b"GET"
        else:
            self.method = piece(text, 0, pos)
        start = pos + 1
        space = find_byte(text, 32, start, stop)
        if space < 0:
            raise ProtocolFault("the request line has no protocol version", 400)
        self._parse_version(space + 1, stop)
        if count_controls(text, start, space):
            raise ProtocolFault("a control character in the request target", 400)
        if find_byte(text, 9, start, space) >= 0 or find_byte(text, 35, start, space) >= 0:
            raise ProtocolFault("a tab or # in the request target", 400)
        self.target = piece(text, start, space)
        self.query = None
        self.host = b""
        self.scan_fields(line_end + 1, end, max_size, max_count)
        self._parse_host()
        if text[start] == 47:
            question = find_byte(text, 63, start, space)
            if question < 0:
                self.path = self.target
            else:
                self.path = piece(text, start, question)
                self.query = piece(text, question + 1, space)
        else:
            self._parse_other_target()

    def replace(self, name: bytes, value: bytes | None, *more: bytes) -> None:
        """Say a field anew, as if it had come so: the first of this name gets the value, others go; None takes all
        away; a new field comes last. With `more` values so many fields of this name, which stand apart from now on. A
        value must be one that a field can have."""
        data = self.data
        wanted = name.lower()
        out = [data[: data.find(b"\n") + 1]]
        values = [] if value is None else [value, *more]
        for index in range(self.count):
            start = self.cells[index * STRIDE]
            stop = self.cells[(index + 1) * STRIDE] if index + 1 < self.count else len(data) - 2
            line = data[start:stop]
            own = line[: line.find(b":")]
            if own.lower() != wanted:
                out.append(line)
            elif values:
                out.append(own + b": " + values.pop(0) + b"\r\n")
        out += [name + b": " + rest + b"\r\n" for rest in values]
        out.append(b"\r\n")
        came, apart = self.came or data, self.apart
        self.parse(b"".join(out), 0, 0, 0)
        self.came, self.apart = came, apart or bool(more)

    def _parse_version(self, start: int, stop: int) -> None:
        """`HTTP/1.1` or a relative of it; httpd takes any 1.x above 0, and even 2.0 here, as 1.1."""
        data = self.data
        if (
            stop - start == 8
            and data[start] == 72
            and data[start + 1] == 84
            and data[start + 2] == 84
            and data[start + 3] == 80
            and data[start + 4] == 47
            and data[start + 6] == 46
        ):
            major = data[start + 5] - 48
            minor = data[start + 7] - 48
            if 0 <= minor <= 9 and 1 <= major <= 9:
                self.version = 10 if major == 1 and minor == 0 else 11
                return
        raise ProtocolFault("the protocol version is not HTTP/1.x", 400)

    def _parse_host(self) -> None:
        """Exactly one valid Host, or none in HTTP/1.0. RFC 9112 section 3.2."""
        index = self.find(HOST)
        if index < 0:
            if self.version >= 11:
                raise ProtocolFault("no Host field", 400)
            return
        if self.repeated:
            for other in range(index + 1, self.count):
                if self.cells[other * STRIDE + 4] == HOST:
                    raise ProtocolFault("two Host fields", 400)
        self.host = self.value(index)
        if self.host != self.checked_host:
            check_authority(self.host)
            self.checked_host = self.host

    def _parse_other_target(self) -> None:
        """Absolute-form names its own host; `*` belongs to OPTIONS only. RFC 9112 section 3.2."""
        target = self.target
        if target == b"*":
            if self.method != b"OPTIONS":
                raise ProtocolFault("the target * belongs to OPTIONS", 400)
            self.path = target
            return
        lowered = target[:8].lower()
        if lowered.startswith(b"http://"):
            rest = target[7:]
        elif lowered.startswith(b"https://"):
            rest = target[8:]
        else:
            raise ProtocolFault("the request target is neither a path nor an absolute http URL", 400)
        rest, question, query = rest.partition(b"?")
        authority, _, path = rest.partition(b"/")
        check_authority(authority)
        self.host = authority
        self.path = b"/" + path
        self.query = query if question else None


AUTHORITY: Final = bytes(c in b"-._~%!$&'()*+,;=" or (chr(c).isalnum() and c < 128) for c in range(256))


def check_authority(host: bytes) -> None:
    """Raise ProtocolFault 400 unless `host` is a host name or address and perhaps a port, as httpd's Strict has it."""
    size = len(host)
    if size == 0:
        raise ProtocolFault("an empty Host", 400)
    table = AUTHORITY
    text = host
    pos = 0
    if text[0] == 91:
        pos = host.find(b"]")
        if pos < 3 or host[1:pos].translate(None, b"0123456789abcdefABCDEF:."):
            raise ProtocolFault("the Host is not a valid IPv6 address", 400)
        pos += 1
    else:
        digits = True
        while pos < size and table[text[pos]]:
            if not 48 <= text[pos] <= 57 and text[pos] != 46:
                digits = False
            if text[pos] == 46 and pos + 1 < size and text[pos + 1] == 46:
                raise ProtocolFault("two dots in the Host", 400)
            pos += 1
        if pos == 0 or (text[0] == 46):
            raise ProtocolFault("the Host has no name", 400)
        if digits:
            check_dotted(host[:pos])
    if pos == size:
        return
    if text[pos] != 58:
        raise ProtocolFault("a character in the Host that no host name has", 400)
    port = decimal(host[pos + 1 :], 65535)
    if port < 1:
        raise ProtocolFault("the Host's port is not 1 to 65535", 400)


def check_dotted(address: bytes) -> None:
    """Raise ProtocolFault 400 unless a name of digits and dots is an IPv4 address without leading zeros."""
    parts = address.split(b".")
    if len(parts) != 4 or any(decimal(part, 255) < 0 or (len(part) > 1 and part[0] == 48) for part in parts):
        raise ProtocolFault("the Host looks like an IPv4 address and is none", 400)


def decimal(digits: bytes, most: int) -> int:
    """The number that ASCII digits say; -1 if it is empty, has another byte in it, or is more than `most`."""
    if not digits:
        return -1
    value = 0
    before_last = most // 10
    for c in digits:
        # Asked before the multiplication: 2**64 + 5 must not come out as 5 where numbers are C's.
        if c < 48 or c > 57 or value > before_last:
            return -1
        value = value * 10 + (c - 48)
        if value > most:
            return -1
    return value


class ResponseHead(Head):
    """A member's answer, up to its body."""

    def __init__(self) -> None:
        Head.__init__(self)
        self.status = 0
        self.reason_start = 0
        self.reason_end = 0

    @property
    def reason(self) -> bytes:
        """The reason phrase, which may be empty."""
        return self.data[self.reason_start : self.reason_end]

    def parse(self, data: bytes, max_size: int = 8192) -> None:
        """Read a complete head, its last empty line included.

        As httpd does, bare LF and folded lines are put right first. Raises ProtocolFault 502 for a status line that is
        none, a header line without colon or longer than `max_size` (0: no limit); 500 for a name that is no token, for
        control characters and for a head that breaks off.
        """
        self.data = data
        self.count = 0
        self.known_names = 0
        try:
            self._scan(max_size)
        except ProtocolFault:
            self.data = tidied(data)
            try:
                self._scan(max_size)
            except ProtocolFault as fault:
                loose = fault.message is NO_COLON or fault.status == 502 or "longer" in fault.message
                raise ProtocolFault(fault.message, 502 if loose else 500) from None

    def _scan(self, max_size: int) -> None:
        data = self.data
        line_end = find_byte(data, 10, 0, len(data))
        if line_end < 1 or data[line_end - 1] != 13:
            raise ProtocolFault("the status line ends without CR", 502)
        self._parse_status_line(line_end - 1)
        self.scan_fields(line_end + 1, len(data), max_size, 0)

    def _parse_status_line(self, stop: int) -> None:
        """`HTTP/1.x SP 3DIGIT [SP reason]`. RFC 9112 section 4."""
        data = self.data
        if (
            stop < 12
            or data[0] != 72
            or data[1] != 84
            or data[2] != 84
            or data[3] != 80
            or data[4] != 47
            or data[5] != 49
            or data[6] != 46
            or data[8] != 32
        ):
            raise ProtocolFault("corrupt status line", 502)
        if not 48 <= data[7] <= 57:
            raise ProtocolFault("corrupt status line", 502)
        self.version = 10 if data[7] == 48 else 11
        status = 0
        for at in range(9, 12):
            if not 48 <= data[at] <= 57:
                raise ProtocolFault("corrupt status line", 502)
            status = status * 10 + (data[at] - 48)
        if status < 100 or (stop > 12 and data[12] != 32):
            raise ProtocolFault("corrupt status line", 502)
        self.status = status
        self.reason_start = min(13, stop)
        self.reason_end = stop
        if count_controls(data, 13, stop):
            raise ProtocolFault("a control character in the status line", 500)


def tidied(data: bytes) -> bytes:
    """The same head with CR LF at every line's end, folded lines joined by a blank. RFC 9112 sections 2.2 and 5.2."""
    lines: list[bytes] = []
    for line in data.split(b"\n"):
        line = line.removesuffix(b"\r")
        if line[:1] in (b" ", b"\t") and len(lines) > 1:
            lines.append(lines.pop().rstrip(b" \t") + b" " + line.lstrip(b" \t"))
        else:
            lines.append(line)
    return b"\r\n".join(lines)


def find_loose_head_end(buffer: Buffer, start: int, end: int) -> int:
    """The position behind the first empty line, whether lines end in CR LF or in LF alone, or -1."""
    at = find_byte(buffer, 10, start, end)
    while 0 <= at < end - 1:
        if buffer[at + 1] == 10:
            return at + 2
        if at + 2 < end and buffer[at + 1] == 13 and buffer[at + 2] == 10:
            return at + 3
        at = find_byte(buffer, 10, at + 1, end)
    return -1
