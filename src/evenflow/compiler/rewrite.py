"""RewriteRule and RewriteCond lines, from text to `plan.rewrite.Rule`.

A rule that cannot be compiled, or asks for what we do not do yet, is a finding at its line; no flag is dropped without
a word.
"""

from __future__ import annotations

import os
from typing import Final

from evenflow.compiler.findings import Findings, Refused
from evenflow.compiler.regex import compile_regex
from evenflow.compiler.template import Warn, closing_brace, compile_escaping, compile_template
from evenflow.compiler.texts import to_bytes
from evenflow.config.settings import ConditionLine, RuleLine
from evenflow.origin import Origin
from evenflow.plan import rewrite
from evenflow.plan.rewrite import Condition, EnvironmentChange, Rule
from evenflow.plan.template import LITERAL

PLAIN_FLAGS: Final = {
    "P": rewrite.PROXY,
    "L": rewrite.LAST,
    "END": rewrite.END,
    "C": rewrite.CHAIN,
    "PT": rewrite.PASS,
    "NE": rewrite.AS_IS,
    "QSA": rewrite.QUERY_APPEND,
    "QSD": rewrite.QUERY_DISCARD,
    "QSL": rewrite.QUERY_LAST,
    "UNSAFEALLOW3F": rewrite.ALLOW_3F,
}

# Nothing that we do depends on these: there are no sub-requests, no path info, and no look at the disk before
# DocumentRoot.
WITHOUT_EFFECT: Final = frozenset(("NS", "DPI", "UNC", "UNSAFEPREFIXSTAT"))

READ_ELSEWHERE: Final = frozenset(("NC", "B", "BNP", "BNE", "BCTLS"))

REDIRECTS: Final = {"permanent": 301, "temp": 302, "seeother": 303}

INTEGERS: Final = {
    "-eq": rewrite.INT_EQ, "-ne": rewrite.INT_NE, "-lt": rewrite.INT_LT, "-le": rewrite.INT_LE,
    "-gt": rewrite.INT_GT, "-ge": rewrite.INT_GE,
}  # fmt: skip
TEXTS: Final = (
    (">=", rewrite.GREATER_EQUAL), ("<=", rewrite.LESS_EQUAL), ("=", rewrite.EQUAL),
    (">", rewrite.GREATER), ("<", rewrite.LESS),
)  # fmt: skip
FILE_TESTS: Final = {
    "-f": rewrite.IS_FILE, "-d": rewrite.IS_DIRECTORY, "-s": rewrite.IS_NOT_EMPTY,
    "-l": rewrite.IS_LINK, "-L": rewrite.IS_LINK, "-h": rewrite.IS_LINK, "-x": rewrite.IS_EXECUTABLE,
}  # fmt: skip


def compile_rules(lines: tuple[RuleLine, ...], location: str | None, findings: Findings) -> tuple[Rule, ...]:
    """The rules of one server (`location` None) or section; those that fail are findings and left out."""
    rules = []
    for line in lines:
        try:
            rules.append(compile_rule(line, location, findings))
        except Refused as refused:
            refused.report(findings, line.origin)
    return tuple(rules)


def compile_rule(line: RuleLine, location: str | None, findings: Findings) -> Rule:
    """One rule. Raises `Refused`."""
    warn = warner(findings, line.origin)
    flags = 0
    status = 302
    redirects = False
    skip = 0
    rounds = 0
    handler = ""
    environment: list[EnvironmentChange] = []
    names = {name for name, _ in line.flags}
    for name, value in line.flags:
        if name in PLAIN_FLAGS:
            flags |= PLAIN_FLAGS[name]
        elif name == "F":
            flags |= rewrite.STATUS
            status = 403
        elif name == "G":
            flags |= rewrite.STATUS
            status = 410
        elif name == "R":
            redirects = True
            status = REDIRECTS.get((value or "temp").lower()) or leading_number(value or "")
            if not 300 <= status <= 399:
                flags |= rewrite.STATUS
        elif name == "S":
            skip = leading_number(value or "")
        elif name == "N":
            flags |= rewrite.NEXT
            rounds = leading_number(value or "")
        elif name == "H":
            handler = value or ""
            if handler != "balancer-manager":
                raise Refused("handler-unknown", f"evenflow has no handler `{handler}`: `H=` takes `balancer-manager`")
        elif name == "E":
            environment.append(compile_environment(value or "", warn))
        elif name not in WITHOUT_EFFECT and name not in READ_ELSEWHERE:
            raise Refused("flag-not-supported", f"evenflow does not act on the flag `{name}` of RewriteRule yet")
    if redirects and not flags & rewrite.STATUS:
        flags |= rewrite.REDIRECT

    pattern = line.pattern
    negated = pattern.startswith("!")
    if negated:
        pattern = pattern[1:]
    output = line.substitution
    template = None
    if output != "-" and not flags & rewrite.STATUS:
        if output.endswith("?") and not flags & rewrite.QUERY_APPEND:
            flags |= rewrite.QUERY_NONE
            output = output[:-1]
        elif flags & rewrite.QUERY_DISCARD and "?" not in output:
            flags |= rewrite.QUERY_NONE
        template = compile_template(output, warn)
    rule = Rule(compile_regex(pattern, "NC" in names), negated, template, flags, line.origin)
    rule.status = status
    rule.skip = skip
    rule.rounds = rounds or 32000
    rule.handler = handler
    rule.environment = tuple(environment)
    rule.location = None if location is None else to_bytes(location)
    if names & {"B", "BCTLS"}:
        given = dict(line.flags)
        rule.escaping = compile_escaping(given.get("B"), given.get("BNE") or "", "BCTLS" in names, "BNP" not in names)
    conditions = []
    for condition in line.conditions:
        try:
            conditions.append(compile_condition(condition, findings))
        except Refused as refused:
            refused.report(findings, condition.origin)
    rule.conditions = tuple(conditions)
    return rule


