"""The frozen routing plan: what a request is measured against.

Made once by the compiler, shared by fork, never changed while it serves; what changes lives in slots. All text is
bytes, as on the wire. The classes here are plain: how a request is led through them is written in `decide` and its
neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any, Final

import cython

from evenflow.origin import NOWHERE, Origin
from evenflow.plan.balancing import AS_HTTPD, Balancing

# What is done with a request: `Decision.kind`.
FORWARD: Final = 1
"""Sent to a balancer's member or to one plain member."""
REDIRECT: Final = 2
"""Answered with `status` and `location`."""
ANSWER: Final = 3
"""Answered by ourselves with `status` (403, 404, 421 ...)."""
FILE: Final = 4
"""A file of this machine."""
LOCAL: Final = 5
"""Handed to a local handler named `handler` (balancer-manager)."""
ASK: Final = 6
"""Not decided yet: `question` must be answered first, then `decide.resume` goes on."""


if cython.compiled:
    # The `.pxd` makes C variables of these, which Python does not see: put them where an import looks.
    globals().update(FORWARD=FORWARD, REDIRECT=REDIRECT, ANSWER=ANSWER, FILE=FILE, LOCAL=LOCAL, ASK=ASK)


class Member:
    """One backend origin: a BalancerMember, a ProxyPass to a plain URL, or the authority that a `[P]` rule names.

    `slot` is the row in the scoreboard. Durations are float seconds, 0.0 where not said (the virtual host's
    `proxy_timeout` counts then).
    """

    __slots__ = (
        "name", "scheme", "host", "port", "path", "host_field", "route", "redirect", "loadfactor", "lbset", "status",
        "timeout", "connect_timeout", "retry", "ttl", "acquire", "ping", "max", "smax", "disable_reuse", "keepalive",
        "address_ttl", "receive_buffer", "socket", "dial_host", "dial_port", "through", "blocked", "source",
        "encrypted", "generic", "upgrade", "response_field_size", "slot", "balancer", "probe", "service", "origin",
    )  # fmt: skip

    def __init__(
        self, name: bytes, scheme: bytes, host: str, port: int, path: bytes, slot: int, origin: Origin
    ) -> None:
        self.name = name
        """The URL as httpd prints it: `http://127.0.0.1:8090`, with its path if it has one."""
        self.scheme = scheme
        """`http`, `ws`, `https`, `wss`."""
        self.host = host
        self.port = port
        self.path = path
        """What is put before every forwarded path; b"" mostly."""
        self.host_field = b""
        """The Host field that it gets when ProxyPreserveHost is off: no port where it is the scheme's own."""
        self.route = b""
        self.redirect = b""
        self.loadfactor = 100
        """A hundredfold, as httpd computes: 1.5 is 150."""
        self.lbset = 0
        self.status = b""
        """The configured status letters, for instance b"DH"."""
        self.timeout = 0.0
        self.connect_timeout = 0.0
        self.retry = 60.0
        self.ttl = 0.0
        self.acquire = 0.0
        self.ping = 0.0
        """A request with a body asks for a 100 first, and waits so long for it; 0.0: it does not ask."""
        self.address_ttl = inf
        """So long an answer of the DNS counts at most; less than 0: for ever, once it is there."""
        self.receive_buffer = 0
        """SO_RCVBUF in bytes; 0 leaves it to the system."""
        self.socket = ""
        """The path of a Unix socket that it listens on; "" for TCP."""
        self.dial_host = host
        """Where connections go: the member's own host and port, or another proxy's (ProxyRemote)."""
        self.dial_port = port
        self.through = False
        """It is asked through another proxy: by a tunnel (CONNECT) where TLS is spoken to it, else by its whole URL."""
        self.blocked = ""
        """The word of ProxyBlock that forbids to ask it; "" for none."""
        self.source = ""
        """The address that connections come from; "" leaves it to the system."""
        self.max = 0
        self.smax = 0
        self.disable_reuse = False
        self.keepalive = False
        self.generic = False
        """No worker of httpd's covers it: no connection is kept."""
        self.encrypted = scheme == b"https" or scheme == b"wss"
        """TLS is spoken to it."""
        self.upgrade: tuple[bytes, ...] = ()
        """Lower case protocols that may be upgraded to; (b"any",) for all."""
        self.response_field_size = 8192
        self.slot = slot
        self.balancer: Balancer | None = None
        self.probe: Any = None
        """A `probes.Probe`, where the balancer finds out by itself whether the member is well."""
        self.service: Any = None
        """The `services.Service` whose targets this row is kept for."""
        self.origin = origin

    def __repr__(self) -> str:
        return f"Member({self.name.decode('latin-1')})"


