"""Fuzz target: a configuration file, from its text to diagnostics as `check` prints them, or to a plan.

Each input is one file. It is parsed, its checks and its advice are asked, what loads is built, and all that is said is
rendered. Nothing may be raised; what is refused says why and where; and the same text says the same again.
"""

from __future__ import annotations

import json
import random
from typing import Final

from evenflow.compiler.build import build
from evenflow.config.advice import advise
from evenflow.config.diagnostics import Diagnostic
from evenflow.config.load import Loaded, load
from evenflow.config.render import render
from evenflow.config.silence import silence
from evenflow.config.source import Source, make_source
from evenflow.serve.access_log import check_formats
from evenflow.tools.check import diagnostic_as_object
from fuzz import mutation

NAME: Final = "/srv/fuzz/fuzz.conf"
INCLUDED: Final = "/srv/fuzz/other.conf"

CORPUS: Final = (
    b"Listen 8080\n<VirtualHost *:8080>\nServerName a.example\nProxyPass / http://b1:80/ retry=0 timeout=5s\n"
    b"ProxyPassReverse / http://b1:80/\n</VirtualHost>\n",
    b"<Proxy balancer://c>\nBalancerMember http://b1 route=a loadfactor=2\nBalancerMember http://b2 status=+H\n"
    b"ProxySet stickysession=JSESSIONID|jsessionid lbmethod=byrequests\n</Proxy>\n"
    b"ProxyPass /x balancer://c/x nocanon\n",
    b"Define A one\nDefine B ${A}two\n<IfDefine B>\nServerName ${B}.example\n</IfDefine>\n<IfModule !mod_x.c>\n"
    b'Header always set X-A "%{V}e \\"q\\"" env=V\n</IfModule>\n',
    b"<Macro M $a $b>\n<Location $a>\nRequire ip $b\nProxyPass http://b1$a\n</Location>\n</Macro>\n"
    b"Use M /x 10.0.0.0/8\n",
    b'Include other.conf\nIncludeOptional other*.conf\n<Location ~ "^/(a|b)">\nSetHandler balancer-manager\n'
    b"</Location>\n",
    b'<LocationMatch "^/w/(?<x>.*)">\n<If "%{REQUEST_URI} =~ m#x#">\nErrorDocument 404 "no\n</If>\n'
    b'</LocationMatch>\n# evenflow: allow mapping-shadowed (why)\nLogFormat "%h %{X}i %>s" f\nCustomLog logs/a f\n',
    b"RewriteEngine On\nRewriteMap m txt:maps/m.txt\nRewriteCond %{HTTP:Upgrade} websocket [NC]\n"
    b"RewriteRule ^/(.*) ws://b1/$1 [P,L]\nRedirect permanent /a http://o/\nAlias /s /srv/s\nSetEnvIf Host a V=1\n",
    b"<Directory /srv>\nOptions FollowSymLinks\nAuthType Basic\nAuthName x\nAuthUserFile u\nRequire valid-user\n"
    b'<Files "*.x">\nRequire all denied\n</Files>\n</Directory>\nRemoteIPHeader X-Forwarded-For\nTimeout 5\n',
)
WORDS: Final = (
    *(b"<VirtualHost *:80>\n", b"</VirtualHost>\n", b"<Location />\n", b"</Location>\n", b'<If "true">\n', b"</If>\n"),
    *(
        b"<Proxy *>\n",
        b"</Proxy>\n",
        b"<IfDefine A>\n",
        b"</IfDefine>\n",
        b"<Macro X $x>\n",
        b"</Macro>\n",
        b"Use X a\n",
    ),
    *(b"<Else>\n", b"</Else>\n", b'<ElseIf "false">\n', b"</ElseIf>\n", b"<RequireAny>\n", b"</RequireAny>\n"),
    *(
        b"ProxyPass ",
        b"ProxyPassMatch ",
        b"BalancerMember ",
        b"balancer://c",
        b" nocanon",
        b" route=",
        b"http://[::1]:",
    ),
    *(b"Define ", b"UnDefine A\n", b"${", b"${A}", b"}", b"Include ", b"\\\n", b'"', b"'", b"<", b">", b"# evenflow: "),
    *(b"\xc3\xa9", b"\xff", b"\x00", b"\t", b"99999999999999999999", b"-1", b"*", b"_default_", b"ServerAlias *."),
    *(
        b"Error x\n",
        b"Require not ",
        b"Header edit* A ",
        b"(a+)+$",
        b"env=!",
        b"expr=",
        b"%{",
        b" early",
        b"ListenBacklog ",
    ),
)


def read(path: str) -> Source:
    """The other file is always the same; there is no third."""
    if path != INCLUDED:
        raise FileNotFoundError(2, "No such file or directory", path)
    return make_source(path, "ServerAdmin a@b.example\nProxyTimeout 7\n")


def told(text: str) -> tuple[Loaded, bool, list[Diagnostic]]:
    """What was loaded, whether there is a plan, and everything that is said."""
    source = make_source(NAME, text)
    loaded = load(
        NAME, environment={}, server_root="/srv/fuzz", read=lambda path: source if path == NAME else read(path)
    )
    said = list(loaded.diagnostics)
    planned = False
    if loaded.settings is not None:
        built = build(loaded.settings)
        said += built.diagnostics
        said += advise(loaded)
        if built.plan is not None:
            planned = True
            check_formats(built.plan)
    kept, comments = silence(loaded, said)
    return loaded, planned, [*kept, *comments]


def check(data: bytes, rng: random.Random) -> int:
    """Read one file; accepted if a plan comes of it."""
    text = data.decode("utf-8", "surrogateescape")
    loaded, planned, said = told(text)
    wrong = [one for one in said if one.severity == "error"]
    assert planned != bool(wrong), [one.headline for one in wrong]
    shown = render(said, loaded.sources, rng.random() < 0.5)
    assert (shown == "") == (not said)
    json.dumps([diagnostic_as_object(one) for one in said])
    for one in said:
        assert one.headline and one.code
        if one.span is not None and one.span.file in loaded.sources:
            assert 1 <= one.span.line <= max(1, len(loaded.sources[one.span.file].lines)), one
    if rng.random() < 0.1:
        assert [one.headline for one in told(text)[2]] == [one.headline for one in said]
    return len(data) if planned else -1


if __name__ == "__main__":
    mutation.main("configuration", check, CORPUS, WORDS)