def warn_of_files(rules: tuple[Rule, ...], document_root: bytes, findings: Findings) -> None:
    """Say which rules of a server name a file of the machine: httpd would serve it, we look below DocumentRoot only."""
    elsewhere = rewrite.PROXY | rewrite.PASS | rewrite.REDIRECT
    for rule in rules:
        if rule.substitution is None or rule.flags & elsewhere or not rule.substitution.parts:
            continue
        first = rule.substitution.parts[0]
        root = document_root.rstrip(b"/") + b"/"
        if first.kind != LITERAL or not first.text.startswith(b"/") or first.text.startswith(root):
            continue
        top, slash, _ = first.text[1:].partition(b"/")
        if top and (slash or len(rule.substitution.parts) == 1) and os.path.isdir(b"/" + top):
            shown = (b"/" + top).decode("utf-8", "surrogateescape")
            findings.warning(
                "file-outside-document-root",
                f"this rule names a path below `{shown}` of DocumentRoot, not the machine's own `{shown}`",
                rule.origin,
                notes=("httpd would look at the machine's own first, because it exists",),
                help="add `[PT]` if it is a path of the site",
            )


def compile_environment(text: str, warn: Warn) -> EnvironmentChange:
    """`NAME:VALUE`, `NAME` or `!NAME`."""
    if text.startswith("!"):
        return EnvironmentChange(compile_template(text[1:], warn), None)
    depth_end = 0
    # A colon inside %{...} belongs to the variable.
    while True:
        colon = text.find(":", depth_end)
        brace = text.find("{", depth_end)
        if brace < 0 or colon < 0 or colon < brace:
            break
        end = closing_brace(text, brace + 1)
        if end < 0:
            break
        depth_end = end + 1
    if colon < 0:
        return EnvironmentChange(compile_template(text, warn), compile_template("", warn))
    return EnvironmentChange(compile_template(text[:colon], warn), compile_template(text[colon + 1 :], warn))


def compile_condition(line: ConditionLine, findings: Findings) -> Condition:
    """One condition. Raises `Refused`."""
    warn = warner(findings, line.origin)
    names = {name for name, _ in line.flags}
    any_case = "NC" in names
    if line.test.lower() == "expr":
        raise Refused(
            "expression-not-supported",
            "evenflow does not evaluate `expr` in RewriteCond yet",
            help="write the condition with a test string and a pattern",
        )
    pattern = line.pattern
    negated = pattern.startswith("!")
    if negated:
        pattern = pattern[1:]
    template = compile_template(line.test, warn)
    or_next = "OR" in names
    if pattern in ("-U", "-F"):
        raise Refused(
            "condition-not-supported",
            f"evenflow does no sub-requests: `{pattern}` in RewriteCond",
            notes=("what a ProxyPass covers is always true for httpd's `-U`",),
        )
    kind = FILE_TESTS.get(pattern)
    if kind is not None:
        return Condition(template, kind, negated, or_next, any_case, line.origin)
    kind = INTEGERS.get(pattern[:3])
    if kind is not None and len(pattern) > 3:
        condition = Condition(template, kind, negated, or_next, any_case, line.origin)
        condition.number = rewrite.leading_number(to_bytes(pattern[3:]))
        return condition
    for sign, kind in TEXTS:
        if pattern.startswith(sign) and len(pattern) > len(sign):
            condition = Condition(template, kind, negated, or_next, any_case, line.origin)
            text = pattern[len(sign) :]
            condition.text = b"" if text == '""' else to_bytes(text)
            return condition
    condition = Condition(template, rewrite.REGEX, negated, or_next, any_case, line.origin)
    condition.pattern = compile_regex(pattern, any_case)
    return condition


def leading_number(text: str) -> int:
    """As C's atoi; never negative."""
    return max(0, rewrite.leading_number(to_bytes(text)))


def warner(findings: Findings, origin: Origin) -> Warn:
    """Writes warnings at one statement."""

    def warn(code: str, headline: str, help: str) -> None:
        findings.warning(code, headline, origin, help=help)

    return warn
