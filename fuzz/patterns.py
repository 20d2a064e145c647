"""Fuzz target: a pattern, what it is said to cost, and running it.

Each input is a pattern. It is refused with the place in it, or compiled; then its cost is told, never with an
exception. A search over long subjects ends; what matches begins as it was foretold; one that is tied to the start
matches there or nowhere; and the rewrite that is advised is a pattern too, which matches the same.
"""

from __future__ import annotations

import random
from typing import Final

from evenflow.compiler.findings import Refused
from evenflow.compiler.regex import compile_regex
from evenflow.config.backtracking import UNKNOWN, cost_of
from fuzz import mutation

CORPUS: Final = (
    b"^/(wiki|jira)/([^/]*)/?(.*)$",
    b"^(?:[a-z0-9]+[.-])*[a-z]+(?i:X)(?#c)\\d{2,5}$",
    b"(a+)+$",
    b"(?<n>.*)/\\k<n>(?=x)(?!y)(?<=z)(?<!w)",
    b"^(?>a|b*)++[[:alpha:]^-]*+[^]\\]x]{3}\\Qa.b\\E\\x{41}\\101\\cA",
    b"(?(1)a|b)(?|(a)|(b))\\1(?R)?(?1)*",
    b"\\bfoo\\B\\A\\z\\Z\\G\\p{Lu}\\P{L}\\h\\H\\v\\V\\R\\X\\N",
    b"(*SKIP)a(*F)|^.*?a.*b.*c",
)
WORDS: Final = (
    *(
        b"(",
        b")",
        b"(?:",
        b"(?=",
        b"(?!",
        b"(?<=",
        b"(?>",
        b"(?i)",
        b"(?x)",
        b"(?s-i:",
        b"[",
        b"]",
        b"[^",
        b"[[:digit:]",
    ),
    *(b"*", b"+", b"?", b"{1,3}", b"{,5}", b"{70000}", b"{2,}", b"|", b"^", b"$", b".", b"\\", b"\\w", b"\\s", b"\\1"),
    *(
        b"\\E",
        b"\\Q",
        b"a*",
        b"(a|a)*",
        b"(.*)",
        b".*?",
        b"\\x{",
        b"\\g{-1}",
        b"(?P<a>",
        b"(?&a)",
        b"\xc3\xa9",
        b"\\N{U+41}",
    ),
)
SUBJECTS: Final = (b"", b"/", b"a" * 60, b"/wiki/a/b/c", b"ab" * 30 + b"!", b"/" * 50, b"A.b-" * 15, b"\xff\n\x00a1")


def check(data: bytes, rng: random.Random) -> int:
    """Compile, judge and run one pattern; accepted if it is one."""
    text = data.decode("utf-8", "surrogateescape")
    any_case = rng.random() < 0.3
    try:
        made = compile_regex(text, any_case)
    except Refused as refused:
        assert refused.headline
        return -1
    cost = cost_of(text, any_case)
    assert cost.degree >= 1
    assert all(0 <= start < end <= len(text) for start, end in cost.loops), cost.loops
    simpler = compile_regex(cost.rewrite, any_case) if cost.rewrite else None
    for subject in (*SUBJECTS, data[:80]):
        found = made.search(subject)
        if found is None:
            continue
        start, end = found.span()
        if cost.tied:
            assert start == 0, (subject, start)
        if cost.starts and end >= start:
            assert subject[start:].startswith(cost.starts), (subject, cost.starts)
        if cost.folded and end >= start:
            assert subject[start:].lower().startswith(cost.folded), (subject, cost.folded)
        if simpler is not None and cost.degree < UNKNOWN:
            assert simpler.search(subject) is not None, (cost.rewrite, subject)
    return len(data)


if __name__ == "__main__":
    mutation.main("patterns", check, CORPUS, WORDS)
