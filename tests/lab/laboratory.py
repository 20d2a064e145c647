"""The laboratory: its nodes are started once, each deployment gets a front of its own before them, and is visited.

Nodes have Confluence's and Synchrony's usual ports, at addresses of their own (127.X.Y.Z). Fronts have addresses too,
and all of them the public port: each is https://wiki.example.test:PORT, as the nodes believe, and several serve at the
same time.
"""

from __future__ import annotations

import itertools
import re
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from evenflow.tools.doctor.asking import Asker, Manners, Place
from evenflow.tools.doctor.run import Report, examine
from evenflow.tools.doctor.visit import Node, Visit
from evenflow.tools.init import site as init
from evenflow.tools.init.make import configuration, for_nodes
from evenflow.tools.init.profile import PROFILES
from tests.lab.certificates import Authority
from tests.lab.nodes import GONE, Connector, connector, server_xml, service, synchronies, tomcat, wait_for
from tests.nodes.fronts import evenflow_front, httpd_front
from tests.peers import AT_ONCE, PORTS, free_port

NAME: Final = "wiki.example.test"
WIKI: Final = 8090
SYNCHRONY: Final = 8091
HTTPD_MODULES: Final = (
    "proxy_hcheck", "reqtimeout", "alias", "status", "auth_basic", "authn_core", "authn_file", "authz_user",
    "cache", "cache_socache",
)  # fmt: skip
JAVA: Final = "-Xmx128m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
CONNECTOR: Final = re.compile(r"<Connector .*?/>", re.DOTALL)
VALVE: Final = re.compile(r"<Valve .*?/>", re.DOTALL)
START_UP: Final = re.compile(r"^ *(CATALINA_OPTS=.*)$", re.MULTILINE)
ATTRIBUTE: Final = re.compile(r'([A-Za-z]+)="([^"]*)"')

Certificate = tuple[Path, Path]


@dataclass(frozen=True, slots=True)
class Deployment:
    """What `evenflow init` writes for nodes at these addresses, and what it prints for their own files."""

    text: str
    told: str
    manager: int
    """The port at which the manager is, for this machine alone."""
    tls: bool
    path: str
    wikis: tuple[str, ...]
    synchronies: tuple[str, ...]


@dataclass(slots=True)
class Laboratory:
    """What runs, and where. `network` is the second number of all its addresses; no other process has the same."""

    folder: Path
    authority: Authority
    certificate: Certificate
    port: int
    network: int
    kinds: Mapping[str, Connector]
    synchrony_kinds: Sequence[str]
    told: str = ""
    """What `evenflow init` prints for the healthy nodes' files."""
    bases: tuple[Path, ...] = ()
    """The healthy nodes' folders."""
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(0))

    @property
    def url(self) -> str:
        """What people type."""
        return f"https://{NAME}:{self.port}"

    def wiki(self, place: int, kind: str = "") -> str:
        """The address of node 0 or 1 of a kind, "" for healthy."""
        return f"127.{self.network}.{place}.{list(self.kinds).index(kind) + 2 if kind else 1}"

    def synchrony(self, place: int, kind: str = "") -> str:
        """The same for Synchrony."""
        return f"127.{self.network}.{place}.{self.synchrony_kinds.index(kind) + 2 if kind else 1}"

    def deploy(
        self,
        wikis: Sequence[str] = ("", ""),
        synchronies: Sequence[str] = ("", ""),
        tls: Certificate | None = None,
        direct: bool = False,
    ) -> Deployment:
        """Nodes 1 and 2, each healthy ("") or of a kind; `tls` None for a site in the clear."""
        nodes = tuple(self.wiki(place, kind) for place, kind in enumerate(wikis))
        editors = tuple(self.synchrony(place, kind) for place, kind in enumerate(synchronies))
        path = self.kinds[wikis[0]].path if wikis[0] else ""
        site = init.Site(
            NAME,
            self.port,
            manager := free_port(),
            path,
            tuple(init.Node(one, WIKI) for one in nodes),
            tuple(init.Node(one, SYNCHRONY) for one in editors),
            *(map(str, tls or ())),
            direct=direct,
        )
        profile = PROFILES["confluence"]
        text = configuration(profile, site, "confluence.conf")
        return Deployment(text, for_nodes(profile, site), manager, tls is not None, path, nodes, editors)

    @contextmanager
    def front(self, kind: str, deployment: Deployment) -> Iterator[tuple[Path, str]]:
        """evenflow or httpd with the deployment's file; gives the file and the address at which it serves."""
        number = next(self.numbers)
        host, folder = f"127.{self.network}.{2 + number // 250}.{number % 250 + 1}", self.folder / f"{kind}{number}"
        folder.mkdir()
        file = folder / "confluence.conf"
        text = deployment.text
        for everywhere, here in (
            (f"Listen {self.port}\n", f"Listen {host}:{self.port}\n"),
            (f" 127.0.0.1:{deployment.manager}", f" {host}:{deployment.manager}"),
        ):
            assert everywhere in text
            text = text.replace(everywhere, here)
        file.write_text(text)
        if kind == "evenflow":
            front = evenflow_front(file, self.port, host=host)
        else:
            front = httpd_front(file, self.port, host, HTTPD_MODULES)
        with front:
            yield file, host

    def visit(self, deployment: Deployment, host: str, idle: float, expected: str = "") -> Report:
        """As `evenflow doctor --expect` does, in less time: nobody else is to be spared here."""
        manners = Manners(rate=1000.0, most=1000)
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        place = Place("https" if deployment.tls else "http", NAME, self.port, (host, self.port))
        visit = Visit(Asker(place, manners, trust), deployment.path, [], idle)
        visit.expected = expected
        for wiki, synchrony in zip(deployment.wikis, deployment.synchronies, strict=True):
            beside = Asker(Place("http", synchrony, SYNCHRONY), manners, trust)
            visit.nodes.append(Node(wiki, Asker(Place("http", wiki, WIKI), manners, trust), beside))
        return examine(visit)


