"""The faults that are put in, one at a time, and what the tools must say of each: the laboratory's table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Swap = tuple[str, str | None]
"""A piece of the front's file, and what stands in its place; None takes away every line that has it."""
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, and the codes by which the tools name it, hints in parentheses.

    `rows` are those of `tools.symptoms`. `wikis` and `synchronies` say of which kind nodes 1 and 2 are, `start_up` is a
    swap in each one's setenv.sh. "" is for a tool that must find nothing, None for one that is not asked: what no
    visitor can see costs no visit. `idle` (seconds) and `expect` are the doctor's, `direct` is for
    `evenflow init`; the fronts that are True are visited.
    """

    rows: str
    name: str
    change: tuple[Swap, ...] = ()
    wikis: Pair = ("", "")
    synchronies: Pair = ("", "")
    start_up: tuple[Pair, Pair] = (("", ""), ("", ""))
    certificate: str = "good"
    doctor: str | None = ""
    check: str = ""
    audit: str | None = ""
    idle: float = 0.3
    direct: bool = False
    expect: str = ""
    evenflow: bool = True
    httpd: bool = False


START: Final = "    ProxyRequests Off\n"
SYNCHRONY: Final = "    ProxyPass /synchrony balancer://synchrony/synchrony\n"
WIKI: Final = "    ProxyPass        / balancer://confluence/ nocanon\n"
REVERSE: Final = "    ProxyPassReverse / balancer://confluence/\n"
ROUTE: Final = 'Set-Cookie "ROUTEID='
EDITORS_ROUTE: Final = 'Set-Cookie "SYNROUTE='
NO_UPGRADE: Final = ("upgrade=websocket timeout=3600", "timeout=3600")
PATIENT: Final = ("<Proxy ws://127.@network@.0.1:8091>", "    ProxySet timeout=3600", "</Proxy>")
"""A rule's member has the server's own time-out, unless somebody says otherwise."""
OPEN: Final = tuple(
    line
    for path, handler in (("/balancer-manager", "balancer-manager"), ("/server-status", "server-status"))
    for line in (f"ProxyPass {path} !", f"<Location {path}>", f"    SetHandler {handler}", "</Location>")
)
LOGIN: Final = (
    "        AuthType Basic\n        AuthName wiki\n        AuthUserFile /dev/null\n        Require valid-user\n"
)
LOADED: Final = "".join(
    f"LoadModule {name}_module modules/mod_{name}.so\n"
    for name in (
        "proxy", "proxy_http", "proxy_wstunnel", "proxy_balancer", "proxy_hcheck", "watchdog", "slotmem_shm", "headers",
        "alias", "status", "authz_core", "authz_host", "ssl",
    )
)  # fmt: skip
"""All but lbmethod_byrequests."""
NO_POST: Final = "        <Limit POST>\n            Require all denied\n        </Limit>\n"
NOWHERE: Final = "synchrony-not-reached websocket-lost polling-broken no-way-to-synchrony"
NOTHING_TOLD: Final = "connector-scheme connector-secure connector-proxy-name connector-proxy-port (valve-missing)"


def lines(*text: str) -> Swap:
    """Further lines at the head of the virtual host."""
    return START, START + "".join(f"    {line}\n" for line in text)


def rules(*text: str) -> Swap:
    """The same, for rules."""
    return lines("RewriteEngine On", *text)


def both(kind: str) -> Pair:
    """Nodes 1 and 2 of one kind."""
    return kind, kind


def second(kind: str) -> Pair:
    """Node 1 is healthy."""
    return "", kind


def started(old: str, new: str) -> tuple[Pair, Pair]:
    """Node 2 is started otherwise."""
    return ("", ""), (old, new)


WAYS: Final = (
    Fault("D01", "Synchrony is not routed", ((SYNCHRONY, None),),
          doctor=NOWHERE, check="synchrony-not-routed", audit="synchrony-nowhere"),
    Fault(
        "D02", "the upgrade is not handed on", (NO_UPGRADE,), httpd=True,
        doctor="websocket-lost", check="websocket-not-tunnelled",
    ),
    Fault(
        "D03", "Connection is compared as a whole", httpd=True,
        change=(
            NO_UPGRADE,
            rules(
                "RewriteCond %{HTTP:Upgrade} =websocket [NC]",
                "RewriteCond %{HTTP:Connection} ^Upgrade$ [NC]",
                "RewriteRule ^/(synchrony/.*)$ ws://127.@network@.0.1:8091/$1 [P]",
                *PATIENT,
            ),
        ),
        doctor="websocket-by-spelling", check="connection-compared-whole",
    ),
    Fault(
        "D04 D07", "time-outs are short", httpd=True, synchronies=both("slow"), idle=20.0,
        change=(("timeout=3600", "timeout=4"), ("# For those who", "Timeout 4\n# For those who")),
        doctor="tunnel-cut poll-cut", check="tunnel-idle-timeout timeout-below-long-poll",
    ),
    Fault("D04", "somebody else cuts", synchronies=both("cuts"), doctor="tunnel-cut", idle=20.0),
    Fault(
        "D05", "editors do not stick", ((EDITORS_ROUTE, None),), httpd=True,
        doctor="bayeux-spread", check="sticky-cookie-never-set",
    ),
    Fault(
        "D05", "no cookie is meant for editors",
        ((EDITORS_ROUTE, None), ("    ProxySet stickysession=SYNROUTE\n", "")),
        doctor="bayeux-spread", check="synchrony-not-sticky",
    ),
    Fault(
        "D06", "everything is sent as a WebSocket", doctor=None, check="upgrade-forced",
        change=(
            NO_UPGRADE,
            rules("RewriteRule ^/(synchrony/.*/bayeux-sync1.*)$ ws://127.@network@.0.1:8091/$1 [P]", *PATIENT),
        ),
    ),
    Fault(
        "D08", "Synchrony is asked below another path",
        (("balancer://synchrony/synchrony\n", "balancer://synchrony/synchrony-proxy\n"),),
        doctor=NOWHERE, check="synchrony-path",
    ),
    Fault(
        "D09", "a pattern takes the internal proxy too", doctor=None, check="synchrony-takes-internal-proxy",
        change=((SYNCHRONY, '    ProxyPassMatch "^/synchrony(.*)" "balancer://synchrony/synchrony$1"\n'),),
    ),
    Fault(
        "D10", "Synchrony below the context path", wikis=both("path"),
        change=(
            ("ProxyPass /synchrony ", "ProxyPass /confluence/synchrony "),
            ("<Location /synchrony>", "<Location /confluence/synchrony>"),
            ("path=/synchrony;", "path=/confluence/synchrony;"),
        ),
        doctor="synchrony-below-context websocket-lost polling-broken no-way-to-synchrony",
        check="synchrony-below-context",
    ),
    Fault(
        "D11", "a login before Synchrony", httpd=True,
        change=(("    <Location /synchrony>\n", f"    <Location /synchrony>\n{LOGIN}"),),
        doctor="synchrony-behind-login websocket-lost polling-broken no-way-to-synchrony",
        check="synchrony-behind-login",
    ),
    Fault("D12", "Synchrony has other keys", synchronies=both("keys"), doctor="(token-refused)"),
    Fault(
        "D12", "nodes have different keys", doctor=None, audit="synchrony-keys-differ",
        start_up=(("-Dsynchrony.proxy", "-Djwt.public.key=a -Dsynchrony.proxy"),
                  ("-Dsynchrony.proxy", "-Djwt.public.key=b -Dsynchrony.proxy")),
    ),
    Fault(
        "D13", "another service's address", doctor=None, audit="synchrony-service-url nodes-differ",
        start_up=started("//wiki.example.test", "//node1.internal"),
    ),
    Fault(
        "D14", "a proxy for the outside", doctor=None, audit="synchrony-through-proxy nodes-differ",
        start_up=started("-Dsynchrony.proxy", "-Dhttp.proxyHost=proxy.internal -Dsynchrony.proxy"),
    ),
    Fault(
        "D15", "an address without /v1", doctor=None, audit="synchrony-service-url nodes-differ",
        start_up=started("/synchrony/v1", "/synchrony"),
    ),
    Fault(
        "D16", "Synchrony's address in the clear", doctor=None, audit="synchrony-service-url nodes-differ",
        start_up=started("url=https:", "url=http:"),
    ),
    Fault(
        "D17", "the internal proxy alone", ((SYNCHRONY, None),), wikis=both("internal"),
        doctor="synchrony-not-reached websocket-lost polling-broken only-internal-proxy",
        check="synchrony-not-routed", audit="synchrony-nowhere",
    ),
    Fault("D17", "the internal proxy beside", wikis=both("internal"), doctor="(internal-proxy-open)"),
    Fault("D17", "the direct way is not enforced", wikis=both("internal"), expect="direct",
          doctor="(internal-proxy-open) direct-way-not-enforced"),
    Fault(
        "D17", "Synchrony's path leads to the internal proxy", wikis=both("internal"), expect="direct", direct=True,
        change=((SYNCHRONY, "    ProxyPass /synchrony balancer://confluence/synchrony-proxy\n"),),
        doctor="(direct-way-through-confluence) direct-way-not-led", check="synchrony-path",
    ),
    Fault(
        "D17", "polling where a WebSocket is expected", (NO_UPGRADE,), expect="direct", direct=True,
        doctor="websocket-lost direct-way-not-led", check="websocket-not-tunnelled",
    ),
    Fault(
        "D17", "the internal proxy is on", doctor=None,
        audit="synchrony-internal-proxy synchrony-proxy-context nodes-differ", start_up=started("=false", "=true"),
    ),
    Fault(
        "D06", "POST is refused",
        change=(("    <Location /synchrony>\n", f"    <Location /synchrony>\n{NO_POST}"),), doctor="polling-broken",
    ),
    Fault("D18", "a firewall takes edits for attacks", synchronies=both("firewall"), doctor="(firewall-refuses)"),
    Fault(
        "D19", "modules are missing", doctor=None, check="module-missing",
        change=(("# For those who", LOADED + "# For those who"),),
    ),
    Fault("D02", "no WebSocket server behind", synchronies=both("unhashed"), doctor="websocket-not-a-websocket"),
)  # fmt: skip
SESSIONS: Final = (
    Fault(
        "D20", "no route cookie", ((ROUTE, None),), httpd=True,
        doctor="affinity-lost", check="sticky-cookie-never-set",
    ),
    Fault(
        "D20", "by session, and no jvmRoute", doctor="affinity-lost", audit="jvm-route",
        change=(("stickysession=ROUTEID", "stickysession=JSESSIONID|jsessionid"), (ROUTE, None)),
    ),
    Fault(
        "D21", "a narrow cookie", (("e; path=/; HttpOnly", "e; path=/pages; HttpOnly"),),
        doctor="cookie-path", check="cookie-path",
    ),
    Fault(
        "D22", "no routes", ((" route=node1", ""), (" route=node2", "")),
        doctor="affinity-lost bayeux-spread", check="route-missing",
    ),
    Fault(
        "D23", "a cookie is set once", httpd=True, doctor="route-honoured-when-gone",
        change=(('Secure" env=BALANCER_ROUTE_CHANGED', 'Secure" "expr=%{HTTP_COOKIE} !~ /ROUTEID=/"'),),
    ),
    Fault(
        "D25", "no dot before the route", (('"ROUTEID=.', '"ROUTEID='),), httpd=True,
        doctor="affinity-lost", check="route-without-separator",
    ),
    Fault(
        "D25", "one route for two nodes", (("route=node2 upgrade=websocket timeout=300 ",
                                            "route=node1 upgrade=websocket timeout=300 "),), httpd=True,
        doctor="affinity-lost", check="route-twice",
    ),
    Fault(
        "D27", "Secure in the clear", (("e; path=/; HttpOnly", "e; path=/; Secure; HttpOnly"),), certificate="",
        doctor="cookie-secure-in-clear (base-url)", check="cookie-secure-in-clear", audit="synchrony-service-url",
    ),
    Fault(
        "D27", "the node's Secure in the clear", wikis=both("secure-in-clear"), certificate="",
        doctor="cookie-secure-in-clear", audit="connector-secure synchrony-service-url (valve-missing)",
    ),
    Fault(
        "D28", "a cookie without flags", (("path=/; HttpOnly; SameSite=Lax; Secure", "path=/"),),
        doctor="cookie-readable cookie-not-secure", check="cookie-flags",
    ),
    Fault(
        "D28", "secure is not told", wikis=both("not-secure"),
        doctor="cookie-not-secure", audit="connector-secure (valve-missing)",
    ),
    Fault(
        "D30", "the probe logs in", (("hcuri=/status", "hcuri=/login.action"),), doctor=None,
        check="probe-makes-sessions",
    ),
)  # fmt: skip
ADDRESSES: Final = (
    Fault(
        "D31", "http is told behind TLS", (("X-Forwarded-Proto https", "X-Forwarded-Proto http"),), httpd=True,
        doctor="redirect-scheme cookie-not-secure origin-refused", check="forwarded-proto-wrong",
        audit="valve-undoes-scheme",
    ),
    Fault(
        "D31", "the scheme is not told", wikis=both("scheme"),
        doctor="redirect-scheme cookie-not-secure origin-refused",
        audit="connector-scheme connector-secure (valve-missing)",
    ),
    Fault(
        "D31", "a redirect to itself", doctor="redirect-loop",
        change=(rules("RewriteCond %{HTTP:X-Forwarded-Proto} !=https",
                      "RewriteRule ^/(login.action)?$ https://%{HTTP_HOST}%{REQUEST_URI} [R,L]"),),
    ),
    Fault(
        "D32", "another name is told", wikis=both("proxy-name"),
        doctor="redirect-elsewhere origin-refused", audit="connector-proxy-name (valve-missing)",
    ),
    Fault(
        "D32", "another port is told", wikis=both("proxy-port"),
        doctor="redirect-elsewhere origin-refused", audit="connector-proxy-port (valve-missing)",
    ),
    Fault(
        "D32", "nothing is told, and nothing turned back", wikis=both("bare"), httpd=True,
        change=(("ProxyPreserveHost On", "ProxyPreserveHost Off"), (REVERSE, None)),
        doctor="redirect-elsewhere cookie-not-secure origin-refused", check="redirects-leak", audit=NOTHING_TOLD,
    ),
    Fault("D32", "the valve has a port of its own", wikis=both("valve-port"),
          doctor="redirect-elsewhere origin-refused", audit="valve-undoes-port"),
    Fault("D33", "the base URL", wikis=both("base-url"), doctor="(base-url)"),
    Fault("D16", "mixed content", wikis=both("mixed"), doctor="mixed-content"),
    Fault(
        "D34 S10", "Origin is changed", (lines("RequestHeader set Origin http://wiki.internal"),), httpd=True,
        doctor="origin-refused", check="origin-changed",
    ),
    Fault("D36", "a clock is ahead", wikis=second("clock"), doctor="clocks-differ"),
    Fault(
        "D37", "another path behind", (("balancer://confluence/ nocanon", "balancer://confluence/wiki/ nocanon"),),
        doctor="status-unreadable", check="paths-differ", audit="context-path",
    ),
    Fault(
        "D38", "a rule decodes", httpd=True, doctor="path-mangled", check="question-mark-refused",
        change=((WIKI, None), rules("RewriteCond %{REQUEST_URI} !^/synchrony(/|$)",
                                    "RewriteRule ^/(.*)$ balancer://confluence/$1 [P]")),
    ),
    Fault(
        "D39", "encoded slashes", (("AllowEncodedSlashes NoDecode", None),), httpd=True,
        doctor="(slashes-refused)", check="encoded-slashes",
    ),
    Fault("D39", "encoded slashes at the node", wikis=both("slashes"), doctor=None, audit="connector-slashes"),
    Fault("D35", "addresses are read as bodies are", wikis=both("by-body"), doctor=None,
          audit="connector-body-encoding"),
    Fault("D38", "another alphabet", wikis=both("latin"), doctor=None, audit="connector-uri-encoding"),
)  # fmt: skip
BODIES: Final = (
    Fault(
        "D41", "a limit on bodies", httpd=True, doctor="body-limit",
        change=(rules("RewriteCond %{HTTP:Content-Length} -gt10000000", "RewriteRule ^ - [R=413]"),),
    ),
    Fault(
        "D43", "short fields", (("# For those who", "LimitRequestFieldSize 3000\n# For those who"),), httpd=True,
        doctor="field-limit", check="field-limit-small",
    ),
    Fault("D42", "uploads are kept before they are sent", (lines("SetEnv proxy-sendcl 1"),), doctor=None,
          check="request-spooled"),
    Fault("D43", "short fields at the node", wikis=both("small-head"), doctor="field-limit", audit="connector-head"),
    Fault(
        "D44", "packed, and not said", (lines("Header unset Content-Encoding"),), wikis=both("packs"),
        doctor="encoding-broken", check="encoding-broken",
    ),
    Fault(
        "D45", "pages of the balancer's own", (lines("ProxyErrorOverride On"),), httpd=True,
        doctor="error-bodies-replaced", check="error-override-hides",
    ),
    Fault("D47", "nobody is there", wikis=both("gone"), doctor="status-unreadable unanswered outage-in-html"),
    Fault(
        "D49", "pages come out of a cache", evenflow=False, httpd=True, audit=None,
        doctor="pages-cached (no-route-cookie)", check="directive-not-supported",
        change=(lines("CacheEnable socache /", "CacheSocache shmcb", "CacheDefaultExpire 600",
                      "CacheIgnoreNoLastMod On", "CacheIgnoreHeaders Set-Cookie"),),
    ),
    Fault(
        "D46", "bad pages take nodes out", (("stickysession=ROUTEID", "stickysession=ROUTEID failonstatus=500"),),
        doctor=None, check="failonstatus-application",
    ),
)  # fmt: skip
HEALTH: Final = (
    Fault("D51", "the probe is blind", (("hcuri=/status hcexpr=running", "hcuri=/status"),), doctor=None,
          check="probe-blind"),
    Fault("D51", "a node starts", wikis=second("starting"), doctor="node-not-running"),
    Fault("D51", "a node in maintenance", wikis=second("maintenance"), doctor="node-not-running"),
    Fault("D52", "all nodes in maintenance", wikis=both("maintenance"), doctor="maintenance-everywhere"),
    Fault("D54", "pages that fail", wikis=both("failing"), doctor="running-but-failing"),
    Fault("D53", "nodes flap", (("connectiontimeout=5 ttl=15 max", "connectiontimeout=1 ttl=15 max"),), doctor=None,
          check="member-flaps"),
    Fault("D55", "kept for too long", wikis=both("short-kept"), doctor=None, audit="connector-keep-alive"),
    Fault("E01", "a node is away", wikis=second("gone"), doctor="unanswered"),
    Fault("D58", "two builds", wikis=second("build"), doctor="builds-differ"),
    Fault("D61", "set-up is cut short", doctor=None, check="setup-cut-short",
          change=(lines("ProxyPass /setup http://127.@network@.0.1:8090/setup timeout=120"),)),
    Fault("D62", "only by its name", (rules("RewriteCond %{HTTP_HOST} !^wiki [NC]", "RewriteRule ^ - [R=404]"),),
          doctor="(other-by-address)"),
    Fault("D59", "one thread", wikis=both("one-thread"), doctor=None, audit="connector-threads"),
)  # fmt: skip
SECURITY: Final = (
    Fault(
        "S01", "handlers for all", (lines(*OPEN),), httpd=True,
        doctor="(manager-open) (status-open)", check="manager-open-to-everyone status-open-to-everyone",
    ),
    Fault(
        "S02", "the client names the backend", doctor="websocket-lost", check="backend-from-request",
        change=(NO_UPGRADE, rules("RewriteCond %{HTTP:Upgrade} =websocket [NC]",
                                  "RewriteRule ^/synchrony/ ws://%{HTTP_HOST}:8091%{REQUEST_URI} [P]")),
    ),
    Fault("S03", "a forward proxy", (("ProxyRequests Off", "ProxyRequests On"),), doctor=None, audit=None,
          check="forward-proxy"),
    Fault(
        "S04", "strangers are believed", (("RequestHeader set X-Forwarded-Proto https", None),), httpd=True,
        doctor="forwarded-believed", audit="valve-believes-strangers",
    ),
    Fault("E02", "no valve", wikis=both("no-valve"), audit="(valve-missing)"),
    Fault("S06", "the internal proxy's switch", (("Location /synchrony-proxy/reload", "Location /nothing"),),
          httpd=True, doctor="(internal-proxy-reload)"),
    Fault("S09", "the certificate ends", certificate="ends", doctor="certificate-ends", check="certificate-ends"),
    Fault("S09", "another name's certificate", certificate="other", doctor="certificate-name",
          check="certificate-name"),
    Fault(
        "S09", "TLS 1.0", evenflow=False, httpd=True, doctor="old-tls", check="tls-version-old",
        change=(("SSLEngine on\n", "SSLEngine on\n    SSLProtocol -all +TLSv1 +TLSv1.1 +TLSv1.2\n"
                 "    SSLCipherSuite ALL:@SECLEVEL=0\n"),),
    ),
)  # fmt: skip

FAULTS: Final = (*WAYS, *SESSIONS, *ADDRESSES, *BODIES, *HEALTH, *SECURITY)
