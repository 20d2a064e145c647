"""Cases that a user could have written: a configuration, requests, and where each of them goes.

A case in Markdown is a heading of level two, a block of configuration (`apache`) and a block of `requests`. Without a
`Listen` the configuration stands inside `<VirtualHost *:8000>` with `ServerName www.example` and `DocumentRoot htdocs`;
`{htdocs}` is that directory, with `f.txt` and `dir/index.html` in it. A request is

    [METHOD] TARGET [| Field: value ...]  ->  WHERE

METHOD is GET unless it is said. Besides fields, `from ADDRESS` says who asks, `to ADDRESS:PORT` where, `tls NAME` that
the handshake named NAME (`-` for none). WHERE is one of

    http://b1/path?query         one plain member (its origin, then what it is asked)
    balancer://c/path?query      a balancer
    302 http://...               a redirect
    403                          an answer of ours
    file /f.txt                  a file below DocumentRoot
    local balancer-manager       a handler

and may go on with ` {NAME=value, ...}` for the environment, and ` by LINE` for the line that decided.
Every request is decided three times: plain, with a trace, and by a `Decider` twice; all must agree.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from evenflow.compiler.build import Built, build
from evenflow.config.load import load
from evenflow.config.source import make_source
from evenflow.plan.decide import Decider, decide
from evenflow.plan.decision import Step
from evenflow.plan.model import ANSWER, FILE, FORWARD, LOCAL, REDIRECT, ConnectionFacts, Decision, Plan
from evenflow.plan.vhosts import HostTable, table_for
from evenflow.wire.http1 import RequestHead

HERE: Final = Path(__file__).parent
NAME: Final = "case.conf"

AROUND: Final = """\
Listen 8000
<VirtualHost *:8000>
    ServerName www.example
    DocumentRoot htdocs
{text}
</VirtualHost>
"""


@dataclass(frozen=True)
class Case:
    """One block of configuration with its requests. `first_line` is where its text begins in what is loaded."""

    title: str
    text: str
    requests: tuple[str, ...]
    first_line: int


def read_cases(path: Path) -> list[Case]:
    """The cases of one file, in order."""
    found = []
    for title, body in re.findall(r"^## (.*?)$(.*?)(?=^## |\Z)", path.read_text(), re.MULTILINE | re.DOTALL):
        blocks = re.findall(r"^```(\w+)\n(.*?)^```$", body, re.MULTILINE | re.DOTALL)
        text = "".join(block for kind, block in blocks if kind == "apache")
        lines = [line for kind, block in blocks if kind == "requests" for line in block.splitlines() if line.strip()]
        whole = "Listen" in text
        found.append(Case(title, text if whole else AROUND.format(text=text), tuple(lines), 0 if whole else 4))
    return found


def built(text: str, root: str = "/srv/evenflow") -> Built:
    """What becomes of a configuration; `{htdocs}` in it is DocumentRoot's directory. Fails where it does not load."""
    text = text.replace("{htdocs}", f"{root}/htdocs")
    source = make_source(NAME, text)
    loaded = load(NAME, environment={}, server_root=root, read=lambda path: source)
    assert loaded.settings is not None, [diagnostic.headline for diagnostic in loaded.diagnostics]
    return build(loaded.settings)


def plan_of(text: str, root: str = "/srv/evenflow") -> Plan:
    """The plan of a configuration that has one."""
    made = built(text, root)
    assert made.plan is not None, [diagnostic.headline for diagnostic in made.diagnostics]
    return made.plan


def inside(text: str) -> str:
    """A configuration of one virtual host, `www.example` on port 8000, with this text in it."""
    return AROUND.format(text=textwrap.dedent(text))


