"""What %{VAR} means in a rule: one row for each variable, with what its value depends on.

A row that depends on nothing but the path, Host, the method and the kind of connection lets a decision be remembered;
every other marks the inquiry. Names are looked up when the plan is built, never while a request runs. Values follow
httpd's mod_rewrite.
"""

from __future__ import annotations

import grp
import os
import pwd
import re
import time
from collections.abc import Callable
from email.utils import mktime_tz, parsedate_tz
from typing import Final

from evenflow.plan.decision import CLIENT, FIELDS, FILES, NOTHING, QUERY, TIME, Inquiry
from evenflow.plan.names import own_name, own_port, own_scheme, own_url
from evenflow.plan.unique import UNIQUE_ID, unique_id

SOFTWARE: Final = b"Apache"
"""%{SERVER_SOFTWARE}: what rules are written for."""

API_VERSION: Final = b"20120211:142"


class Variable:
    """One row. `read(inquiry, argument)` gives the value, b"" for none; `argument` is what stands behind the colon."""

    __slots__ = ("name", "depends", "read")

    def __init__(self, name: str, depends: int, read: Callable[[Inquiry, bytes], bytes]) -> None:
        self.name = name
        self.depends = depends
        self.read = read


def _field(inquiry: Inquiry, argument: bytes) -> bytes:
    if inquiry.fields is not None:
        return inquiry.fields.get(argument) or b""
    return inquiry.head.get(argument) or b""


def _host(inquiry: Inquiry, argument: bytes) -> bytes:
    if inquiry.fields is not None:
        return inquiry.fields.get(b"host") or b""
    return inquiry.head.host


def _env(inquiry: Inquiry, argument: bytes) -> bytes:
    value = inquiry.env.get(argument)
    if value is None:
        if argument == UNIQUE_ID and inquiry.plan.unique_ids:
            inquiry.asked |= TIME
            return unique_id(inquiry.facts)
        if (argument == b"SCRIPT_URL" or argument == b"SCRIPT_URI") and inquiry.scope.rewrite_on:
            return _script(inquiry, argument == b"SCRIPT_URI")
        # httpd looks into its process's environment last.
        return os.environb.get(argument, b"")
    return value


def _script(inquiry: Inquiry, whole: bool) -> bytes:
    """What mod_rewrite says of the request: the path as the client asked for it, or the whole URL."""
    root = inquiry
    while root.main is not None:
        root = root.main
    path = root.path if root.first_path is None else root.first_path
    if not whole:
        return path
    return own_url(inquiry.host, inquiry.scope, inquiry.head, inquiry.facts) + path


def _script_user(inquiry: Inquiry, argument: bytes) -> bytes:
    return _owner(inquiry, False)


def _script_group(inquiry: Inquiry, argument: bytes) -> bytes:
    return _owner(inquiry, True)


def _owner(inquiry: Inquiry, group: bool) -> bytes:
    """Who owns the file; only rules of sections know the file."""
    if inquiry.directory is None or inquiry.mapped:
        return b"<unknown>"
    inquiry.asked |= FILES
    try:
        facts = os.stat(inquiry.filename)
    except (OSError, ValueError):
        return b"<unknown>"
    try:
        name = grp.getgrgid(facts.st_gid).gr_name if group else pwd.getpwuid(facts.st_uid).pw_name
    except KeyError:
        return b"%d" % (facts.st_gid if group else facts.st_uid)
    return os.fsencode(name)


def _request_method(inquiry: Inquiry, argument: bytes) -> bytes:
    return inquiry.head.method


def _request_scheme(inquiry: Inquiry, argument: bytes) -> bytes:
    return own_scheme(inquiry.host, inquiry.facts)


def _request_uri(inquiry: Inquiry, argument: bytes) -> bytes:
    return inquiry.path


def _request_filename(inquiry: Inquiry, argument: bytes) -> bytes:
    return inquiry.filename


def _path_info(inquiry: Inquiry, argument: bytes) -> bytes:
    # Known while rules of a section run; who looks where it begins says that it looked at files.
    return inquiry.path_info


def _query_string(inquiry: Inquiry, argument: bytes) -> bytes:
    return inquiry.query or b""


def _the_request(inquiry: Inquiry, argument: bytes) -> bytes:
    return inquiry.head.line


def _remote_addr(inquiry: Inquiry, argument: bytes) -> bytes:
    return inquiry.address


