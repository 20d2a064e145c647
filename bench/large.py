"""Large configurations, made from numbers: what loading and deciding are measured with.

httpd reads every one of them as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

TOP: Final = "Listen 8080\nServerName www.example\n"


def mixed(count: int = 10000) -> str:
    """So many statements of everything: virtual hosts, names, mappings, rules with conditions, fields to edit."""
    lines = ["Listen 8080", "ServerName www.example", "ProxyTimeout 20"]
    host = 0
    while len(lines) + 40 <= count:
        lines += virtual_host(host)
        host += 1
    lines += [f'Header set X-Left-{number} "{number}"' for number in range(count - len(lines))]
    return "\n".join(lines) + "\n"


def virtual_host(number: int) -> list[str]:
    """Forty statements; the closing line is none."""
    lines = [
        "<VirtualHost *:8080>",
        f"ServerName www{number}.example",
        f"ServerAlias app{number}.example *.host{number}.example",
        "RewriteEngine On",
        "RequestHeader set X-Forwarded-Proto https",
        'Header always set Strict-Transport-Security "max-age=31536000"',
        f"Header edit Location ^http://backend{number}/ https://www{number}.example/",
        "ProxyPreserveHost On",
    ]
    for rule in range(8):
        lines += [
            f"RewriteCond %{{HTTP_HOST}} ^www{number}\\.example$ [NC]",
            f"RewriteRule ^/old{rule}/([^/]+)/(.*)$ http://10.0.{number % 250}.{rule}:8080/new/$1?rest=$2 [P,QSA]",
        ]
    for path in range(8):
        lines += [
            f"ProxyPass /app{path}/ http://10.1.{number % 250}.{path}:8080/app{path}/ retry=5 timeout=10",
            f"ProxyPassReverse /app{path}/ http://10.1.{number % 250}.{path}:8080/app{path}/",
        ]
    return [*lines, "</VirtualHost>"]


def rules(count: int = 10000) -> str:
    """One list of rules."""
    lines = [f"RewriteRule ^/path{number}/(.*)$ http://10.0.0.1:8081/$1 [P]\n" for number in range(count)]
    return TOP + "RewriteEngine On\n" + "".join(lines)


def hosts(count: int = 2000) -> str:
    """Virtual hosts with five statements each."""
    return TOP + "".join(
        f"<VirtualHost *:8080>\nServerName www{number}.example\nServerAlias *.www{number}.example\n"
        "ProxyPass / http://10.0.0.1:8080/\nProxyPassReverse / http://10.0.0.1:8080/\n</VirtualHost>\n"
        for number in range(count)
    )


def mappings(count: int = 10000) -> str:
    """One list of mappings."""
    return TOP + "".join(
        f"ProxyPass /path{number}/ http://10.0.{number % 200}.1:8080/path{number}/\n" for number in range(count)
    )


def locations(count: int = 3300) -> str:
    """Sections with two statements each."""
    return TOP + "".join(
        f"<Location /path{number}>\nProxyPass http://10.0.{number % 200}.1:8080/path{number}\nHeader set X-A b\n"
        "</Location>\n"
        for number in range(count)
    )


def balancers(count: int = 1000) -> str:
    """Balancers of eight members, each with a mapping."""
    return TOP + "".join(
        f"<Proxy balancer://b{number}>\n"
        + "".join(f"BalancerMember http://10.{number % 200}.0.{one}:8080 route=r{one}\n" for one in range(1, 9))
        + f"</Proxy>\nProxyPass /b{number} balancer://b{number}\n"
        for number in range(count)
    )


SHAPES: Final[dict[str, Callable[[], str]]] = {
    "mixed": mixed,
    "rules": rules,
    "hosts": hosts,
    "mappings": mappings,
    "locations": locations,
    "balancers": balancers,
}
"""Files for bench/load.py."""


def front(port: int, member: int) -> str:
    """A listener, and a member whose connections are kept, also for rules."""
    return (
        f"Listen 127.0.0.1:{port}\nProxyPass /never/ http://127.0.0.1:{member}/\nKeepAlive On\nMaxKeepAliveRequests 0\n"
    )


def decide_rules(count: int, port: int, member: int) -> str:
    """Rules with a path each."""
    rules = [f"RewriteRule ^/path{number}/(.*)$ http://127.0.0.1:{member}/$1 [P]\n" for number in range(count)]
    return front(port, member) + "RewriteEngine On\n" + "".join(rules)


def decide_conditions(count: int, port: int, member: int) -> str:
    """Rules with a path each, and with conditions."""
    return (
        front(port, member)
        + "RewriteEngine On\n"
        + "".join(
            "RewriteCond %{REQUEST_METHOD} ^(?:GET|HEAD)$\nRewriteCond %{HTTP_HOST} ^www\\.example$ [NC]\n"
            f"RewriteRule ^/path{number}/(.*)$ http://127.0.0.1:{member}/$1 [P]\n"
            for number in range(count)
        )
    )


def decide_open(count: int, port: int, member: int) -> str:
    """Rules for every path, whose conditions ask for it."""
    return (
        front(port, member)
        + "RewriteEngine On\n"
        + "".join(
            f"RewriteCond %{{REQUEST_URI}} ^/path{number}/\nRewriteRule ^/(.*)$ http://127.0.0.1:{member}/$1 [P]\n"
            for number in range(count)
        )
    )


def decide_hosts(count: int, port: int, member: int) -> str:
    """Virtual hosts by their exact names; the mapping is the main server's, so that all share its connections."""
    return (
        front(port, member)
        + f"ProxyPass / http://127.0.0.1:{member}/\n"
        + "".join(
            f"<VirtualHost 127.0.0.1:{port}>\nServerName www{number}.example\n</VirtualHost>\n"
            for number in range(count)
        )
    )


def decide_wildcards(count: int, port: int, member: int) -> str:
    """Virtual hosts by the ends of their names."""
    return decide_hosts(count, port, member).replace("ServerName www", "ServerName x\nServerAlias *.www")


DECISIONS: Final[dict[str, Callable[[int, int, int], str]]] = {
    "one": decide_rules,
    "rules": decide_rules,
    "conditions": decide_conditions,
    "open": decide_open,
    "hosts": decide_hosts,
    "wildcards": decide_wildcards,
}
"""Files for bench/decide.py: how many, the port to listen on, the member's port."""
