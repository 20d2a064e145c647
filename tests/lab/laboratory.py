"""The laboratory: its nodes are started once, each set-up gets a front of its own in front of them, and is visited.

Every front has the public port, at an address of its own (127.0.X.Y): all of them are https://wiki.example.test:PORT,
as the nodes believe, and may serve at the same time.
"""

from __future__ import annotations

import itertools
import re
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from tests.lab.nodes import HEALTHY, SICK, Connector, connector, server_xml, service, synchronies, tomcat, wait_for
from tests.nodes.fronts import evenflow_front, httpd_front
from tests.peers import free_port

NAME: Final = "wiki.example.test"
FRONTS: Final = ("evenflow", "httpd")
HTTPD_MODULES: Final = (
    "proxy_hcheck", "reqtimeout", "alias", "status", "auth_basic", "authn_core", "authn_file", "authz_user",
)  # fmt: skip
JAVA: Final = "-Xmx128m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
CONNECTOR: Final = re.compile(r"<Connector .*?/>", re.DOTALL)
VALVE: Final = re.compile(r"<Valve .*?/>", re.DOTALL)
START_UP: Final = re.compile(r"^ *(CATALINA_OPTS=.*)$", re.MULTILINE)
ATTRIBUTE: Final = re.compile(r'([A-Za-z]+)="([^"]*)"')

Address = tuple[str, int]
Certificate = tuple[Path, Path]
Change = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Deployment:
    """A configuration for some nodes, as `evenflow init` writes it, and what it prints for the nodes' own files."""

    text: str
    told: str
    tls: bool
    wikis: tuple[Address, ...]
    synchronies: tuple[Address, ...]


@dataclass(slots=True)
class Laboratory:
    """What runs, and where. `sick` and `sick_synchronies` give the port of each kind of broken node."""

    folder: Path
    authority: Authority
    certificate: Certificate
    port: int
    wiki: int
    synchrony: int
    sick: Mapping[str, int]
    sick_synchronies: Mapping[str, int]
    bases: tuple[Path, ...] = ()
    """The healthy nodes' folders."""
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def url(self) -> str:
        """What people type."""
        return f"https://{NAME}:{self.port}"

    def deploy(
        self, wikis: Sequence[str] = ("", ""), synchronies: Sequence[str] = ("", ""), tls: Certificate | None = None
    ) -> Deployment:
        """Nodes 1 and 2, each healthy ("") or broken in a way that has a name; `tls` None for a site in the clear."""
        nodes = tuple(
            (SICK[place], self.sick[kind]) if kind else (HEALTHY[place], self.wiki) for place, kind in enumerate(wikis)
        )
        editors = tuple(
            (SICK[place], self.sick_synchronies[kind]) if kind else (HEALTHY[place], self.synchrony)
            for place, kind in enumerate(synchronies)
        )
        site = init.Site(
            NAME,
            self.port,
            free_port(),
            "",
            tuple(init.Node(*one) for one in nodes),
            tuple(init.Node(*one) for one in editors),
            *(map(str, tls or ())),
        )
        profile = PROFILES["confluence"]
        text = configuration(profile, site, "confluence.conf")
        return Deployment(text, for_nodes(profile, site), tls is not None, nodes, editors)

    @contextmanager
    def front(self, kind: str, deployment: Deployment) -> Iterator[tuple[Path, str]]:
        """evenflow or httpd with the deployment's file; gives the file and the address at which it serves."""
        number = next(self.numbers)
        host, folder = f"127.1.{number // 250}.{number % 250 + 1}", self.folder / f"{kind}{number}"
        folder.mkdir()
        file = folder / "confluence.conf"
        listen = f"Listen {self.port}\n"
        assert listen in deployment.text
        file.write_text(deployment.text.replace(listen, f"Listen {host}:{self.port}\n"))
        if kind == "evenflow":
            front = evenflow_front(file, self.port, host=host)
        else:
            front = httpd_front(file, self.port, host, HTTPD_MODULES)
        with front:
            yield file, host

    def visit(self, deployment: Deployment, host: str, idle: float) -> Report:
        """As `evenflow doctor` does, in less time: nobody else is to be spared here."""
        manners = Manners(rate=1000.0, most=1000)
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        scheme = "https" if deployment.tls else "http"
        visit = Visit(Asker(Place(scheme, NAME, self.port, (host, self.port)), manners, trust), "", [], idle)
        for wiki, synchrony in zip(deployment.wikis, deployment.synchronies, strict=True):
            asker = Asker(Place("http", *wiki), manners, trust)
            beside = Asker(Place("http", *synchrony), manners, trust)
            visit.nodes.append(Node(f"{wiki[0]}:{wiki[1]}", asker, beside))
        return examine(visit)


