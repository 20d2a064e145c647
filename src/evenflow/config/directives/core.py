"""core, the MPM and mod_unixd: names, listeners, time-outs, limits, handlers."""

from __future__ import annotations

import difflib
import re
from typing import Any, Final

from evenflow.config.arguments import (
    c_number,
    count_words,
    duration,
    flag,
    number,
    one,
    one_of,
    out_of_range,
    raw,
    seconds,
    text,
)
from evenflow.config.contexts import ANYWHERE, SERVER, SERVERS
from evenflow.config.diagnostics import Wrong, warning
from evenflow.config.directive import Directive
from evenflow.config.reasons import SCHEMES
from evenflow.config.scope import Draft, put
from evenflow.config.settings import UNSET, Address, DocumentLine, ServerNameValue
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


TOKENS = {"prod": "prod", "productonly": "prod", "min": "min", "minimal": "min", "major": "major", "minor": "minor",
          "os": "os", "full": "full"}  # fmt: skip


def server_tokens(draft: Draft, statement: Statement | Section, value: Any) -> None:
    (word,) = count_words(
        statement,
        1,
        1,
        "takes one argument, Determine tokens displayed in the Server: header - Min(imal), Major, Minor, "
        "Prod(uctOnly), OS, or Full",
    )
    said = TOKENS.get(word.text.lower())
    if said is None:
        raise Wrong(
            "value-not-allowed",
            f"`{word.text}` is none of `Prod`, `Major`, `Minor`, `Min`, `OS`, `Full`",
            word.span,
            says="ServerTokens takes 1 argument: 'Prod(uctOnly)', 'Major', 'Minor', 'Min(imal)', 'OS', or 'Full'",
            help="write `ServerTokens Prod`",
        )
    draft.put("core", "server_tokens", said)


def set_chroot_dir(draft: Draft, statement: Statement | Section, value: Any) -> None:
    draft.put("core", "chroot_dir", (value, statement.origin))


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


def put_runtime_dir(draft: Draft, statement: Statement | Section, value: Any) -> None:
    # Wherever it stands, it holds for all.
    draft.main.put("core", "runtime_dir", value)


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


HANDLERS = ("balancer-manager", "server-status", "evenflow-metrics", "default-handler", "none")
"""What SetHandler may name; httpd compares handlers with regard to case, but for `none`."""


def set_handler(draft: Draft, statement: Statement | Section, value: Any) -> None:
    name = value.lower() if value.lower() == "none" else value
    if name.startswith("proxy:"):
        check_forwarding(value, statement)
    elif name not in HANDLERS:
        near = difflib.get_close_matches(name.lower(), HANDLERS, n=1, cutoff=0.8)
        raise Wrong(
            "handler-not-supported",
            f"evenflow has no handler `{value}`",
            statement.words[0].span,
            help=f"write `SetHandler {near[0]}`"
            if near
            else "the handlers are " + ", ".join(f"`{word}`" for word in HANDLERS) + ", `proxy:URL`",
        )
    draft.put("core", "handler", name)
    draft.put("core", "handler_origin", statement.origin)


FORWARDED = ("http", "https", "ws", "wss", "balancer")


def check_forwarding(value: str, statement: Statement | Section) -> None:
    """`SetHandler "proxy:URL"`, whose URL must name a member, whatever is asked."""
    url = value.removeprefix("proxy:").rpartition("|")[2]
    scheme, separator, _ = url.partition("://")
    span = statement.words[0].span
    what, instead = SCHEMES.get(scheme.lower(), ("", "write `proxy:http://HOST:PORT` or `proxy:balancer://NAME`"))
    if what or not separator or scheme.lower() not in FORWARDED:
        raise Wrong(
            "handler-not-supported",
            f"evenflow does not speak {what}: `{value}`" if what else f"`{value}` names no member to speak HTTP with",
            span,
            help=instead,
        )
    if "%{" in value:
        raise Wrong(
            "handler-not-supported",
            f"evenflow does not make members of what is asked: `{value}`",
            span,
            note="a request is sent only to members that the configuration names",
            help="write one `<If>` for each member, with a `SetHandler` in each",
        )


