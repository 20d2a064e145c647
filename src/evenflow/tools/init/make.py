"""A site becomes the text of its configuration, and the lines that belong into the nodes' own files."""

from __future__ import annotations

from importlib import resources
from typing import Final

from evenflow.tools.init.profile import COMMON_MODULES, Profile
from evenflow.tools.init.site import Node, Site
from evenflow.tools.init.template import fill, parts

ROBOTS: Final = "User-agent: *\nDisallow: /\n"


def configuration(profile: Profile, site: Site, file: str) -> str:
    """The whole file; `file` is what it will be called."""
    values = {
        "title": profile.title,
        "profile": profile.name,
        "url": site.root + site.path,
        "count": "one node" if len(site.nodes) == 1 else f"{len(site.nodes)} nodes",
        "root": site.root,
        "file": file,
        "modules": COMMON_MODULES + (", ssl" if site.tls else ""),
        "name": site.name,
        "port": str(site.port),
        "inner": str(site.manager_port),
        "scheme": site.scheme,
        "certificate": site.certificate,
        "key": site.key,
        "robots": site.robots,
        "path": site.path,
        "front": site.path or "/",
        "cookie": site.path or "/",
        "secure": "; Secure" if site.tls else "",
    }
    switches = {
        "tls": site.tls,
        "redirect": site.tls and site.port == 443,
        "robots": bool(site.robots),
        "path": bool(site.path),
        "direct": site.direct,
    }
    nodes = [
        {"address": node.address, "route": f"node{place}", "synchrony": synchrony}
        for place, (node, synchrony) in enumerate(zip(site.nodes, addresses(site.synchrony, site), strict=True), 1)
    ]
    balancers, mappings = (fill(part, values, switches, nodes) for part in parts(read(profile.name)))
    lines = []
    for line in read("front").splitlines(keepends=True):
        if line.strip() == "@balancers":
            line = escaped(balancers) + "\n"
        elif line.strip() == "@mappings":
            line = escaped(mappings) + "\n"
        lines.append(line)
    return fill("".join(lines), values, switches, nodes) + "\n"


def addresses(synchrony: tuple[Node, ...], site: Site) -> list[str]:
    """Synchrony's, one for each node; "" where there is none."""
    return [node.address for node in synchrony] or [""] * len(site.nodes)


def escaped(text: str) -> str:
    """Text that is filled in already, and is to pass through once more."""
    return text.replace("$", "$$")


def read(name: str) -> str:
    """A profile's file."""
    return resources.files("evenflow.tools.init").joinpath("profiles", f"{name}.conf").read_text("utf-8")


def for_nodes(profile: Profile, site: Site) -> str:
    """What belongs into the nodes' own files, for people; "" for nothing."""
    told = ["\n".join(lines) for node in site.nodes if (lines := profile.own(site, node))]
    return "\n\n".join(told)
