"""Laying out changes how a file looks and never what it says."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evenflow.config.layout import keeps_meaning, laid_out, meaning, spelt
from evenflow.config.source import make_source
from evenflow.origin import Origin
from tests.config.cases import load_text
from tests.peers import CHECKOUT


def lay_out(text: str) -> str:
    return laid_out(make_source("a.conf", text))


def test_indentation_spelling_and_blank_lines() -> None:
    before = """\


   # who we are
listen   80
<virtualhost *:80>

SERVERNAME  a.example
\t<location  /a  >
RequestHeader set   X "a  b"
  </location>


  # nothing else


</VIRTUALHOST>

"""
    assert (
        lay_out(before)
        == """\
# who we are
Listen 80
<VirtualHost *:80>
    ServerName a.example
    <Location /a  >
        RequestHeader set   X "a  b"
    </Location>

    # nothing else
</VirtualHost>
"""
    )


def test_continued_lines_move_with_their_first_line() -> None:
    before = """\
<Proxy balancer://c>
ProxySet lbmethod=byrequests \\
         stickysession=ROUTEID \\
\ttimeout=5
BalancerMember \\
http://127.0.0.1:8090
</Proxy>
"""
    assert (
        lay_out(before)
        == """\
<Proxy balancer://c>
    ProxySet lbmethod=byrequests \\
             stickysession=ROUTEID \\
        timeout=5
    BalancerMember \\
        http://127.0.0.1:8090
</Proxy>
"""
    )


def test_aligned_arguments_stay_aligned() -> None:
    text = "ProxyPass        / http://a/\nProxyPassReverse / http://a/\n\nServerName     a\nServerAdmin b\n"
    assert lay_out(text) == text.replace("ServerName     a", "ServerName a")


@pytest.mark.parametrize(
    "text",
    [
        'Header set X "a \\\n   b"\n',  # blanks inside quotes
        "ServerAlias a.exa\\\nmple.com\n",  # a word over two lines
        "Proxy\\\nPass / http://a/\n",  # the name over two lines
        "# a comment \\\n   that goes on\n",
        'Error "no \\\n    good"\n',
        "RewriteRule ^/a\\ \\\n  b -\n",  # a blank that belongs to the pattern
        "\\\nListen 80\n",
    ],
)
def test_continued_lines_that_may_not_move(text: str) -> None:
    assert lay_out(text) == text


def test_a_backslash_at_the_end_joins_nothing_new() -> None:
    assert lay_out("ServerAdmin a\\ \nListen 80\n") == "ServerAdmin a\\ \nListen 80\n"


def test_macros_keep_their_lines() -> None:
    before = "<macro a timeout  $x>\n  timeout   $x\n</macro>\nuse a b 5\n"
    assert lay_out(before) == "<Macro a timeout  $x>\n    timeout   $x\n</Macro>\nUse a b 5\n"


def test_what_does_not_balance_is_laid_out_as_far_as_it_goes() -> None:
    assert lay_out("</Location>\n<Directory /a>\nOptions None\n") == "</Location>\n<Directory /a>\n    Options None\n"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("proxypass", "ProxyPass"),
        ("<virtualhost", "<VirtualHost"),
        ("</IFMODULE>", "</IfModule>"),
        ("<else>", "<Else>"),
        ("mine", "mine"),
        ("${NAME}", "${NAME}"),
        ("location", "location"),
    ],
)
def test_names_as_httpd_spells_them(name: str, said: str) -> None:
    assert spelt(name) == said


def configurations() -> list[tuple[str, str]]:
    """Every configuration in the tests and examples: (where, text)."""
    found = [(path.name, path.read_text()) for path in sorted((CHECKOUT / "examples").glob("*.conf"))]
    for path in sorted((CHECKOUT / "tests").rglob("*.md")):
        for number, block in enumerate(re.findall(r"^```apache.*?\n(.*?)^```", path.read_text(), re.S | re.M), 1):
            found.append((f"{path.relative_to(CHECKOUT)} {number}", block))
    installed = sorted(Path("/etc/apache2").rglob("*.conf"))
    return found + [(str(path), path.read_text()) for path in installed]


def without_origins(value: Any) -> Any:
    """Settings as plain values, places left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            item.name: without_origins(getattr(value, item.name))
            for item in dataclasses.fields(value)
            if not isinstance(getattr(value, item.name), Origin)
        }
    if isinstance(value, tuple):
        return tuple(without_origins(item) for item in value if not isinstance(item, Origin))
    return value


def loads_to(text: str) -> Any:
    loaded = load_text(text)
    codes = sorted((diagnostic.severity, diagnostic.code) for diagnostic in loaded.diagnostics)
    return codes, without_origins(loaded.settings.main) if loaded.settings is not None else None


@pytest.mark.parametrize("text", [pytest.param(text, id=place) for place, text in configurations()])
def test_every_configuration_that_we_have_means_the_same_afterwards(text: str) -> None:
    made = lay_out(text)
    assert lay_out(made) == made
    assert keeps_meaning(make_source("a.conf", text), made)
    assert loads_to(made) == loads_to(text)


NAMES = ("proxypass", "RewriteRule", "RewriteCond", "Header set X", "error", "Require", "listen 80", "${X}", "use m a")
TAGS = ("<Location", "<virtualhost *:80>", "</location>", "<Macro", "<macro m $x>", "</Macro>", "</Macro", "<If", ">")
WORDS = ("a", "/b", "$x", '"', "'", "\\", "#", "# x")
ENDS = ("\\\n", "\\\r\n", " ", "  ", "\t", "\n", "\r\n", "\n\n", "\r", "\f")
PIECES = st.sampled_from((*NAMES, *TAGS, *WORDS, *ENDS))


@settings(max_examples=400, deadline=None)
@example("\\\\\n ")
@given(st.lists(PIECES, max_size=30).map("".join))
def test_whatever_is_written(text: str) -> None:
    source = make_source("a.conf", text)
    made = laid_out(source)
    assert keeps_meaning(source, made), (meaning(source), meaning(make_source("a.conf", made)))
    assert lay_out(made) == made


def test_the_net_sees_what_it_must() -> None:
    source = make_source("a.conf", "# a\nHeader set X 'a  b'\nRewriteRule ^/a\\ b -\n")
    assert keeps_meaning(source, "# a\n  header   set X 'a  b'\nrewriterule ^/a\\ b   -\n")
    assert not keeps_meaning(source, "# b\nHeader set X 'a  b'\nRewriteRule ^/a\\ b -\n")
    assert not keeps_meaning(source, "# a\nHeader set X 'a b'\nRewriteRule ^/a\\ b -\n")
    assert not keeps_meaning(source, "# a\nHeader set X 'a  b'\nRewriteRule ^/a\\  b -\n")