class Balancer:
    """One `<Proxy balancer://name>` with its members in configuration order."""

    __slots__ = (
        "name", "members", "lbmethod", "sticky_cookie", "sticky_path", "sticky_separator", "semicolon_ends",
        "nofailover", "maxattempts", "timeout", "failonstatus", "failontimeout", "forcerecovery", "growth", "nonce",
        "persist", "index", "origin", "balancing", "spares", "reverses",
    )  # fmt: skip

    def __init__(self, name: bytes, members: tuple[Member, ...], index: int, origin: Origin) -> None:
        self.name = name
        """Without scheme, lower case: b"confluence-cluster"."""
        self.members = members
        self.lbmethod = "byrequests"
        self.sticky_cookie = b""
        """The cookie's name; b"" where no stickysession is configured."""
        self.sticky_path = b""
        """The name looked for in the URL; the same as the cookie's unless `A|b` was written."""
        self.sticky_separator = b"."
        """One byte, or b"" for Off: the whole value is the route."""
        self.semicolon_ends = False
        self.nofailover = False
        self.maxattempts = max(0, len(members) - 1)
        self.timeout = 0.0
        self.failonstatus: frozenset[int] = frozenset()
        self.failontimeout = False
        self.forcerecovery = True
        self.growth = 0
        self.spares: tuple[Member, ...] = ()
        """Placeholders for members that are added while it runs (`balancer.added`), as many as `growth`; free ones have
        no name."""
        self.reverses: list[tuple[Reverse, bytes]] = []
        """The ProxyPassReverses that such a member's URL joins, and what they say behind the balancer's name."""
        self.nonce: bytes | None = None
        self.persist = False
        """What is changed while it runs outlives a restart."""
        self.balancing: Balancing = AS_HTTPD
        self.index = index
        self.origin = origin

    def __repr__(self) -> str:
        return f"Balancer({self.name.decode('latin-1')})"


class Reverse:
    """One ProxyPassReverse: a response field that begins with one of `prefixes` gets `replacement` for it, made
    absolute."""

    __slots__ = ("prefixes", "replacement", "texts", "origin")

    def __init__(self, prefixes: tuple[bytes, ...], replacement: bytes, origin: Origin) -> None:
        self.prefixes = prefixes
        """Compared without regard to case; for `balancer://c/` one for every member."""
        self.replacement = replacement
        self.texts: tuple[Any, Any] | None = None
        """Prefix and replacement with their variables, for `interpolate`; see `mapping_forms`."""
        self.origin = origin


class CookieReverse:
    """One ProxyPassReverseCookiePath or CookieDomain: a value that begins with `inner` becomes `public`, as a whole."""

    __slots__ = ("inner", "public", "texts", "origin")

    def __init__(self, inner: bytes, public: bytes, origin: Origin) -> None:
        self.inner = inner
        self.public = public
        self.texts: tuple[Any, Any] | None = None
        """Both with their variables, for `interpolate`."""
        self.origin = origin


