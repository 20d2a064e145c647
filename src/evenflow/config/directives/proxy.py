"""mod_proxy and mod_proxy_balancer: mappings, balancers, members and how they are spoken to."""

from __future__ import annotations

import re
from typing import Any, Final

from evenflow.config.arguments import (
    c_number,
    count_words,
    flag,
    key_value,
    number,
    one,
    one_of,
    proxy_url,
    raw,
    seconds,
)
from evenflow.config.contexts import ANYWHERE, LOCATION, PROXY, SERVERS
from evenflow.config.diagnostics import Wrong, warning
from evenflow.config.directive import Directive
from evenflow.config.parameters import Said, read_balancer, read_member
from evenflow.config.scope import Action, Draft, put
from evenflow.config.settings import (
    UNSET,
    BalancerParameters,
    CookieLine,
    MappingLine,
    MemberLine,
    MemberParameters,
    ReverseLine,
    SetLine,
)
from evenflow.config.syntax import Section, Statement, Word

KEY_VALUE_SAYS = "Invalid ProxyPass|ProxyPassMatch parameter. Parameter must be in the form 'key=value'."


def balancer_name(url: str) -> str | None:
    """The name in `balancer://name[/...]`, lower case; None for another URL."""
    scheme, separator, rest = url.partition("://")
    return rest.split("/", 1)[0].lower() if separator and scheme.lower() == "balancer" else None


# --- ProxyPass ----------------------------------------------------------------------------------------------------


def proxy_pass(draft: Draft, statement: Statement | Section, value: Any) -> None:
    words = list(statement.words)
    inside = draft.place in LOCATION | PROXY
    regex = statement.name.lower() == "proxypassmatch"
    if words and words[0].text == "~":
        if regex:
            raise Wrong(
                "argument-count",
                "`ProxyPassMatch` takes a pattern as it is: the `~` is for `ProxyPass`",
                words[0].span,
                says="ProxyPassMatch invalid syntax ('~' usage).",
                help="remove the `~`",
            )
        regex = True
        words.pop(0)
    path = None if inside or not words else words.pop(0).text
    if not words:
        raise Wrong(
            "path-missing" if not inside else "argument-count",
            f"`{statement.name}` needs a path and a URL here" if not inside else f"`{statement.name}` needs a URL",
            says="ProxyPass|ProxyPassMatch needs a path when not defined in a location",
            help=f"write `ProxyPass / {path}`"
            if path is not None and "://" in path
            else f"write `{statement.name} {'^/path' if regex else '/path'} http://host:port/path`",
        )
    target = words.pop(0)
    flags: dict[str, bool] = {}
    said = mapping_words(draft, target, words, inside, flags)
    if target.text == "!":
        member, balancer = MemberParameters(), BalancerParameters()
    else:
        url = mapping_target(draft, target, path, flags, regex)
        if balancer_name(url) is not None:
            member, balancer = MemberParameters(), read_balancer("ProxyPass", said, draft)
        else:
            member, balancer = read_member("ProxyPass", said, draft), BalancerParameters()
    if inside and draft.get("proxy", "mappings") is not UNSET:
        earlier = draft.get("proxy", "mappings")[0]
        draft.put("proxy", "mappings", ())
        draft.reports.append(
            warning(
                "mapping-replaced",
                f"`{statement.origin.text}` replaces `{earlier.origin.text}`: a section has one mapping, the last",
                statement.span,
                help="remove one of the two lines",
            )
        )
    nocanon = flags.pop("nocanon", False)
    draft.add(
        "proxy",
        "mappings",
        MappingLine(path, target.text, member, balancer, nocanon, statement.origin, regex, **flags),
    )


