"""What goes wrong between browsers, a balancer, Confluence and Synchrony, as seen from outside: one table.

The doctor's findings and the guide to troubleshooting by symptom are made of these rows; a new one needs its place in
`tools.symptoms`, and `make docs`. `sure` is False where the reading of the evidence rests on what is usual: such a
finding is a hint, and never fails a check of monitoring.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Fault:
    """`symptom` is what people see, `fix` what to do first."""

    code: str
    symptom: str
    cause: str
    fix: str
    sure: bool = True


FAULTS: Final = {
    fault.code: fault
    for fault in (
        Fault(
            "unanswered",
            "nobody reaches the site",
            "the public address does not answer",
            "look whether the balancer runs and listens there, and whether a firewall is in between",
        ),
        Fault(
            "affinity-lost",
            "people are logged out at random, drafts are lost, the node's name in the page's foot changes",
            "requests of one session go to several nodes, and Confluence does not share sessions",
            "make the balancer set a route cookie on every answer that changes the node, with `path=/`, and name it in "
            "`stickysession`; `evenflow check` says what is missing",
        ),
        Fault(
            "cookie-crossed",
            "people are logged out when they begin to edit",
            "Synchrony's answers set Confluence's route cookie: what is chosen for an editor moves the pages too",
            "one cookie and the same routes for both balancers, or the Header line only where Confluence answers; "
            "`evenflow check` shows the line",
        ),
        Fault(
            "no-route-cookie",
            "nothing yet: one node answers all the time",
            "no cookie is set by which a balancer could find the node again",
            "with more than one node, let the balancer set a route cookie",
            sure=False,
        ),
        Fault(
            "route-honoured-when-gone",
            "people whose node was removed get errors until they delete their cookies",
            "a route cookie of a member that is not there is not replaced",
            "let the balancer choose anew where the route is unknown (httpd and evenflow do)",
        ),
        Fault(
            "cookie-path",
            "sticky on some pages, and not on others",
            "the cookie is sent back only below its own path",
            "set it with `path=/`",
        ),
        Fault(
            "cookie-secure-in-clear",
            "the login page comes back for ever",
            "a cookie with Secure on a site in the clear: browsers do not keep it",
            'serve the site by TLS, or take `secure="true"` from the node\'s Connector',
        ),
        Fault(
            "cookie-not-secure",
            "nothing, until somebody listens on the line",
            "a cookie of a TLS site without Secure is sent in the clear as well",
            'write `secure="true"` and `scheme="https"` into the node\'s Connector, `; secure` into the route cookie',
        ),
        Fault(
            "cookie-readable",
            "nothing, until a page holds foreign script",
            "a session or route cookie without HttpOnly can be read by scripts",
            'write `useHttpOnly="true"` into the node\'s Context, `; httponly` into the route cookie',
        ),
        Fault(
            "status-unreadable",
            "the balancer cannot tell a node that starts from one that serves",
            "`/status` does not answer with Confluence's JSON",
            "let `/status` reach Confluence as it is: no login, no error page, no cache",
        ),
        Fault(
            "node-not-running",
            "people are sent to a node that is starting, stopping or in maintenance",
            "a node answers while its state is not RUNNING, and the health check looks only for 200",
            "let the health check read the body (`hcmethod=GET hcuri=/status hcexpr=...`)",
        ),
        Fault(
            "maintenance-everywhere",
            "the whole site is down while an index is built or an upgrade runs",
            "every node says MAINTENANCE, so a health check takes all of them out",
            "show a page that says so (`ErrorDocument 503 ...`), and leave administrators a way to the node that works",
        ),
        Fault(
            "running-but-failing",
            "a node is taken for well, and every page of it is an error",
            "`/status` says only that the process lives: it goes on to say RUNNING while pages fail",
            "look into that node's log, and drain it until then; `EvenflowEject errors=50%` passes over such a node by "
            "itself",
        ),
        Fault(
            "error-bodies-replaced",
            "creating and editing pages ends with `Page not found`; scripts read HTML where they expect JSON",
            "the balancer replaces the application's error answers (`ProxyErrorOverride On`, error pages)",
            "write `ProxyErrorOverride Off`, or limit it: `ProxyErrorOverride On 502 503 504`",
        ),
        Fault(
            "outage-in-html",
            "scripts stumble over HTML while a node is away",
            "the balancer's own 502, 503 or 504 is a page, also for who asked for JSON",
            "let paths that scripts ask for have a short JSON text: `<LocationMatch ^/(rest|synchrony)/>`, "
            "`ErrorDocument 503 ...`",
        ),
        Fault(
            "answer-cut",
            "downloads end early, pages stay half",
            "fewer bytes come than were promised: a limit or a time-out on the way ends answers",
            "limit only how long nothing comes, never how long an answer takes or how large it is",
        ),
        Fault(
            "firewall-refuses",
            "some edits are refused with 403, as if by chance",
            "a firewall for web applications takes pieces of pages in editors' messages for an attack",
            "leave `/synchrony/` and `/rest/` out of its rules about HTML and scripts",
            sure=False,
        ),
        Fault(
            "synchrony-not-reached",
            "the editor says that it takes longer than usual and never comes",
            "`/synchrony` is answered by Confluence or by nobody, not by Synchrony",
            "write `ProxyPass /synchrony http://NODE:8091/synchrony upgrade=websocket` above the mapping for `/`",
        ),
        Fault(
            "synchrony-behind-login",
            "nobody can edit, while all nodes are well",
            "something in front demands a login for `/synchrony`, which brings a token of its own",
            "leave `/synchrony/` out of the login (`<Location /synchrony>`, `AuthType None`, `Require all granted`)",
        ),
        Fault(
            "synchrony-below-context",
            "the editor does not come",
            "Synchrony is led below the application's path, and editors ask for `/synchrony` at the top",
            "lead `/synchrony` to it, whatever path Confluence has",
        ),
        Fault(
            "websocket-lost",
            "the editor is slow, or changes of others come late: it falls back to polling",
            "the upgrade to WebSocket is not handed on",
            "write `upgrade=websocket` behind the member, and no rule for it",
        ),
        Fault(
            "websocket-by-spelling",
            "editing works in one browser and not in another",
            "the balancer compares `Connection` as a whole, and browsers send a list in it",
            "write `upgrade=websocket` behind the member and leave the rule out, or test `%{HTTP:Upgrade}` alone",
        ),
        Fault(
            "websocket-not-a-websocket",
            "editors connect and disconnect in turns",
            "who answers the upgrade does not compute Sec-WebSocket-Accept: it is no WebSocket server",
            "look at which member `/synchrony` leads to",
        ),
        Fault(
            "only-internal-proxy",
            "nodes run out of threads and files while people edit",
            "editors reach Synchrony only through Confluence's internal proxy",
            "lead `/synchrony` to Synchrony, then set `-Dsynchrony.proxy.enabled=false` on the nodes",
        ),
        Fault(
            "internal-proxy-open",
            "nothing yet: editors have a second way past the direct one",
            "`/synchrony-proxy` is still there, so an editor whose direct way fails goes through Confluence unseen",
            "set `-Dsynchrony.proxy.enabled=false` on every node; `evenflow audit` looks at that",
            sure=False,
        ),
        Fault(
            "internal-proxy-preferred",
            "editors go through Confluence although the direct way works",
            "the page names the internal proxy first: `synchrony.proxy.enabled` is true on the nodes",
            "set `-Dsynchrony.proxy.enabled=false` on every node and start it anew",
        ),
        Fault(
            "direct-way-through-confluence",
            "nodes run out of threads and files while people edit, though `/synchrony` is led somewhere",
            "`/synchrony` leads to Confluence's internal proxy and not to Synchrony itself",
            "lead it to Synchrony's own port: `ProxyPass /synchrony http://NODE:8091/synchrony upgrade=websocket`",
            sure=False,
        ),
        Fault(
            "own-path-taken",
            "robots.txt, or something else of the balancer's own, is Confluence's",
            "a path that the balancer keeps for itself (`ProxyPass PATH !`) is sent on by a rule with `[P]`, or by a "
            "mapping above it",
            "write `RewriteCond %{REQUEST_URI} !^PATH` above that rule, or the line with `!` above the mapping",
        ),
        Fault(
            "direct-way-not-led",
            "editors do not get the direct way, which is expected (`--expect direct`)",
            "change 1 of 2 is missing, the balancer's: it leads `/synchrony` to Synchrony itself, WebSockets too, and "
            "keeps for itself what is its own",
            "write `ProxyPass /synchrony http://NODE:8091/synchrony upgrade=websocket` above the mapping for `/`; "
            "`evenflow init confluence --direct` writes all of it",
        ),
        Fault(
            "direct-way-not-enforced",
            "editors may go through Confluence's internal proxy, and the direct way is expected (`--expect direct`)",
            "change 2 of 2 is missing, the nodes': their internal proxy is off, and no editor is told of it",
            "set `-Dsynchrony.proxy.enabled=false` on every node and start it anew; then let the balancer refuse "
            "`/synchrony-proxy` (`Require all denied`)",
        ),
        Fault(
            "way-not-expected",
            "editors get another way to Synchrony than the expected one (`--expect`)",
            "the first address that answers `/heartbeat` is taken, and a WebSocket only where it is not lost",
            "compare the evidence with what you expect: the other faults say what is in the way",
        ),
        Fault(
            "internal-proxy-reload",
            "anybody can make Confluence read its settings for editors again",
            "`/synchrony-proxy/reload` answers requests from outside",
            "refuse it: `<Location /synchrony-proxy/reload>`, `Require all denied`",
            sure=False,
        ),
        Fault(
            "no-way-to-synchrony",
            "nobody can edit together",
            "neither the direct way, nor the internal proxy, nor polling reaches Synchrony",
            "begin with `/synchrony/heartbeat`: it must answer `OK`",
        ),
        Fault(
            "polling-broken",
            "people whose network lets no WebSocket through cannot edit",
            "a Bayeux request without Upgrade is not answered with JSON",
            "let rules send to `ws://` only what has `Upgrade: websocket`; one http member with `upgrade=websocket` "
            "does both",
        ),
        Fault(
            "token-refused",
            "nobody can edit: Synchrony answers 401",
            "Synchrony knows another key than Confluence, or another address of itself",
            "give all nodes the same `jwt.private.key`, `jwt.public.key` and `synchrony.service.url`; `evenflow audit` "
            "compares them",
            sure=False,
        ),
        Fault(
            "bayeux-spread",
            "editors connect again and again, `Unknown client` in Synchrony's log",
            "requests of one editor reach several Synchrony nodes",
            "one balancer for Synchrony's HTTP and WebSocket, with a route cookie of its own",
        ),
        Fault(
            "poll-cut",
            "polling editors stutter, errors every half minute",
            "a long poll ends before Synchrony answers it",
            "write `timeout=3600` behind Synchrony's members (behind the mapping if it has no balancer), on every hop",
        ),
        Fault(
            "tunnel-cut",
            "the editor says `can't reach the server` after a pause and comes back",
            "a quiet WebSocket is cut by a time-out on its way",
            "let it be silent for an hour: `timeout=3600` behind Synchrony's members (behind the mapping if it has no "
            "balancer), and the like on every hop",
        ),
        Fault(
            "redirect-loop",
            "too many redirects",
            "balancer and node do not agree on the scheme, and each redirects to its own",
            'write `scheme="https" secure="true" proxyPort="443"` into the Connector, and set X-Forwarded-Proto',
        ),
        Fault(
            "redirect-elsewhere",
            "links and redirects lead to a port or a name that people do not reach",
            "the node does not know the public address (`proxyName`, `proxyPort`), or the balancer changes it",
            "write them into the Connector, `ProxyPreserveHost On` and `ProxyPassReverse` into the balancer",
        ),
        Fault(
            "redirect-scheme",
            "a moment in the clear at every redirect, or a blocked page",
            "redirects lead to the other scheme than the one that was asked for",
            'write `scheme` and `secure` into the node\'s Connector',
        ),
        Fault(
            "plain-without-redirect",
            "people who type the name without https get another site, or none",
            "the clear port does not redirect to TLS",
            "write a virtual host for port 80 with `Redirect permanent / https://NAME/`",
        ),
        Fault(
            "other-by-address",
            "monitoring is content while people are not, or the other way round",
            "who asks by address in place of the name is served by another virtual host",
            "let monitoring ask by the name that people use, Host and SNI alike",
            sure=False,
        ),
        Fault(
            "base-url",
            "administrators see a banner, mails carry wrong links",
            "the base URL in Confluence's settings is not the address that people use",
            "set it in the general configuration to the public address",
            sure=False,
        ),
        Fault(
            "mixed-content",
            "parts of the page stay empty, the editor does not connect",
            "a page with TLS names its own host with http:// or ws://",
            "set scheme, base URL and `synchrony.service.url` to https",
        ),
        Fault(
            "origin-refused",
            "`XSRF check failed`, saving ends with 403, only through the balancer",
            "the node believes in another address than the one in the browser's Origin",
            "hand on Host and Origin as they are, and let scheme, proxyName and proxyPort be the public ones",
        ),
        Fault(
            "path-mangled",
            "pages with `?`, `%`, `#` or `+` in their names answer 403 or 404",
            "a rewriting rule decodes the path before it is sent on",
            "map with `ProxyPass` in place of `RewriteRule ... [P]`; else see `evenflow check`",
        ),
        Fault(
            "slashes-refused",
            "addresses with `%2F` answer 404",
            "the balancer refuses encoded slashes",
            "write `AllowEncodedSlashes NoDecode` and `nocanon`",
            sure=False,
        ),
        Fault(
            "encoding-broken",
            "pages that the browser cannot decode",
            "Content-Encoding does not say what the body is: packed twice, or unpacked and not said",
            "compress in one place",
        ),
        Fault(
            "body-limit",
            "attachments above a size fail",
            "a limit on bodies on the way is lower than the application's",
            "raise it on every hop (LimitRequestBody, client_max_body_size, the firewall)",
        ),
        Fault(
            "field-limit",
            "400 for people with many cookies",
            "fields of a few thousand bytes are refused on the way",
            "raise LimitRequestFieldSize in front and maxHttpHeaderSize in the Connector",
        ),
        Fault(
            "clocks-differ",
            "`timestamp_refused`, tokens that are not yet valid",
            "the clocks of the nodes and of others are apart",
            "let all of them follow one time server",
        ),
        Fault(
            "builds-differ",
            "buttons that do nothing, scripts that are not found",
            "the nodes run different builds",
            "finish the upgrade; until then keep people on one node",
        ),
        Fault(
            "certificate-name",
            "browsers warn, Confluence's own requests fail",
            "the certificate is not for this name, or nobody who signed it is known",
            "get one for every name that people use, with the chain of its signer",
        ),
        Fault(
            "certificate-ends",
            "soon nobody gets in",
            "the certificate ends within days",
            "renew it now",
        ),
        Fault(
            "old-tls",
            "auditors complain",
            "TLS 1.0 or 1.1 is still spoken",
            "write `SSLProtocol -all +TLSv1.2 +TLSv1.3`",
        ),
        Fault(
            "manager-open",
            "anybody can take nodes out",
            "`/balancer-manager` answers people from outside",
            "write `Require local` (or your own network) into its Location",
        ),
        Fault(
            "status-open",
            "anybody sees who asks what",
            "`/server-status` answers people from outside",
            "write `Require local` (or your own network) into its Location",
        ),
        Fault(
            "node-reachable",
            "people get around TLS and login",
            "a node's own port answers from where the doctor runs",
            "let only the balancer reach it; run the doctor from outside to be sure",
            sure=False,
        ),
        Fault(
            "pages-cached",
            "people see each other's pages",
            "HTML comes out of a cache",
            "no cache for HTML: neither in the balancer nor in front of it",
        ),
        Fault(
            "forwarded-believed",
            "wrong addresses in the audit log; redirects to a foreign scheme",
            "X-Forwarded-Proto or X-Forwarded-Host of a stranger is believed",
            "set these fields in the balancer (`RequestHeader set`), whatever the client sends",
        ),
    )
}