class Scope:
    """The settings of one place, merged: virtual host, then `<Proxy>`, then `<Location>` sections in file order.

    One object for each combination of sections that meet, so a request only refers to it. How the fields merge stands
    in `scope`.
    """

    FIELDS = __slots__ = (
        "preserve_host", "error_override", "error_override_codes", "via", "add_headers", "reverses", "request_edits",
        "required", "required_by", "forbidden_on_failure", "allow_methods", "order", "auth_type", "auth_name",
        "auth_origin", "user_file", "user_sources", "digests", "group_file", "authoritative", "fake",
        "interpolate", "cookie_paths", "cookie_domains", "canonical_name", "name_by_dns", "physical_port", "body_limit",
        "forwards_expect", "max_forwards", "bad_header",
        "redirect", "redirects", "redirect_relative", "alias", "alias_preserves",
        "indexes", "index_redirect", "slash", "checks_handler", "fallback", "options", "etags", "path_info",
        "force_type", "default_charset", "default_language", "names", "filter_names",
        "always_edits", "onsuccess_edits", "handler", "handler_origin", "requires", "rewrite_on", "places",
        "place", "conditions", "variables", "branches",
        "output_filters", "typed_filters", "smart_filters", "filter_chain", "filter_words", "compression",
        "rate_limited",
        "inflates", "inflate_limit", "inflate_ratio", "inflate_burst", "substitutes", "substitute_length",
        "expires_on", "expires_types", "expires_default", "http2_upgrade",
        "documents", "signature", "plain", "hostname_lookups", "lookups_origin",
        "tls_options", "tls_required", "tls_required_by", "tls_user", "member_tls",
        "tls_verify", "tls_verify_by", "tls_requires", "tls_depth", "tls_buffer",
    )  # fmt: skip

    def __init__(self) -> None:
        self.preserve_host = False
        self.error_override = False
        self.error_override_codes: frozenset[int] = frozenset()
        """Empty: every status from 400 up."""
        self.via = b"off"
        """off, on, full, block"""
        self.add_headers = True
        self.reverses: tuple[Reverse, ...] = ()
        self.request_edits: tuple[object, ...] = ()
        """`edits.Edit`s"""
        self.plain: Any = None
        """`edits.Plain`: what they come to, once somebody has asked; see `edits.plain`."""
        self.always_edits: tuple[object, ...] = ()
        self.onsuccess_edits: tuple[object, ...] = ()
        self.handler = ""
        self.handler_origin: Origin = NOWHERE
        self.requires: tuple[object, ...] = ()
        """`access.Requires`, outermost first."""
        self.required: object = None
        """Their tree, an `access.Require`; None: nothing is required, so everybody may."""
        self.required_by: object = ()
        """The `requires` that `required` was made of."""
        self.forbidden_on_failure = False
        self.allow_methods: frozenset[bytes] = frozenset()
        """Empty: all."""
        self.order: object = None
        """`compat.Order`: Order, Allow, Deny and Satisfy"""
        self.auth_type: object = b""
        """A text, or what makes one of an inquiry (`decision.written`)."""
        self.auth_name: object = b""
        self.auth_origin: Origin = NOWHERE
        self.user_file = b""
        self.user_sources: tuple[bytes, ...] = (b"",)
        """Files that are looked up one after the other; b"" is `user_file`."""
        self.digests = False
        """They hold digests of user, realm and password."""
        self.group_file = b""
        self.authoritative = True
        self.fake: tuple[object, object] | None = None
        """AuthBasicFake: the texts of user and password."""
        self.rewrite_on = False
        self.conditions: tuple[object, ...] = ()
        """`environment.Line`s of the sections that met; those of the server are `VirtualHost.early`."""
        self.variables: tuple[object, ...] = ()
        """`environment.Fixed`s: SetEnv and its like"""
        self.branches: tuple[object, ...] = ()
        """`branches.Branch`es that are still to be looked at"""
        self.interpolate = False
        """ProxyPassInterpolateEnv"""
        self.cookie_paths: tuple[CookieReverse, ...] = ()
        self.cookie_domains: tuple[CookieReverse, ...] = ()
        self.canonical_name = False
        """UseCanonicalName On"""
        self.name_by_dns = False
        """UseCanonicalName DNS"""
        self.physical_port = False
        """UseCanonicalPhysicalPort"""
        self.body_limit = 1 << 30
        """LimitRequestBody in bytes, for what is not forwarded; 0 for none."""
        self.forwards_expect = True
        """Proxy100Continue"""
        self.max_forwards = -1
        """ProxyMaxForwards: what a request gets that has no Max-Forwards; -1 for nothing."""
        self.bad_header = 0
        """ProxyBadHeader; see `proxy.bad_lines`."""
        self.indexes: tuple[bytes, ...] = (b"index.html",)
        self.index_redirect = 0
        """The status of DirectoryIndexRedirect, 0 for off"""
        self.slash = True
        self.checks_handler = False
        self.fallback = b""
        """FallbackResource"""
        self.options: tuple[object, ...] = ()
        """For `files.fold`; so are `etags`."""
        self.etags: tuple[object, ...] = ()
        self.path_info = b"default"
        """AcceptPathInfo: on, off or default"""
        self.force_type = b""
        self.default_charset = b""
        self.default_language = b""
        self.names: tuple[object, ...] = ()
        self.filter_names: tuple[object, ...] = ()
        """Those of `names` that members' bodies are led by; see `naming.filters_named`."""
        """`naming.Naming`s"""
        self.redirect: object = None
        """`alias.RedirectHere`: the Redirect without a path of the last section that has one"""
        self.redirects: tuple[object, ...] = ()
        """`alias.Redirect`s of sections; those of the server are `VirtualHost.redirects`."""
        self.redirect_relative = False
        self.alias: object = None
        """`alias.AliasHere`"""
        self.alias_preserves = False
        self.places: tuple[object, ...] = ()
        """`places.Place`: what mod_rewrite says in each section that met."""
        self.place: Any = None
        """(`places`, what they are together), once somebody has asked; see `places.place_of`."""
        self.output_filters: tuple[bytes, ...] = ()
        """SetOutputFilter's, as `plan.filters` names them: of the codings the first that the client takes."""
        self.typed_filters: tuple[object, ...] = ()
        """`filters.ByType`s"""
        self.smart_filters: tuple[object, ...] = ()
        """`filters.Smart`s: of one name the last counts."""
        self.filter_chain: tuple[bytes | None, ...] = ()
        """FilterChain: names of filters; None: what stands before it does not count."""
        self.filter_words: dict[bytes, frozenset[str]] | None = None
        """FilterProtocol's words for providers, as `plan.filters` names them; the same for the whole server."""
        self.compression: object = None
        """`filters.Compression`: how hard; None where nothing is said of it."""
        self.rate_limited = False
        """SetOutputFilter RATE_LIMIT; how fast, variables say."""
        self.inflates = False
        """SetInputFilter DEFLATE: request bodies in gzip are unpacked."""
        self.inflate_limit = 0
        """Bytes that may come of one; 0: any number."""
        self.inflate_ratio = 200
        self.inflate_burst = 3
        self.substitutes: tuple[object, ...] = ()
        """`substitute.Part`s: what mod_substitute says in each section that met."""
        self.substitute_length = 1048576
        """Bytes that a line of a body may have where texts are replaced."""
        self.http2_upgrade = True
        """H2Upgrade"""
        self.expires_on = False
        """ExpiresActive"""
        self.expires_types: tuple[tuple[bytes, object], ...] = ()
        """(media type in lower case, `expires.Expiry`)"""
        self.expires_default: object = None
        self.signature = b"off"
        """ServerSignature: off, on or email"""
        self.documents: tuple[object, ...] = ()
        """`documents.Document`s: ErrorDocument"""
        self.hostname_lookups = 0
        """HostnameLookups; see `client_names`."""
        self.lookups_origin: Origin = NOWHERE
        self.tls_options: tuple[object, ...] = ()
        """`tls.Option`s"""
        self.tls_required = False
        """SSLRequireSSL"""
        self.tls_required_by: Origin = NOWHERE
        self.member_tls: tuple[object, ...] = ()
        """How TLS is spoken to members; see `fronts.member_tls_of`."""
        self.tls_user = b""
        """SSLUserName"""
        self.tls_verify = b""
        """SSLVerifyClient of sections: none, optional, require; b"" where none says it."""
        self.tls_verify_by: Origin = NOWHERE
        self.tls_requires: tuple[object, ...] = ()
        """SSLRequire: (`expr.Condition`, Origin)"""
        self.tls_depth = -1
        """SSLVerifyDepth of sections; -1 where none says it."""
        self.tls_buffer = 131072
        """SSLRenegBufferSize, in bytes."""


