"""Why a known directive or scheme is refused, and what to use in its place, where there is more to say than `not yet`.

The words stand here and nowhere else; who refuses asks by name.
"""

from __future__ import annotations

from typing import Final

FORWARD: Final = (
    "evenflow is a reverse proxy: requests go to members that the configuration names, never through others"
)

REASONS: Final[dict[str, tuple[str, str]]] = {
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
    "ssllog": ("it is a word of old versions", "write `ErrorLog`"),
    "sslloglevel": ("it is a word of old versions", "write `LogLevel`"),
    "sslsrpverifierfile": ("SRP is no part of TLS 1.3", "use client certificates: `SSLVerifyClient`"),
    "sslsrpunknownuserseed": ("SRP is no part of TLS 1.3", "use client certificates: `SSLVerifyClient`"),
}
"""By lower-case name: (why, what to do)."""

OTHERS: Final[tuple[tuple[str, str, str], ...]] = (
    ("sec", "mod_security", "put the firewall's own proxy (or a container of it) in front of evenflow"),
    ("dos", "mod_evasive", "count requests in front (a firewall, fail2ban on the access log)"),
    ("qs_", "mod_qos", "use `max` and `acquire` of members, RequestReadTimeout, and RATE_LIMIT"),
    ("jk", "mod_jk", "write `ProxyPass PATH http://TOMCAT:8080/PATH` to Tomcat's HTTP connector"),
    ("weblogic", "mod_wl", "write `ProxyPass PATH http://SERVER:7001/PATH` to WebLogic's HTTP port"),
    ("wl", "mod_wl", "write `ProxyPass PATH http://SERVER:7001/PATH` to WebLogic's HTTP port"),
    ("wsgi", "mod_wsgi", "start the application with gunicorn or uvicorn and forward to it with ProxyPass"),
    ("passenger", "Passenger", "start the application alone (`passenger start`) and forward to it with ProxyPass"),
    ("php", "mod_php", "start PHP behind a web server of its own and forward to it with ProxyPass"),
    ("perl", "mod_perl", "start the application with a PSGI server and forward to it with ProxyPass"),
    ("fcgid", "mod_fcgid", "let the application speak HTTP, and forward to it with ProxyPass"),
    ("fastcgi", "mod_fastcgi", "let the application speak HTTP, and forward to it with ProxyPass"),
    ("auth_openidc", "mod_auth_openidc", "put oauth2-proxy between, or let the application do it"),
    ("oidc", "mod_auth_openidc", "put oauth2-proxy between, or let the application do it"),
    ("shib", "mod_shib", "let the application speak SAML"),
    ("mellon", "mod_auth_mellon", "let the application speak SAML"),
    ("cas", "mod_auth_cas", "let the application speak CAS"),
    ("krb", "mod_auth_kerb", "let the application speak Kerberos"),
    ("gssapi", "mod_auth_gssapi", "let the application speak Kerberos"),
    ("geoip", "mod_geoip", "let the application look addresses up"),
    ("maxminddb", "mod_maxminddb", "let the application look addresses up"),
    ("modpagespeed", "mod_pagespeed", "evenflow does not change bodies: let the application do it"),
    ("bandwidth", "mod_bw", "write `SetOutputFilter RATE_LIMIT` and `SetEnv rate-limit KIB_PER_SECOND`"),
    ("rpaf", "mod_rpaf", "write `RemoteIPHeader X-Forwarded-For` and `RemoteIPInternalProxy ADDRESS`"),
    ("xsendfile", "mod_xsendfile", "let the application send the file"),
    ("manager", "mod_cluster", "name the members with BalancerMember"),
)
"""Directives of modules that are none of httpd's: what they begin with in lower case, the module, what to use."""


def stranger(name: str, near: str | None = None) -> tuple[str, str] | None:
    """(module, what to use) of a directive that httpd itself does not have; None where nobody knows it, or where
    `near`, which begins alike, was rather meant."""
    lower = name.strip("<>").lower()
    for begin, module, use in OTHERS:
        if lower.startswith(begin) and not (near and near.strip("<>").lower().startswith(begin)):
            return module, use
    return None


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