def mapping_words(draft: Draft, target: Word, words: list[Word], inside: bool, flags: dict[str, bool]) -> Said:
    """What stands behind the URL: `nocanon`, `interpolate`, `noquery`, `mapping=` and key=value for a member.

    What is no parameter of a member or balancer becomes one of the `flags`.
    """
    said: Said = []
    for word in words:
        lower = word.text.lower()
        pair = key_value(word)
        if lower == "nocanon":
            flags["nocanon"] = True
        elif lower == "noquery":
            draft.reports.append(
                warning("parameter-ignored", "`noquery` has no effect on http members: the query is sent", word.span)
            )
        elif lower == "interpolate":
            flags["interpolate"] = True
        elif pair is not None and pair[0] == "mapping":
            way = pair[1].text.lower()
            if way not in ("encoded", "servlet"):
                raise Wrong(
                    "value-not-allowed",
                    f"`mapping` must be `encoded` or `servlet`, not `{pair[1].text}`",
                    word.span,
                    says="unknown mapping",
                )
            flags["encoded"] = True
            if way == "servlet":
                flags["servlet"] = True
        elif pair is not None:
            said.append(pair)
        elif inside and target.text.startswith("/"):
            raise Wrong(
                "path-not-allowed",
                f"`ProxyPass` takes no path inside a section: the section's own counts, not `{target.text}`",
                target.span,
                says="ProxyPass|ProxyPassMatch can not have a path when defined in a location.",
                help=f"write `ProxyPass {word.text}`",
            )
        else:
            raise Wrong(
                "unknown-parameter",
                f"`{word.text}` behind the URL is not `key=value`",
                word.span,
                says=KEY_VALUE_SAYS,
                help="put no blanks round `=`, and a value with blanks into quotes together with its key",
            )
    return said


GROUP: Final = re.compile(r"\$\d")
VARIABLE: Final = re.compile(r"\$\{[^}]*\}")


def mapping_target(draft: Draft, target: Word, path: str | None, flags: dict[str, bool], regex: bool) -> str:
    if "://" not in target.text and path is not None and "://" in path:
        raise Wrong(
            "url-not-absolute",
            f"the path comes first and the URL behind it: `{path}` stands where the path belongs",
            target.span,
            says=f"ProxyPass URL must be absolute!: {target.text}",
            help=f"write `ProxyPass {target.text} {path}`",
        )
    text = target.text
    scheme, separator, rest = text.partition("://")
    authority = rest.partition("/")[0]
    group = GROUP.search(authority) if regex else None
    if separator and group is not None:
        if group.end() != len(authority) or not group.start():
            raise backend_from_request(f"`{group.group()}` in the host or port of `{text}`", target)
        text = f"{scheme}://{authority[: group.start()]}"
    elif separator and flags.get("interpolate") and VARIABLE.search(authority):
        # Which members the variables may name is found out when everything has been read.
        return text
    elif regex:
        text = GROUP.sub("", text) if GROUP.search(scheme) is None else text
    proxy_url("ProxyPass", Word(text, target.span))
    return target.text


def backend_from_request(what: str, target: Word) -> Wrong:
    """A target whose host the client would write."""
    return Wrong(
        "backend-from-request",
        f"{what} would let the client choose the member",
        target.span,
        note="a request is sent only to members that the configuration names: anything else makes an open relay of it",
        help="write one line for each member, or a RewriteMap that names them",
    )


def reverse_cookie(draft: Draft, statement: Statement | Section, value: Any) -> None:
    words = count_words(statement, 2, 3, "takes two or three arguments")
    interpolate = False
    for word in words[2:]:
        if word.text.lower() == "interpolate":
            interpolate = True
        else:
            draft.reports.append(warning("parameter-ignored", f"`{word.text}` has no effect", word.span))
    field = "cookie_paths" if statement.name.lower().endswith("path") else "cookie_domains"
    draft.add("proxy", field, CookieLine(words[0].text, words[1].text, interpolate, statement.origin))


def proxy_pass_reverse(draft: Draft, statement: Statement | Section, value: Any) -> None:
    words = [word for word in statement.words if word.text.lower() != "interpolate"]
    interpolate = len(words) != len(statement.words)
    if draft.place in LOCATION | PROXY:
        if len(words) > 1:
            raise Wrong(
                "path-not-allowed",
                "`ProxyPassReverse` takes no path inside a section: the section's own counts",
                words[0].span,
                says="ProxyPassReverse can not have a path when defined in a location",
                help=f"write `ProxyPassReverse {words[1].text}`",
            )
        count_words(statement, 1, 1, "needs a path when not defined in a location")
        draft.add("proxy", "reverses", ReverseLine(None, words[0].text, statement.origin, interpolate))
        return
    if len(words) < 2:
        raise Wrong(
            "path-missing",
            "`ProxyPassReverse` needs a path and a URL here",
            says="ProxyPassReverse needs a path when not defined in a location",
            help=f"write `ProxyPassReverse / {words[0].text}`"
            if words and "://" in words[0].text
            else "write `ProxyPassReverse /path http://host:port/path`",
        )
    count_words(statement, 2, 3, "takes one, two or three arguments")
    for word in words[2:]:
        draft.reports.append(warning("parameter-ignored", f"`{word.text}` behind the URL has no effect", word.span))
    draft.add("proxy", "reverses", ReverseLine(words[0].text, words[1].text, statement.origin, interpolate))


