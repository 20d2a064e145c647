"""Shell patterns at run time: `*`, `?`, `[...]` and backslashes, as `apr_fnmatch` reads them.

For patterns that are made while a request runs. The time is bounded by the product of both lengths, so no pattern and
no text can make it long.
"""

from __future__ import annotations


def matches_shell(pattern: bytes, text: bytes, slashes: bool, any_case: bool) -> bool:
    """Whether the pattern covers the whole text; with `slashes` only a `/` in the pattern matches one."""
    if any_case:
        pattern = pattern.lower()
        text = text.lower()
    at = pos = 0
    star = -1
    """Behind the last `*`, and where in the text it is to end next."""
    resume = 0
    while True:
        if at < len(pattern) and pattern[at] == 42:
            at += 1
            star = at
            resume = pos
            continue
        if pos == len(text):
            return at == len(pattern)
        end = _step(pattern, at, text[pos], slashes) if at < len(pattern) else -1
        if end >= 0:
            at = end
            pos += 1
            continue
        if star < 0 or (slashes and text[resume] == 47):
            return False
        resume += 1
        at = star
        pos = resume


def _step(pattern: bytes, at: int, byte: int, slashes: bool) -> int:
    """Behind what matches this byte in the pattern, -1 where it does not."""
    mark = pattern[at]
    if mark == 63:
        return -1 if slashes and byte == 47 else at + 1
    if mark == 91:
        end = _set_end(pattern, at)
        if end >= 0:
            if slashes and byte == 47:
                return -1
            return end + 1 if _in_set(pattern, at + 1, end, byte) else -1
    elif mark == 92 and at + 1 < len(pattern):
        at += 1
        mark = pattern[at]
    return at + 1 if mark == byte else -1


def _set_end(pattern: bytes, at: int) -> int:
    """Where the `[` at `at` is closed; -1 for nowhere: then it stands for itself."""
    pos = at + 1
    if pattern[pos : pos + 1] in (b"!", b"^"):
        pos += 1
    first = True
    while pos < len(pattern):
        mark = pattern[pos]
        if mark == 93 and not first:
            return pos
        first = False
        pos += 2 if mark == 92 else 1
    return -1


def _in_set(pattern: bytes, pos: int, end: int, byte: int) -> bool:
    negated = pattern[pos : pos + 1] in (b"!", b"^")
    if negated:
        pos += 1
    found = False
    while pos < end:
        low = pattern[pos]
        if low == 92 and pos + 1 < end:
            pos += 1
            low = pattern[pos]
        pos += 1
        high = low
        if pos + 1 < end and pattern[pos] == 45:
            pos += 1
            high = pattern[pos]
            if high == 92 and pos + 1 < end:
                pos += 1
                high = pattern[pos]
            pos += 1
        if low <= byte <= high:
            found = True
    return found != negated