@contextmanager
def laboratory(folder: Path, kinds: Mapping[str, Connector], synchrony_kinds: Sequence[str]) -> Iterator[Laboratory]:
    """Start all nodes, healthy ones and every kind of broken ones, and wait until they serve."""
    folder.chmod(0o755)
    authority = Authority(folder)
    port = free_port("0.0.0.0")
    # Ports are given to processes in blocks: nobody else has one of this block, nor the network of its number.
    network = 40 + (port - PORTS.start) // AT_ONCE
    lab = Laboratory(folder, authority, authority.sign(NAME, "good"), port, network, kinds, synchrony_kinds)
    lab.told = lab.deploy(tls=lab.certificate).told
    editors = [(lab.synchrony(place, kind), SYNCHRONY, kind) for kind in ("", *synchrony_kinds) for place in (0, 1)]
    base = f"-Devenflow.base={lab.url}"
    faults = [f"{lab.wiki(place, kind)}={one.application}" for kind, one in kinds.items() for place in (0, 1)]
    with ExitStack() as stack:
        stack.enter_context(synchronies(folder, editors))
        waited = []
        printed = zip(CONNECTOR.findall(lab.told), START_UP.findall(lab.told), strict=True)
        for place, (line, start_up) in enumerate(printed):
            here = lab.wiki(place)
            own = line.replace("<Connector", f'<Connector address="{here}"')
            text = server_xml(service("Standalone", own, valve_of(lab), ""))
            node = folder / f"node{place + 1}"
            process = stack.enter_context(tomcat(node, text, f"{start_up}\nexport CATALINA_OPTS\n", f"{JAVA} {base}"))
            waited.append((process, here, "", node))
            lab.bases += (node,)
        node, alike = folder / "sick", sorted({(one.valve, one.path) for one in kinds.values()})
        text = server_xml("".join(sick_service(lab, *both) for both in alike))
        options = f"{JAVA} {base} -Devenflow.faults={','.join(faults)}"
        process = stack.enter_context(tomcat(node, text, "", options))
        for both in alike:
            first = next(kind for kind, one in kinds.items() if (one.valve, one.path) == both)
            waited.append((process, lab.wiki(0, first), both[1], node))
        for process, here, path, node in waited:
            wait_for(process, here, WIKI, path, node / "start.out")
        yield lab


def valve_of(lab: Laboratory, kind: str = "told") -> str:
    """The RemoteIpValve that `evenflow init` tells nodes to have, one that does not read the port, or none."""
    told = VALVE.search(lab.told)
    assert told is not None
    return {"told": told[0], "portless": told[0].replace('portHeader="x-forwarded-port"', ""), "": ""}[kind]


def sick_service(lab: Laboratory, valve: str, path: str) -> str:
    """All kinds of broken nodes that have this RemoteIpValve, and live below `path`."""
    lines = [
        sick_connector(lab, kind, place)
        for kind, one in lab.kinds.items()
        if (one.valve, one.path) == (valve, path) and one.application != GONE
        for place in (0, 1)
    ]
    name = f"{valve or 'without'}{path.replace('/', '-')}"
    return service(name, "\n  ".join(lines), valve_of(lab, valve), path)


def sick_server_xml(lab: Laboratory, kind: str, place: int) -> str:
    """What the server.xml of one broken node would be, were it a Tomcat of its own."""
    one = lab.kinds[kind]
    return server_xml(service("Standalone", sick_connector(lab, kind, place), valve_of(lab, one.valve), one.path))


def sick_connector(lab: Laboratory, kind: str, place: int) -> str:
    """The healthy connector, with what makes it broken."""
    healthy = CONNECTOR.search(lab.told)
    assert healthy is not None
    attributes: dict[str, str | None] = {**dict(ATTRIBUTE.findall(healthy[0])), **lab.kinds[kind].attributes}
    attributes["address"] = lab.wiki(place, kind)
    return connector({name: value for name, value in attributes.items() if value is not None})
