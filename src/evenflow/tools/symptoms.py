"""What goes wrong between browsers, a balancer, Confluence and Synchrony: every symptom, and which tool finds it.

One row for each way in which such a site fails. A row names the faults of the doctor (`tools.doctor.faults`), the codes
of `evenflow audit` and those of `evenflow check` that find it. Where the doctor has no fault for it, the row itself
says why it happens and what to do. docs/guide/troubleshooting.md is made of these rows (`make docs`), and a test puts
each row's fault in and looks whether the tools name it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Symptom:
    """`seen` is what people notice. `doctor`, `audit` and `check` are codes; a row without any is found by nobody."""

    number: str
    seen: str
    cause: str = ""
    fix: str = ""
    doctor: tuple[str, ...] = ()
    audit: tuple[str, ...] = ()
    check: tuple[str, ...] = ()
    inferred: bool = False
    """What is seen allows only a guess: whatever the doctor finds of it is a hint."""

    @property
    def covered(self) -> bool:
        """Whether a tool finds it."""
        return bool(self.doctor or self.audit or self.check)


EDITORS: Final = (
    Symptom(
        "D01",
        "The editor takes longer than usual and never comes; `/synchrony/heartbeat` shows a page of Confluence",
        doctor=("synchrony-not-reached", "no-way-to-synchrony"),
        audit=("synchrony-nowhere", "synchrony-port"),
        check=("synchrony-not-routed", "mapping-shadowed"),
    ),
    Symptom(
        "D02",
        "The editor comes, but it is slow: it polls where it should have a WebSocket",
        doctor=("websocket-lost", "websocket-not-a-websocket"),
        check=("websocket-not-tunnelled",),
    ),
    Symptom(
        "D03",
        "Editing works in one browser and not in another",
        doctor=("websocket-by-spelling",),
        check=("connection-compared-whole",),
    ),
    Symptom(
        "D04",
        "The editor says `can't reach the server` after a pause, and comes back by itself",
        doctor=("tunnel-cut",),
        check=("tunnel-idle-timeout",),
    ),
    Symptom(
        "D05",
        "Editors shake hands again and again; Synchrony's log says `Unknown client` or speaks of rerouting",
        doctor=("bayeux-spread",),
        check=("synchrony-not-sticky", "balancers-split"),
    ),
    Symptom(
        "D06",
        "People whose network lets no WebSocket through cannot edit at all",
        doctor=("polling-broken",),
        audit=("synchrony-no-fallback",),
        check=("upgrade-forced",),
    ),
    Symptom(
        "D07",
        "Polling editors stutter, with an error every half minute or every minute",
        doctor=("poll-cut",),
        check=("timeout-below-long-poll",),
    ),
    Symptom(
        "D08",
        "Every address below `/synchrony` answers 404, although it is led somewhere",
        "the path behind is not the one in front: Synchrony knows `/synchrony` and nothing else",
        "lead `/synchrony` to `http://NODE:8091/synchrony`, the same on both sides",
        check=("synchrony-path",),
    ),
    Symptom(
        "D09",
        "Neither the direct way nor Confluence's internal proxy reaches Synchrony",
        "a rule for `/synchrony` takes `/synchrony-proxy` too, or the node has no Context for it",
        "end the pattern at a slash (`^/synchrony/`), or use `ProxyPass /synchrony`, which knows where a name ends",
        audit=("synchrony-proxy-context",),
        check=("synchrony-takes-internal-proxy",),
    ),
    Symptom(
        "D10",
        "The editor does not come on a Confluence that lives below a path",
        doctor=("synchrony-below-context",),
        audit=("synchrony-context-path",),
        check=("synchrony-below-context",),
    ),
    Symptom(
        "D11",
        "Nobody can edit since a login page stands in front; the nodes are well",
        doctor=("synchrony-behind-login",),
        check=("synchrony-behind-login",),
    ),
    Symptom(
        "D12",
        "Synchrony answers 401, and its JSON says `jwt/unknown-iss`",
        "the token was signed with a key that this Synchrony does not know, as after a move",
        "give all nodes the same `jwt.private.key` and `jwt.public.key`",
        doctor=("token-refused",),
        audit=("synchrony-keys-differ",),
    ),
    Symptom(
        "D13",
        "Synchrony answers 401, and its JSON says `jwt/invalid-aud`",
        "a token is made for one address of Synchrony, and it is asked for by another",
        "set the same `synchrony.service.url` on all nodes: the public address, with `/synchrony/v1`",
        doctor=("token-refused",),
        audit=("synchrony-service-url",),
    ),
    Symptom(
        "D14",
        "Confluence says that it cannot reach Synchrony, while browsers can",
        "the node asks for the public address itself: through a proxy meant for the outside, or not at all",
        "on the node, type `curl -v https://NAME/synchrony/heartbeat`; exclude NAME in `http.nonProxyHosts`, trust "
        "its certificate, let its DNS lead there",
        audit=("synchrony-through-proxy",),
    ),
    Symptom(
        "D15",
        "Editors ask for `/synchrony` without `/v1`, or for `/v1/v1`",
        "`synchrony.service.url` must end in `/synchrony/v1` at Confluence, and in `/synchrony` at a Synchrony of its "
        "own",
        "write it so, and start the node again",
        audit=("synchrony-service-url",),
    ),
    Symptom(
        "D16",
        "The browser's console speaks of mixed content, or of `ws://` on a page with TLS",
        doctor=("mixed-content",),
        audit=("connector-scheme", "synchrony-service-url"),
        check=("forwarded-proto-wrong", "plain-beside-tls"),
    ),
    Symptom(
        "D17",
        "`Too many open files` or no free thread on the nodes while people edit",
        doctor=(
            "only-internal-proxy",
            "internal-proxy-open",
            "internal-proxy-preferred",
            "direct-way-through-confluence",
            "direct-way-not-led",
            "direct-way-not-enforced",
            "way-not-expected",
        ),
        audit=("synchrony-internal-proxy",),
    ),
    Symptom(
        "D18",
        "Some edits are refused with 403, as if by chance",
        doctor=("firewall-refuses",),
        inferred=True,
    ),
    Symptom(
        "D19",
        "httpd does not start with a file that was copied, or answers as if half of it were missing",
        "the file uses a module that it does not load",
        "load it (Debian: `a2enmod proxy_http proxy_wstunnel proxy_balancer lbmethod_byrequests headers rewrite`)",
        check=("module-missing",),
    ),
)

SESSIONS: Final = (
    Symptom(
        "D20",
        "People are logged out at random, drafts are lost, the node's name in the page's foot changes",
        doctor=("affinity-lost", "cookie-crossed", "no-route-cookie"),
        audit=("jvm-route",),
        check=("sticky-cookie-never-set", "route-missing", "cookie-crosses-balancers"),
    ),
    Symptom(
        "D21",
        "Sticky on some pages, and not on others",
        doctor=("cookie-path",),
        check=("cookie-path",),
    ),
    Symptom(
        "D22",
        "Everybody changes the node at a moment when nothing was changed that concerns them",
        "routes are not written down, so a reload or another instance numbers them anew",
        "give every BalancerMember a `route` of its own, the same in every file",
        check=("route-missing", "balancers-split"),
    ),
    Symptom(
        "D23",
        "People whose node was removed get errors until they delete their cookies",
        doctor=("route-honoured-when-gone",),
    ),
    Symptom(
        "D24",
        "Almost everybody is on one node",
        "the client's address chooses the node and many share one, or a cache hands out one person's cookie",
        "let a cookie choose; keep caches away from answers that set one",
        check=("member-by-address", "pages-cached"),
    ),
    Symptom(
        "D25",
        "The route cookie is there, and requests go to any node all the same",
        "the value holds no dot before the route, or two nodes have the same route",
        'write `ROUTEID=.%{BALANCER_WORKER_ROUTE}e`, with the dot; one `route` for each member',
        audit=("jvm-route-twice", "jvm-route"),
        check=("route-without-separator", "route-twice"),
    ),
    Symptom(
        "D26",
        "Logging in to one application logs people out of another on the same host",
        "both set `JSESSIONID` at `/`, and cookies do not know ports",
        "give each application a host name or a path of its own",
        check=("cookies-shared",),
    ),
    Symptom(
        "D27",
        "The login page comes back for ever",
        doctor=("cookie-secure-in-clear",),
        audit=("connector-secure",),
        check=("cookie-secure-in-clear",),
    ),
    Symptom(
        "D28",
        "An auditor finds cookies without Secure or HttpOnly",
        doctor=("cookie-not-secure", "cookie-readable"),
        audit=("connector-secure",),
        check=("cookie-flags",),
    ),
    Symptom(
        "D29",
        "Pages that are embedded in another site lose their session",
        "browsers send a cookie into a foreign page only if it is `SameSite=None` and Secure",
        "write `; SameSite=None; Secure` into the cookie if the embedding is wanted",
        check=("cookie-flags",),
        inferred=True,
    ),
    Symptom(
        "D30",
        "Thousands of sessions while nobody works",
        "a health check asks for a page that begins a session each time",
        "let it ask for `/status`",
        check=("probe-makes-sessions",),
    ),
)

ADDRESSES: Final = (
    Symptom(
        "D31",
        "`Too many redirects`",
        doctor=("redirect-loop", "redirect-scheme"),
        audit=("connector-scheme", "valve-undoes-scheme", "connector-redirect-port"),
        check=("forwarded-proto-wrong",),
    ),
    Symptom(
        "D32",
        "A redirect leads to `:8090`, to localhost, or to a node's own name",
        doctor=("redirect-elsewhere",),
        audit=("connector-proxy-name", "connector-proxy-port", "connector-redirect-port", "valve-undoes-port"),
        check=("redirects-leak",),
    ),
    Symptom(
        "D33",
        "Administrators see a banner about the base URL; mails carry wrong links",
        doctor=("base-url",),
        inferred=True,
    ),
    Symptom(
        "D34",
        "`XSRF check failed`; saving ends with 403, and only through the balancer",
        doctor=("origin-refused",),
        check=("origin-changed",),
    ),
    Symptom(
        "D35",
        "Gadgets stay empty; linked applications say `signature_invalid`",
        "the node sees another address or another query than the one that was signed",
        "hand query and Host on as they came, and let no cache answer `/plugins/servlet`",
        audit=("connector-body-encoding", "connector-proxy-name"),
        check=("query-dropped", "pages-cached"),
    ),
    Symptom(
        "D36",
        "`timestamp_refused`, or tokens that are not yet valid",
        doctor=("clocks-differ",),
    ),
    Symptom(
        "D37",
        "Links have the context path twice, or not at all",
        "the path in front is not the path behind",
        "lead every path to the same path: `ProxyPass /wiki http://NODE:8090/wiki`",
        audit=("context-path",),
        check=("paths-differ", "missing-slash", "slash-doubled"),
    ),
    Symptom(
        "D38",
        "Pages with `?`, `%`, `#`, `+` or an umlaut in the name answer 403 or 404",
        doctor=("path-mangled",),
        audit=("connector-uri-encoding",),
        check=("question-mark-refused",),
    ),
    Symptom(
        "D39",
        "Addresses with `%2F` answer 404, or a bare 400",
        doctor=("slashes-refused",),
        audit=("connector-slashes",),
        check=("encoded-slashes",),
    ),
    Symptom(
        "D40",
        "Who types the name without `https://` gets nothing, another site, or loses a form",
        doctor=("plain-without-redirect",),
        check=("plain-beside-tls", "redirect-temporary"),
    ),
)

BODIES: Final = (
    Symptom(
        "D41",
        "Attachments above a size fail with 413, or the connection ends",
        doctor=("body-limit",),
        check=("upload-cut",),
    ),
    Symptom(
        "D42",
        "Uploads are slow, and the balancer's disk fills while they run",
        "something reads the whole body before the node gets its first byte",
        "pass bodies on as they come: no `proxy-sendcl`, no request buffering in front",
        check=("request-spooled",),
    ),
    Symptom(
        "D43",
        "400 for some people only, often since a single sign-on came",
        doctor=("field-limit",),
        audit=("connector-head",),
        check=("field-limit-small",),
    ),
    Symptom(
        "D44",
        "Pages that the browser cannot decode (`ERR_CONTENT_DECODING_FAILED`)",
        doctor=("encoding-broken",),
        audit=("connector-compression",),
        check=("encoding-broken",),
    ),
    Symptom(
        "D45",
        "Creating or editing a page ends with `Page not found`",
        doctor=("error-bodies-replaced",),
        check=("error-override-hides",),
    ),
    Symptom(
        "D46",
        "One bad page takes a node out for everybody",
        "an answer of the application counts as the death of its node",
        "leave 500 and 404 out of `failonstatus`",
        check=("failonstatus-application",),
    ),
    Symptom(
        "D47",
        "Scripts stumble over HTML while a node is away",
        doctor=("outage-in-html",),
    ),
    Symptom(
        "D48",
        "Downloads end early, always at the same time or size",
        doctor=("answer-cut",),
    ),
    Symptom(
        "D49",
        "Somebody sees a page that is old, or another person's",
        doctor=("pages-cached",),
        check=("pages-cached",),
    ),
    Symptom(
        "D50",
        "Downloads get a broken name where it has blanks or umlauts",
        "something on the way writes `Content-Disposition` anew",
        "compare the field at the node and in front: `curl -sI` with the same address and cookie at both",
    ),
)

NODES: Final = (
    Symptom(
        "D51",
        "People land on a node that is still starting",
        doctor=("node-not-running", "status-unreadable"),
        check=("probe-blind",),
    ),
    Symptom(
        "D52",
        "The whole site is down while an index is built or an upgrade runs",
        doctor=("maintenance-everywhere",),
    ),
    Symptom(
        "D53",
        "Nodes come and go in the balancer's log",
        "the health check waits too short, or one miss is enough",
        "wait five seconds, take out after three misses, take in after two answers (`hcfails=3 hcpasses=2`)",
        check=("member-flaps",),
    ),
    Symptom(
        "D54",
        "A node says that it runs, and every page of it is an error",
        doctor=("running-but-failing",),
    ),
    Symptom(
        "D55",
        "The first request after a pause ends with 502",
        "the node ends idle connections sooner than the balancer",
        "keep them for less time than the node: `ttl=15` behind a Tomcat that waits 20 seconds",
        audit=("connector-keep-alive",),
    ),
    Symptom(
        "D56",
        "All WebSockets drop when the balancer's configuration is loaded again",
        "the processes that hold them are ended",
        "let them go on until their editors leave: evenflow does (`evenflow reload`); elsewhere, a long shutdown "
        "time-out",
    ),
    Symptom(
        "D57",
        "When a node goes, all editors shake hands at once and the others stumble",
        "every tunnel ends in the same second",
        "spread it: `evenflow drain BALANCER MEMBER --deadline 15m` before the node is stopped",
    ),
    Symptom(
        "D58",
        "Buttons do nothing, scripts are not found, and only for some",
        doctor=("builds-differ",),
        audit=("nodes-differ",),
    ),
    Symptom(
        "D59",
        "503 or refused connections at the busy hour, while every node says that it runs",
        "the balancer sends more at once than the node has threads and places to wait",
        "write `max` a little below `maxThreads` behind each BalancerMember: the rest waits here",
        audit=("connector-threads", "connector-port"),
    ),
    Symptom(
        "D60",
        "One node becomes slower and slower, without being busy",
        "long requests pile up there",
        "look at what is in flight: `evenflow top`, or the manager's page of that member; a thread dump says why",
    ),
    Symptom(
        "D61",
        "Set-up or an upgrade ends with a time-out page",
        "they take minutes, and the balancer waits for one",
        "write `timeout=300` behind the members",
        check=("setup-cut-short",),
    ),
    Symptom(
        "D62",
        "Monitoring is content, people are not; or the other way round",
        doctor=("other-by-address",),
        inferred=True,
    ),
)

STRANGERS: Final = (
    Symptom(
        "S01",
        "Anybody can open the balancer-manager or server-status",
        doctor=("manager-open", "status-open"),
        check=("manager-open-to-everyone", "status-open-to-everyone"),
    ),
    Symptom(
        "S02",
        "A client says which host its request is sent to",
        "the target of a rule holds a part of the request, such as `%{HTTP_HOST}`",
        "name the member's host",
        check=("backend-from-request",),
    ),
    Symptom(
        "S03",
        "The balancer forwards anybody's requests to anywhere",
        "`ProxyRequests On` makes a forward proxy of it",
        "write `ProxyRequests Off`; ProxyPass does not need it",
        check=("forward-proxy",),
    ),
    Symptom(
        "S04",
        "Forged addresses in the audit log, forged https",
        doctor=("forwarded-believed",),
        audit=("valve-believes-strangers",),
        check=("forwarded-unchecked",),
    ),
    Symptom(
        "S05",
        "A node's own port answers past the balancer",
        doctor=("node-reachable",),
        inferred=True,
    ),
    Symptom(
        "S06",
        "Anybody can make Confluence read its settings for editors again",
        doctor=("internal-proxy-reload",),
        inferred=True,
    ),
    Symptom(
        "S07",
        "Requests of an attack that everybody knows come through",
        "nothing in front knows them: which ones are harmful depends on the application's version",
        'upgrade; until then refuse them, as in 2022: `<LocationMatch "\\$\\{">`, `Require all denied`',
    ),
    Symptom(
        "S08",
        "Anybody on the way could be the node",
        "TLS towards the members is not verified",
        "write `SSLProxyVerify require` and the authority's certificate, and leave the name's check on",
        check=("backend-not-verified",),
    ),
    Symptom(
        "S09",
        "Browsers warn, or applications refuse what browsers take",
        doctor=("certificate-name", "certificate-ends", "old-tls"),
        check=("certificate-ends", "certificate-name", "certificate-chain", "tls-version-old"),
    ),
    Symptom(
        "S10",
        "The application's check of where a request comes from is defeated",
        "a line changes or removes Origin or Referer",
        "take the line away; let scheme, host and port be the public ones",
        check=("origin-changed",),
    ),
)

OTHERS: Final = (
    Symptom("E01", "Nobody reaches the site", doctor=("unanswered",)),
    Symptom(
        "E02",
        "Every line of the nodes' logs has the balancer's address",
        "the node is not told to believe X-Forwarded-For",
        "give it a RemoteIpValve",
        audit=("valve-missing",),
    ),
    Symptom(
        "E03",
        "robots.txt, or something else of the balancer's own, is Confluence's",
        doctor=("own-path-taken",),
    ),
)

GROUPS: Final = (
    ("Editing together", EDITORS),
    ("Logins and sessions", SESSIONS),
    ("Addresses, links, redirects", ADDRESSES),
    ("Pages, uploads, downloads", BODIES),
    ("Nodes", NODES),
    ("Strangers and certificates", STRANGERS),
    ("And besides", OTHERS),
)
SYMPTOMS: Final = {row.number: row for _, rows in GROUPS for row in rows}