DOCUMENT_CODES = frozenset(
    (
        *(100, 101, 102, 103, 200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 307, 308),
        *(400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 423, 424),
        *(425, 426, 428, 429, 431, 451, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511),
    )
)
"""The statuses that httpd knows, and so takes."""

DOCUMENT_HELP = "Change responses for HTTP errors"

URL = re.compile(r"[A-Za-z0-9+.-]+:")
"""`ap_is_url`: a text that begins with a word and a colon is one too."""


def error_document(draft: Draft, statement: Statement | Section, value: Any) -> None:
    code, document = count_words(statement, 2, 2, "takes two arguments, " + DOCUMENT_HELP)
    says = f"Unsupported HTTP response code {code.text}"
    digits = code.text
    status = c_number(digits)
    if status not in DOCUMENT_CODES:
        raise Wrong("value-not-allowed", f"`{digits}` is not a status that has a page", code.span, says=says)
    text = document.text
    if text.startswith("/"):
        kind = "path"
    elif URL.match(text):
        kind = "url"
    else:
        kind = "default" if text.lower() == "default" else "text"
    if status == 401 and kind == "url":
        draft.reports.append(
            warning(
                "error-document-ignored",
                "a redirect in the place of 401 is ignored: the browser would never ask for a password",
                document.span,
                notes=("httpd says: cannot use a full URL in a 401 ErrorDocument directive --- ignoring!",),
                help="write a path of this server, or a text",
            )
        )
        return
    draft.add("core", "documents", DocumentLine(status, kind, text.removeprefix('"'), statement.origin))


def not_negative(directive: str, suffix: str = "") -> Any:
    def read(name: str, word: Word) -> int:
        return number(0, says=f'{directive} "{word.text}" must be a non-negative integer{suffix}')(name, word)

    return read


def protocol_options(statement: Statement | Section) -> bool | None:
    """Whether methods must be registered; None where that is not said."""
    registered: bool | None = None
    for word in count_words(statement, 1, None, "takes one or more arguments"):
        option = word.text.lower()
        if option == "unsafe":
            raise Wrong(
                "value-not-supported",
                "evenflow reads requests strictly: `HttpProtocolOptions Unsafe` would let through what two readers"
                " take for different requests",
                word.span,
                help="remove the word, or write `Strict`",
            )
        if option in ("registeredmethods", "lenientmethods"):
            registered = option == "registeredmethods"
        elif option not in ("strict", "allow0.9", "require1.0"):
            raise Wrong(
                "value-not-allowed",
                f"`HttpProtocolOptions` does not know `{word.text}`",
                word.span,
                says="HttpProtocolOptions accepts 'Unsafe' or 'Strict' (default), 'RegisteredMethods' or "
                "'LenientMethods' (default), and 'Require1.0' or 'Allow0.9' (default)",
            )
    return registered


CONTRARY = (("Allow0.9", "Require1.0"), ("Strict", "Unsafe"), ("RegisteredMethods", "LenientMethods"))


def refuse_contradictions(draft: Draft, statement: Statement | Section) -> None:
    """Words of HttpProtocolOptions that cannot both be said of one server."""
    for word in statement.words:
        said = (*(draft.get("core", "protocol_words") or ()), word.text.lower())
        for first, other in CONTRARY:
            if first.lower() in said and other.lower() in said:
                raise Wrong(
                    "value-not-allowed",
                    f"`HttpProtocolOptions` says both `{first}` and `{other}`",
                    word.span,
                    says=f"HttpProtocolOptions '{first}' and '{other}' are mutually exclusive",
                    help=f"remove `{word.text}`",
                )
        draft.add("core", "protocol_words", word.text.lower())