@contextmanager
def laboratory(folder: Path, kinds: Mapping[str, Connector], synchrony_kinds: Sequence[str]) -> Iterator[Laboratory]:
    """Start all nodes, healthy ones and every kind of broken ones, and wait until they serve."""
    folder.chmod(0o755)
    authority = Authority(folder)
    lab = Laboratory(
        folder,
        authority,
        authority.sign(NAME, "good"),
        free_port("0.0.0.0"),
        free_port(*HEALTHY),
        free_port(*HEALTHY),
        {kind: free_port(*SICK) for kind in kinds},
        {kind: free_port(*SICK) for kind in synchrony_kinds},
    )
    told = lab.deploy(tls=lab.certificate).told
    valve = VALVE.search(told)
    assert valve is not None
    places = [(host, lab.synchrony, "") for host in HEALTHY]
    places += [(host, port, kind) for kind, port in lab.sick_synchronies.items() for host in SICK]
    with ExitStack() as stack:
        stack.enter_context(synchronies(folder, places))
        base = f"-Devenflow.base=https://{NAME}:{lab.port}"
        started = []
        for host, line, start_up in zip(HEALTHY, CONNECTOR.findall(told), START_UP.findall(told), strict=True):
            own = service("Standalone", line.replace("<Connector", f'<Connector address="{host}"'), valve[0])
            node = folder / f"node{host[-1]}"
            text, lines = server_xml(own), f"{start_up}\nexport CATALINA_OPTS\n"
            started.append((stack.enter_context(tomcat(node, text, lines, f"{JAVA} {base}")), host, lab.wiki, node))
            lab.bases += (node,)
        faults = ",".join(f"{lab.sick[kind]}={one.application}" for kind, one in kinds.items())
        text = server_xml(sick_service(lab, kinds, True) + sick_service(lab, kinds, False))
        node, options = folder / "sick", f"{JAVA} {base} -Devenflow.faults={faults}"
        process = stack.enter_context(tomcat(node, text, "", options))
        for valve_there in (True, False):
            port = next(lab.sick[kind] for kind, one in kinds.items() if one.valve == valve_there)
            started.append((process, SICK[0], port, node))
        for running, host, port, node in started:
            wait_for(running, host, port, node / "start.out")
        yield lab


def sick_service(lab: Laboratory, kinds: Mapping[str, Connector], valve: bool) -> str:
    """All kinds of broken nodes that have a RemoteIpValve, or all that have none."""
    lines = [
        sick_connector(lab, kind, one, host) for kind, one in kinds.items() if one.valve == valve for host in SICK
    ]
    told = VALVE.search(lab.deploy(tls=lab.certificate).told) if valve else None
    return service("Valve" if valve else "Plain", "\n  ".join(lines), told[0] if told is not None else "")


def sick_connector(lab: Laboratory, kind: str, one: Connector, host: str) -> str:
    """The healthy connector, with what makes it broken."""
    healthy = CONNECTOR.search(lab.deploy(tls=lab.certificate).told)
    assert healthy is not None
    attributes: dict[str, str | None] = {**dict(ATTRIBUTE.findall(healthy[0])), **one.attributes}
    attributes |= {"port": str(lab.sick[kind]), "address": host}
    return connector({name: value for name, value in attributes.items() if value is not None})
