"""What stands in front of the nodes: the configuration, and who serves it, evenflow or Apache httpd.

Both get the very same file: `evenflow init confluence` writes it, or a person has. Around it stands a small one that
leads `/demo/` to the switch, and for httpd the lines that Debian's packaging would write.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from evenflow.tools.demo.cluster import DemoFault, Node
from evenflow.tools.init.make import configuration
from evenflow.tools.init.profile import COMMON_MODULES, PROFILES
from evenflow.tools.init.site import Node as Member
from evenflow.tools.init.site import Site

FRONTS: Final = ("evenflow", "httpd")
HTTPD: Final = Path("/usr/sbin/apache2")
MODULES: Final = Path("/usr/lib/apache2/modules")
BUILT_IN: Final = ("watchdog",)
MORE_MODULES: Final = ("mpm_event", "env", "rewrite", "setenvif", "ssl", "socache_shmcb")
LOG: Final = "httpd.log"
PORT: Final = 8080
MANAGER_PORT: Final = 8081

AROUND: Final = """# What `evenflow demo` serves: the configuration, and the switch on the editor's page.
ServerRoot "{root}"
Include "{file}"
<Location {path}>
    Require local
    ProxyPass http://127.0.0.1:{port}/
</Location>
"""
AROUND_HTTPD: Final = """{modules}
DefaultRuntimeDir "{folder}"
PidFile "{folder}/httpd.pid"
ErrorLog "{folder}/{log}"
ServerName localhost
StartServers 1
ServerLimit 2
ThreadsPerChild 64
MaxRequestWorkers 128
"""
AS_ROOT: Final = "User nobody\nGroup nogroup\n"


def made(nodes: Sequence[Node], port: int, manager_port: int) -> str:
    """The configuration that `evenflow init confluence` writes for these nodes."""
    application, synchrony = (
        tuple(Member(node.host, node.port) for node in nodes if node.kind == kind)
        for kind in ("confluence", "synchrony")
    )
    site = Site("localhost", port, manager_port, "", application, synchrony)
    return configuration(PROFILES["confluence"], site, "wiki.conf")


def around(file: Path, path: str, switch: int) -> str:
    """The text that includes `file` and leads `path` to the switch's port."""
    whole = file.resolve()
    return AROUND.format(root=whole.parent, file=whole, path=path, port=switch)


def command(front: str, file: Path) -> list[str]:
    """What to execute so that `front` serves `file` in the foreground. Raises `DemoFault`."""
    if front == "evenflow":
        # One child: its turns are strict, so that the second window is served by the second node.
        return [sys.executable, "-m", "evenflow", "serve", str(file), "--children", "1"]
    if not HTTPD.exists():
        raise DemoFault(f"there is no `{HTTPD}`\nhelp: apt-get install apache2")
    whole = file.with_name("httpd.conf")
    whole.write_text(for_httpd(file.parent) + file.read_text())
    return [str(HTTPD), "-f", str(whole), "-D", "FOREGROUND"]


def for_httpd(folder: Path) -> str:
    """The lines that httpd needs before an ordinary configuration."""
    names = dict.fromkeys([*MORE_MODULES, *COMMON_MODULES.split(", ")])
    lines = [f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in names if name not in BUILT_IN]
    text = AROUND_HTTPD.format(modules="\n".join(lines), folder=folder, log=LOG)
    return text + AS_ROOT if os.geteuid() == 0 else text