def put_protocol_options(draft: Draft, statement: Statement | Section, value: Any) -> None:
    refuse_contradictions(draft, statement)
    if value is not None:
        draft.put("core", "registered_methods", value)
    for word in statement.words:
        if word.text.lower() == "allow0.9":
            draft.reports.append(
                warning(
                    "parameter-ignored",
                    "`Allow0.9` has no effect: a request line without a version is refused",
                    word.span,
                )
            )


def methods(statement: Statement | Section) -> tuple[str, ...]:
    return tuple(word.text for word in count_words(statement, 1, None, "requires at least one argument"))


def add_methods(draft: Draft, statement: Statement | Section, value: Any) -> None:
    draft.add("core", "methods", *value)


SPOKEN: Final = ("h2", "h2c", "http/1.1")
"""What clients may speak; httpd compares the words as they are written."""


def protocols(statement: Statement | Section) -> tuple[Word, ...]:
    return count_words(statement, 1, None, "requires at least one argument, Controls which protocols are allowed")


def add_protocols(draft: Draft, statement: Statement | Section, value: Any) -> None:
    """Lines of one server add up; what nobody speaks is told."""
    for word in value:
        if word.text in SPOKEN:
            draft.add("core", "protocols", word.text)
            continue
        right = word.text.lower() in SPOKEN
        draft.reports.append(
            warning(
                "protocol-not-supported",
                f"evenflow does not speak `{word.text}` to clients",
                word.span,
                help=f"write `{word.text.lower()}`" if right else "",
            )
        )


def merge_trailers(draft: Draft, statement: Statement | Section, value: Any) -> None:
    """httpd has written the head for the member before it reads trailers, so they reach nobody but its logs."""
    if value:
        draft.reports.append(
            warning(
                "trailers-not-merged",
                "`MergeTrailers On` changes nothing that a member is sent: evenflow drops what stands behind a body",
                statement.words[0].span,
                notes=("httpd too sends the head before it reads trailers: only its logs see them",),
                help="remove the line",
            )
        )


def recursion(statement: Statement | Section) -> tuple[int, int]:
    """`redirects [subrequests]`; one number is for both."""
    words = count_words(
        statement, 1, 2, "takes 1-2 arguments, maximum recursion depth of internal redirects and subrequests"
    )
    for word in words:
        if c_number(word.text) <= 0:
            raise out_of_range(
                "LimitInternalRecursion", word, 1, None, says="The recursion limit must be greater than zero."
            )
    return c_number(words[0].text), c_number(words[-1].text)


def body_limit(name: str, word: Word) -> int:
    if not (word.text.isascii() and word.text.isdigit() and len(word.text) < 19):
        raise Wrong(
            "value-malformed",
            f"`{name}` must be a number of bytes, not `{word.text}`",
            word.span,
            says="LimitRequestBody argument is not parsable."
            if word.text.isdigit()
            else "LimitRequestBody requires a non-negative integer.",
        )
    return int(word.text)


PATTERN_OPTIONS: Final = {"icase": "i", "dotall": "s", "dollar_endonly": "d"}
"""RegexDefaultOptions' words, as `origin.Origin.reads` has them."""


def regex_options(draft: Draft, statement: Statement | Section, value: Any) -> None:
    """A word without a sign says that option and no other (httpd)."""
    said = draft.main.reads
    said = "sd" if said is None else said
    for word in statement.words:
        sign, name = (word.text[0], word.text[1:].lower()) if word.text[:1] in ("+", "-") else ("", word.text.lower())
        letter = PATTERN_OPTIONS.get(name, "")
        if not letter and (sign or name != "none"):
            raise Wrong(
                "value-unknown",
                f"`{word.text}` is no option of patterns: `ICASE`, `DOTALL` and `DOLLAR_ENDONLY` are",
                word.span,
                says=f"RegexDefaultOptions: option '{word.text[len(sign):]}' unknown",
            )
        kept = said.replace(letter, "") if sign and letter else ""
        said = kept if sign == "-" else kept + letter
    draft.main.reads = said


