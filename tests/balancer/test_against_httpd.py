"""The same requests to httpd and to us: random balancers and random sessions, request by request and cell by cell.

The choice must be the same each time, and in the end httpd's manager must show our bookkeeping to the digit. The seeds
are fixed: a failure can be repeated.
"""

from __future__ import annotations

import random
from typing import Any, Final

import pytest

from evenflow.balancer.sticky import find_session
from tests.balancer.cluster import Cluster, member
from tests.balancer.httpd import httpd
from tests.peers import free_port

BALANCERS: Final = 50
SESSIONS: Final = 250
ROUTES: Final = ("n1", "n2", "n3")

# (what ProxySet says, the same as the plan's fields)
STICKY: Final = (
    ("stickysession=SID", {"sticky_cookie": b"SID"}),
    ("stickysession=SID scolonpathdelim=On", {"sticky_cookie": b"SID", "semicolon_ends": True}),
    (
        "stickysession=AB|ba stickysessionsep=Off",
        {"sticky_cookie": b"AB", "sticky_path": b"ba", "sticky_separator": b""},
    ),
    ("stickysession=SID stickysessionsep=!", {"sticky_cookie": b"SID", "sticky_separator": b"!"}),
)


@pytest.mark.parametrize("seed", [1, 2])
def test_choices_and_bookkeeping(seed: int) -> None:
    dice = random.Random(seed)
    live, dead = ([free_port() for _ in range(5)] for _ in range(2))
    made = [invent(dice, f"c{index}", live, dead) for index in range(BALANCERS)]
    with httpd("\n".join(text for text, _ in made), live) as front:
        for index, (text, cluster) in enumerate(made):
            for _ in range(dice.randint(3, 9)):
                cookie = dice.choice([None, None, *(f"SID=.{route}" for route in (*ROUTES, "unknown"))])
                response, _ = front.request(f"/c{index}/x", cookie)
                ours = cluster.request(b"/x", cookie.encode() if cookie else None)
                url = response.getheader("X-Member") or ""
                theirs = "503" if response.status == 503 else str(live.index(int(url.rpartition(":")[2])) + 1)
                assert ours == theirs, text
                if ours != "503":
                    assert cluster.changed[-1] == (response.getheader("X-Changed") == "1"), text
        states = front.states()
    for index, (text, cluster) in enumerate(made):
        ours_now = [(slot.owed, slot.elected, slot.error_since != 0.0, slot.retries) for slot in cluster.slots]
        assert ours_now == states[f"c{index}"], text


def invent(dice: random.Random, name: str, live: list[int], dead: list[int]) -> tuple[str, Cluster]:
    """A balancer as lines for httpd and as a cluster for us."""
    lines, members, gone = [], [], []
    for place in range(dice.randint(1, 5)):
        status = "".join(letter for letter in "DSIHRNE" if dice.random() < (0.25 if letter in "HR" else 0.1))
        factor, lbset = dice.choice([1, 1, 1, 2, 3, 5, 1.5]), dice.choice([0, 0, 0, 0, 1, 2])
        route, redirect = dice.choice([*ROUTES, ""]), dice.choice([*ROUTES, "", ""])
        if dice.random() < 0.3:
            gone.append(place + 1)
        port = dead[place] if place + 1 in gone else live[place]
        words = [f"loadfactor={factor}", f"lbset={lbset}", f"route={route}", f"redirect={redirect}"]
        words += [f"status=+{status}"] if status else []
        lines.append(f"BalancerMember http://127.0.0.1:{port} {' '.join(words)}")
        members.append(
            member(
                status=status.encode(),
                loadfactor=round(factor * 100),
                lbset=lbset,
                route=route.encode(),
                redirect=redirect.encode(),
            )
        )
    words, fields = ["nonce=known"], {}
    said: list[tuple[float, str, dict[str, Any]]] = [
        (0.7, "stickysession=SID", {"sticky_cookie": b"SID"}),
        (0.3, "nofailover=On", {"nofailover": True}),
        (0.4, "forcerecovery=Off", {"forcerecovery": False}),
        (0.3, "lbmethod=bybusyness", {"lbmethod": "bybusyness"}),
        *((0.1, f"maxattempts={number}", {"maxattempts": number}) for number in range(3)),
    ]
    for chance, word, field in said:
        if dice.random() < chance:
            words.append(word)
            fields.update(field)
    text = "\n".join(
        [
            f"<Proxy balancer://{name}>",
            *lines,
            f"ProxySet {' '.join(words)}",
            "</Proxy>",
            f"ProxyPass /{name}/ balancer://{name}/",
        ]
    )
    return text, Cluster(*members, dead=tuple(gone), **fields)


def test_sessions() -> None:
    dice = random.Random(3)
    live = [free_port() for _ in range(2)]
    text = "\n".join(
        f"<Proxy balancer://c{index}>\nBalancerMember http://127.0.0.1:{live[0]} route=n1\n"
        f"BalancerMember http://127.0.0.1:{live[1]} route=n2\nProxySet {said}\n</Proxy>\n"
        f"ProxyPass /c{index}/ balancer://c{index}/"
        for index, (said, _) in enumerate(STICKY)
    )
    with httpd(text, live) as front:
        for index, (_, fields) in enumerate(STICKY):
            cluster = Cluster(member(route=b"n1"), member(route=b"n2"), **fields)
            cookie_name = fields["sticky_cookie"].decode()  # type: ignore[attr-defined]
            path_name = fields.get("sticky_path", fields["sticky_cookie"]).decode()  # type: ignore[attr-defined]
            for _ in range(SESSIONS):
                url, cookie = invent_url(dice, path_name, cookie_name), invent_cookie(dice, cookie_name, path_name)
                response, _ = front.request(f"/c{index}{url}", cookie)
                session = find_session(cluster.balance, url.encode(), None if cookie is None else cookie.encode())
                name, route = response.getheader("X-Name"), response.getheader("X-Route") or ""
                if session is None:
                    assert (name, route) == ("(null)", "(null)"), (url, cookie)
                else:
                    # Blanks at the ends of a field's value are not the value's.
                    assert session.name.decode() == name, (url, cookie)
                    assert session.route.decode().strip(" \t") == route.strip(" \t"), (url, cookie)


def invent_url(dice: random.Random, name: str, other: str) -> str:
    parts = [name, name, f"{name}=", "=", ".", "n2", "n1", "&", ";", "x", "/", "!", other]
    url = "/" + "".join(dice.choices(parts, k=dice.randint(0, 4))).replace("//", "/").replace("//", "/").lstrip("/")
    # Dot segments are taken away before anybody looks for a session.
    url = url.replace("/.", "/x.")
    if dice.random() < 0.7:
        url += "?" + "".join(dice.choices([*parts, "?"], k=dice.randint(0, 7)))
    return ended(url, name)


def invent_cookie(dice: random.Random, name: str, other: str) -> str | None:
    if dice.random() < 0.2:
        return None
    parts = [name, name, f"{name}=", "=", ".", "n2", "n1", ";", ",", " ", "x", "!", '"', "\t", other]
    cookie = "".join(dice.choices(parts, k=dice.randint(0, 9))).strip(" \t")
    return ended(cookie, name)


def ended(text: str, name: str) -> str:
    """Where a text ends in the name, or one byte behind it, httpd reads on behind its end: not for comparing."""
    return text + "zz" if name in text.rstrip("= \t")[-len(name) - 1 :] else text