# --- members and balancers ----------------------------------------------------------------------------------------


def balancer_member(draft: Draft, statement: Statement | Section, value: Any) -> None:
    path: str | None = None
    if draft.place is PROXY:
        path = draft.pattern
    elif draft.place is not draft.server.place:
        raise Wrong(
            "wrong-context",
            f"`BalancerMember` belongs into `<Proxy balancer://NAME>`, not into `<{draft.section}>`",
            says=f"BalancerMember Bad syntax for a balancer name ({draft.pattern})",
        )
    url: Word | None = None
    said: Said = []
    for word in statement.words:
        pair = key_value(word)
        if pair is not None:
            said.append(pair)
        elif path is None:
            path = word.text
        elif url is None:
            url = word
        else:
            blanks = word.text == "=" or any(other.text == "=" for other in statement.words)
            raise Wrong(
                "unknown-parameter",
                f"`{word.text}` is neither the member's URL nor `key=value`",
                word.span,
                says="BalancerMember can not have a balancer name when defined in a location",
                help="put no blanks round `=`" if blanks else "remove it, or write it as `key=value`",
            )
    if path is None or url is None:
        outside = draft.place is not PROXY
        raise Wrong(
            "argument-count",
            "`BalancerMember` needs "
            + ("the balancer's name and the member's URL here" if outside else "the member's URL"),
            says="BalancerMember must define remote proxy server",
            help="write `BalancerMember balancer://NAME http://host:port`"
            if outside
            else "write `BalancerMember http://host:port`",
        )
    name = balancer_name(path)
    if not name:
        raise Wrong(
            "balancer-name",
            f"`{path}` is not the name of a balancer: names look like `balancer://NAME`",
            says=f"BalancerMember Bad syntax for a balancer name ({path})",
        )
    text = proxy_url("BalancerMember", url)
    draft.add(
        "proxy", "members", MemberLine(name, text, read_member("BalancerMember", said, draft), statement.origin)
    )


def proxy_set(draft: Draft, statement: Statement | Section, value: Any) -> None:
    words = list(statement.words)
    if draft.place is PROXY:
        target = draft.pattern
        if draft.match != "prefix" or "://" not in target:
            raise Wrong(
                "url-not-absolute",
                f"`ProxySet` needs one balancer or member to belong to, and `{target}` is none",
                says=f"ProxySet URL must be absolute!: {target}",
                help="put it into `<Proxy balancer://NAME>` or `<Proxy http://host:port/>`",
            )
    else:
        target = words.pop(0).text if words else ""
        if not is_declared(draft, target):
            noun = "Balancer" if balancer_name(target) else "Worker"
            raise Wrong(
                "target-not-declared",
                f"`ProxySet` needs a balancer or member that is declared above, and `{target}` is not",
                says=f"ProxySet can not find '{target}' {noun}.",
                help="put the line into `<Proxy balancer://NAME>`, or below the lines that declare its members",
            )
    said: Said = []
    for word in words:
        pair = key_value(word)
        if pair is None:
            raise Wrong(
                "unknown-parameter",
                f"`{word.text}` is not `key=value`",
                word.span,
                says="Invalid ProxySet parameter. Parameter must be in the form 'key=value'",
                help="put no blanks round `=`",
            )
        said.append(pair)
    draft.add("proxy", "sets", set_line("ProxySet", target, said, statement, draft))


def set_line(
    directive: str, target: str, said: Said, statement: Statement | Section, draft: Draft
) -> SetLine:
    """Parameters for a balancer or a member, by its URL."""
    if balancer_name(target) is not None:
        return SetLine(target, MemberParameters(), read_balancer(directive, said, draft), statement.origin)
    return SetLine(target, read_member(directive, said, draft), BalancerParameters(), statement.origin)