def host_names(draft: Draft, statement: Statement | Section, value: str) -> None:
    draft.put("core", "hostname_lookups", (value, statement.origin))


DIRECTIVES = (
    Directive(
        "RegexDefaultOptions",
        SERVER,
        raw,
        regex_options,
        "How the patterns of every statement below it are read: in any case (ICASE), with a dot that takes line ends"
        " (DOTALL), with a `$` that is the end alone (DOLLAR_ENDONLY).",
        syntax="[+|-]OPTION ...|none",
        default="+DOTALL +DOLLAR_ENDONLY",
    ),
    Directive(
        "ServerName",
        SERVERS,
        one(server_name),
        set_server_name,
        "The name that requests ask for, and that we call ourselves.",
        syntax="[SCHEME://]HOST[:PORT]",
        default="the machine's name",
        differs="A virtual host without one has the main server's, also on a single address, where httpd asks the DNS.",
    ),
    Directive(
        "ServerAlias",
        SERVERS,
        aliases,
        add_aliases,
        "Further names of a virtual host; `*` and `?` are wildcards.",
        syntax="NAME ...",
    ),
    Directive(
        "ServerAdmin", SERVERS, one(text), put("core", "server_admin"), "Whom error pages name.", syntax="ADDRESS|URL"
    ),
    Directive(
        "DocumentRoot",
        SERVERS,
        one(text),
        put("core", "document_root"),
        "Where files lie that are not proxied.",
        syntax="DIRECTORY",
        differs="httpd's default is compiled in; here nothing is served from files without it.",
    ),
    Directive(
        "Timeout",
        SERVERS,
        one(seconds()),
        put("core", "timeout"),
        "How long to wait for a client, and for a member if nothing else is said.",
        default="60",
    ),
    Directive(
        "KeepAlive",
        SERVERS,
        flag,
        put("core", "keep_alive"),
        "Keep client connections for further requests.",
        default="On",
    ),
    Directive(
        "KeepAliveTimeout",
        SERVERS,
        one(duration("s", says="KeepAliveTimeout has wrong format")),
        put("core", "keep_alive_timeout"),
        "How long to keep an idle client connection.",
        default="5",
    ),
    Directive(
        "MaxKeepAliveRequests",
        SERVERS,
        one(number()),
        put("core", "max_keep_alive_requests"),
        "How many requests a client connection may carry; 0 for no limit.",
        default="100",
    ),
    Directive(
        "LimitRequestLine",
        SERVERS,
        one(not_negative("LimitRequestLine")),
        put("core", "limit_request_line"),
        "The longest request line, in bytes.",
        syntax="BYTES",
        default="8190",
    ),
    Directive(
        "LimitRequestFieldSize",
        SERVERS,
        one(not_negative("LimitRequestFieldsize")),
        put("core", "limit_request_field_size"),
        "The longest field of a request, in bytes.",
        syntax="BYTES",
        default="8190",
    ),
    Directive(
        "LimitRequestFields",
        SERVERS,
        one(not_negative("LimitRequestFields", " (0 = no limit)")),
        put("core", "limit_request_fields"),
        "How many fields a request may have; 0 for no limit.",
        default="100",
    ),
    Directive(
        "SetHandler",
        ANYWHERE,
        one(text),
        set_handler,
        "Which handler answers here, for example `balancer-manager`.",
        syntax="HANDLER|none",
        differs="Only the handlers that evenflow has, and `proxy:URL` of a member that speaks HTTP, may be named.",
    ),
    Directive(
        "ServerTokens",
        SERVER,
        raw,
        server_tokens,
        "What the Server field and signatures say of us: `evenflow`, `evenflow/0`, `evenflow/0.1`, `evenflow/0.1.0`,"
        " and with the operating system.",
        syntax="Prod|Major|Minor|Min|OS|Full",
        default="Prod",
        differs="httpd's default is `Full`.",
    ),
    Directive(
        "ServerSignature",
        ANYWHERE,
        one(one_of("off", "on", "email", says="ServerSignature: use one of: off | on | email")),
        put("core", "server_signature"),
        "Whether error pages end with a line that names the server.",
        default="Off",
    ),
    Directive(
        "ErrorDocument",
        ANYWHERE,
        raw,
        error_document,
        "What is shown in the place of a status's page: a text, a path of this server, or a URL.",
        syntax="STATUS TEXT|PATH|URL",
    ),
    Directive(
        "UseCanonicalName",
        ANYWHERE,
        one(one_of("on", "off", "dns", says="parameter must be 'on', 'off', or 'dns'")),
        put("core", "use_canonical_name"),
        "Whether our own URLs use ServerName (On), the name that the client used (Off), or what the resolver calls the"
        " address that the client has connected to (DNS).",
        default="Off",
    ),
    Directive(
        "HostnameLookups",
        ANYWHERE,
        one(one_of("off", "on", "double", says="parameter must be 'on', 'off', or 'double'")),
        host_names,
        "Whether each client's name is looked up, and with `Double` confirmed: for REMOTE_HOST, SetEnvIf and `%h`.",
        syntax="Off|On|Double",
        default="Off",
        differs="The name is asked for before anything looks at it, and kept for a minute.",
    ),
    Directive(
        "UseCanonicalPhysicalPort",
        ANYWHERE,
        flag,
        put("core", "physical_port"),
        "Whether our own URLs may use the port that the connection came in on.",
        default="Off",
    ),
    Directive(
        "StrictHostCheck",
        SERVERS,
        flag,
        put("core", "strict_host"),
        "Refuse requests for names that no virtual host of the address has.",
        default="Off",
    ),
    Directive(
        "ServerPath",
        SERVERS,
        one(text),
        put("core", "server_path"),
        "The path that chooses a virtual host for clients that name no host.",
        syntax="PATH",
    ),
    Directive(
        "HttpProtocolOptions",
        SERVERS,
        protocol_options,
        put_protocol_options,
        "How strictly requests are read: `Strict`; and whether methods must be registered.",
        syntax="[Strict|Unsafe] [RegisteredMethods|LenientMethods] [Allow0.9|Require1.0]",
        default="Strict LenientMethods Allow0.9",
    ),
    Directive(
        "RegisterHttpMethod",
        SERVER,
        methods,
        add_methods,
        "Further methods for `HttpProtocolOptions RegisteredMethods`.",
        syntax="METHOD ...",
    ),
    Directive(
        "Protocols",
        SERVERS,
        protocols,
        add_protocols,
        "The protocols that clients may speak, the preferred one first: `h2` is HTTP/2 over TLS, `h2c` in clear text."
        " HTTP/1.1 is always spoken.",
        syntax="[h2] [h2c] [http/1.1]",
        default="http/1.1",
        differs="No answer offers `Upgrade: h2` or `Upgrade: h2c`. HTTP/2 needs `pip install 'evenflow[http2]'`.",
    ),
    Directive(
        "ProtocolsHonorOrder",
        SERVERS,
        one(one_of("on", "off", says="ProtocolsHonorOrder must be 'on' or 'off'")),
        put("core", "protocols_honored"),
        "Whether the server's order of protocols counts, or the client's.",
        syntax="On|Off",
        default="On",
        differs="With `Off` a client that offers both gets HTTP/2, whichever it names first; they all name it first.",
    ),
    Directive(
        "MergeTrailers",
        SERVERS,
        flag,
        merge_trailers,
        "Whether fields behind a request's chunked body join its head.",
        default="Off",
        differs="They never do. In httpd they do once the head has gone to the member: only its logs show them.",
    ),
    Directive(
        "TraceEnable",
        SERVERS,
        one(one_of("on", "off", "extended", says="TraceEnable must be one of 'on', 'off', or 'extended'")),
        put("core", "trace"),
        "Whether TRACE is answered; `extended` sends a body back too.",
        syntax="On|Off|Extended",
        default="On",
    ),
    Directive(
        "LimitInternalRecursion",
        SERVERS,
        recursion,
        put("core", "internal_recursion"),
        "How often rules of sections and ErrorDocuments may send one request round, and how deep `-U`, `-F` and the"
        " look-aheads of rules may lie within one another.",
        syntax="NUMBER [NUMBER]",
        default="10",
    ),
    Directive(
        "LimitRequestBody",
        ANYWHERE,
        one(body_limit),
        put("core", "body_limit"),
        "The longest body of a request that is answered here, in bytes; forwarded requests have no limit.",
        syntax="BYTES",
        default="1073741824",
    ),
    Directive(
        "AllowEncodedSlashes",
        SERVERS,
        one(one_of("on", "off", "nodecode", says="AllowEncodedSlashes must be On, Off, or NoDecode")),
        put("core", "encoded_slashes"),
        "Whether `%2F` may stand in a path: refused, decoded, or kept. A virtual host has its own line or `Off`.",
        syntax="On|Off|NoDecode",
        default="Off",
    ),
    Directive(
        "MergeSlashes",
        SERVERS,
        flag,
        put("core", "merge_slashes"),
        "Whether several slashes in a path count as one.",
        default="On",
    ),
    Directive(
        "ErrorLog",
        SERVERS,
        one(text),
        put("core", "error_log"),
        "Where errors are written.",
        syntax='FILE|"|COMMAND"|syslog[:FACILITY[:TAG]]|journald[:IDENTIFIER]',
        default="logs/error_log",
        differs="Without one, errors go to standard error. `journald` is systemd's journal, as in mod_journald of "
        "httpd 2.5; httpd 2.4 takes it for a file's name.",
    ),
    Directive(
        "LogLevel",
        ANYWHERE,
        log_level,
        set_log_level,
        "How much is written to the error log.",
        syntax="[MODULE:]LEVEL ...",
        default="warn",
    ),
    Directive(
        "Listen",
        SERVER,
        listen,
        add_listen,
        "An address and port to accept connections on.",
        syntax="[ADDRESS:]PORT [PROTOCOL]",
        differs="The protocol is not looked at: SSLEngine decides.",
    ),
    Directive(
        "ListenBacklog",
        SERVER,
        one(number(1, says="ListenBacklog must be > 0")),
        put("core", "listen_backlog"),
        "How many connections may wait to be accepted.",
        default="511",
    ),
    Directive(
        "DefaultRuntimeDir",
        ANYWHERE,
        one(text),
        put_runtime_dir,
        "The directory of files that are made while it runs: here, HeartbeatStorage's alone.",
        syntax="DIRECTORY",
        default="logs",
    ),
    Directive(
        "PidFile",
        SERVER,
        one(text),
        put("core", "pid_file"),
        "Where the supervisor writes its process id.",
        syntax="FILE",
        differs="None is written without it.",
    ),
    Directive(
        "User",
        SERVER,
        one(text),
        put("core", "user"),
        "The user that the children run as.",
        syntax="NAME|#ID",
        default="#-1",
    ),
    Directive(
        "Group",
        SERVER,
        one(text),
        put("core", "group"),
        "The group that the children run as.",
        syntax="NAME|#ID",
        default="#-1",
    ),
    Directive(
        "ChrootDir",
        SERVER,
        one(text),
        set_chroot_dir,
        "The directory that the children shut themselves in, before they become `User`.",
        syntax="DIRECTORY",
        differs="Nothing of the program's own has to be in it, and names of members are found without its "
        "`/etc/resolv.conf`; httpd dies in an empty one. A relative directory and `ErrorLog journald` are refused.",
    ),
)
