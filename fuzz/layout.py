"""Fuzz target: laying a file out evenly.

Each input is one file. What comes out must mean what it meant, whatever it was, and laying it out again must change
nothing more.
"""

from __future__ import annotations

import random
from typing import Final

from evenflow.config.layout import keeps_meaning, laid_out
from evenflow.config.source import make_source
from fuzz import configuration, mutation

CORPUS: Final = (
    *configuration.CORPUS,
    b"  <location /a>\n\tproxypass   http://b1  \\\n   retry=0\n\n\n\n# said\n</LOCATION>\n",
    b'RewriteRule \\\n  ^/a \\\n  /b [L]\nHeader set A "x\\\ny"\n\\\n# kept \\\non\n',
    b"<macro m $x>\n  <$x>\n listen $x\n</$x>\n</macro>\n",
)
WORDS: Final = (
    *configuration.WORDS,
    b"\\\n",
    b"\\",
    b"\n\n\n",
    b"  ",
    b"\t\\\n",
    b"# ",
    b"</",
    b"\r\n",
    b"\x0b",
    b"\x0c",
)


def check(data: bytes, rng: random.Random) -> int:
    """Lay one file out, twice; accepted if something changed."""
    source = make_source("fuzz.conf", data.decode("utf-8", "surrogateescape"))
    after = laid_out(source)
    assert keeps_meaning(source, after), after
    again = laid_out(make_source("fuzz.conf", after))
    assert again == after, (after, again)
    return len(data) if after != "\n".join(source.lines) + "\n" else -1


if __name__ == "__main__":
    mutation.main("layout", check, CORPUS, WORDS)
