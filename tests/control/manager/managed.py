"""A manager over two balancers, asked as a browser would ask it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from urllib.parse import urlencode

from evenflow.balancer.balance import Balance
from evenflow.control import manager
from evenflow.origin import Origin
from evenflow.plan.model import Balancer, Member, Plan, VirtualHost
from evenflow.slotmem.scoreboard import Scoreboard

NAME = b"wiki.example.com"
REFERER = b"http://wiki.example.com:8080/balancer-manager?b=confluence"
SPACE = "{http://httpd.apache.org}"


class Managed:
    """balancer://confluence with two members and a fixed nonce, balancer://lone with one and a random nonce."""

    def __init__(self, nonce: bytes | None = b"secret", children: int = 1, growth: int = 0) -> None:
        origins = [Origin("conf/wiki.conf", line, "BalancerMember ...") for line in (9, 10, 20)]
        urls = (b"http://127.0.0.1:8090", b"http://127.0.0.2:8090", b"http://127.0.0.1:8091")
        members = []
        for index, url in enumerate(urls):
            host, _, port = url.removeprefix(b"http://").decode().partition(":")
            members.append(Member(url, b"http", host, int(port), b"", index, origins[index]))
        members[0].route = b"n1"
        members[1].route, members[1].loadfactor, members[1].status = b"n2", 150, b"H"
        confluence = Balancer(b"confluence", tuple(members[:2]), 0, Origin("conf/wiki.conf", 8, "<Proxy ...>"))
        confluence.nonce = nonce
        confluence.sticky_cookie = b"JSESSIONID"
        confluence.sticky_path = b"jsessionid"
        lone = Balancer(b"lone", tuple(members[2:3]), 1, Origin("conf/wiki.conf", 19, "<Proxy ...>"))
        lone.timeout = 3.0
        confluence.growth = growth
        for index in range(len(members), len(members) + growth):
            spare = Member(b"", b"http", "", 0, b"", index, Origin("conf/wiki.conf", 8, "<Proxy ...>"))
            spare.status, spare.balancer = b"D", confluence
            members.append(spare)
        confluence.spares = tuple(members[3:])
        self.plan = Plan()
        self.plan.members = tuple(members)
        self.plan.balancers = (confluence, lone)
        self.host = VirtualHost(0, NAME, Origin("conf/wiki.conf", 1, "<VirtualHost ...>"))
        self.scoreboard = Scoreboard(members, self.plan.balancers, children)

    def balance(self, index: int = 0, child: int = 0) -> Balance:
        return Balance(self.plan.balancers[index], self.scoreboard, child)

    def ask(
        self, method: str = "GET", query: str = "", body: str = "", referer: bytes = REFERER
    ) -> tuple[int, dict[str, str], str]:
        status, fields, text = manager.answer(
            method.encode(),
            b"/balancer-manager",
            query.encode(),
            referer,
            NAME,
            body.encode(),
            self.host,
            self.plan,
            self.scoreboard,
        )
        said = {name.decode(): value.decode() for name, value in fields}
        assert said["Content-Length"] == str(len(text))
        return status, said, text.decode("latin-1")

    def post(self, referer: bytes = REFERER, **fields: str) -> str:
        """Send the form of a member, or of the balancer if `w` is empty; answer the page's notices."""
        said = {"b": "confluence", "w": "http://127.0.0.1:8090", "nonce": "secret", **fields}
        status, _, text = self.ask(
            "POST", "", urlencode({name: value for name, value in said.items() if value != ""}), referer
        )
        assert status == 200
        return " ".join(re.findall(r"<p class='notice' role='status'>(.*?)</p>", text))

    def report(self) -> list[dict[str, str]]:
        """The members' elements of the XML."""
        status, fields, text = self.ask(query="xml=1")
        assert (status, fields["Content-Type"]) == (200, "text/xml")
        return [
            {element.tag.removeprefix(SPACE): element.text or "" for element in worker}
            for worker in ElementTree.fromstring(text).iter(f"{SPACE}worker")
        ]
