"""Fuzz target: htpasswd and htgroup files, and hashes.

Each input is a file. It is read by us and by a slow reader that knows the format another way: both find the same users.
Each hash is tried with a password; nothing is raised, and a hash of our own making is recognised.
"""

from __future__ import annotations

import random
import re
from typing import Final

from evenflow.plan.userfiles import parse_groups, parse_passwords
from evenflow.serve.passwords import apr1, is_password
from fuzz import mutation

CORPUS: Final = (
    b"a:$apr1$salt$xxj8OrnUKLPlnIZcE1jkX1\nb:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n# c:d\n\ne:rqXexS6ZhobKA\n",
    b"a:b:c\n a : b \r\nlong\\\nline:x\\\n",
    b"g: a b c\nh:a\ng: d\n :x\nno colon\n",
    b"u:$1$x$y\nv:{SHA}\nw:$apr1$\nx:\ny:$9$\nz:*0\n",
)
WORDS: Final = (
    b"$apr1$",
    b"{SHA}",
    b":",
    b"::",
    b"\\\n",
    b"\\",
    b"#",
    b"\r\n",
    b"\x00",
    b"\xff",
    b" ",
    b"\t",
    b"=",
    b"a:",
)

SLOW: Final = re.compile(rb"\$(?:2|5|6|7|y|gy)\$?")
"""How often these go round stands in the hash, and may be for hours: who writes the file means it."""


def read_slowly(data: bytes) -> list[bytes]:
    """The lines, joined one by one: what is joined is looked at again."""
    joined, again = data, 1
    while again:
        joined, again = re.subn(rb"\\\r?\n", b"", joined, count=1)
    lines = [line.strip(b" \t\r\v\f") for line in joined.split(b"\n")]
    return [line for line in lines if line and line[:1] != b"#"]


def check(data: bytes, rng: random.Random) -> int:
    """Read one file; accepted if somebody stands in it."""
    users: dict[bytes, bytes] = {}
    groups: dict[bytes, set[bytes]] = {}
    for line in read_slowly(data):
        name, colon, rest = line.partition(b":")
        if colon:
            users.setdefault(name, rest.partition(b":")[0])
            for user in rest.split():
                groups.setdefault(user, set()).add(name)
    assert parse_passwords(data) == users, users
    assert parse_groups(data) == groups, groups
    if users and rng.random() < 0.2:
        name = rng.choice(list(users))
        stored, password = users[name], rng.choice((b"", b"secret", data[:40]))
        if not SLOW.match(stored):
            is_password(password, stored)
        if stored.startswith(b"$apr1$"):
            assert is_password(password, apr1(password, stored[6:].partition(b"$")[0][:8]))
    return len(data) if users else -1


if __name__ == "__main__":
    mutation.main("passwords", check, CORPUS, WORDS)
