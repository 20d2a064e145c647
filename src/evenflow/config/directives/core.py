"""core, the MPM and mod_unixd: names, listeners, time-outs, limits, handlers."""

from __future__ import annotations

import difflib
from typing import Any

from evenflow.config.arguments import count_words, duration, flag, number, one, one_of, seconds, text
from evenflow.config.contexts import ANYWHERE, SERVER, SERVERS
from evenflow.config.diagnostics import Wrong, warning
from evenflow.config.directive import Directive
from evenflow.config.scope import Draft, put
from evenflow.config.settings import UNSET, Address, ServerNameValue
from evenflow.config.syntax import Section, Statement, Word

LEVELS = (
    "emerg",
    "alert",
    "crit",
    "error",
    "warn",
    "notice",
    "info",
    "debug",
    *(f"trace{depth}" for depth in range(1, 9)),
)


def server_name(name: str, word: Word) -> tuple[str, int | None, str | None]:
    """`[scheme://]host[:port]`."""
    scheme, separator, rest = word.text.partition("://")
    if not separator:
        scheme, rest = "", word.text
    if "*" in rest or "?" in rest or "]" in rest.partition("[")[2]:
        raise Wrong(
            "value-malformed",
            f"`{name}` is one name, without wildcards: `{word.text}`",
            word.span,
            says=f'Invalid ServerName "{rest}" use ServerAlias to set multiple server names.',
            help=f"write `ServerAlias {word.text}` beside a `ServerName`",
        )
    host, colon, port = rest.rpartition(":")
    if not colon:
        return rest, None, scheme or None
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 1 <= int(port) <= 65535):
        raise Wrong(
            "value-out-of-range",
            f"the port of `{name}` must be between 1 and 65535, not `{port}`",
            word.span,
            says=f'The port number "{rest}" is outside the appropriate range (i.e., 1..65535).',
        )
    return host, int(port), scheme or None


def set_server_name(draft: Draft, statement: Statement | Section, value: Any) -> None:
    host, port, scheme = value
    draft.put("core", "server_name", ServerNameValue(host, port, scheme, statement.origin))


def add_aliases(draft: Draft, statement: Statement | Section, value: Any) -> None:
    if draft.kind != "virtualhost":
        raise Wrong(
            "wrong-context",
            "`ServerAlias` belongs into a `<VirtualHost>`",
            says="ServerAlias only used in <VirtualHost>",
            help="move the line into the virtual host that is to have the name",
        )
    draft.add("core", "server_aliases", *value)


def aliases(statement: Statement | Section) -> tuple[str, ...]:
    # httpd asks for an argument only inside a virtual host, where an empty line says nothing
    return tuple(word.text for word in statement.words)


def listen(statement: Statement | Section) -> tuple[str, int]:
    """`[address:]port [protocol]`; the protocol is a hint for mod_ssl that SSLEngine makes superfluous."""
    word = count_words(statement, 1, 2, "requires 1 or 2 arguments.")[0]
    says = "Invalid address or port"
    if word.text.isascii() and word.text.isdigit():
        host, port_text = "", word.text
    else:
        host, colon, port_text = word.text.rpartition(":")
        if not colon or word.text.endswith("]") or not (port_text.isascii() and port_text.isdigit()):
            raise Wrong(
                "address-malformed",
                f"`Listen` needs a port: `{word.text}` has none",
                word.span,
                says="Port must be specified",
                help=f"write for example `Listen {word.text.rstrip(':')}:8080`"
                if not port_text or not colon
                else "write for example `Listen 8080`",
            )
    if len(port_text) > 5 or not 1 <= int(port_text) <= 65535:
        raise Wrong("value-out-of-range", f"a port must be between 1 and 65535, not {port_text}", word.span, says=says)
    host = host.strip("[]") if host.startswith("[") else host
    return ("" if host == "*" else host), int(port_text)


def add_listen(draft: Draft, statement: Statement | Section, value: Any) -> None:
    host, port = value
    said = draft.get("core", "listens")
    for earlier in () if said is UNSET else said:
        if (earlier.host, earlier.port) == (host, port):
            raise Wrong(
                "listen-twice",
                f"`{statement.origin.text}` is there already, on line {earlier.origin.line} of {earlier.origin.file}",
                says="Cannot define multiple Listeners on the same IP:port",
                help="remove one of the two lines",
            )
    draft.add("core", "listens", Address(host, port, statement.origin))


def log_level(statement: Statement | Section) -> str:
    """`[module:]level ...`; the answer is the line as written, lower case."""
    words = count_words(statement, 1, None, "requires at least one argument")
    for word in words:
        level = word.text.rpartition(":")[2].lower()
        if level not in LEVELS:
            raise Wrong(
                "value-not-allowed",
                f"`{level}` is not a log level",
                word.span,
                help="use one of `emerg alert crit error warn notice info debug` or `trace1` to `trace8`",
                says="Log level keyword must be one of emerg/alert/crit/error/warn/notice/info/debug/trace1/.../trace8",
            )
    return " ".join(word.text.lower() for word in words)


