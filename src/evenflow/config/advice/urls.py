"""Addresses that do not survive the way through: redirects to a member's own name, paths that change, plain HTTP."""

from __future__ import annotations

from collections.abc import Iterator

from evenflow.config.advice.uses import Use, uses
from evenflow.config.checks.mappings import paths_and_mappings
from evenflow.config.checks.view import (
    CATCH_ALL,
    Places,
    Prefixes,
    Server,
    covers,
    flag,
    is_catch_all,
    line_of,
    speaks_tls,
)
from evenflow.config.diagnostics import Diagnostic, Label, warning
from evenflow.config.directives.proxy import balancer_name
from evenflow.config.settings import UNSET, MappingLine


def _preserves_host(server: Server) -> bool:
    said = [scope.proxy.preserve_host for scope in (server.main, server.block)]
    said += [section.proxy.preserve_host for section in (*server.proxies, *server.locations)]
    return any(value is True for value in said)


def _reverse_urls(server: Server) -> list[str]:
    scopes = (server.main, server.block, *server.proxies, *server.locations)
    return [line.url for scope in scopes for line in scope.proxy.reverses or ()]


def check_redirects(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A member that believes in its own name sends browsers there, and nothing brings them back."""
    if _preserves_host(server):
        return
    reverses = _reverse_urls(server)
    for use in uses(server):
        if use.mapping is None or not use.members or use.path.rstrip("/").endswith("/synchrony"):
            continue
        if any(_brings_back(url, use) for url in reverses):
            continue
        path = use.path
        yield warning(
            "redirects-leak",
            f"a redirect of this member leads the browser to `{_authority(use)}`",
            places.head(use.origin, 2 if use.mapping.path is not None else 1),
            notes=(
                "the member is asked by its own address and puts it into Location; a line has to turn that back",
                "if the members know the public address (Tomcat: proxyName, proxyPort, scheme), all is well",
            ),
            help=f"write `ProxyPassReverse {path} {use.target.partition('$')[0]}` below it, or `ProxyPreserveHost On`",
        )


def _brings_back(url: str, use: Use) -> bool:
    if url.startswith("/"):
        return True
    name = balancer_name(use.target)
    if name is not None:
        return balancer_name(url) == name or any(member.url.lower() in url.lower() for member in use.members)
    return url.lower().rstrip("/").startswith(use.target.lower().rstrip("/")) or use.target.lower().startswith(
        url.lower().rstrip("/")
    )


def _authority(use: Use) -> str:
    url = use.members[0].url
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def check_paths(server: Server, places: Places) -> Iterator[Diagnostic]:
    """Another path in front than behind: links, cookies and redirects that the application writes name its own."""
    for use in uses(server):
        if use.mapping is None or use.by_pattern or use.path.rstrip("/").endswith("/synchrony"):
            continue
        front = use.path.rstrip("/")
        if balancer_name(use.target) is not None and not use.members:
            continue
        behind = use.target_path.rstrip("/")
        if use.balancer is not None and use.balancer.members:
            member_path = "/".join(use.balancer.members[0].url.partition("://")[2].split("/")[1:])
            behind = ("/" + member_path.strip("/") if member_path.strip("/") else "") + behind
        if front == behind:
            continue
        yield warning(
            "paths-differ",
            f"`{front or '/'}` in front is `{behind or '/'}` behind",
            places.word(use.origin, use.target),
            notes=(
                "ProxyPassReverse mends Location only: links in pages, scripts and cookie paths keep the path that "
                "the application believes in",
            ),
            help=f"let the application run below `{front or '/'}` (Tomcat: the Context's path), and map it to itself",
        )


def check_plain_beside_tls(server: Server, places: Places) -> Iterator[Diagnostic]:
    """The same name over TLS and in the clear, and the plain one serves the application instead of redirecting."""
    block = server.block
    name = block.core.server_name
    if block.kind != "virtualhost" or name is UNSET or speaks_tls(server.main, block):
        return
    plain = next((use for use in uses(server) if use.path == "/"), None)
    if plain is None or any(covers(mapping.path or "", "/") and mapping.target == "!" for mapping in server.mappings):
        return
    for other in server.main.blocks:
        named = other.core.server_name
        if other.kind != "virtualhost" or named is UNSET or named.host.lower() != name.host.lower():
            continue
        if not speaks_tls(server.main, other):
            continue
        yield warning(
            "plain-beside-tls",
            f"`{name.host}` is served in the clear too, beside its TLS virtual host",
            places.whole(plain.origin),
            also=(Label(places.whole(other.origin), "the same name over TLS", primary=False),),
            notes=("who types the name without https logs in over plain HTTP",),
            help=f"in the plain one write `RewriteEngine On` and `RewriteRule ^ https://{name.host}%{{REQUEST_URI}} "
            "[R=308,L]`, and no mapping",
        )
        return


def check_temporary(server: Server, places: Places) -> Iterator[Diagnostic]:
    """From plain HTTP to https by 302: a form that is sent there loses what was written into it."""
    if speaks_tls(server.main, server.block):
        return
    found = [
        (line.origin, line.url)
        for scope in (server.block, *(one for one in server.locations if one.pattern == "/"))
        for line in (*(scope.alias.redirects or ()), *((scope.alias.redirect,) if scope.alias.redirect else ()))
        if line.status == 302 and line.path in ("/", None, "^", "^/", "^(.*)$", "^/(.*)$", "^/(.*)") and line.url
    ]
    for rule in server.rules:
        status = next((value for short, value in rule.flags if short == "R"), "")
        if status in (None, "302", "temp") and (CATCH_ALL.match(rule.pattern) or rule.pattern == "^"):
            found.append((rule.origin, rule.substitution))
    for origin, url in found:
        if url.lower().startswith("https://"):
            yield warning(
                "redirect-temporary",
                "whoever sends a form to the plain address loses it: after 302 browsers ask by GET",
                places.whole(origin),
                notes=("302 is asked for again each time, too; after 308 method and body stay, and browsers know it",),
                help="write 308 as its status: `Redirect 308 / https://NAME/`, or the flag `R=308`",
            )


def check_redirects_shadowed(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A Redirect of the server below a ProxyPass for the same paths: mappings are asked first."""
    taking: Prefixes[MappingLine] = Prefixes()
    for path, mapping in paths_and_mappings(server):
        if mapping.path is not None:
            taking.put(path, mapping)
    for line in server.block.alias.redirects or ():
        if line.path is None or line.regex or not line.path.startswith("/"):
            continue
        first = next((one for _, one in taking.taking(line.path)), None)
        if first is None or first.target == "!":
            continue
        yield warning(
            "redirect-shadowed",
            f"`{line.origin.text}` never acts: its paths are forwarded",
            places.whole(line.origin),
            also=(Label(places.whole(first.origin), "this mapping takes them first", primary=False),),
            notes=("ProxyPass is asked before Redirect, wherever they stand in the file",),
            help=f"write `ProxyPass {line.path} !` above {line_of(first.origin, line.origin)}",
        )


def check_query(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A forwarding rule that takes every path and leaves the query behind."""
    for rule in server.rules:
        if not flag(rule, "P") or not is_catch_all(rule) or rule.substitution == "-":
            continue
        if rule.substitution.endswith("?") or (flag(rule, "QSD") and "?" not in rule.substitution):
            yield warning(
                "query-dropped",
                "the member gets every path without its query",
                places.whole(rule.origin),
                notes=("searches and signed requests are made of it",),
                help="write the substitution without `?` at its end, and no flag `QSD`",
            )


def check_encoded_slashes(server: Server, places: Places) -> Iterator[Diagnostic]:
    """`%2F` in a path is answered with 404 although a line means to let it through: the main server's word for it is
    not a virtual host's, and `nocanon` alone does not allow it."""
    said = server.block.core.encoded_slashes
    if said is not UNSET:
        return
    help = "write `AllowEncodedSlashes NoDecode` into the virtual host"
    inherited = server.main.core.encoded_slashes
    if server.block is not server.main and inherited not in (UNSET, "off") and next(uses(server), None) is not None:
        yield warning(
            "encoded-slashes",
            "`AllowEncodedSlashes` of the main server does not hold here: a path with `%2F` is answered with 404",
            places.whole(server.block.origin),
            also=(Label(places.statement(server.main, "AllowEncodedSlashes"), "this line", primary=False),),
            notes=("no virtual host takes it over",),
            help=help,
        )
        return
    for use in uses(server):
        if use.mapping is not None and use.mapping.nocanon:
            yield warning(
                "encoded-slashes",
                "`nocanon` does not let `%2F` through: such a path is answered with 404 before",
                places.word(use.origin, "nocanon"),
                help=help if server.block is not server.main else "write `AllowEncodedSlashes NoDecode`",
            )