def _remote_host(inquiry: Inquiry, argument: bytes) -> bytes:
    # Where it has no name, or nobody wants to know, the address stands for it.
    return inquiry.client_name or inquiry.address


def _conn_remote_addr(inquiry: Inquiry, argument: bytes) -> bytes:
    return inquiry.facts.remote_address


def _remote_port(inquiry: Inquiry, argument: bytes) -> bytes:
    return b"%d" % inquiry.facts.remote_port


def _https(inquiry: Inquiry, argument: bytes) -> bytes:
    return b"on" if inquiry.facts.tls else b"off"


def _ipv6(inquiry: Inquiry, argument: bytes) -> bytes:
    return b"on" if b":" in inquiry.address else b"off"


def _remote_user(inquiry: Inquiry, argument: bytes) -> bytes:
    # Whoever found the user has marked what he was found by.
    return inquiry.user or b""


def _auth_type(inquiry: Inquiry, argument: bytes) -> bytes:
    return inquiry.auth_type


def _is_subreq(inquiry: Inquiry, argument: bytes) -> bytes:
    return b"false" if inquiry.main is None else b"true"


def _empty(inquiry: Inquiry, argument: bytes) -> bytes:
    return b""


def _document_root(inquiry: Inquiry, argument: bytes) -> bytes:
    return inquiry.host.document_root


def _server_name(inquiry: Inquiry, argument: bytes) -> bytes:
    return own_name(inquiry.host, inquiry.scope, inquiry.head, inquiry.facts)


def _server_port(inquiry: Inquiry, argument: bytes) -> bytes:
    return b"%d" % own_port(inquiry.host, inquiry.scope, inquiry.head, inquiry.facts)


def _server_addr(inquiry: Inquiry, argument: bytes) -> bytes:
    return inquiry.facts.local_address


def _server_admin(inquiry: Inquiry, argument: bytes) -> bytes:
    return inquiry.host.server_admin or b"[no address given]"


def _server_protocol(inquiry: Inquiry, argument: bytes) -> bytes:
    if inquiry.facts.http2 is not None:
        return b"HTTP/2.0"
    return b"HTTP/1.1" if inquiry.head.version >= 11 else b"HTTP/1.0"


def _server_software(inquiry: Inquiry, argument: bytes) -> bytes:
    return SOFTWARE


def _api_version(inquiry: Inquiry, argument: bytes) -> bytes:
    return API_VERSION


def _sni(inquiry: Inquiry, argument: bytes) -> bytes:
    return inquiry.facts.sni


def _time(inquiry: Inquiry, argument: bytes) -> bytes:
    now = time.localtime()
    return b"%04d%02d%02d%02d%02d%02d" % (now.tm_year, now.tm_mon, now.tm_mday, now.tm_hour, now.tm_min, now.tm_sec)


def _time_year(inquiry: Inquiry, argument: bytes) -> bytes:
    return b"%04d" % time.localtime().tm_year


def _time_mon(inquiry: Inquiry, argument: bytes) -> bytes:
    return b"%02d" % time.localtime().tm_mon


def _time_day(inquiry: Inquiry, argument: bytes) -> bytes:
    return b"%02d" % time.localtime().tm_mday


def _time_hour(inquiry: Inquiry, argument: bytes) -> bytes:
    return b"%02d" % time.localtime().tm_hour


def _time_min(inquiry: Inquiry, argument: bytes) -> bytes:
    return b"%02d" % time.localtime().tm_min


def _time_sec(inquiry: Inquiry, argument: bytes) -> bytes:
    return b"%02d" % time.localtime().tm_sec


def _time_wday(inquiry: Inquiry, argument: bytes) -> bytes:
    # Sunday is 0 in C, Monday in Python.
    return b"%d" % ((time.localtime().tm_wday + 1) % 7)


