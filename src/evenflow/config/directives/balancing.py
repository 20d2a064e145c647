"""How a balancer does more than httpd's. Each line belongs to one balancer: that of its section, or the one it names.

In a file that httpd is to read too they stand in `<IfModule evenflow_module>`.
"""

from __future__ import annotations

from typing import Any, Final

from evenflow.config.arguments import duration, key_value, raw
from evenflow.config.contexts import PROXY, SERVERS
from evenflow.config.diagnostics import Wrong
from evenflow.config.directive import Directive
from evenflow.config.directives.proxy import balancer_name, is_declared
from evenflow.config.scope import Draft
from evenflow.config.settings import BalancerParameters, EjectionLine, MemberParameters, SetLine
from evenflow.config.syntax import Section, Statement, Word


def split_words(draft: Draft, statement: Statement | Section) -> tuple[str, list[Word], dict[str, Word]]:
    """The balancer's URL, the plain words, and the values of `key=value` by lower-case key."""
    words = list(statement.words)
    if words and balancer_name(words[0].text):
        target = words.pop(0).text
        if not is_declared(draft, target):
            raise Wrong(
                "target-not-declared",
                f"`{statement.name}` needs a balancer that is declared above, and `{target}` is not",
                help="put the line into `<Proxy balancer://NAME>`, or below the lines that declare its members",
            )
    else:
        target = draft.pattern if draft.place is PROXY else ""
        if not balancer_name(target):
            raise Wrong(
                "balancer-name",
                f"`{statement.name}` must stand in `<Proxy balancer://NAME>`, or name the balancer first",
                help=f"write `{statement.name} balancer://NAME {statement.rest}`".rstrip(),
            )
    plain: list[Word] = []
    values: dict[str, Word] = {}
    for word in words:
        pair = key_value(word)
        if pair is None:
            plain.append(word)
        else:
            values[pair[0]] = pair[1]
    return target, plain, values


def say(draft: Draft, statement: Statement | Section, target: str, **said: Any) -> None:
    """These parameters are the balancer's."""
    line = SetLine(target, MemberParameters(), BalancerParameters(**said), statement.origin)
    draft.add("proxy", "sets", line)


def refuse_others(statement: Statement | Section, values: dict[str, Word], known: tuple[str, ...]) -> None:
    """Keys that the directive does not have."""
    for key, word in values.items():
        if key not in known:
            raise Wrong(
                "unknown-parameter",
                f"`{statement.name}` has no parameter `{key}`",
                word.span,
                help=f"it has {', '.join(f'`{one}=`' for one in known)}" if known else "remove it",
            )


def one_word(statement: Statement | Section, words: list[Word], needs: str, example: str) -> Word:
    """The only word beside those with a key."""
    if len(words) != 1:
        raise Wrong(
            "argument-count",
            f"`{statement.name}` needs {needs}",
            help=f"write for instance `{statement.name} {example}`",
        )
    return words[0]


def decimal(key: str, word: Word, least: float, most: float) -> float:
    """A number with or without a fraction, within bounds."""
    digits = word.text
    whole, _, part = digits.partition(".")
    fine = whole.isdigit() and (not part or part.isdigit()) and digits.isascii() and not digits.endswith(".")
    if not fine or not least <= float(digits) <= most:
        raise Wrong(
            "value-out-of-range", f"`{key}` must be a number from {least:g} to {most:g}, not `{digits}`", word.span
        )
    return float(digits)


# --- EvenflowHash -------------------------------------------------------------------------------------------------

KEYS: Final = ("client", "uri", "cookie", "header")
HASH_FORM: Final = "`client`, `uri`, `cookie:NAME` or `header:NAME`"


def hash_by(draft: Draft, statement: Statement | Section, value: Any) -> None:
    target, words, values = split_words(draft, statement)
    refuse_others(statement, values, ("load",))
    word = one_word(statement, words, f"one thing to hash by: {HASH_FORM}", "cookie:JSESSIONID")
    kind, separator, name = word.text.partition(":")
    kind = kind.lower()
    if kind not in KEYS or bool(separator) != (kind in ("cookie", "header")) or (separator and not name):
        raise Wrong("value-not-allowed", f"`{word.text}` is none of {HASH_FORM}", word.span)
    load = 1.25
    if "load" in values:
        load = 0.0 if values["load"].text.lower() == "off" else decimal("load", values["load"], 1, 100)
    say(draft, statement, target, hash_by=(kind, name, load))


# --- EvenflowRetryBudget ------------------------------------------------------------------------------------------


def retry_budget(draft: Draft, statement: Statement | Section, value: Any) -> None:
    target, words, values = split_words(draft, statement)
    refuse_others(statement, values, ("persecond",))
    if len(words) == 1 and words[0].text.lower() == "off" and not values:
        say(draft, statement, target, retries=None)
        return
    if len(words) != 1 or not words[0].text.endswith("%"):
        raise Wrong(
            "value-malformed",
            f"`{statement.name}` needs the share of requests that may be repeated, such as `20%`, or `Off`",
        )
    share = percent("share", words[0], 0)
    per_second = decimal("persecond", values["persecond"], 0, 1000000) if "persecond" in values else 10.0
    say(draft, statement, target, retries=(share, per_second))


