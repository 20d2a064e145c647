"""Expressions that nobody thought of: hypothesis makes them, httpd and we say what they come to, a difference shrinks.

Many expressions go into one configuration, one `Header always set` line for each, and one request asks for them all;
httpd answers on a port of its own, we run our plan here. Vary is compared as well: in it stands what was read, in the
order in which it was.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evenflow.compiler.expr import compile_condition, compile_text
from evenflow.compiler.findings import Refused
from evenflow.plan import edits
from evenflow.plan.decide import decide
from evenflow.plan.decision import Inquiry, afterwards
from evenflow.plan.model import ConnectionFacts, Decision, Plan
from evenflow.proxy.answered import Answered
from evenflow.wire.headers import Headers
from evenflow.wire.http1 import RequestHead
from tests.peers import require_peer
from tests.plan.cases import facts_of, head_of, plan_of

from .fronts import MODULES
from .play import make_stage

PORT: Final = make_stage().front
LOADED: Final = ("mpm_event", "authz_core", "headers", "setenvif", "env", "alias", "dir", "mime")
TARGET: Final = "/a%20b.txt?x=1&y=%41"
FIELDS: Final = (
    "X-A: abc", "X-N: 12", "X-Neg: -3x", "Cookie: k=v; l=w", "User-Agent: curl/8.5", "X-Two: 1", "X-Two: 2",
    "X-Addr: 10.1.2.3", "X-Odd: a\\b'c\"d%e$f",
)  # fmt: skip

CONF: Final = """\
ServerRoot "{root}"
DefaultRuntimeDir {root}
PidFile {root}/pid
ErrorLog {root}/error.log
LogLevel crit
{modules}
{user}StartServers 1
ServerLimit 1
ThreadsPerChild 2
MaxRequestWorkers 2
MinSpareThreads 1
MaxSpareThreads 2
Listen 127.0.0.1:{port}
ServerName www.example
DocumentRoot {root}
SetEnvIf X-A (.)(.) ENV=$2$1
{lines}
"""

# --- what is made -------------------------------------------------------------------------------------------------

plain = st.text(st.sampled_from("abcABC019 .:/-_=<>()[]{},;!~*?&|^#@+é%$"), max_size=8)
piece = st.one_of(
    plain,
    st.sampled_from(
        [
            "%{REQUEST_URI}", "%{QUERY_STRING}", "%{REQUEST_METHOD}", "%{HTTP_COOKIE}", "%{req:X-A}", "%{req:X-Two}",
            "%{HTTP:X-Odd}", "%{ENV:ENV}", "%{reqenv:ENV}", "%{req:NONE}", "%{tolower:%{req:X-A}Z}", "%{HTTPS}", "$0",
            "$1", "$2", "$9", "\\\\", "\\'", "\\\"", "\\x", "\\$1", "\\%{X}", "\\101", "%{escape:/ %{QUERY_STRING}}",
            "%{md5:$1}", "%{unescape:%{QUERY_STRING}}", "%{req_novary:X-N}", "%{toupper:a$1\\}b}", "%{resp:X-None}",
        ]
    ),
)  # fmt: skip
inner_text = st.lists(piece, max_size=4).map("".join)


@st.composite
def quoted_texts(draw: st.DrawFn) -> str:
    mark = draw(st.sampled_from("'\""))
    made = draw(inner_text)
    # A quote inside must be escaped, and one inside of %{...:...} would end httpd.
    return mark + re.sub(r"(?<!\\)" + mark, "\\\\" + mark, made) + mark


variables = st.sampled_from(
    [
        "%{REQUEST_URI}", "%{QUERY_STRING}", "%{request_method}", "%{HTTP_COOKIE}", "%{HTTP_USER_AGENT}", "%{req:X-A}",
        "%{req:X-N}", "%{req:X-Neg}", "%{http:x-two}", "%{HTTP:X-Odd}", "%{req:X-Addr}", "%{HTTP_HOST}", "%{HTTP:Host}",
        "%{REMOTE_ADDR}", "%{SERVER_NAME}", "%{SERVER_PORT}", "%{REQUEST_SCHEME}", "%{HTTPS}", "%{IPV6}", "%{HTTP2}",
        "%{PATH_INFO}", "%{REMOTE_USER}", "%{IS_SUBREQ}", "%{THE_REQUEST}", "%{SERVER_PROTOCOL}", "%{API_VERSION}",
        "%{REQUEST_STATUS}", "%{DOCUMENT_URI}", "%{HTTP_ACCEPT}", "%{AUTH_TYPE}", "$0", "$1", "$2", "$7",
    ]
)  # fmt: skip
numbers = st.sampled_from(["0", "1", "-1", "12", "007", "9223372036854775807", "99999999999999999999"])
one_word = st.one_of(quoted_texts(), variables, numbers)
functions = st.sampled_from(
    [
        "tolower", "toupper", "ToLower", "escape", "unescape", "base64", "unbase64", "md5", "sha1", "req", "http",
        "req_novary", "reqenv", "env", "osenv", "note", "resp", "filesize",
    ]
)  # fmt: skip
words = st.recursive(
    one_word,
    lambda inner: st.one_of(
        st.tuples(functions, inner).map(lambda made: f"{made[0]}({made[1]})"),
        st.lists(inner, min_size=2, max_size=4).map(" . ".join),
    ),
    max_leaves=5,
)
comparisons = st.sampled_from(
    [
        "==", "=", "!=", "<", "<=", ">", ">=", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "eq", "ne", "lt", "le", "gt",
        "ge", "-strmatch", "-strcmatch", "-fnmatch",
    ]
)  # fmt: skip
patterns = st.sampled_from(
    [
        "/b/", "/B/i", "/(b)/", "/^(.)(.)/", "m#^/#", "m|(x)?(y)|", "/^$/", "/(.*)b(.*)/", "m!/a (.*)\\.txt!", "/z()/",
        "m,(?i)ABC,", "/\\d+/", "/(?<n>[a-c])+/", "m'k=(.);'", "/[[:alpha:]]$/",
    ]
)  # fmt: skip
subnets = st.sampled_from(["'10.0.0.0/8'", "'127'", "'10.1'", "'10.1.2.3'", "'::1'", "'10.0.0.0/255.255.0.0'"])
simple = st.one_of(
    st.sampled_from(["true", "false"]),
    st.tuples(words, comparisons, words).map(" ".join),
    st.tuples(words, st.sampled_from(["=~", "!~"]), patterns).map(" ".join),
    st.tuples(words, st.sampled_from(["in", "-in"]), st.lists(words, min_size=1, max_size=3)).map(
        lambda made: f"{made[0]} {made[1]} {{{', '.join(made[2])}}}"
    ),
    st.tuples(st.sampled_from(["-n", "-z", "-T", "-d", "-e", "-f", "-s"]), words).map(" ".join),
    st.tuples(st.sampled_from(["%{req:X-Addr}", "%{REMOTE_ADDR}", "'::1'", "'10.1.9.9'"]), subnets).map(
        " -ipmatch ".join
    ),
    subnets.map("-R {}".format),
)
conditions = st.recursive(
    simple,
    lambda inner: st.one_of(
        inner.map("not {}".format),
        inner.map("!{}".format),
        inner.map("({})".format),
        st.tuples(inner, st.sampled_from([" and ", " && ", " or ", " || "]), inner).map(
            lambda made: made[0] + made[1] + made[2]
        ),
    ),
    max_leaves=6,
)


def may_stand(text: str) -> bool:
    """Not what the configuration's own reader would change, and not what ends httpd's program."""
    inside = re.sub(r"%\{\w+:[^}]*", lambda found: found.group().replace("'", "Q").replace('"', "Q"), text)
    inside = re.sub(r"%\{(?=[^a-zA-Z])", "", inside)
    return "${" not in text and inside == text and not text.endswith("\\")


# --- what is asked ------------------------------------------------------------------------------------------------


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def conf(root: Path, lines: str) -> str:
    modules = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in LOADED)
    user = "User www-data\nGroup www-data\n" if os.geteuid() == 0 else ""
    return CONF.format(root=root, modules=modules, user=user, port=PORT, lines=lines)


def make_root(name: str) -> Path:
    root = Path(name)
    root.chmod(0o755)
    (root / "mime.types").write_text("text/plain txt\n")
    (root / "a b.txt").write_text("text\n")
    return root


def httpd_says(root: Path, lines: str) -> tuple[dict[str, str], str]:
    """The fields T1, C1 ... of httpd's answer, and its Vary."""
    (root / "httpd.conf").write_text(conf(root, lines), "utf-8")
    apache = str(require_peer("apache2"))
    process = subprocess.Popen(
        [apache, "-DFOREGROUND", "-f", str(root / "httpd.conf")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        until = time.monotonic() + 15
        while True:
            try:
                client = socket.create_connection(("127.0.0.1", PORT), 5)
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < until, process.stderr and process.stderr.read()
                time.sleep(0.01)
        with client:
            lines_sent = [f"GET {TARGET} HTTP/1.1", "Host: www.example", "Connection: close", *FIELDS, "", ""]
            client.sendall("\r\n".join(lines_sent).encode())
            answer = b""
            while chunk := client.recv(65536):
                answer += chunk
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        if process.stderr is not None:
            process.stderr.close()
    head = answer.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    assert head[0] == "HTTP/1.1 200 OK", head
    return sorted_out([(name, value) for name, _, value in (line.partition(": ") for line in head[1:])])


def sorted_out(fields: list[tuple[str, str]]) -> tuple[dict[str, str], str]:
    found = {name: value.strip() for name, value in fields if re.fullmatch(r"[TC]\d+", name)}
    return found, ", ".join(value for name, value in fields if name == "Vary")


class View:
    """What the proxy shows to edits, without a proxy."""

    def __init__(self, plan: Plan) -> None:
        self.head: RequestHead = head_of("GET", TARGET, ("Connection: close", *(utf8(field) for field in FIELDS)))
        self.facts: ConnectionFacts = facts_of(plan, "127.0.0.1", port=PORT)
        self.decision: Decision = decide(plan, self.facts, self.head)
        self.env: dict[bytes, bytes] | None = dict(self.decision.env)
        self.always = Headers()
        self.asked = afterwards(plan, self.facts, self.head, self.decision, self.env, None)
        self.asked.response = Answered(200, Headers(), self.always, b"text/plain")

    def inquiry(self) -> Inquiry:
        return self.asked


def utf8(text: str) -> str:
    return text.encode().decode("latin-1")


def we_say(root: Path, lines: str) -> tuple[dict[str, str], str]:
    plan = plan_of(conf(root, lines), str(root))
    view = View(plan)
    edits.edit_response(view.decision.scope.always_edits, view.always, view)
    edits.add_vary(view.always, view.asked.vary)
    edits.compact_vary(view.always)
    return sorted_out([(name.decode("latin-1"), value.decode("latin-1")) for name, value in view.always])


# --- and compared -------------------------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    st.lists(conditions.filter(may_stand), min_size=1, max_size=60),
    st.lists(inner_text.filter(may_stand), min_size=1, max_size=30),
)
def test_both_come_to_the_same(tests: list[str], texts: list[str]) -> None:
    require_peer("apache2")
    lines = [f"Header always set C{index} y {quoted('expr=' + text)}" for index, text in enumerate(tests)]
    lines += [f"Header always set T{index} {quoted('expr=[' + text + ']')}" for index, text in enumerate(texts)]
    with tempfile.TemporaryDirectory(prefix="expressions-") as name:
        root = make_root(name)
        theirs, their_vary = httpd_says(root, "\n".join(lines))
        ours, our_vary = we_say(root, "\n".join(lines))
    wrong = [
        f"{text}: httpd {theirs.get(field)!r}, evenflow {ours.get(field)!r}"
        for letter, made in (("C", tests), ("T", texts))
        for index, text in enumerate(made)
        for field in [f"{letter}{index}"]
        if theirs.get(field) != ours.get(field)
    ]
    assert not wrong, "\n".join(wrong)
    assert our_vary == their_vary


SPOILED: Final = st.sampled_from(
    ["'", '"', "(", ")", "{", "}", "%{", "}", "$1", " and ", " or ", "not ", "!", "==", "=~", "/a/", "m#a#i", "-in ",
     "-n ", "-eq ", " . ", ",", "x", "0", "-", "\\", "\\9", "\\400", "\n", "req(", "%{REQUEST_URI}", ":", "true", "#"]
)  # fmt: skip


@st.composite
def spoiled(draw: st.DrawFn) -> str:
    text = draw(conditions)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(SPOILED) + text[at + draw(st.integers(0, 2)) :]
    return text


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(spoiled(), st.booleans())
def test_both_refuse_the_same(text: str, as_text: bool) -> None:
    """And for the same reason, where httpd has words of its own for it."""
    apache = str(require_peer("apache2"))
    if "${" in text or "\n" in text:
        return
    line = f"Header set T {quoted('expr=' + text)}" if as_text else f"Header set C y {quoted('expr=' + text)}"
    with tempfile.TemporaryDirectory(prefix="expressions-") as name:
        root = make_root(name)
        (root / "httpd.conf").write_text(conf(root, line), "utf-8")
        ran = subprocess.run([apache, "-t", "-f", str(root / "httpd.conf")], capture_output=True, text=True)
    # What httpd prints has its backslashes doubled.
    said = (ran.stdout + ran.stderr).replace("\\\\", "\\")
    try:
        (compile_text if as_text else compile_condition)(text)
    except Refused as refused:
        assert ran.returncode != 0, f"httpd takes it: {refused.headline}"
        if refused.code != "expression-malformed":
            return
        says = refused.notes[0].removeprefix("httpd says: ")
        assert says in said, said
    else:
        assert ran.returncode == 0, said


@pytest.mark.parametrize("text", ["'a' == 'b", "%{req:X-A"])
def test_the_comparison_sees_what_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        compile_condition(text)
