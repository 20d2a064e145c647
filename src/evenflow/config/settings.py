"""What a configuration says, section by section, before anybody acts on it.

One dataclass per module, the same in every kind of section: a field that was not said there is `UNSET`, and says
itself how it merges when a later section speaks too (`override`, `append`, `replace_if_said`). Values are parsed
(numbers, durations, words), but nothing is looked up, compiled or opened: that is the compiler's. The parser's
directives write these fields; the compiler reads them; nobody else does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Literal

from evenflow.origin import NOWHERE, Origin


class Unset(Enum):
    """The type of `UNSET`; an enum so that mypy narrows `is UNSET`."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> Literal[False]:
        return False


UNSET: Final = Unset.UNSET


def override() -> Any:
    """A field where what is said later (or further inside) wins."""
    return field(default=UNSET, metadata={"merge": "override"})


def append() -> Any:
    """A tuple field where what is said outside comes first and what is said inside follows."""
    return field(default=UNSET, metadata={"merge": "append"})


# --- values -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Address:
    """Where a listener or a virtual host stands.

    `host` is "" for every address; `port` None only in `<VirtualHost a:*>`.
    """

    host: str
    port: int | None
    origin: Origin = NOWHERE


@dataclass(frozen=True, slots=True)
class ServerNameValue:
    """`ServerName [scheme://]host[:port]`; `scheme` and `port` are None where they are not written."""

    host: str
    port: int | None
    scheme: str | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class ProbeExpression:
    """One `ProxyHCExpr`; `text` is without the braces round it."""

    name: str
    text: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class MemberParameters:
    """What `key=value` says of one member (ProxyPass to a plain URL, BalancerMember, ProxySet on a member)."""

    min: int | Unset = UNSET
    max: int | Unset = UNSET
    smax: int | Unset = UNSET
    ttl: float | Unset = UNSET
    acquire: float | Unset = UNSET
    connectiontimeout: float | Unset = UNSET
    timeout: float | Unset = UNSET
    retry: float | Unset = UNSET
    keepalive: bool | Unset = UNSET
    disablereuse: bool | Unset = UNSET
    ping: float | Unset = UNSET
    addressttl: int | Unset = UNSET
    """Seconds; -1 for ever."""
    responsefieldsize: int | Unset = UNSET
    iobuffersize: int | Unset = UNSET
    receivebuffersize: int | Unset = UNSET
    route: str | Unset = UNSET
    redirect: str | Unset = UNSET
    loadfactor: float | Unset = UNSET
    """1 to 100; httpd computes with a hundredfold of it."""
    lbset: int | Unset = UNSET
    status: tuple[tuple[str, bool], ...] | Unset = UNSET
    """(letter, set or cleared) in the order written: `+D-E` is (("D", True), ("E", False))."""
    upgrade: str | Unset = UNSET
    hcmethod: str | Unset = UNSET
    """NONE, TCP, OPTIONS, HEAD, GET, or one of the last three with 11; a template counts where it stands."""
    hcinterval: float | Unset = UNSET
    hcpasses: int | Unset = UNSET
    hcfails: int | Unset = UNSET
    hcuri: str | Unset = UNSET
    hcexpr: ProbeExpression | Unset | None = UNSET


@dataclass(frozen=True, slots=True)
class EjectionLine:
    """EvenflowEject: shares are parts of one, 0.0 where they do not matter; durations are seconds."""

    errors: float
    latency: float
    requests: int
    interval: float
    seconds: float
    most: float