# --- EvenflowEject, EvenflowSlowStart -----------------------------------------------------------------------------

EJECT_KEYS: Final = ("errors", "latency", "requests", "interval", "time", "most")


def eject(draft: Draft, statement: Statement | Section, value: Any) -> None:
    target, words, values = split_words(draft, statement)
    refuse_others(statement, values, EJECT_KEYS)
    if len(words) == 1 and words[0].text.lower() == "off" and not values:
        say(draft, statement, target, ejection=None)
        return
    if words or not ("errors" in values or "latency" in values):
        raise Wrong(
            "value-malformed",
            f"`{statement.name}` needs `errors=SHARE%`, `latency=TIMES` or both, or `Off`",
            words[0].span if words else None,
            help=f"write for instance `{statement.name} errors=50% latency=3`",
        )
    line = EjectionLine(
        errors=percent("errors", values["errors"], 1) if "errors" in values else 0.0,
        latency=decimal("latency", values["latency"], 1, 1000) if "latency" in values else 0.0,
        requests=int(decimal("requests", values["requests"], 1, 1000000)) if "requests" in values else 20,
        interval=decimal("interval", values["interval"], 1, 3600) if "interval" in values else 10.0,
        seconds=decimal("time", values["time"], 1, 86400) if "time" in values else 30.0,
        most=percent("most", values["most"], 0) if "most" in values else 0.5,
    )
    say(draft, statement, target, ejection=line)


def percent(key: str, word: Word, least: float) -> float:
    """`20%` as 0.2."""
    if not word.text.endswith("%"):
        raise Wrong("value-malformed", f"`{key}` is a share such as `20%`, not `{word.text}`", word.span)
    return decimal(key, Word(word.text[:-1], word.span), least, 100) / 100


def slow_start(draft: Draft, statement: Statement | Section, value: Any) -> None:
    target, words, values = split_words(draft, statement)
    refuse_others(statement, values, ("from",))
    word = one_word(statement, words, "the seconds in which a member gets back to its share, or `Off`", "30")
    seconds = 0.0 if word.text.lower() == "off" else decimal(statement.name, word, 0, 86400)
    least = percent("from", values["from"], 1) if "from" in values else 0.1
    say(draft, statement, target, slow_start=(seconds, least))


# --- EvenflowSessionIdle ------------------------------------------------------------------------------------------

MOST_IDLE: Final = 7 * 86400.0
idle_time: Final = duration("s", at_least=1.0)


def session_idle(draft: Draft, statement: Statement | Section, value: Any) -> None:
    target, words, values = split_words(draft, statement)
    refuse_others(statement, values, ("cookie",))
    word = one_word(statement, words, "the time after which a session that was not seen is gone, or `Off`", "30min")
    seconds = 0.0 if word.text.lower() == "off" else idle_time(statement.name, word)
    if seconds > MOST_IDLE:
        raise Wrong(
            "value-out-of-range",
            f"`{statement.name}` must be at most {MOST_IDLE / 3600:g}h, not `{word.text}`",
            word.span,
        )
    cookie = values["cookie"].text if "cookie" in values else "JSESSIONID"
    if not cookie:
        raise Wrong("value-malformed", "`cookie` is the name of a cookie", values["cookie"].span)
    say(draft, statement, target, sessions=(seconds, cookie))


DIRECTIVES = (
    Directive(
        "EvenflowHash",
        SERVERS | PROXY,
        raw,
        hash_by,
        "What `lbmethod=hash` looks at, and how much more than its share a member may have in flight.",
        syntax="[balancer://NAME] client|uri|cookie:NAME|header:NAME [load=FACTOR|off]",
        default="client load=1.25",
    ),
    Directive(
        "EvenflowRetryBudget",
        SERVERS | PROXY,
        raw,
        retry_budget,
        "How many failed attempts each child follows by another one: a share of the requests, and so many a second.",
        syntax="[balancer://NAME] SHARE% [persecond=NUMBER]|Off",
        default="20% persecond=10",
    ),
    Directive(
        "EvenflowEject",
        SERVERS | PROXY,
        raw,
        eject,
        "Which members are passed over for a while because they do worse than the others, and for how long.",
        syntax="[balancer://NAME] [errors=SHARE%] [latency=TIMES] [requests=NUMBER] [interval=SECONDS] "
        "[time=SECONDS] [most=SHARE%]|Off",
        default="Off",
    ),
    Directive(
        "EvenflowSessionIdle",
        SERVERS | PROXY,
        raw,
        session_idle,
        "After what time a session that was not seen at its member is gone, for counting what a drain waits for.",
        syntax="[balancer://NAME] NUMBER[ms|s|min|h]|Off [cookie=NAME]",
        default="30min cookie=JSESSIONID",
    ),
    Directive(
        "EvenflowSlowStart",
        SERVERS | PROXY,
        raw,
        slow_start,
        "In how many seconds a member that has recovered gets back to its share, and with what part it begins.",
        syntax="[balancer://NAME] SECONDS [from=SHARE%]|Off",
        default="Off",
    ),
)