class VirtualHost:
    """One `<VirtualHost>`, or the main server, ready to answer. Durations in float seconds, sizes in bytes."""

    __slots__ = (
        "index", "server_name", "server_port", "server_scheme", "aliases", "wildcards", "server_admin", "document_root",
        "timeout", "proxy_timeout", "keep_alive", "keep_alive_timeout", "max_keep_alive_requests", "limit_request_line",
        "limit_request_field_size", "limit_request_fields", "tls",
        "ordinary_paths", "merge_slashes", "encoded_slashes", "maps_encoded", "strict_host", "server_path", "methods",
        "trace",
        "redirects", "file_aliases", "types", "checks_links",
        "certificates", "logs", "error_log", "error_lines", "log_level", "proxy_status", "base", "rules",
        "mappings", "mapping_index", "locations",
        "proxies", "directories", "backends", "combinations", "early", "early_asked", "branched",
        "most_restarts", "most_lookups", "remoteip", "read_timeouts", "explain_from", "early_edits", "front",
        "early_always", "early_onsuccess",
        "strict_sni", "sni_policy", "http2", "origin",
    )  # fmt: skip

    def __init__(self, index: int, server_name: bytes, origin: Origin) -> None:
        self.index = index
        self.server_name = server_name
        self.server_port = 0
        """The port written in ServerName; 0 where none is."""
        self.server_scheme = b""
        """The scheme written in ServerName; b"" where none is."""
        self.aliases: tuple[bytes, ...] = ()
        self.wildcards: tuple[bytes, ...] = ()
        self.server_admin = b""
        self.document_root = b""
        self.timeout = 60.0
        self.proxy_timeout = 60.0
        """ProxyTimeout, else Timeout."""
        self.keep_alive = True
        self.keep_alive_timeout = 5.0
        self.max_keep_alive_requests = 100
        self.limit_request_line = 8190
        self.limit_request_field_size = 8190
        self.limit_request_fields = 100
        self.tls = False
        self.explain_from: tuple[object, ...] = ()
        """`access.Network`s whose clients may ask for explanations."""
        self.certificates: tuple[tuple[str, str | None], ...] = ()
        """(certificate file, key file or None where the key is in the certificate's file), absolute paths"""
        self.front: object = None
        """`fronts.Front`: how TLS is spoken to clients; None without SSLEngine."""
        self.strict_sni = False
        self.sni_policy = "secure"
        self.http2: Any = None
        """`http2.Http2`; None: only HTTP/1.1."""
        self.logs: tuple[LogTarget, ...] = ()
        self.error_log = ""
        """Where its errors are written, as `Plan.error_log`; "" where the main server's log has them too."""
        self.error_lines: object = None
        """`error_lines.ErrorLines`; None: lines of the error log have our own form."""
        self.log_level = ""
        """Its LogLevel; "" for the main server's."""
        self.proxy_status = False
        """Whether server-status shows balancers and members."""
        self.read_timeouts: object = None
        """`read_timeouts.ReadTimeouts`; None: only Timeout counts."""
        self.early_edits: tuple[object, ...] = ()
        """`edits.Edit`s that run before everything else (RequestHeader early)"""
        self.early_always: tuple[object, ...] = ()
        """Those of `Header always ... early`"""
        self.early_onsuccess: tuple[object, ...] = ()
        """Those of `Header ... early`"""
        self.remoteip: object = None
        """`remoteip.RemoteIp`: whom we believe when they name the client."""
        self.base = Scope()
        """The settings of a request that meets no section."""
        # What `decide` walks through; made by the compiler.
        self.rules: tuple[object, ...] = ()
        self.most_restarts = 10
        """LimitInternalRecursion: so often may rules of sections change the path of one request."""
        self.most_lookups = 10
        """Its second number: sub-inquiries may lie so deep in each other."""
        self.mappings: tuple[object, ...] = ()
        self.mapping_index: object = None
        """A `mapping_index.MappingIndex`; None for few mappings."""
        self.locations: tuple[object, ...] = ()
        self.proxies: tuple[object, ...] = ()
        self.directories: tuple[object, ...] = ()
        self.backends: object = None
        """`backends.Backends`: whom a request may be sent to."""
        self.types: Mapping[bytes, bytes] = {}
        """Content types by extension (lower case, without its dot)"""
        self.checks_links = False
        """Some Options do not let every link be followed."""
        self.redirects: tuple[object, ...] = ()
        """`alias.Redirect`s"""
        self.file_aliases: tuple[object, ...] = ()
        """`alias.Alias`es"""
        self.early: tuple[object, ...] = ()
        """`environment.Line`s that run before everything else"""
        self.early_asked: object = None
        """`environment.Asked`: what they look at; None where a look is too dear."""
        self.branched: dict[tuple[Scope, tuple[object, ...]], Scope] = {}
        """The scopes of the `<If>` sections that held so far; see `branches.branched`."""
        self.combinations: dict[tuple[int, int, int], Scope] = {}
        """The scopes of the sections that met so far; see `locations.scope_of`."""
        self.ordinary_paths = True
        """None of the following three is said."""
        self.merge_slashes = True
        self.encoded_slashes = 0
        """`wire.targets`: REFUSED, DECODED or KEPT."""
        self.maps_encoded = False
        self.strict_host = False
        self.server_path = b""
        self.methods: frozenset[bytes] | None = None
        """The only methods that are taken; None for all."""
        self.trace = 0
        """TraceEnable; see `ground_rules`."""
        """A mapping is `encoded`."""
        self.origin = origin

    def __repr__(self) -> str:
        return f"VirtualHost({self.server_name.decode('latin-1')}, {self.origin})"


