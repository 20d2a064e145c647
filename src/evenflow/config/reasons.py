"""Why a known directive or scheme is refused, and what to use in its place, where there is more to say than `not yet`.

The words stand here and nowhere else; who refuses asks by name.
"""

from __future__ import annotations

from typing import Final

FORWARD: Final = (
    "evenflow is a reverse proxy: requests go to members that the configuration names, never through others"
)

NO_LISTS: Final = "certificates are not looked up in lists of revoked ones"
NO_OCSP: Final = "authorities are not asked whether certificates are revoked"
SHORT_LIVES: Final = "let the authority sign for days, not years"

REASONS: Final[dict[str, tuple[str, str]]] = {
    "proxyremote": (FORWARD, "name the members themselves, or the other proxy as a member"),
    "proxyremotematch": (FORWARD, "name the members themselves, or the other proxy as a member"),
    "noproxy": ("it says where `ProxyRemote` does not go, and there is no `ProxyRemote` here", "remove it"),
    "proxydomain": ("it completes names that clients of a forward proxy ask for", "remove it"),
    "proxyblock": (
        "it compares names that clients of a forward proxy ask for",
        "to keep paths from members, write `ProxyPass PATH !`; to keep clients out, `Require`",
    ),
    "proxysourceaddress": (
        "connections to members leave from the address that the system's routes choose",
        "set the source address of the route (`ip route ... src ADDRESS`)",
    ),
    "allowconnect": ("CONNECT is for forward proxies", "remove it"),
    "proxyftpdircharset": ("evenflow speaks no FTP", "serve the files by HTTP"),
    "proxyftpescapewildcards": ("evenflow speaks no FTP", "serve the files by HTTP"),
    "proxyftplistonwildcard": ("evenflow speaks no FTP", "serve the files by HTTP"),
    "proxyfcgibackendtype": (
        "evenflow speaks no FastCGI",
        "let the application speak HTTP, or put its own web server before it",
    ),
    "proxyfcgisetenvif": (
        "evenflow speaks no FastCGI",
        "let the application speak HTTP, or put its own web server before it",
    ),
    "proxyscgiinternalredirect": ("evenflow speaks no SCGI", "let the application speak HTTP"),
    "proxyscgisendfile": ("evenflow speaks no SCGI", "let the application speak HTTP"),
    "proxyexpressenable": (
        "it looks the members up in a DBM file while requests run",
        "write the table as `RewriteMap NAME txt:FILE` and send with `RewriteRule ... [P]`",
    ),
    "proxyexpressdbmfile": ("there is no `ProxyExpressEnable` here", "use `RewriteMap NAME txt:FILE`"),
    "proxyexpressdbmtype": ("there is no `ProxyExpressEnable` here", "use `RewriteMap NAME txt:FILE`"),
    "sslcarevocationcheck": (NO_LISTS, SHORT_LIVES),
    "sslcarevocationfile": (NO_LISTS, SHORT_LIVES),
    "sslcarevocationpath": (NO_LISTS, SHORT_LIVES),
    "sslproxycarevocationcheck": (NO_LISTS, SHORT_LIVES),
    "sslproxycarevocationfile": (NO_LISTS, SHORT_LIVES),
    "sslproxycarevocationpath": (NO_LISTS, SHORT_LIVES),
    "sslocspdefaultresponder": (NO_OCSP, SHORT_LIVES),
    "sslocspnoverify": (NO_OCSP, SHORT_LIVES),
    "sslocspoverrideresponder": (NO_OCSP, SHORT_LIVES),
    "sslocspproxyurl": (NO_OCSP, SHORT_LIVES),
    "sslocsprespondercertificatefile": (NO_OCSP, SHORT_LIVES),
    "sslocsprespondertimeout": (NO_OCSP, SHORT_LIVES),
    "sslocspresponsemaxage": (NO_OCSP, SHORT_LIVES),
    "sslocspresponsetimeskew": (NO_OCSP, SHORT_LIVES),
    "sslocspuserequestnonce": (NO_OCSP, SHORT_LIVES),
    "sslopensslconfcmd": (
        "Python's ssl has no way to hand commands to OpenSSL",
        "use SSLProtocol and SSLCipherSuite, or write it into OpenSSL's own configuration (openssl.cnf)",
    ),
    "sslrequire": ("it is an older language", 'write `Require expr "..."`: it knows the same variables'),
    "sslsessionticketkeyfile": (
        "the keys of tickets are made new at each start, and shared by all children",
        "leave it out: clients of another machine make a new handshake",
    ),
    "sslcadnrequestfile": ("clients are not told whom we believe", "leave it out"),
    "sslcadnrequestpath": ("clients are not told whom we believe", "leave it out"),
    "sslproxymachinecertificatepath": (
        "one certificate is shown, not chosen among several",
        "write `SSLProxyMachineCertificateFile FILE`",
    ),
    "sslproxymachinecertificatechainfile": (
        "the chain stands behind the certificate",
        "append it to the file that `SSLProxyMachineCertificateFile` names",
    ),
    "sslsrpverifierfile": ("SRP is no part of TLS 1.3", "use client certificates: `SSLVerifyClient`"),
    "sslsrpunknownuserseed": ("SRP is no part of TLS 1.3", "use client certificates: `SSLVerifyClient`"),
}
"""By lower-case name: (why, what to do)."""

SCHEMES: Final[dict[str, tuple[str, str]]] = {
    "ajp": ("AJP", "use the HTTP connector of the same Tomcat: `http://host:8080/`"),
    "fcgi": ("FastCGI", "let the application speak HTTP (php-fpm: behind a small web server of its own)"),
    "scgi": ("SCGI", "let the application speak HTTP"),
    "uwsgi": ("the uwsgi protocol", "start uWSGI with `--http-socket` and use `http://`"),
    "h2": ("HTTP/2 to members", "use `https://`: members that speak HTTP/2 speak HTTP/1.1 as well"),
    "h2c": ("HTTP/2 to members", "use `http://`: members that speak HTTP/2 speak HTTP/1.1 as well"),
    "ftp": ("FTP", "serve the files by HTTP"),
    "connect": ("CONNECT", "name the member with `http://`"),
    "fd": ("passing sockets on (mod_proxy_fdpass)", "use `http://` or `unix:PATH|http://NAME/`"),
}
"""By scheme: (what we do not speak, what to use)."""