def is_declared(draft: Draft, target: str) -> bool:
    """Whether a balancer has a member, or a mapping names the member, further up in this or the main server."""
    name = balancer_name(target)
    wanted = target.rstrip("/").lower()
    for server in (draft.server, draft.main):
        for place in (server, *server.blocks):
            for member in place.get("proxy", "members") or ():
                if member.balancer == name or (name is None and member.url.rstrip("/").lower() == wanted):
                    return True
            if name and any(line.balancer == name for line in place.get("proxy", "services") or ()):
                return True
            for mapping in place.get("proxy", "mappings") or ():
                if (balancer_name(mapping.target) == name) if name else mapping.target.rstrip("/").lower() == wanted:
                    return True
            for line in place.get("proxy", "sets") or ():
                if (balancer_name(line.target) == name) if name else line.target.rstrip("/").lower() == wanted:
                    return True
    return False


# --- the rest -----------------------------------------------------------------------------------------------------


def proxy_requests(draft: Draft, statement: Statement | Section, value: Any) -> None:
    if value:
        raise Wrong(
            "forward-proxy",
            "evenflow is a reverse proxy: `ProxyRequests On` would make it a forward proxy",
            note="an open forward proxy sends anybody's requests to anywhere; ProxyPass does not need it",
            help="write `ProxyRequests Off`, or remove the line",
        )
    draft.put("proxy", "requests", value)


def fallback(draft: Draft, statement: Statement | Section, value: Any) -> None:
    if not value:
        raise Wrong(
            "value-not-supported",
            "evenflow has no tunnel of mod_proxy_wstunnel's own kind: `ProxyWebsocketFallbackToProxyHttp Off`",
            note="with On, a ws member gets plain requests as well, and answers that are no 101 are answers",
            help="remove the line; to keep plain requests from a ws member, ask for `%{HTTP:Upgrade}` in a RewriteCond",
        )


def error_override(draft: Draft, statement: Statement | Section, value: Any) -> None:
    words = statement.words
    first = words[0].text.lower() if words else ""
    if first not in ("on", "off"):
        raise Wrong(
            "value-not-allowed",
            f"`ProxyErrorOverride` must be `On` or `Off`, not {f'`{words[0].text}`' if words else 'empty'}",
            words[0].span if words else None,
            says="ProxyErrorOverride first parameter must be one of: off | on",
        )
    codes = []
    for word in words[1:]:
        if word.text.lower() in ("on", "off"):
            first = word.text.lower()
            continue
        code = c_number(word.text)
        if not 400 <= code <= 599:
            raise Wrong(
                "value-out-of-range",
                f"a status that `ProxyErrorOverride` takes must be between 400 and 599, not {word.text}",
                word.span,
                says="ProxyErrorOverride: status codes to intercept must be "
                + (
                    "valid HTTP Status Codes >=400 && <600"
                    if word.text.isascii() and word.text.isdigit()
                    else "numeric"
                ),
            )
        codes.append(code)
    draft.put("proxy", "error_override", first == "on")
    draft.put("proxy", "error_override_codes", tuple(codes))


def inherit(field: str) -> Action:
    """The action of ProxyPassInherit or BalancerInherit."""

    def act(draft: Draft, statement: Statement | Section, value: Any) -> None:
        draft.put("proxy", field, (value, statement.origin))

    return act