ROWS: Final = (
    Variable("HTTP_USER_AGENT", FIELDS, _field),
    Variable("HTTP_REFERER", FIELDS, _field),
    Variable("HTTP_COOKIE", FIELDS, _field),
    Variable("HTTP_FORWARDED", FIELDS, _field),
    Variable("HTTP_ACCEPT", FIELDS, _field),
    Variable("HTTP_PROXY_CONNECTION", FIELDS, _field),
    Variable("HTTP_HOST", NOTHING, _host),
    Variable("REQUEST_METHOD", NOTHING, _request_method),
    Variable("REQUEST_SCHEME", NOTHING, _request_scheme),
    Variable("REQUEST_URI", NOTHING, _request_uri),
    Variable("REQUEST_FILENAME", NOTHING, _request_filename),
    Variable("SCRIPT_FILENAME", NOTHING, _request_filename),
    Variable("QUERY_STRING", QUERY, _query_string),
    Variable("PATH_INFO", NOTHING, _path_info),
    Variable("THE_REQUEST", FIELDS | QUERY, _the_request),
    Variable("REMOTE_ADDR", CLIENT, _remote_addr),
    Variable("CONN_REMOTE_ADDR", CLIENT, _conn_remote_addr),
    Variable("REMOTE_HOST", CLIENT, _remote_host),
    Variable("REMOTE_PORT", CLIENT, _remote_port),
    Variable("REMOTE_USER", NOTHING, _remote_user),
    Variable("REMOTE_IDENT", NOTHING, _empty),
    Variable("AUTH_TYPE", NOTHING, _auth_type),
    Variable("IS_SUBREQ", NOTHING, _is_subreq),
    Variable("HTTPS", NOTHING, _https),
    Variable("IPV6", CLIENT, _ipv6),
    Variable("CONTEXT_PREFIX", NOTHING, _empty),
    Variable("CONTEXT_DOCUMENT_ROOT", NOTHING, _document_root),
    Variable("SCRIPT_USER", NOTHING, _script_user),
    Variable("SCRIPT_GROUP", NOTHING, _script_group),
    Variable("DOCUMENT_ROOT", NOTHING, _document_root),
    Variable("SERVER_NAME", NOTHING, _server_name),
    Variable("SERVER_PORT", NOTHING, _server_port),
    Variable("SERVER_ADDR", CLIENT, _server_addr),
    Variable("SERVER_ADMIN", NOTHING, _server_admin),
    Variable("SERVER_PROTOCOL", FIELDS, _server_protocol),
    Variable("SERVER_SOFTWARE", NOTHING, _server_software),
    Variable("API_VERSION", NOTHING, _api_version),
    Variable("TIME", TIME, _time),
    Variable("TIME_YEAR", TIME, _time_year),
    Variable("TIME_MON", TIME, _time_mon),
    Variable("TIME_DAY", TIME, _time_day),
    Variable("TIME_HOUR", TIME, _time_hour),
    Variable("TIME_MIN", TIME, _time_min),
    Variable("TIME_SEC", TIME, _time_sec),
    Variable("TIME_WDAY", TIME, _time_wday),
)

BY_NAME: Final = {row.name: row for row in ROWS}

HEADER_OF: Final = {
    "HTTP_USER_AGENT": b"user-agent",
    "HTTP_REFERER": b"referer",
    "HTTP_COOKIE": b"cookie",
    "HTTP_FORWARDED": b"forwarded",
    "HTTP_ACCEPT": b"accept",
    "HTTP_PROXY_CONNECTION": b"proxy-connection",
}
"""The field (lower case) that is the argument of these rows."""

FIELD: Final = Variable("HTTP:", FIELDS, _field)
"""%{HTTP:Name}; its argument is the name in lower case."""

FIELD_HOST: Final = Variable("HTTP:Host", NOTHING, _host)

ENVIRONMENT: Final = Variable("ENV:", NOTHING, _env)
"""%{ENV:NAME}: set by rules of this request or in the process's environment, so it changes with nothing else."""



class TlsReader:
    """Reads one variable of mod_ssl."""

    __slots__ = ("name",)

    def __init__(self, name: bytes) -> None:
        self.name = name

    def __call__(self, inquiry: Inquiry, argument: bytes) -> bytes:
        facts = inquiry.facts.tls_facts
        if facts is None:
            return b""
        value: bytes = facts.get(self.name)
        return value


TLS_NAME: Final = Variable("SSL:SSL_TLS_SNI", CLIENT, _sni)
TLS_HTTPS: Final = Variable("SSL:HTTPS", NOTHING, _https)

NO_VALUE: Final = Variable("", NOTHING, _empty)
"""What nobody knows."""

TLS_FIXED: Final = {"SSL_TLS_SNI": TLS_NAME, "HTTPS": TLS_HTTPS}

TLS_NAMES: Final = frozenset(
    (
        *("SSL_PROTOCOL", "SSL_CIPHER", "SSL_CIPHER_EXPORT", "SSL_CIPHER_USEKEYSIZE", "SSL_CIPHER_ALGKEYSIZE"),
        *("SSL_COMPRESS_METHOD", "SSL_SECURE_RENEG", "SSL_SESSION_ID", "SSL_SESSION_RESUMED", "SSL_CLIENT_VERIFY"),
        *("SSL_VERSION_INTERFACE", "SSL_VERSION_LIBRARY"),
    )
)