JSON_LINES: Final = "\0json"
"""The format of an access log whose lines are JSON objects: no format of httpd's holds a zero byte."""


class LogTarget:
    """One access log of a virtual host: the file (absolute), `|command` or `journald`, and the format text with every
    nickname resolved."""

    __slots__ = ("target", "format", "env", "condition", "origin")

    def __init__(self, target: str, format: str, env: tuple[bytes, bool] | None, origin: Origin) -> None:
        self.target = target
        self.format = format
        self.env = env
        """(name, wanted): written only if the variable is set (or unset)."""
        self.condition: object = None
        """`expr.Condition`: written only if it holds; None for always."""
        self.origin = origin


class Listener:
    """One `Listen`: `host` is "" for every address."""

    __slots__ = ("host", "port", "tls", "origin")

    def __init__(self, host: str, port: int, tls: bool, origin: Origin) -> None:
        self.host = host
        self.port = port
        self.tls = tls
        """Whether the first virtual host of the address has SSLEngine on."""
        self.origin = origin


class ConnectionFacts:
    """What is known of a client connection before its first byte; made once for each connection.

    `table` is the `vhosts.HostTable` of its local address, `sni` the name asked for in the TLS handshake (lower case,
    b"" for none).
    """

    __slots__ = (
        "remote_address", "remote_port", "local_address", "local_port", "tls", "sni", "table", "memo",
        "proxied_address", "proxied_port", "spoken_for", "tls_facts", "unique", "http2", "log_ids",
        "own_host",
    )

    def __init__(
        self,
        remote_address: bytes,
        remote_port: int,
        local_address: bytes,
        local_port: int,
        tls: bool,
        sni: bytes,
        table: object,
    ) -> None:
        self.remote_address = remote_address
        self.remote_port = remote_port
        self.local_address = local_address
        self.local_port = local_port
        self.tls = tls
        self.sni = sni
        self.table = table
        self.memo: object = None
        """What a `Decider` remembers for connections like this one; set at the first request."""
        self.proxied_address = b""
        """The client's address as a PROXY preamble names it; b"" where none did."""
        self.proxied_port = 0
        self.tls_facts: Any = None
        """`tls.TlsFacts`, once there was a handshake."""
        self.spoken_for = False
        """There was a PROXY preamble, though it may have named nobody."""
        self.http2: Any = None
        """The variables of this HTTP/2 stream (HTTP2, H2_STREAM_ID ...); None for HTTP/1."""
        self.unique = b""
        """UNIQUE_ID of the request at work, once somebody has asked."""
        self.own_host: bytes | None = None
        """What the resolver calls the local address, b"" for nothing; None where nobody has asked."""
        self.log_ids: Any = None
        """`error_log.Ids`, once a line of the error log was about this connection."""

    @property
    def client(self) -> bytes:
        """The client's address: the connection's, or the one in its PROXY preamble."""
        return self.proxied_address or self.remote_address


