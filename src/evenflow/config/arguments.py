"""The shapes that arguments have: how many words, and how one word becomes a value.

A `Value` reads one word, a `Shape` a whole statement; both raise `Wrong` with what is allowed and what was given.
Numbers are read as httpd reads them: leading digits count, what follows does not. Nothing here knows a directive.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from evenflow.config import reasons
from evenflow.config.diagnostics import Diagnostic, Wrong, warning
from evenflow.config.syntax import Section, Span, Statement, Word

T = TypeVar("T")

Value = Callable[[str, Word], T]
"""(what to call it in a message, the word) -> the value."""

Shape = Callable[["Statement | Section"], Any]

LARGEST: Final = 2**31 - 1
"""Where httpd's int ends; larger numbers count as this one."""


SYNTAX: Final[dict[object, str]] = {}
"""How the reference writes the arguments of a shape, or the word of a value."""


def described(reader: T, syntax: str) -> T:
    """The same shape or value, with its syntax known."""
    SYNTAX[reader] = syntax
    return reader


def syntax_of(reader: object) -> str:
    """ "" for a shape or value that nobody has described."""
    return SYNTAX.get(reader, "")


# --- how many words -----------------------------------------------------------------------------------------------


def count_words(statement: Statement | Section, least: int, most: int | None, says: str) -> tuple[Word, ...]:
    """The statement's words, if there are as many as there should be.

    `says` is httpd's phrase ("takes one argument").
    """
    words = statement.words
    empty = next((word for word in words[:least] if not word.text), None)
    if empty is not None or len(words) < least or (most is not None and len(words) > most):
        if most is None:
            wanted = "at least one argument" if least == 1 else f"at least {least} arguments"
        elif least == most:
            wanted = {0: "no arguments", 1: "one argument", 2: "two arguments"}.get(least, f"{least} arguments")
        else:
            wanted = f"{least} or {most} arguments" if most == least + 1 else f"{least} to {most} arguments"
        given = "none" if not words else str(len(words)) if empty is None else "an empty one"
        help = ""
        if most == 1 and len(words) > 1 and '"' not in statement.rest:
            help = f'if it is one argument with blanks in it, put it into quotes: `{statement.name} "{statement.rest}"`'
        place = empty.span if empty else words[most].span if most is not None and len(words) > most else None
        raise Wrong(
            "argument-count",
            f"`{statement.name}` takes {wanted}, not {given}",
            place,
            says=f"{statement.name} {says}",
            help=help,
        )
    return words


def one(value: Value[T]) -> Shape:
    """Exactly one argument."""

    def read(statement: Statement | Section) -> T:
        return value(statement.name, count_words(statement, 1, 1, "takes one argument")[0])

    return described(read, syntax_of(value))


def flag(statement: Statement | Section) -> bool:
    """On or Off; httpd says the same of a wrong word as of none, and does not look at what follows (see `surplus`)."""
    if not statement.words:
        raise Wrong(
            "argument-count",
            f"`{statement.name}` must be `On` or `Off`",
            says=f"{statement.name} must be On or Off",
        )
    return on_off(statement.name, statement.words[0])


def surplus(statement: Statement | Section) -> Diagnostic | None:
    """The warning for words behind a flag; None where there are none."""
    if len(statement.words) < 2:
        return None
    return warning(
        "argument-ignored",
        f"`{statement.name}` takes `On` or `Off`: what follows is not read",
        statement.words[1].span,
        help=f"write `{statement.name} {statement.words[0].text}`",
    )


described(flag, "On|Off")


def raw(statement: Statement | Section) -> Statement | Section:
    """The statement itself, for directives that read their words in their own way."""
    return statement


# --- one word -----------------------------------------------------------------------------------------------------


def text(name: str, word: Word) -> str:
    """Any word, as it is."""
    return word.text