@dataclass(frozen=True, slots=True)
class BalancerParameters:
    """What `key=value` says of a balancer (ProxySet in its section, ProxyPass to balancer://)."""

    lbmethod: str | Unset = UNSET
    stickysession: str | Unset = UNSET
    """As written: `NAME` or `COOKIE|pathname`."""
    stickysessionsep: str | Unset = UNSET
    """One character, or "" for Off."""
    scolonpathdelim: bool | Unset = UNSET
    nofailover: bool | Unset = UNSET
    maxattempts: int | Unset = UNSET
    timeout: float | Unset = UNSET
    failonstatus: tuple[int, ...] | Unset = UNSET
    failontimeout: bool | Unset = UNSET
    forcerecovery: bool | Unset = UNSET
    growth: int | Unset = UNSET
    nonce: str | Unset = UNSET
    hash_by: tuple[str, str, float] | Unset = UNSET
    """EvenflowHash: `client`, `uri`, `cookie` or `header`, whose name, and the bound on a member's load (0.0: none)."""
    retries: tuple[float, float] | Unset | None = UNSET
    """EvenflowRetryBudget: a share of the requests, and so many a second; None for Off."""
    ejection: EjectionLine | Unset | None = UNSET
    """None for Off."""
    slow_start: tuple[float, float] | Unset = UNSET
    """EvenflowSlowStart: seconds (0.0 for Off), and the part of its share that a member begins with."""
    sessions: tuple[float, str] | Unset = UNSET
    """EvenflowSessionIdle: seconds (0.0 for Off), and the cookie that tells sessions apart."""


@dataclass(frozen=True, slots=True)
class MappingLine:
    """One `ProxyPass`. `target` is "!" for an exclusion; `path` is None inside a Location."""

    path: str | None
    target: str
    member: MemberParameters
    balancer: BalancerParameters
    nocanon: bool
    origin: Origin
    regex: bool = False
    """`ProxyPassMatch`, or `~`."""
    interpolate: bool = False
    encoded: bool = False
    """mapping=encoded"""
    servlet: bool = False
    """mapping=servlet"""


@dataclass(frozen=True, slots=True)
class ReverseLine:
    """One `ProxyPassReverse`. `path` is None inside a Location."""

    path: str | None
    url: str
    origin: Origin
    interpolate: bool = False


@dataclass(frozen=True, slots=True)
class CookieLine:
    """One `ProxyPassReverseCookiePath` or `ProxyPassReverseCookieDomain`."""

    inner: str
    public: str
    interpolate: bool
    origin: Origin


@dataclass(frozen=True, slots=True)
class RemoteLine:
    """One `ProxyRemote` or (`regex`) `ProxyRemoteMatch`: the other proxy listens at `host:port`."""

    match: str
    regex: bool
    host: str
    port: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class MemberLine:
    """One `BalancerMember`; `balancer` is the name without scheme, lower case."""

    balancer: str
    url: str
    parameters: MemberParameters
    origin: Origin


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """One `EvenflowMembersFrom`; `balancer` is the name without scheme, lower case, `drain` in seconds."""

    balancer: str
    service: str
    """`_http._tcp.wiki.example.com`"""
    scheme: str
    most: int
    drain: float
    route: str
    routes: tuple[tuple[str, str], ...]
    """(a target's name or first label, its route)"""
    parameters: MemberParameters
    origin: Origin


@dataclass(frozen=True, slots=True)
class SetLine:
    """One `ProxySet`. `target` is the section's or the statement's URL: `balancer://name` or a member's URL."""

    target: str
    member: MemberParameters
    balancer: BalancerParameters
    origin: Origin


