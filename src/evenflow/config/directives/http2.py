"""mod_http2: HTTP/2 towards clients. Which protocols they may speak, `Protocols` says; members stay HTTP/1.1."""

from __future__ import annotations

from typing import Any

from evenflow.config.arguments import Value, count_words, described, duration, number, on_off, one, raw
from evenflow.config.contexts import ANYWHERE, SERVERS
from evenflow.config.diagnostics import Wrong, warning
from evenflow.config.directive import Directive
from evenflow.config.scope import Action, Draft, put
from evenflow.config.syntax import Section, Statement, Word

MOST_WINDOW = 2**31 - 1
"""RFC 9113 section 6.9.1."""


def switch(name: str, word: Word) -> bool:
    """`On` or `Off`; mod_http2 has words of its own for another one."""
    try:
        return on_off(name, word)
    except Wrong as wrong:
        raise Wrong(
            wrong.code, wrong.headline, word.span, says="value must be On or Off", help=f"write `{name} On`"
        ) from None


described(switch, "On|Off")


def without_effect(least: int, most: int, says: str) -> Action:
    """Takes its words and says that they have no effect."""

    def act(draft: Draft, statement: Statement | Section, value: Any) -> None:
        said = count_words(statement, least, most, says)
        draft.reports.append(
            warning(
                "directive-without-effect",
                f"`{statement.name}` has no effect: {WHY[statement.name.lower()]}",
                said[0].span,
                help="remove the line",
            )
        )

    return act


WHY = {
    "h2pushresource": "evenflow pushes nothing, and browsers take no pushes any more",
    "h2earlyhint": "evenflow sends no 103 of its own; with `H2EarlyHints On` it passes on those of members",
}


def push(draft: Draft, statement: Statement | Section, value: Any) -> None:
    """Nothing is pushed: a client cannot tell, and must not count on it (RFC 9113 section 8.4)."""


def serialize(draft: Draft, statement: Statement | Section, value: Any) -> None:
    (word,) = count_words(statement, 1, 1, "takes one argument, disabled, this directive has no longer an effect.")
    if word.text.lower() == "on":
        draft.reports.append(
            warning(
                "directive-without-effect",
                "`H2SerializeHeaders On` has no effect, here and in httpd",
                word.span,
                help="remove the line",
            )
        )


def proxy_requests(draft: Draft, statement: Statement | Section, value: Any) -> None:
    if value:
        raise Wrong(
            "value-not-supported",
            "evenflow is a reverse proxy: `H2ProxyRequests On` would send requests wherever clients like",
            statement.words[0].span,
            help="remove the line",
        )


def at_least_0() -> Value[int]:
    return number(0, says="value must be 0 or larger")


DIRECTIVES = (
    Directive(
        "H2MaxSessionStreams",
        SERVERS,
        one(number(1, says="value must be > 0")),
        put("http2", "max_streams"),
        "How many requests of one HTTP/2 connection may be at work at once.",
        default="100",
    ),
    Directive(
        "H2WindowSize",
        SERVERS,
        one(number(1024, MOST_WINDOW, says="value must be >= 1024")),
        put("http2", "window"),
        "How many bytes of a request's body an HTTP/2 client may send before they are taken.",
        syntax="BYTES",
        default="65535",
    ),
    Directive(
        "H2Direct",
        SERVERS,
        one(switch),
        put("http2", "direct"),
        "Whether a connection may begin in HTTP/2 without having asked.",
        default="On for h2c, Off for h2",
        differs="Over TLS it has no effect: clients that speak HTTP/2 there ask for it in the handshake (ALPN).",
    ),
    Directive(
        "H2Upgrade",
        ANYWHERE,
        one(switch),
        put("http2", "upgrade"),
        "Whether a request in clear text may go over to HTTP/2 by `Upgrade: h2c`.",
        default="On for h2c, Off for h2",
        differs="Over TLS it has no effect, and no answer offers the upgrade.",
    ),
    Directive(
        "H2ModernTLSOnly",
        SERVERS,
        one(switch),
        put("http2", "modern_tls"),
        "Speak HTTP/2 over TLS 1.2 or later and with good ciphers only (RFC 9113 section 9.2).",
        default="On",
    ),
    Directive(
        "H2SerializeHeaders",
        SERVERS,
        raw,
        serialize,
        "Has no effect, here and in httpd.",
        syntax="On|Off",
        default="Off",
    ),
    Directive(
        "H2MaxDataFrameLen",
        SERVERS,
        one(at_least_0()),
        put("http2", "max_data_frame"),
        "The longest piece of an answer's body in one DATA frame; 0 for what the client takes.",
        syntax="BYTES",
        default="0",
    ),
    Directive(
        "H2MaxHeaderBlockLen",
        SERVERS,
        one(at_least_0()),
        put("http2", "max_header_block"),
        "The longest head of an answer, in bytes of its names and values; 0 for no limit but the member's.",
        syntax="BYTES",
        default="0",
    ),
    Directive(
        "H2MaxStreamErrors",
        SERVERS,
        one(at_least_0()),
        put("http2", "max_errors"),
        "After so many broken requests an HTTP/2 connection is ended; 0 for any number.",
        default="8",
    ),
    Directive(
        "H2StreamTimeout",
        SERVERS,
        one(duration("s", says="Invalid timeout value")),
        put("http2", "stream_timeout"),
        "How long an HTTP/2 client may neither send nor take anything of a request.",
        default="Timeout",
    ),
    Directive(
        "H2WebSockets",
        SERVERS,
        one(switch),
        put("http2", "websockets"),
        "Whether WebSockets may be opened over HTTP/2 (RFC 8441).",
        default="Off",
    ),
    Directive(
        "H2EarlyHints",
        SERVERS,
        one(switch),
        put("http2", "early_hints"),
        "Whether members' 103 answers are passed on to HTTP/2 clients.",
        default="Off",
    ),
    Directive(
        "H2EarlyHint",
        ANYWHERE,
        raw,
        without_effect(2, 2, "takes two arguments, add a a 'Link:' header for a 103 Early Hints response."),
        "Has no effect: evenflow sends no 103 of its own.",
        syntax="NAME VALUE",
        differs="httpd sends a 103 with these fields before it asks the member.",
    ),
    Directive(
        "H2Push",
        ANYWHERE,
        one(switch),
        push,
        "Nothing is pushed, whatever it says.",
        default="On",
        differs="httpd pushes what `Link` fields name to clients that take pushes; browsers do not any more.",
    ),
    Directive(
        "H2PushResource",
        ANYWHERE,
        raw,
        without_effect(
            1, 3, "takes one, two or three arguments, add a resource to be pushed in this location/on this server."
        ),
        "Has no effect: evenflow pushes nothing.",
        syntax="[add] PATH [critical]",
    ),
    Directive(
        "H2ProxyRequests",
        ANYWHERE,
        one(switch),
        proxy_requests,
        "Forward proxying over HTTP/2; only `Off` is possible.",
        default="Off",
    ),
)