def on_off(name: str, word: Word) -> bool:
    """`On` or `Off` in any case, nothing else."""
    lower = word.text.lower()
    if lower not in ("on", "off"):
        raise Wrong(
            "value-not-allowed",
            f"`{name}` must be `On` or `Off`, not `{word.text}`",
            word.span,
            says=f"{name} must be On or Off",
            help=_on_off_hint(name, lower),
        )
    return lower == "on"


described(on_off, "On|Off")


def _on_off_hint(name: str, lower: str) -> str:
    if lower in ("yes", "true", "1", "enable", "enabled"):
        return f"write `{name} On`"
    if lower in ("no", "false", "0", "disable", "disabled"):
        return f"write `{name} Off`"
    return ""


def one_of(*allowed: str, says: str = "") -> Value[str]:
    """One of these words, in any case; the answer is lower case."""

    def read(name: str, word: Word) -> str:
        lower = word.text.lower()
        if lower not in allowed:
            choices = ", ".join(f"`{choice}`" for choice in allowed[:-1]) + f" or `{allowed[-1]}`"
            raise Wrong("value-not-allowed", f"`{name}` must be {choices}, not `{word.text}`", word.span, says=says)
        return lower

    return described(read, "|".join(word.capitalize() for word in allowed))


def c_number(digits: str) -> int:
    """What C's atoi makes of a text: an optional sign and leading digits; 0 where there are none."""
    pos = 0
    size = len(digits)
    while pos < size and digits[pos] in " \t\n\v\f\r":
        pos += 1
    negative = digits[pos : pos + 1] == "-"
    if digits[pos : pos + 1] in ("-", "+"):
        pos += 1
    number = 0
    while pos < size and "0" <= digits[pos] <= "9":
        number = min(number * 10 + ord(digits[pos]) - 48, LARGEST)
        pos += 1
    return -number if negative else number


def number(at_least: int | None = None, at_most: int | None = None, *, says: str = "", unit: str = "") -> Value[int]:
    """A whole number, read as C reads it, within bounds.

    `says` is httpd's sentence for one outside; `unit` is for the message.
    """

    def read(name: str, word: Word) -> int:
        value = c_number(word.text)
        if (at_least is not None and value < at_least) or (at_most is not None and value > at_most):
            raise out_of_range(name, word, at_least, at_most, says=says, unit=unit)
        return value

    return described(read, "NUMBER")


def seconds(at_least: int | None = None, *, says: str = "") -> Value[float]:
    """Whole seconds, read as C reads them: a unit after the digits is not read."""

    def read(name: str, word: Word) -> float:
        return float(number(at_least, says=says, unit="seconds")(name, word))

    return described(read, "SECONDS")


def out_of_range(
    name: str, word: Word, at_least: float | None, at_most: float | None, *, says: str = "", unit: str = ""
) -> Wrong:
    """The fault for a number that is too small or too large, or no number at all."""
    after = f" {unit}" if unit else ""
    if at_least is not None and at_most is not None:
        bounds = f"between {at_least:g} and {at_most:g}{after}"
    elif at_least is not None:
        bounds = f"at least {at_least:g}{after.rstrip('s') if at_least == 1 else after}"
    else:
        bounds = f"at most {at_most:g}{after}"
    return Wrong("value-out-of-range", f"`{name}` must be {bounds}, not {word.text or 'empty'}", word.span, says=says)


UNITS: Final = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}


def duration(default: str, *, at_least: float = 0.0, says: str = "", too_small: str = "") -> Value[float]:
    """Digits with an optional unit `ms`, `s`, `min` or `h`; `default` is the unit of a bare number.

    Strict, as httpd is here.
    """

    def read(name: str, word: Word) -> float:
        digits = word.text.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
        unit = word.text[len(digits) :] or default
        if not (digits.isascii() and digits.isdigit()) or unit not in UNITS or len(digits) > 12:
            raise Wrong(
                "value-malformed",
                f"`{name}` must be a number with an optional unit `ms`, `s`, `min` or `h`, not `{word.text}`",
                word.span,
                says=says,
                note=f"a number without unit counts {'milliseconds' if default == 'ms' else 'seconds'}",
            )
        value = int(digits) * UNITS[unit]
        if value < at_least:
            raise Wrong(
                "value-out-of-range",
                f"`{name}` must be at least {at_least * 1000:g} ms, not `{word.text}`",
                word.span,
                says=too_small,
            )
        return value

    return described(read, "NUMBER[ms|s|min|h]")