@dataclass(frozen=True, slots=True)
class ConditionLine:
    """One `RewriteCond` as split, nothing interpreted: `flags` are upper case short names with their value or None."""

    test: str
    pattern: str
    flags: tuple[tuple[str, str | None], ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class MapLine:
    """One `RewriteMap`: name, where it looks (`txt:...`), and for a program `user:group`, "" where none is written."""

    name: str
    source: str
    owner: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One `RewriteRule` with the conditions before it.

    `pattern` keeps a leading `!`; flags as in `ConditionLine`, short names (`P`, `R`, `E` ...).
    """

    pattern: str
    substitution: str
    flags: tuple[tuple[str, str | None], ...]
    conditions: tuple[ConditionLine, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class FieldEdit:
    """One `Header` or `RequestHeader`.

    `table` is "request", "onsuccess" or "always". `action` is set, setifempty, add, append, merge, unset, edit, edit*,
    echo or note. `value` is the format (for edit the pattern), `replacement` edit's second; "" where an action takes
    none. `env` is (name, wanted) for `env=NAME` / `env=!NAME`, else None; `expr` the text of `expr=`, else None.
    """

    table: str
    action: str
    name: str
    value: str
    replacement: str
    env: tuple[str, bool] | None
    expr: str | None
    early: bool
    origin: Origin


@dataclass(frozen=True, slots=True)
class SetEnvIfLine:
    """One `SetEnvIf`, `BrowserMatch` or `SetEnvIfExpr` (then `expr` is its text and `attribute` empty).

    `changes` are (name, value), the value None where the variable is taken away.
    """

    attribute: str
    pattern: str
    any_case: bool
    changes: tuple[tuple[str, str | None], ...]
    expr: str | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class VariableLine:
    """One variable of `SetEnv` or `PassEnv`; `value` is None for `UnsetEnv`."""

    name: str
    value: str | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class Methods:
    """The methods that `<Limit>` (`others` False: these only) or `<LimitExcept>` (True: all but these) speak of.

    GET stands for HEAD too.
    """

    names: frozenset[str]
    others: bool


@dataclass(frozen=True, slots=True)
class RedirectLine:
    """One `Redirect` or `RedirectMatch`.

    `path` is the prefix or pattern, None for a Redirect without one in a section (then `url` is an expression's text).
    `url` is None where `status` is no redirect.
    """

    status: int
    path: str | None
    regex: bool
    url: str | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class AliasLine:
    """One `Alias`, `AliasMatch` or `ScriptAlias`; `path` is None for one without in a Location."""

    path: str | None
    regex: bool
    file: str
    script: bool
    origin: Origin


@dataclass(frozen=True, slots=True)
class RequireLine:
    """One `Require`: `Require [not] provider argument ...`; `all granted` is provider "all", arguments ("granted",).

    `text` is what stands behind the provider, as written; `methods` those it is limited to, None for all.
    """

    provider: str
    arguments: tuple[str, ...]
    negated: bool
    origin: Origin
    text: str = ""
    methods: Methods | None = None
    alias: str = ""
    """The name of the `<AuthzProviderAlias>` that it was written with."""
    group_file: tuple[str, Origin] | Unset = UNSET
    """Where that says so, the AuthGroupFile in place of the place's."""


@dataclass(frozen=True, slots=True)
class RequireGroup:
    """`<RequireAll>`, `<RequireAny>` or `<RequireNone>`: `kind` is "all", "any" or "none"."""

    kind: str
    items: tuple[RequireLine | RequireGroup, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class RequireAlias:
    """One `<AuthzProviderAlias provider name text>`."""

    name: str
    provider: str
    arguments: tuple[str, ...]
    text: str
    group_file: tuple[str, Origin] | Unset
    origin: Origin


@dataclass(frozen=True, slots=True)
class UserSource:
    """Where passwords are looked up: "file", or the name of an `<AuthnProviderAlias>`, whose file comes before the
    place's."""

    name: str
    user_file: tuple[str, Origin] | Unset
    origin: Origin


@dataclass(frozen=True, slots=True)
class AccessRule:
    """One word of an `Allow from` or `Deny from`, for these methods (None for all)."""

    allows: bool
    word: str
    methods: Methods | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """One `ErrorDocument`. `kind` is "text", "path", "url" or "default"."""

    status: int
    kind: str
    text: str
    origin: Origin


JSON_LINES = "\0json"
"""The format of EvenflowAccessLog: what no LogFormat can be called."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One `CustomLog`, `TransferLog` or `EvenflowAccessLog`; `format` is a nickname or a literal format, None for
    TransferLog."""

    target: str
    format: str | None
    env: tuple[str, bool] | None
    expr: str | None
    origin: Origin


# --- one dataclass per module -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CoreSettings:
    """core and the MPM."""

    server_name: ServerNameValue | Unset = override()
    server_aliases: tuple[str, ...] | Unset = append()
    server_admin: str | Unset = override()
    document_root: str | Unset = override()
    timeout: float | Unset = override()
    keep_alive: bool | Unset = override()
    keep_alive_timeout: float | Unset = override()
    max_keep_alive_requests: int | Unset = override()
    limit_request_line: int | Unset = override()
    limit_request_field_size: int | Unset = override()
    limit_request_fields: int | Unset = override()
    handler: str | Unset = override()
    """SetHandler's word; "none" says that there is none."""
    handler_origin: Origin | Unset = override()
    server_signature: str | Unset = override()
    server_tokens: str | Unset = override()
    """prod, major, minor, min, os or full"""
    documents: tuple[DocumentLine, ...] | Unset = append()
    use_canonical_name: str | Unset = override()
    encoded_slashes: str | Unset = override()
    merge_slashes: bool | Unset = override()
    physical_port: bool | Unset = override()
    hostname_lookups: tuple[str, Origin] | Unset = override()
    """"off", "on" or "double" """
    strict_host: bool | Unset = override()
    server_path: str | Unset = override()
    registered_methods: bool | Unset = override()
    methods: tuple[str, ...] | Unset = append()
    trace: str | Unset = override()
    internal_recursion: tuple[int, int] | Unset = override()
    """(redirects, sub-requests)"""
    protocols: tuple[str, ...] | Unset = override()
    """`h2`, `h2c`, `http/1.1`, in the order of preference"""
    protocols_honored: str | Unset = override()
    """`on` or `off`: whose order counts"""
    protocol_words: tuple[str, ...] | Unset = override()
    """Those of HttpProtocolOptions, to find contradictions."""
    body_limit: int | Unset = override()
    listens: tuple[Address, ...] | Unset = append()
    listen_backlog: int | Unset = override()
    user: str | Unset = override()
    group: str | Unset = override()
    chroot_dir: tuple[str, Origin] | Unset = override()
    pid_file: str | Unset = override()
    runtime_dir: str | Unset = override()
    server_root: str | Unset = override()
    error_log: str | Unset = override()
    log_level: str | Unset = override()


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """mod_proxy and mod_proxy_balancer."""

    requests: bool | Unset = override()
    status: str | Unset = override()
    persist: bool | Unset = override()
    mappings: tuple[MappingLine, ...] | Unset = append()
    reverses: tuple[ReverseLine, ...] | Unset = append()
    members: tuple[MemberLine, ...] | Unset = append()
    services: tuple[ServiceLine, ...] | Unset = append()
    sets: tuple[SetLine, ...] | Unset = append()
    probe_expressions: tuple[ProbeExpression, ...] | Unset = append()
    probe_templates: tuple[tuple[str, tuple[tuple[str, Any], ...]], ...] | Unset = append()
    """ProxyHCTemplate: name, and all that it says of members."""
    preserve_host: bool | Unset = override()
    error_override: bool | Unset = override()
    error_override_codes: tuple[int, ...] | Unset = override()
    timeout: float | Unset = override()
    via: str | Unset = override()
    add_headers: bool | Unset = override()
    pass_inherit: tuple[bool, Origin] | Unset = override()
    balancer_inherit: tuple[bool, Origin] | Unset = override()
    forwards_expect: bool | Unset = override()
    max_forwards: int | Unset = override()
    bad_header: str | Unset = override()
    interpolate: bool | Unset = override()
    remotes: tuple[RemoteLine, ...] | Unset = append()
    blocks: tuple[tuple[str, Origin], ...] | Unset = append()
    """ProxyBlock, in lower case."""
    source_address: tuple[str, Origin] | Unset = override()
    direct: tuple[Origin, ...] | Unset = append()
    """Where NoProxy is said: nothing of it acts."""
    cookie_paths: tuple[CookieLine, ...] | Unset = append()
    cookie_domains: tuple[CookieLine, ...] | Unset = append()


@dataclass(frozen=True, slots=True)
class RewriteSettings:
    """mod_rewrite. Rules never merge by appending: see the compiler for who inherits what."""

    engine: bool | Unset = override()
    rules: tuple[RuleLine, ...] | Unset = override()
    maps: tuple[MapLine, ...] | Unset = override()
    options: tuple[str, ...] | Unset = override()
    """RewriteOptions in lower case; those of one section add up, a later section's replace them."""
    base: str | Unset = override()


@dataclass(frozen=True, slots=True)
class HeaderSettings:
    """mod_headers, all three tables in file order."""

    edits: tuple[FieldEdit, ...] | Unset = append()


@dataclass(frozen=True, slots=True)
class EnvironmentSettings:
    """mod_setenvif and mod_env."""

    conditions: tuple[SetEnvIfLine, ...] | Unset = append()
    variables: tuple[VariableLine, ...] | Unset = append()


@dataclass(frozen=True, slots=True)
class Switches:
    """`Options` or `FileETag`: words that replace (`whole`) or change what was said outside."""

    whole: frozenset[str] | None
    added: frozenset[str]
    removed: frozenset[str]


@dataclass(frozen=True, slots=True)
class NameLine:
    """What an extension says of a file: `kind` is type, charset, encoding, language, handler, filter
    or input.

    `value` is None where a Remove directive takes it back. `extension` has no dot and is in lower case.
    """

    kind: str
    extension: str
    value: str | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class FileSettings:
    """mod_dir, mod_mime, and what core says of files of this machine."""

    indexes: tuple[str, ...] | Unset = override()
    """DirectoryIndex; () for `disabled`."""
    index_redirect: int | Unset = override()
    """0 for off."""
    slash: bool | Unset = override()
    check_handler: bool | Unset = override()
    fallback: str | Unset = override()
    """FallbackResource; "" for `disabled`."""
    options: tuple[Switches, ...] | Unset = append()
    etags: tuple[Switches, ...] | Unset = append()
    path_info: str | Unset = override()
    """AcceptPathInfo: "on", "off" or "default"."""
    force_type: str | Unset = override()
    default_charset: str | Unset = override()
    """"" for off."""
    default_language: str | Unset = override()
    names: tuple[NameLine, ...] | Unset = append()
    types_file: tuple[str, Origin] | Unset = override()


@dataclass(frozen=True, slots=True)
class AliasSettings:
    """mod_alias. Of lists, what a virtual host says comes before what the main server says."""

    redirects: tuple[RedirectLine, ...] | Unset = append()
    redirect: RedirectLine | Unset = override()
    """The one without a path."""
    aliases: tuple[AliasLine, ...] | Unset = append()
    alias: AliasLine | Unset = override()
    relative: bool | Unset = override()
    preserve_path: bool | Unset = override()


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """mod_authz_core and its providers, mod_authn_core, mod_auth_basic, mod_authn_file, mod_access_compat,
    mod_allowmethods. One section's Require lines count as RequireAny."""

    requires: tuple[RequireLine | RequireGroup, ...] | Unset = override()
    merging: str | Unset = override()
    """AuthMerging: "off", "and", "or"."""
    forbidden_on_failure: bool | Unset = override()
    allow_methods: tuple[str, ...] | Unset = override()
    """() for `reset`."""
    orders: tuple[tuple[str, Methods | None], ...] | Unset = override()
    """Order: "allow,deny", "deny,allow" or "mutual-failure", each for its methods, the last one wins."""
    satisfies: tuple[tuple[str, Methods | None], ...] | Unset = override()
    """Satisfy: "all" or "any" """
    rules: tuple[AccessRule, ...] | Unset = override()
    compat_origin: Origin | Unset = override()
    """The first Order, Allow, Deny or Satisfy of the section."""
    auth_type: str | Unset = override()
    auth_name: str | Unset = override()
    user_file: tuple[str, Origin] | Unset = override()
    group_file: tuple[str, Origin] | Unset = override()
    sources: tuple[UserSource, ...] | Unset = override()
    """AuthBasicProvider"""
    user_aliases: tuple[UserSource, ...] | Unset = append()
    """Of the main server, as are the others."""
    require_aliases: tuple[RequireAlias, ...] | Unset = append()
    authoritative: bool | Unset = override()
    digests: bool | Unset = override()
    """AuthBasicUseDigestAlgorithm MD5"""
    fake: tuple[str, str] | Unset = override()
    """AuthBasicFake: the texts of user and password; ("", "") for off."""
    auth_origin: Origin | Unset = override()
    """The AuthType, where there is one."""


@dataclass(frozen=True, slots=True)
class ReadLimit:
    """Seconds at first, seconds at most (0: no bound), bytes per second that put it off (0: nothing does)."""

    first: int
    most: int
    rate: int


@dataclass(frozen=True, slots=True)
class ReqTimeoutSettings:
    """mod_reqtimeout."""

    handshake: ReadLimit | Unset = override()
    header: ReadLimit | Unset = override()
    body: ReadLimit | Unset = override()


@dataclass(frozen=True, slots=True)
class ProxyEntry:
    """One proxy in front of us: an address, a network or a name, or with `is_file` a file of such."""

    text: str
    is_file: bool
    internal: bool
    origin: Origin


@dataclass(frozen=True, slots=True)
class RemoteIpSettings:
    """mod_remoteip."""

    header: tuple[str, Origin] | Unset = override()
    proxies_header: tuple[str, Origin] | Unset = override()
    proxies: tuple[ProxyEntry, ...] | Unset = override()
    proxy_protocol: bool | Unset = override()
    exceptions: tuple[tuple[str, Origin], ...] | Unset = override()
    """Only in the main server, whoever said them."""


RevocationCheck = tuple[str, bool]
"""SSLCARevocationCheck: "none", "leaf" or "chain", and whether a certificate passes whose issuer gives no list."""


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """mod_ssl. Paths as written; relative ones are below ServerRoot."""

    engine: bool | Unset = override()
    certificates: tuple[tuple[str, Origin], ...] | Unset = override()
    keys: tuple[tuple[str, Origin], ...] | Unset = override()
    chain: tuple[str, Origin] | Unset = override()
    protocols: tuple[frozenset[str], Origin] | Unset = override()
    """The protocols that are spoken: "TLSv1" ... "TLSv1.3"."""
    ciphers: tuple[str, Origin] | Unset = override()
    """For TLS 1.2 and before."""
    suites: tuple[str, Origin] | Unset = override()
    """For TLS 1.3."""
    prefers_own: bool | Unset = override()
    tickets: bool | Unset = override()
    verify: tuple[str, Origin] | Unset = override()
    """SSLVerifyClient: "none", "optional" or "require"."""
    depth: int | Unset = override()
    ca_file: tuple[str, Origin] | Unset = override()
    ca_path: tuple[str, Origin] | Unset = override()
    crl_file: tuple[str, Origin] | Unset = override()
    crl_path: tuple[str, Origin] | Unset = override()
    crl_check: tuple[RevocationCheck, Origin] | Unset = override()
    strict_sni: bool | Unset = override()
    sni_policy: str | Unset = override()
    """"strict", "secure", "authonly" or "insecure"; the main server's."""
    options: tuple[Switches, ...] | Unset = append()
    required: tuple[bool, Origin] | Unset = override()
    """SSLRequireSSL"""
    buffer: int | Unset = override()
    """SSLRenegBufferSize, in bytes."""
    requires: tuple[tuple[str, Origin], ...] | Unset = append()
    """SSLRequire"""
    names_file: tuple[str, Origin] | Unset = override()
    """SSLCADNRequestFile"""
    names_path: tuple[str, Origin] | Unset = override()
    ticket_key: tuple[str, Origin] | Unset = override()
    """SSLSessionTicketKeyFile"""
    commands: tuple[tuple[str, str, Origin], ...] | Unset = append()
    """SSLOpenSSLConfCmd: name, value"""
    user_name: str | Unset = override()


@dataclass(frozen=True, slots=True)
class OcspSettings:
    """mod_ssl's questions to authorities: SSLStapling..., and with `client` SSLOCSP.... Seconds."""

    stapling: tuple[bool, Origin] | Unset = override()
    cache: str | Unset = override()
    timeout: float | Unset = override()
    skew: float | Unset = override()
    max_age: float | Unset = override()
    keeps: float | Unset = override()
    keeps_errors: float | Unset = override()
    returns_errors: bool | Unset = override()
    fakes_try_later: bool | Unset = override()
    url: str | Unset = override()
    proxy: str | Unset = override()
    enable: tuple[tuple[str, bool], Origin] | Unset = override()
    """"off", "on" or "leaf", and whether a certificate passes that names nobody to ask."""
    client_url: str | Unset = override()
    overrides: bool | Unset = override()
    client_timeout: float | Unset = override()
    client_skew: float | Unset = override()
    client_max_age: float | Unset = override()
    nonce: bool | Unset = override()
    unsigned: bool | Unset = override()
    believed: tuple[str, Origin] | Unset = override()


@dataclass(frozen=True, slots=True)
class MemberTlsSettings:
    """mod_ssl towards members: SSLProxy..., in servers and in `<Proxy>`."""

    engine: bool | Unset = override()
    protocols: tuple[frozenset[str], Origin] | Unset = override()
    ciphers: tuple[str, Origin] | Unset = override()
    suites: tuple[str, Origin] | Unset = override()
    verify: tuple[str, Origin] | Unset = override()
    """"none", "optional_no_ca", "optional" or "require"."""
    depth: int | Unset = override()
    ca_file: tuple[str, Origin] | Unset = override()
    ca_path: tuple[str, Origin] | Unset = override()
    crl_file: tuple[str, Origin] | Unset = override()
    crl_path: tuple[str, Origin] | Unset = override()
    crl_check: tuple[RevocationCheck, Origin] | Unset = override()
    check_name: tuple[bool, Origin] | Unset = override()
    check_cn: tuple[bool, Origin] | Unset = override()
    check_expire: tuple[bool, Origin] | Unset = override()
    certificate: tuple[str, Origin] | Unset = override()
    """SSLProxyMachineCertificateFile: what we show, with its key."""
    certificate_path: tuple[str, Origin] | Unset = override()
    certificate_chain: tuple[str, Origin] | Unset = override()


@dataclass(frozen=True, slots=True)
class LogSettings:
    """mod_log_config."""

    formats: tuple[tuple[str, str], ...] | Unset = append()
    """(nickname, format)"""
    logs: tuple[LogLine, ...] | Unset = append()
    global_logs: tuple[LogLine, ...] | Unset = append()
    transfer_format: str | Unset = override()
    error_format: tuple[str, Origin] | Unset = override()
    error_requests: tuple[tuple[str, Origin], ...] | Unset = append()
    """ErrorLogFormat for the lines before the first one about a request; a virtual host's replace the main server's."""
    error_connections: tuple[tuple[str, Origin], ...] | Unset = append()


@dataclass(frozen=True, slots=True)
class TypeFilters:
    """One `AddOutputFilterByType`: filters in upper case, media types as written: httpd compares letter by letter."""

    filters: tuple[str, ...]
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProviderLine:
    """One `FilterProvider`, or with an empty provider a `FilterDeclare`."""

    name: str
    provider: str
    condition: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One word of a `FilterChain`: `+`, `@`, `-`, `=` or `!`, and the filter's name."""

    sign: str
    name: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class SubstituteLine:
    """One `Substitute`; flags are letters of `i`, `n` and `q`."""

    sought: str
    replacement: str
    flags: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class FilterSettings:
    """mod_filter's way to say where, mod_deflate, mod_brotli and mod_substitute."""

    output: tuple[str, ...] | Unset = override()
    """SetOutputFilter's filters in upper case."""
    input: tuple[str, ...] | Unset = override()
    """SetInputFilter's."""
    inflate_limit: int | Unset = override()
    inflate_ratio: int | Unset = override()
    inflate_burst: int | Unset = override()
    by_type: tuple[TypeFilters, ...] | Unset = append()
    providers: tuple[ProviderLine, ...] | Unset = append()
    chain: tuple[ChainLink, ...] | Unset = append()
    protocols: tuple[tuple[str, frozenset[str]], ...] | Unset = append()
    """FilterProtocol's words for whole filters of this section, by their names."""
    provider_protocols: tuple[tuple[str, frozenset[str]], ...] | Unset = append()
    """The main server's: FilterProtocol's words for providers in upper case, wherever they were said."""
    deflate_level: int | Unset = override()
    deflate_memory: int | Unset = override()
    deflate_window: int | Unset = override()
    deflate_etag: str | Unset = override()
    brotli_quality: int | Unset = override()
    brotli_window: int | Unset = override()
    brotli_etag: str | Unset = override()
    deflate_notes: tuple[tuple[str, str], ...] | Unset = append()
    """(input, output or ratio, name of the note)"""
    brotli_notes: tuple[tuple[str, str], ...] | Unset = append()
    substitutes: tuple[SubstituteLine, ...] | Unset = append()
    substitute_before: bool | Unset = override()
    substitute_length: int | Unset = override()


@dataclass(frozen=True, slots=True)
class ExpiryLine:
    """So many seconds from the request, or from the file's last change (`changed`)."""

    changed: bool
    seconds: int


@dataclass(frozen=True, slots=True)
class ExpiresSettings:
    """mod_expires."""

    active: bool | Unset = override()
    default: ExpiryLine | Unset = override()
    by_type: tuple[tuple[str, ExpiryLine], ...] | Unset = append()


@dataclass(frozen=True, slots=True)
class Http2Settings:
    """mod_http2."""

    max_streams: int | Unset = override()
    window: int | Unset = override()
    direct: bool | Unset = override()
    upgrade: bool | Unset = override()
    modern_tls: bool | Unset = override()
    max_data_frame: int | Unset = override()
    max_header_block: int | Unset = override()
    max_errors: int | Unset = override()
    stream_timeout: float | Unset = override()
    websockets: bool | Unset = override()
    early_hints: bool | Unset = override()


@dataclass(frozen=True, slots=True)
class ReservedPorts:
    """EvenflowReservedPorts: `connections` are each child's to all of them together."""

    ports: tuple[int, ...]
    connections: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class HeartbeatSettings:
    """mod_heartmonitor and mod_lbmethod_heartbeat."""

    listen: tuple[str, int, Origin] | Unset = override()
    storage: tuple[str, Origin] | Unset = override()
    most: int | Unset = override()


@dataclass(frozen=True, slots=True)
class TraceLine:
    """EvenflowTrace: the collector's URL in its parts, and what else was said."""

    secure: bool
    host: str
    port: int
    path: str
    share: float
    service: str
    trusted: tuple[str, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class EvenflowSettings:
    """What httpd does not have."""

    trace: TraceLine | Unset | None = override()

    explain_from: tuple[str, ...] | Unset = override()
    """EvenflowExplain's addresses and networks; () for Off."""
    goodbye: float | Unset = override()
    most_connections: int | Unset = override()
    """EvenflowMaxConnections."""
    most_of_address: int | Unset = override()
    """EvenflowMaxConnectionsPerAddress."""
    reserved_ports: ReservedPorts | Unset = override()
    name_servers: tuple[tuple[str, int], ...] | Unset = override()
    """EvenflowResolver: addresses and ports."""


# --- sections -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Block:
    """One section and what was said directly in it.

    `kind` is "server" (the main server), "virtualhost", "location" (also `<Location ~ rx>` and LocationMatch), "proxy"
    (also ProxyMatch), "directory", "files", or "if", "elseif" and "else". `match` is "prefix", "glob", "regex" or (for
    the If family) "expr", and `pattern` the argument without quotes; "" for Else, which belongs, like ElseIf, to
    the nearest one of the family before it in the same section. `addresses` is for virtual hosts only. `blocks` are
    the enclosed sections in file order.
    """

    kind: str
    match: str
    pattern: str
    origin: Origin
    addresses: tuple[Address, ...] = ()
    core: CoreSettings = CoreSettings()
    proxy: ProxySettings = ProxySettings()
    rewrite: RewriteSettings = RewriteSettings()
    headers: HeaderSettings = HeaderSettings()
    environment: EnvironmentSettings = EnvironmentSettings()
    alias: AliasSettings = AliasSettings()
    files: FileSettings = FileSettings()
    access: AccessSettings = AccessSettings()
    remoteip: RemoteIpSettings = RemoteIpSettings()
    reqtimeout: ReqTimeoutSettings = ReqTimeoutSettings()
    tls: TlsSettings = TlsSettings()
    ocsp: OcspSettings = OcspSettings()
    member_tls: MemberTlsSettings = MemberTlsSettings()
    log: LogSettings = LogSettings()
    filters: FilterSettings = FilterSettings()
    expires: ExpiresSettings = ExpiresSettings()
    http2: Http2Settings = Http2Settings()
    heartbeat: HeartbeatSettings = HeartbeatSettings()
    evenflow: EvenflowSettings = EvenflowSettings()
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """A whole configuration: the main server with every virtual host among its `blocks`.

    `server_root` is absolute; relative paths in the blocks are relative to it. `modules` are the module identifiers
    that count as loaded.
    """

    main: Block
    server_root: str
    modules: frozenset[str] = field(default_factory=frozenset)
    says_unique_id: bool = False
    """UNIQUE_ID stands somewhere in the files."""
    files: tuple[str, ...] = ()