OF_CERTIFICATES: Final = re.compile(
    r"SSL_(CLIENT|SERVER)_(M_VERSION|M_SERIAL|V_START|V_END|A_SIG|A_KEY|CERT"
    r"|[SI]_DN(_(C|ST|L|O|OU|CN|T|I|G|S|D|UID|EMAIL)(_[0-9]+)?)?|SAN_(EMAIL|DNS)_[0-9]+)|SSL_CLIENT_V_REMAIN"
)


def tls_row(name: str) -> Variable | None:
    """The row of one of mod_ssl's variables, as %{SSL:NAME}, %{NAME}s and in expressions as %{NAME}; None for a name
    that we do not know."""
    name = name.upper()
    fixed = TLS_FIXED.get(name)
    if fixed is not None:
        return fixed
    if name in TLS_NAMES or OF_CERTIFICATES.fullmatch(name):
        return Variable("SSL:" + name, CLIENT, TlsReader(name.encode("ascii")))
    return None


# --- what only expressions have -----------------------------------------------------------------------------------


def _api_number(inquiry: Inquiry, argument: bytes) -> bytes:
    return API_VERSION.partition(b":")[0]


def _request_status(inquiry: Inquiry, argument: bytes) -> bytes:
    response = inquiry.response
    # A request that is read well has this status until somebody gives it another.
    return b"200" if response is None else b"%d" % response.status


def _content_type(inquiry: Inquiry, argument: bytes) -> bytes:
    response = inquiry.response
    return b"" if response is None else response.content_type()


def _handler(inquiry: Inquiry, argument: bytes) -> bytes:
    if inquiry.filename.startswith(b"proxy:"):
        return b"proxy-server"
    return (inquiry.handler or (inquiry.scope.handler if inquiry.response is not None else "")).encode("latin-1")


def _document_uri(inquiry: Inquiry, argument: bytes) -> bytes:
    return inquiry.env.get(b"DOCUMENT_URI") or inquiry.path


def _last_modified(inquiry: Inquiry, argument: bytes) -> bytes:
    # Local time; where no file is sent, or before it is known which, the beginning of 1970.
    changed = 0.0
    if inquiry.response is not None and not inquiry.filename.startswith(b"proxy:"):
        said = inquiry.response.get(b"last-modified")
        parsed = None if said is None else parsedate_tz(said.decode("latin-1"))
        changed = 0.0 if parsed is None else mktime_tz(parsed)
    then = time.localtime(changed)
    return b"%04d%02d%02d%02d%02d%02d" % then[:6]


def _http2(inquiry: Inquiry, argument: bytes) -> bytes:
    return b"off" if inquiry.facts.http2 is None else b"on"


EXPRESSION_ROWS: Final = (
    Variable("API_VERSION", NOTHING, _api_number),
    Variable("REQUEST_STATUS", NOTHING, _request_status),
    Variable("CONTENT_TYPE", NOTHING, _content_type),
    Variable("HANDLER", NOTHING, _handler),
    Variable("DOCUMENT_URI", NOTHING, _document_uri),
    Variable("LAST_MODIFIED", NOTHING, _last_modified),
    Variable("HTTP2", NOTHING, _http2),
    # httpd makes these numbers up when it writes the first line into its error log; there is none of ours to find.
    Variable("REQUEST_LOG_ID", NOTHING, _empty),
    Variable("CONN_LOG_ID", NOTHING, _empty),
)

OF_THE_ANSWER: Final = frozenset(("REQUEST_STATUS", "CONTENT_TYPE"))
"""Variables that say more once there is an answer."""

IN_EXPRESSIONS: Final = {
    **{name: row for name, row in BY_NAME.items() if name != "SERVER_ADDR"},
    **{row.name: row for row in EXPRESSION_ROWS},
}
"""By name what an expression may ask for; httpd has no SERVER_ADDR there."""

FIELD_NAMES: Final = {
    "HTTP_USER_AGENT": b"User-Agent",
    "HTTP_REFERER": b"Referer",
    "HTTP_COOKIE": b"Cookie",
    "HTTP_FORWARDED": b"Forwarded",
    "HTTP_ACCEPT": b"Accept",
    "HTTP_PROXY_CONNECTION": b"Proxy-Connection",
}
"""As they stand in Vary."""
