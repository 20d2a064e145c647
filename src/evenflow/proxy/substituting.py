"""Texts of an answer's body are replaced on its way to the client (mod_substitute): bytes in, bytes out, whole lines.

A line waits until its end is there, and no longer. It may be so long as SubstituteMaxLineLength says, before and
after; at a longer one the answer ends, as in httpd: what is sent on unchanged could be what should not be seen.
"""

from __future__ import annotations

from time import process_time
from typing import Final

from evenflow.plan.patterns import BoundedPattern
from evenflow.plan.substitute import Substitution
from evenflow.wire.faults import ProtocolFault
from evenflow.wire.headers import Headers

BUDGET: Final = 0.5
PER_BYTE: Final = 1e-6
"""Seconds of CPU time for the patterns of one body, and for each byte of it. A body that is made to cost takes a
thousand times as much; one that is not, a tenth."""
LOOK: Final = 64
"""Finds from one look at the clock to the next."""

Pieces = list[bytes]


class Substituter:
    """One body's; it has the place of an `encoding.Encoder`."""

    notes = ()

    def __init__(self, lines: tuple[Substitution, ...], longest: int) -> None:
        self.lines = lines
        self.longest = longest
        self.waiting: Pieces = []
        """A line without its end."""
        self.size = 0
        """Bytes of it."""
        self.taken = 0
        """Bytes so far."""
        self.spent = 0.0
        """Seconds of CPU time so far."""
        texts = [line for line in lines if line.pattern is None and not line.any_case and b"\n" not in line.plain]
        joined = len(lines) == 1 or not any(line.quick for line in lines)
        self.at_once = len(texts) == len(lines) and joined
        """Plain texts: many lines are as one."""

    def feed(self, data: bytes) -> bytes:
        """The lines that are whole by now. ProtocolFault 502 for one that is too long."""
        self.taken += len(data)
        end = data.rfind(b"\n") + 1
        if not end:
            self._keep(data)
            return b""
        first = data.find(b"\n") + 1
        made = b""
        if self.waiting:
            self._keep(data[:first])
            made = self._line(b"".join(self.waiting))
            self.waiting.clear()
            self.size = 0
        else:
            first = 0
        made += self._block(data[first:end])
        if end < len(data):
            self._keep(data[end:])
        return made

    def flush(self) -> bytes:
        """Half a line is not given out."""
        return b""

    def finish(self) -> bytes:
        """The last line, which has no end."""
        last = b"".join(self.waiting)
        self.waiting.clear()
        return self._line(last) if last else b""

    def _keep(self, data: bytes) -> None:
        self.size += len(data)
        if self.size > self.longest:
            raise too_long(self.longest)
        self.waiting.append(data)

    def _block(self, block: bytes) -> bytes:
        """Whole lines."""
        if self.at_once:
            made = block
            for line in self.lines:
                text = line.pieces[0]
                assert isinstance(text, bytes)
                if grown(made, line.plain, text) > self.longest:
                    break
                made = made.replace(line.plain, text)
            else:
                if len(block) <= self.longest:
                    return made
        lines = []
        start = 0
        while start < len(block):
            end = block.find(b"\n", start) + 1
            lines.append(self._line(block[start:end]))
            start = end
        return b"".join(lines)

    def _line(self, line: bytes) -> bytes:
        if len(line) > self.longest:
            raise too_long(self.longest)
        pieces = [line]
        alone = len(self.lines) == 1
        for one in self.lines:
            made: Pieces = []
            for piece in pieces:
                found = self._found(one, piece)
                if one.quick and not alone:
                    made += found
                else:
                    made.append(b"".join(found))
            pieces = made
            if sum(map(len, pieces)) > self.longest:
                raise too_long(self.longest)
        return b"".join(pieces)

    def _found(self, one: Substitution, piece: bytes) -> Pieces:
        """The piece, cut at what was found: what is before it, what stands in its place, and so on."""
        if one.pattern is not None:
            return self._matched(one, piece)
        text = one.pieces[0]
        assert isinstance(text, bytes)
        where = piece.lower() if one.any_case else piece
        if grown(where, one.plain, text) > self.longest:
            raise too_long(self.longest)
        if not (one.any_case or one.quick):
            return [piece.replace(one.plain, text)]
        made = []
        start = 0
        while True:
            at = where.find(one.plain, start)
            if at < 0:
                break
            made.append(piece[start:at])
            made.append(text)
            start = at + len(one.plain)
        made.append(piece[start:])
        return made

    def _matched(self, one: Substitution, piece: bytes) -> Pieces:
        """Each search begins where the last find ended, as if the line began there (httpd)."""
        pattern = one.pattern
        assert pattern is not None
        bounded = isinstance(pattern, BoundedPattern)
        made: Pieces = []
        start = 0
        finds = 0
        size = 0
        began = process_time()
        rest = piece
        while True:
            if one.anchored or bounded:
                found = pattern.search(rest)
            else:
                found = pattern.search_from(piece, start)
            if bounded or finds % LOOK == LOOK - 1:
                now = process_time()
                self.spent += now - began
                began = now
                if self.spent > BUDGET + self.taken * PER_BYTE:
                    raise ProtocolFault("the patterns of Substitute take too long in this body", 502)
            if found is None:
                break
            begin, end = found.span()
            if one.anchored or bounded:
                begin += start
                end += start
            if finds and end == start:
                # Nothing, where the last find ended: httpd finds it for ever.
                break
            made.append(piece[start:begin])
            text = written(one.pieces, found)
            made.append(text)
            size += begin - start + len(text)
            finds += 1
            if size > self.longest:
                raise too_long(self.longest)
            start = end
            if one.anchored or bounded:
                rest = piece[start:]
        made.append(piece[start:])
        return made


def written(pieces: tuple[bytes | int, ...], found: object) -> bytes:
    """What takes the place of a find: groups are filled in, those that took no part with nothing."""
    out = []
    for piece in pieces:
        if isinstance(piece, int):
            out.append((found.group(piece) or b"") if piece <= found.re.groups else b"")  # type: ignore[attr-defined]
        else:
            out.append(piece)
    return b"".join(out)


def grown(piece: bytes, plain: bytes, text: bytes) -> int:
    """At most so long it becomes: it must not be made to be measured."""
    more = len(text) - len(plain)
    return len(piece) + (piece.count(plain) * more if more > 0 else 0)


def too_long(longest: int) -> ProtocolFault:
    return ProtocolFault(f"a line of the body is longer than SubstituteMaxLineLength ({longest} bytes)", 502)


def mark_fields(fields: Headers) -> None:
    """Say in an answer's fields that its body is changed: nobody knows how long it is. Its ETag stays (httpd)."""
    fields.remove(b"Content-Length")