class Decision:
    """Where a request goes, and who said so. Not changed after it is made: one may serve many requests."""

    __slots__ = (
        "kind", "status", "location", "reason", "balancer", "member", "path", "query", "keep_query", "scheme",
        "env", "scope", "host", "handler", "file", "path_info", "proxy_error", "origin", "uri", "filename", "address",
        "user", "auth_type", "fields", "question", "inquiry",
        "vary", "cookies", "content_type", "early_fields", "client_name",
    )  # fmt: skip

    def __init__(self, kind: int, host: VirtualHost, scope: Scope, origin: Origin) -> None:
        self.kind = kind
        self.host = host
        self.scope = scope
        self.origin = origin
        self.status = 0
        self.location = b""
        """For a redirect: the whole Location field."""
        self.reason = ""
        """For an answer: why, in words for the log."""
        self.balancer: Balancer | None = None
        self.member: Member | None = None
        """The plain member; None where a balancer chooses."""
        self.path = b""
        """The path to forward, canonical and escaped, without the member's own path; begins with / or is empty."""
        self.query: bytes | None = None
        """The query as rules left it, without `?`; None for none. Only where `keep_query` is false."""
        self.keep_query = True
        """The request's own query goes along as it came."""
        self.scheme = b"http"
        self.env: dict[bytes, bytes] = {}
        """Variables set by rules."""
        self.handler = ""
        self.file = b""
        """The file's absolute path."""
        self.path_info = b""
        """What the path has behind the file's name, from its slash on."""
        self.proxy_error = False
        """An answer in the place of a member that nobody can reach: httpd calls it `Proxy Error`."""
        self.uri = b""
        """The decoded path that was decided on (httpd's r->uri)."""
        self.filename = b""
        """What it became (r->filename): `proxy:` and a URL, or a file's path."""
        self.address = b""
        """The client's address where it is not the connection's: a proxy in front of us named it (mod_remoteip)."""

        self.user: bytes | None = None
        """The name that the client gave (r->user), also where the password was wrong; None for none."""
        self.auth_type = b""
        """How it was given: `Basic`."""
        self.fields: tuple[tuple[bytes, bytes], ...] = ()
        """Fields of an answer of ours: WWW-Authenticate."""
        self.question: object = None
        """`questions.Question`, for ASK."""
        self.inquiry: object = None
        """Where the phases stopped, for ASK."""
        self.vary: tuple[bytes, ...] = ()
        """Fields of the request that it depended on, for the Vary of a file of ours; httpd puts it on nothing else."""
        self.cookies: tuple[bytes, ...] = ()
        """Set-Cookie values for any answer, a member's and a page of ours alike."""
        self.content_type = b""
        """The file's type where a rule says it; b"" leaves it to the name."""
        self.client_name: bytes | None = None
        """What the client's address is called; None where nobody asked, b"" for no name."""
        self.early_fields: object = None
        """`early.EarlyFields`: what `Header ... early` made of the answer's tables; None for nothing."""

    def client(self, facts: ConnectionFacts) -> bytes:
        """The client's address on this connection."""
        return self.address or facts.proxied_address or facts.remote_address