# --- key=value ----------------------------------------------------------------------------------------------------


def key_value(word: Word) -> tuple[str, Word] | None:
    """`key=value` cut at its first `=`, the key in lower case; None where there is no `=`.

    The value's span is the whole word's.
    """
    key, equals, value = word.text.partition("=")
    return (key.lower(), Word(value, word.span)) if equals else None


# --- URLs ---------------------------------------------------------------------------------------------------------

SCHEMES: Final = frozenset({"http", "https", "ws", "wss", "balancer"})
"""What we can send requests to."""


def proxy_url(directive: str, word: Word) -> str:
    """A target with scheme and host; the port must be a number. The answer is the text as written.

    Raises Wrong with httpd's sentences.
    """
    url = word.text
    if url.lower().startswith("unix:"):
        path, bar, url = url.partition("|")
        if not bar or not path[len("unix:") :].startswith("/"):
            raise Wrong(
                "url-malformed",
                f"`{word.text}` needs the absolute path of a socket and a URL behind it",
                word.span,
                help="write `unix:/path/to/socket|http://NAME/`; NAME is what the member gets as Host",
            )
    scheme, separator, after = url.partition("://")
    authority = after.split("/", 1)[0].split("?", 1)[0]
    host_port = authority.rpartition("@")[2]
    if not separator or not scheme or not host_port:
        # httpd takes `name:` for a scheme, but a digit begins none
        odd = not separator and url[:1].isdigit() and ":" in url
        raise Wrong(
            "url-not-absolute",
            f"`{url}` must be a whole URL, with scheme and host",
            word.span,
            says=f"{directive} Unable to parse URL: {url}" if odd else f"{directive} URL must be absolute!: {url}",
            help="write for example `http://" + (url.lstrip("/") or "host:port") + "`" if not separator else "",
        )
    port = _port_text(host_port)
    if port is None or (port and not (port.isascii() and port.isdigit())):
        raise Wrong(
            "url-malformed",
            f"`{url}` is not a URL: " + (f"`{port}` is not a port" if port else "its host cannot be read"),
            word.span,
            says=f"{directive} Unable to parse URL: {url}",
            help="put the real host and port in place of the placeholder" if "<" in url else "",
        )
    if port and (len(port) > 5 or not 1 <= int(port) <= 65535):
        raise Wrong("value-out-of-range", f"a port must be between 1 and 65535, not {port}", word.span)
    if scheme.lower() not in SCHEMES:
        what, instead = reasons.SCHEMES.get(scheme.lower(), (f"`{scheme}`", ""))
        raise Wrong(
            "scheme-not-supported",
            f"evenflow does not speak {what} to a member: `{url}`",
            word.span,
            note="it speaks http, https, ws and wss, and knows balancer://",
            help=instead,
        )
    return word.text


def _port_text(host_port: str) -> str | None:
    """The port's text of `host[:port]`, "" where there is none; None where a bracket is not closed."""
    if host_port.startswith("["):
        end = host_port.find("]")
        if end < 0:
            return None
        after = host_port[end + 1 :]
        return after[1:] if after.startswith(":") else ("" if not after else None)
    return host_port.rpartition(":")[2] if ":" in host_port else ""


def at(statement: Statement | Section) -> Span:
    """The place of a statement's arguments, of the whole where there are none."""
    return statement.words[0].span if statement.words else statement.span