def head_of(
    method: str, target: str, fields: tuple[str, ...] = (), version: str = "1.1", host: str = "www.example"
) -> RequestHead:
    """A parsed request head; Host is `host` unless the fields have one, or the version is 1.0."""
    lines = [f"{method} {target} HTTP/{version}"]
    if version != "1.0" and not any(field.lower().startswith("host:") for field in fields):
        lines.append(f"Host: {host}")
    head = RequestHead()
    head.parse("\r\n".join([*lines, *fields, "", ""]).encode("latin-1"))
    return head


def facts_of(
    plan: Plan,
    remote: str = "192.0.2.1",
    local: str = "127.0.0.1",
    port: int = 8000,
    sni: str | None = None,
    tls: bool = False,
) -> ConnectionFacts:
    """A connection."""
    table: HostTable = table_for(plan, local.encode(), port)
    return ConnectionFacts(remote.encode(), 4711, local.encode(), port, tls, (sni or "").encode(), table)


def asked(plan: Plan, line: str) -> tuple[ConnectionFacts, RequestHead]:
    """The left side of a request line."""
    parts = [part.strip() for part in line.split(" | ")]
    words = parts[0].split()
    method, target = words if len(words) == 2 else ("GET", words[0])
    fields = []
    remote, local, port, sni, tls = "192.0.2.1", "127.0.0.1", 8000, None, False
    for part in parts[1:]:
        if part.startswith("from "):
            remote = part[5:]
        elif part.startswith("to "):
            local, _, digits = part[3:].rpartition(":")
            port = int(digits)
        elif part.startswith("tls "):
            tls = True
            sni = part[4:] if part[4:] != "-" else None
        else:
            fields.append(part)
    return facts_of(plan, remote, local, port, sni, tls), head_of(method, target, tuple(fields))


def where(decision: Decision, head: RequestHead, root: str) -> str:
    """A decision as the right side of a request line, without environment and line."""
    if decision.kind == FORWARD:
        query = head.query if decision.keep_query else decision.query
        path = (decision.path + (b"?" + query if query is not None else b"")).decode("latin-1")
        if decision.balancer is not None:
            return f"balancer://{decision.balancer.name.decode()}{path}"
        assert decision.member is not None
        member = decision.member
        return f"{member.scheme.decode()}://{member.host_field.decode()}{path}"
    if decision.kind == REDIRECT:
        return f"{decision.status} {decision.location.decode('latin-1')}"
    if decision.kind == ANSWER:
        return str(decision.status)
    if decision.kind == LOCAL:
        return f"local {decision.handler}"
    assert decision.kind == FILE
    return f"file {(decision.file + decision.path_info).decode('latin-1').removeprefix(f'{root}/htdocs')}"


def all_of(decision: Decision, head: RequestHead, root: str) -> tuple[str, dict[bytes, bytes], int]:
    """Everything that is compared."""
    return where(decision, head, root), decision.env, decision.origin.line


def check(case: Case, root: str) -> list[str]:
    """Run a case; what is not as expected."""
    plan = plan_of(case.text, root)
    decider = Decider(plan)
    wrong = []
    for line in case.requests:
        request, _, expected = line.partition("->")
        place, by, number = expected.strip().partition(" by ")
        place, _, environment = place.partition(" {")
        facts, head = asked(plan, request)
        made = decide(plan, facts, head)
        found = all_of(made, head, root)
        if found[0] != place:
            wrong.append(f"{line}\n    found {found[0]} ({made.reason})")
        if environment:
            pairs = ", ".join(f"{name.decode()}={value.decode('latin-1')}" for name, value in found[1].items())
            if pairs != environment.rstrip("}"):
                wrong.append(f"{line}\n    found {{{pairs}}}")
        if by and found[2] - case.first_line != int(number):
            wrong.append(f"{line}\n    found line {found[2] - case.first_line}")
        trace: list[Step] = []
        if all_of(decide(plan, facts, head, trace), head, root) != found:
            wrong.append(f"{line}\n    a trace changes the answer")
        for _ in range(2):
            remembered = all_of(decider.decide(facts, head), head, root)
            if remembered != found:
                wrong.append(f"{line}\n    remembered {remembered}")
    return wrong