DIRECTIVES = (
    Directive(
        "ProxyPass",
        SERVERS | LOCATION | PROXY,
        raw,
        proxy_pass,
        "Send what is below a path to a balancer or a member; `!` for not at all.",
        syntax="[PATH] URL|! [KEY=VALUE ...] [nocanon] [interpolate] [noquery]",
    ),
    Directive(
        "ProxyPassMatch",
        SERVERS | LOCATION | PROXY,
        raw,
        proxy_pass,
        "Send paths that a pattern matches to a balancer or a member, with its groups in the URL.",
        syntax="[PATTERN] URL|! [KEY=VALUE ...] [nocanon] [interpolate] [noquery]",
    ),
    Directive(
        "ProxyPassInterpolateEnv",
        ANYWHERE,
        flag,
        put("proxy", "interpolate"),
        "Fill in `${VARIABLE}` in lines that say `interpolate`, for each request.",
        default="Off",
    ),
    Directive(
        "ProxyPassReverseCookiePath",
        ANYWHERE,
        raw,
        reverse_cookie,
        "Turn the Path of a member's cookies into ours.",
        syntax="INTERNAL PUBLIC [interpolate]",
    ),
    Directive(
        "ProxyPassReverseCookieDomain",
        ANYWHERE,
        raw,
        reverse_cookie,
        "Turn the Domain of a member's cookies into ours.",
        syntax="INTERNAL PUBLIC [interpolate]",
    ),
    Directive(
        "ProxyPassInherit",
        SERVERS,
        flag,
        inherit("pass_inherit"),
        "Whether a virtual host has the main server's members; its mappings it always has.",
        default="On",
    ),
    Directive(
        "BalancerInherit",
        SERVERS,
        flag,
        inherit("balancer_inherit"),
        "Whether a virtual host has the main server's balancers; only `Off` here and for ProxyPassInherit takes them.",
        default="On",
    ),
    Directive(
        "ProxyPassReverse",
        SERVERS | LOCATION | PROXY,
        raw,
        proxy_pass_reverse,
        "Turn a member's own URLs in Location and Content-Location into ours.",
        syntax="[PATH] URL [interpolate]",
    ),
    Directive(
        "ProxyPreserveHost",
        ANYWHERE,
        flag,
        put("proxy", "preserve_host"),
        "Pass on the client's Host instead of the member's own name.",
        default="Off",
    ),
    Directive(
        "ProxyRequests", SERVERS, flag, proxy_requests, "Be a forward proxy; only `Off` is possible.", default="Off"
    ),
    Directive(
        "ProxyErrorOverride",
        ANYWHERE,
        raw,
        error_override,
        "Replace a member's error pages by our own.",
        syntax="On|Off [STATUS ...]",
        default="Off",
    ),
    Directive(
        "ProxyTimeout",
        SERVERS,
        one(seconds(1, says="Proxy Timeout must be at least 1 second.")),
        put("proxy", "timeout"),
        "How long to wait for a member before giving up.",
        default="that of Timeout",
    ),
    Directive(
        "ProxyVia",
        SERVERS,
        one(one_of("off", "on", "full", "block", says="ProxyVia must be one of: off | on | full | block")),
        put("proxy", "via"),
        "Whether a Via field names us.",
        default="Off",
    ),
    Directive(
        "ProxyAddHeaders",
        ANYWHERE,
        flag,
        put("proxy", "add_headers"),
        "Whether members get X-Forwarded-For, -Host and -Server.",
        default="On",
    ),
    Directive(
        "Proxy100Continue",
        ANYWHERE,
        flag,
        put("proxy", "forwards_expect"),
        "Whether members are asked for the 100 that a client expects; `Off`: we say it.",
        default="On",
    ),
    Directive(
        "ProxyWebsocketFallbackToProxyHttp",
        ANYWHERE,
        flag,
        fallback,
        "Whether ws members also get requests that ask for no upgrade; only `On` is possible.",
        default="On",
    ),
    Directive(
        "BalancerPersist",
        SERVERS,
        flag,
        put("proxy", "persist"),
        "Whether changes made while it runs outlive a restart.",
        default="Off",
        differs="what a line of the file says anew counts again; in httpd what was kept hides it. They outlive a reload"
        " anyhow. Kept in the state directory (STATE_DIRECTORY, else /var/lib/evenflow or ~/.local/state/evenflow).",
    ),
    Directive(
        "ProxyMaxForwards",
        SERVERS,
        one(number()),
        put("proxy", "max_forwards"),
        "The Max-Forwards of requests that have none.",
        default="-1",
    ),
    Directive(
        "ProxyBadHeader",
        SERVERS,
        one(
            one_of("iserror", "ignore", "startbody", says="ProxyBadHeader must be one of: IsError | Ignore | StartBody")
        ),
        put("proxy", "bad_header"),
        "What becomes of a member's header line without a colon.",
        syntax="IsError|Ignore|StartBody",
        default="IsError",
    ),
    Directive(
        "BalancerMember",
        ANYWHERE,
        raw,
        balancer_member,
        "A member of a balancer, with its parameters.",
        syntax="[balancer://NAME] URL [KEY=VALUE ...]",
        differs="httpd asks for a member's name once, or again after `addressttl`; here it is asked for again whenever "
        "its time to live is over, and a name that does not resolve costs no request while another member is there.",
    ),
    Directive(
        "ProxySet", ANYWHERE, raw, proxy_set, "Parameters of a balancer or a member.", syntax="[URL] KEY=VALUE ..."
    ),
)