class Plan:
    """Everything that serving needs to know, for one generation."""

    __slots__ = (
        "generation", "listeners", "hosts", "main", "tables", "members", "balancers", "server_root", "pid_file",
        "error_log", "log_level", "user", "group", "chroot_dir", "listen_backlog", "preambles",
        "programs", "unique_ids", "server_token", "goodbye", "most_connections",
        "most_of_address", "measures", "reserved_ports", "most_reserved", "name_servers",
        "heartbeats", "managed", "tracing",
    )  # fmt: skip

    def __init__(self) -> None:
        self.generation = 1
        self.listeners: tuple[Listener, ...] = ()
        self.hosts: tuple[VirtualHost, ...] = ()
        """Every virtual host in file order; the main server is `main`."""
        self.main: VirtualHost | None = None
        self.tables: object = None
        """What `vhosts.table_for(plan, local_address, local_port)` searches."""
        self.members: tuple[Member, ...] = ()
        """All members; `members[i].slot == i`."""
        self.balancers: tuple[Balancer, ...] = ()
        self.server_root = ""
        self.pid_file = ""
        self.error_log = ""
        """A file, `|command`, `syslog`, `journald`; "" is standard error."""
        self.log_level = "warn"
        self.user = ""
        self.group = ""
        self.chroot_dir = ""
        """Absolute: what children read while they run lies below it. "" where they stay where they are."""
        self.listen_backlog = 511
        self.preambles: object = None
        """`preambles.Preambles`; None where no connection begins with one."""
        self.server_token = b"evenflow"
        """What Server says (ServerTokens)."""
        self.unique_ids = False
        """Requests have a UNIQUE_ID, and the configuration asks for it."""
        self.programs: tuple[object, ...] = ()
        """The `maps.ProgramMap`s that must run."""
        self.goodbye = 30.0
        """Seconds over which tunnels leave whose way a reload has changed."""
        self.most_connections = 0
        """Client connections of each child; 0 for any number."""
        self.most_of_address = 0
        """Client connections of each child and client address; 0 for any number."""
        self.reserved_ports: frozenset[int] = frozenset()
        """Listeners' ports whose connections do not count there."""
        self.most_reserved = 0
        """Connections to all of these of each child."""
        self.name_servers: tuple[tuple[str, int], ...] = ()
        """Whom names of members are asked for; () for those of /etc/resolv.conf."""
        self.measures = False
        """Whether a handler shows what is measured beyond httpd's counters (`slotmem.measured`)."""
        self.heartbeats: object = None
        """`heartbeats.Heartbeats`: where members say how ready they are; None where nobody asks."""
        self.tracing: object = None
        """`tracing.Tracing`: which collector is told of requests; None for none."""
        self.managed = False
        """Whether `SetHandler balancer-manager` stands somewhere."""

    def measured_hosts(self) -> tuple[VirtualHost, ...]:
        """The virtual hosts by their index, the main server last; none where nobody measures."""
        if not self.measures or self.main is None:
            return ()
        return (*self.hosts, self.main)
