"""Lists of rules that nobody would write, over requests that nobody would send: both fronts must make the same of them.

Hypothesis makes batches: many virtual hosts in one configuration, each with a list of rules of its own, and a few
requests for each; apache2 and evenflow are started once for a batch. Where they differ, the list and the request are
made smaller until nothing can be taken away, and the test fails with a case that can be put under `cases/`.

EVENFLOW_RANDOM_RULES=N plays N batches that are new each time, instead of the few that are always the same.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .casebook import Case, read_book
from .fronts import FrontFailed
from .observed import Seen, text
from .test_parity import STAGE, certificates, play

BATCHES = int(os.environ.get("EVENFLOW_RANDOM_RULES", "0"))
HOSTS = 30
"""Virtual hosts in a batch."""
SMALLER = 60
"""So many times at most the fronts are started to make a difference smaller."""


@dataclass(frozen=True)
class Rule:
    """One RewriteRule with its conditions: (test, pattern, flags)."""

    conditions: tuple[tuple[str, str, str], ...]
    pattern: str
    substitution: str
    flags: tuple[str, ...]

    def lines(self) -> list[str]:
        flags = f" [{','.join(self.flags)}]" if self.flags else ""
        conditions = [f'RewriteCond "{test}" "{pattern}" {more}'.rstrip() for test, pattern, more in self.conditions]
        return [*conditions, f'RewriteRule "{self.pattern}" "{self.substitution}"{flags}']

    def smaller(self) -> Iterator[Rule]:
        for index in range(len(self.conditions)):
            yield replace(self, conditions=self.conditions[:index] + self.conditions[index + 1 :])
        for index in range(len(self.flags)):
            yield replace(self, flags=self.flags[:index] + self.flags[index + 1 :])


@dataclass(frozen=True)
class Request:
    """One request: `fields` are lines."""

    method: str
    target: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Host:
    """A virtual host with a list of rules, in a section where `section` is its opening line."""

    section: str
    rules: tuple[Rule, ...]
    requests: tuple[Request, ...]

    def config(self, number: int) -> str:
        rules = [line for rule in self.rules for line in rule.lines()]
        if self.section:
            rules = [self.section, *rules, f"</{self.section.split()[0][1:]}>"]
        lines = [
            "<VirtualHost *:{front}>",
            f"ServerName r{number}.example",
            # Nothing there: what mod_dir makes of directories is another story.
            "DocumentRoot none/htdocs",
            "RewriteEngine On",
            "RewriteMap low int:tolower",
            "ProxyPass /p http://{b1}/p",
            *rules,
            "</VirtualHost>",
        ]
        return "\n".join(lines) + "\n"

    def smaller(self) -> Iterator[Host]:
        for index in range(len(self.rules)):
            if len(self.rules) > 1:
                yield replace(self, rules=self.rules[:index] + self.rules[index + 1 :])
        for index, rule in enumerate(self.rules):
            for less in rule.smaller():
                yield replace(self, rules=(*self.rules[:index], less, *self.rules[index + 1 :]))
        (request,) = self.requests
        for position in range(len(request.fields)):
            fields = request.fields[:position] + request.fields[position + 1 :]
            yield replace(self, requests=(replace(request, fields=fields),))


# --- what they are made of ----------------------------------------------------------------------------------------

PATTERNS = (
    *("^/a", "^/(.*)", "(.*)b(.*)", "^/([^/]*)/(.*)$", "b$", ".", "^", "!^/a", "!b", "^/A", "(a)|(b)", "[a-c]+"),
    *("htdocs/(.*)", "^proxy:(.*)$", "(x)?", " ", "%", r"^/p", r"\?"),
)
PIECES = (
    *("$0", "$1", "$2", "%0", "%1", "a", "b/", "/", "x", "?k=$1", "?", "&y=1", "%20", "%%", r"\$1", "#"),
    *("%{REQUEST_URI}", "%{QUERY_STRING}", "%{HTTP:X-A}", "%{ENV:E}", "%{REQUEST_METHOD}", "%{UNKNOWN}"),
    *("${low:$1|d}", "${low:}", "${none:$1|$2}"),
)
STARTS = ("/", "/", "/p/", "", "//", "http://o.example/", "/b", "?")
FLAGS = (
    *("L", "L", "R", "R=301", "R=307", "R=404", "F", "G", "NE", "QSA", "QSD", "QSL", "B", "BNP", "BCTLS", "BNE=/"),
    *("B=/+", "NC", "PT", "PT", "END", "C", "S=1", "S=2", "N=3", "E=E:$1", "E=!E", "E=E:%{ENV:E}x", "UNC"),
    *("UnsafeAllow3F", "CO=n:v$1:x.example", "NS", "DPI"),
)
TESTS = ("%{REQUEST_URI}", "%{QUERY_STRING}", "%{HTTP:X-A}", "$1", "%1", "%{ENV:E}", "%{REQUEST_METHOD}$1", "a")
CONDITIONS = (
    *("(.*)", "^$", "a", "!a", "=a", "!=a", ">a", "<=b", "-gt1", "-ne0", "^(.)(.)", "(x)?$", "-d", "!-f"),
)
SECTIONS = ("", "", "", "<Location />", "<Location /a>", "<Location /p>")
STEPS = ("a", "b", "p/", "A", "x", "%20", "%3f", "%25", "%c3%a9", "//", "/", "+", "&", "%2b", "|", "%23")

substitutions = st.builds(
    lambda start, pieces: start + "".join(pieces),
    st.sampled_from(STARTS),
    st.lists(st.sampled_from(PIECES), max_size=3),
)
conditions = st.tuples(st.sampled_from(TESTS), st.sampled_from(CONDITIONS), st.sampled_from(("", "", "[NC]", "[OR]")))


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    kind = draw(st.integers(0, 9))
    flags = tuple(dict.fromkeys(draw(st.lists(st.sampled_from(FLAGS), max_size=3))))
    if any(flag.startswith("R") for flag in flags):
        # httpd keeps the status of a redirect that later rules turn into a path, and answers with it.
        flags = (*flags, "L")
    if kind < 4:
        # A target that somebody answers: both would ask the DNS, or refuse to, for any other.
        pieces = draw(st.lists(st.sampled_from(PIECES), max_size=3))
        return Rule(
            tuple(draw(st.lists(conditions, max_size=2))),
            draw(st.sampled_from(PATTERNS)),
            "http://{b1}/" + "".join(pieces),
            ("P", *flags),
        )
    output = "-" if kind == 4 else draw(substitutions)
    return Rule(tuple(draw(st.lists(conditions, max_size=2))), draw(st.sampled_from(PATTERNS)), output or "-", flags)


requests = st.builds(
    lambda method, path, query, value: Request(
        method, "/" + "".join(path) + query, (f"X-A: {value}",) if value is not None else ()
    ),
    st.sampled_from(("GET", "GET", "GET", "HEAD", "POST")),
    st.lists(st.sampled_from(STEPS), max_size=4),
    st.sampled_from(("", "", "?", "?k=v", "?a", "?%20b", "?a&b", "?a?b", "?2")),
    st.sampled_from((None, None, "a", "b c", "a?b", "/x", "AB")),
)

hosts = st.builds(
    Host,
    st.sampled_from(SECTIONS),
    st.lists(rules(), min_size=1, max_size=4).map(tuple),
    st.lists(requests, min_size=4, max_size=6).map(tuple),
)


# --- playing them -------------------------------------------------------------------------------------------------


def case_of(batch: list[Host]) -> Case:
    """The batch in the language of the case books."""
    config = "Listen 127.0.0.1:{front}\n" + "".join(host.config(number) for number, host in enumerate(batch))
    lines = []
    for number, host in enumerate(batch):
        for request in host.requests:
            lines += [f"{request.method} {request.target}", f"    Host: r{number}.example"]
            lines += [f"    {field}" for field in request.fields]
    book = f"# x\n\n## Random\n\n```apache\n{config}```\n\n```requests\n" + "\n".join(lines) + "\n```\n"
    with tempfile.TemporaryDirectory(prefix="random-") as folder:
        path = Path(folder) / "random.md"
        path.write_text(book, "utf-8")
        (case,) = read_book(path, Path(folder), STAGE.addresses())
    return case


def played(batch: list[Host], kind: str) -> list[list[str]]:
    root, names = certificates()
    return [plain(seen) for seen in play(case_of(batch), kind, STAGE, root, names)]


def plain(seen: Seen) -> list[str]:
    """What is compared, without the name of the folder that the front ran in."""
    return [re.sub(r"parity-\w{8}", "parity-X", line) for line in text(seen)]


def differs(batch: list[Host]) -> Host | None:
    """The first host of the batch that both do not agree on, with the one request."""
    theirs, ours = played(batch, "httpd"), played(batch, "evenflow")
    at = 0
    for host in batch:
        for request in host.requests:
            # A result of `/` is the machine's own root, and rules see the index that mod_dir looks for there.
            if theirs[at] != ours[at] and not any("index.html" in line for line in theirs[at]):
                return replace(host, requests=(request,))
            at += 1
    return None


def smallest(host: Host) -> Host:
    """The same difference with as little as can be."""
    left = SMALLER
    found = True
    while found and left > 0:
        found = False
        for less in host.smaller():
            left -= 1
            try:
                agreed = differs([less]) is None
            except FrontFailed:
                agreed = True
            if not agreed:
                host = less
                found = True
                break
            if left <= 0:
                break
    return host


def complaint(batch: list[Host]) -> str:
    """What both do not agree on, made small; "" for nothing."""
    host = differs(batch)
    # On a busy machine a connection may be lost; what is a difference is one again.
    if host is None or differs([host]) is None:
        return ""
    host = smallest(host)
    (theirs,), (ours,) = played([host], "httpd"), played([host], "evenflow")
    (request,) = host.requests
    said = [
        host.config(0),
        f"{request.method} {request.target}",
        *(f"    {field}" for field in request.fields),
        "--- httpd",
        *theirs,
        "--- evenflow",
        *ours,
    ]
    return "both do not agree:\n" + "\n".join(said)


def test_both_make_the_same_of_random_rules() -> None:
    found: list[str] = []

    @settings(
        max_examples=BATCHES or 5,
        derandomize=not BATCHES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(hosts, min_size=HOSTS, max_size=HOSTS))
    def look(batch: list[Host]) -> None:
        # Kept and not raised: a batch is made smaller here, as the fronts' starts are what costs.
        if not found and (wrong := complaint(batch)):
            found.append(wrong)

    look()
    if found:
        pytest.fail(found[0], pytrace=False)