def set_log_level(draft: Draft, statement: Statement | Section, value: Any) -> None:
    words = statement.words
    if draft.place not in SERVERS:
        draft.reports.append(
            warning(
                "log-level-section",
                f"`LogLevel` in `<{draft.section}>` changes nothing: a level holds for a whole virtual host",
                statement.words[0].span,
                help="move it into the `<VirtualHost>`, or remove it",
            )
        )
        return
    modules = [word for word in words if ":" in word.text]
    if len(modules) < len(words):
        draft.put("core", "log_level", value)
    for word in modules:
        module = word.text.partition(":")[0]
        draft.reports.append(
            warning(
                "log-level-module",
                f"`{word.text}` changes nothing: evenflow has one level for all its lines",
                word.span,
                notes=(f"what `{module}` does with a request is shown by `evenflow explain FILE URL`",),
            )
        )


HANDLERS = ("balancer-manager", "default-handler", "none")
"""What SetHandler may name; httpd compares handlers with regard to case, but for `none`."""


def set_handler(draft: Draft, statement: Statement | Section, value: Any) -> None:
    name = value.lower() if value.lower() == "none" else value
    if name not in HANDLERS:
        near = difflib.get_close_matches(name.lower(), HANDLERS, n=1, cutoff=0.8)
        raise Wrong(
            "handler-not-supported",
            f"evenflow has no handler `{value}`",
            statement.words[0].span,
            help=f"write `SetHandler {near[0]}`"
            if near
            else "the handlers are " + ", ".join(f"`{word}`" for word in HANDLERS),
        )
    draft.put("core", "handler", name)
    draft.put("core", "handler_origin", statement.origin)


def not_negative(directive: str, suffix: str = "") -> Any:
    def read(name: str, word: Word) -> int:
        return number(0, says=f'{directive} "{word.text}" must be a non-negative integer{suffix}')(name, word)

    return read


DIRECTIVES = (
    Directive(
        "ServerName",
        SERVERS,
        one(server_name),
        set_server_name,
        "The name that requests ask for, and that we call ourselves.",
    ),
    Directive(
        "ServerAlias", SERVERS, aliases, add_aliases, "Further names of a virtual host; `*` and `?` are wildcards."
    ),
    Directive("ServerAdmin", SERVERS, one(text), put("core", "server_admin"), "Whom error pages name."),
    Directive(
        "DocumentRoot", SERVERS, one(text), put("core", "document_root"), "Where files lie that are not proxied."
    ),
    Directive(
        "Timeout",
        SERVERS,
        one(seconds()),
        put("core", "timeout"),
        "How long to wait for a client, and for a member if nothing else is said.",
    ),
    Directive("KeepAlive", SERVERS, flag, put("core", "keep_alive"), "Keep client connections for further requests."),
    Directive(
        "KeepAliveTimeout",
        SERVERS,
        one(duration("s", says="KeepAliveTimeout has wrong format")),
        put("core", "keep_alive_timeout"),
        "How long to keep an idle client connection.",
    ),
    Directive(
        "MaxKeepAliveRequests",
        SERVERS,
        one(number()),
        put("core", "max_keep_alive_requests"),
        "How many requests a client connection may carry; 0 for no limit.",
    ),
    Directive(
        "LimitRequestLine",
        SERVERS,
        one(not_negative("LimitRequestLine")),
        put("core", "limit_request_line"),
        "The longest request line, in bytes.",
    ),
    Directive(
        "LimitRequestFieldSize",
        SERVERS,
        one(not_negative("LimitRequestFieldsize")),
        put("core", "limit_request_field_size"),
        "The longest field of a request, in bytes.",
    ),
    Directive(
        "LimitRequestFields",
        SERVERS,
        one(not_negative("LimitRequestFields", " (0 = no limit)")),
        put("core", "limit_request_fields"),
        "How many fields a request may have; 0 for no limit.",
    ),
    Directive(
        "SetHandler", ANYWHERE, one(text), set_handler, "Which handler answers here, for example `balancer-manager`."
    ),
    Directive(
        "ServerSignature",
        ANYWHERE,
        one(one_of("off", "on", "email", says="ServerSignature: use one of: off | on | email")),
        put("core", "server_signature"),
        "Whether error pages end with a line that names the server.",
    ),
    Directive(
        "UseCanonicalName",
        ANYWHERE,
        one(one_of("on", "off", "dns", says="parameter must be 'on', 'off', or 'dns'")),
        put("core", "use_canonical_name"),
        "Whether our own URLs use ServerName or the name that the client used.",
    ),
    Directive(
        "AllowEncodedSlashes",
        SERVERS,
        one(one_of("on", "off", "nodecode", says="AllowEncodedSlashes must be On, Off, or NoDecode")),
        put("core", "encoded_slashes"),
        "Whether `%2F` may stand in a path: refused, decoded, or kept. A virtual host has its own line or `Off`.",
    ),
    Directive(
        "MergeSlashes",
        SERVERS,
        flag,
        put("core", "merge_slashes"),
        "Whether several slashes in a path count as one.",
    ),
    Directive("ErrorLog", SERVERS, one(text), put("core", "error_log"), "Where errors are written."),
    Directive("LogLevel", ANYWHERE, log_level, set_log_level, "How much is written to the error log."),
    Directive("Listen", SERVER, listen, add_listen, "An address and port to accept connections on."),
    Directive(
        "ListenBacklog",
        SERVER,
        one(number(1, says="ListenBacklog must be > 0")),
        put("core", "listen_backlog"),
        "How many connections may wait to be accepted.",
    ),
    Directive("PidFile", SERVER, one(text), put("core", "pid_file"), "Where the supervisor writes its process id."),
    Directive("User", SERVER, one(text), put("core", "user"), "The user that the children run as."),
    Directive("Group", SERVER, one(text), put("core", "group"), "The group that the children run as."),
)
