"""The four proxies: how each is configured, started and named in the table.

Every one gets the nearest equivalent of the same configuration (bench/configs/), one process or one process with
threads that serves, kept connections without limit on both sides, and by default no access log.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from processes import Running

HERE: Final = Path(__file__).resolve().parent
CHECKOUT: Final = HERE.parent
CONFIGS: Final = HERE / "configs"

COMBINED: Final = '"%h %l %u %t \\"%r\\" %>s %b \\"%{Referer}i\\" \\"%{User-Agent}i\\""'
COMBINED_HAPROXY: Final = r"%ci\ -\ -\ [%T]\ %{+Q}r\ %ST\ %B\ %{+Q}[capture.req.hdr(0)]\ %{+Q}[capture.req.hdr(1)]"
CAPTURES_HAPROXY: Final = "capture request header Referer len 128\n    capture request header User-Agent len 128"

TLS_HTTPD: Final = "SSLEngine on\n    SSLCertificateFile {0}\n    SSLCertificateKeyFile {0}"
TLS_NGINX: Final = "ssl_certificate {0};\n        ssl_certificate_key {0};\n        ssl_protocols TLSv1.2 TLSv1.3;"

# Threads of httpd where requests are measured: twice the connections, because it closes kept connections when all are
# busy. Where tunnels are measured each needs one, and a few more are for what comes beside.
REQUEST_THREADS: Final = 128
SPARE_THREADS: Final = 64


@dataclass(frozen=True, slots=True)
class Setup:
    """What all programs of one start have in common. `threads` is httpd's; `certificate` is a PEM file with its key."""

    run: Path
    confluence: int
    synchrony: int
    cpu: int
    log: bool
    certificate: Path | None
    threads: int = REQUEST_THREADS

    def fill(self, name: str, port: int, program: str, target: str = "") -> Path:
        """Write configs/`name` with every @...@ filled in as `target` (or the same name); the file's path."""
        certificate = self.certificate
        values = {
            "PORT": str(port),
            "RUN": str(self.run),
            "CONFLUENCE": str(self.confluence),
            "SYNCHRONY": str(self.synchrony),
            "BODY": "x" * 1024,
            "THREADS": str(self.threads),
            "USER_HTTPD": "User nobody\nGroup nogroup" if os.geteuid() == 0 else "",
            "LOG_HTTPD": f"CustomLog {self.run}/{program}-access.log {COMBINED}" if self.log else "",
            "LOG_NGINX": f"access_log {self.run}/{program}-access.log combined;" if self.log else "access_log off;",
            "LOG_GLOBAL_HAPROXY": "log stdout format raw local0" if self.log else "",
            "LOG_HAPROXY": f"log global\n    log-format {COMBINED_HAPROXY}" if self.log else "",
            "LOG_CAPTURE_HAPROXY": CAPTURES_HAPROXY if self.log else "",
            "TLS_HTTPD": TLS_HTTPD.format(certificate) if certificate else "",
            "TLS_MODULE_HTTPD": "LoadModule ssl_module modules/mod_ssl.so" if certificate else "",
            "TLS_LISTEN_NGINX": "ssl" if certificate else "",
            "TLS_NGINX": TLS_NGINX.format(certificate) if certificate else "",
            "TLS_HAPROXY": f"ssl crt {certificate}" if certificate else "",
        }
        text = re.sub("@([A-Z_]+)@", lambda match: values[match[1]], (CONFIGS / name).read_text())
        path = self.run / (target or name)
        path.write_text(text)
        return path


@dataclass(frozen=True, slots=True)
class Program:
    """One column of the table. `binary` is None where it is missing, and `missing` says so in words."""

    name: str
    binary: str | None
    version: str
    missing: str

    def start(self, setup: Setup, port: int) -> Running:
        """Start it; it listens on 127.0.0.1:`port` when this returns. RuntimeError with its words if it does not."""
        running = Running(self.command(setup, port), setup.cpu, setup.run / f"{self.name}.out", self.variables())
        try:
            running.wait_for(("127.0.0.1", port))
        except BaseException:
            running.end()
            raise
        return running

    def command(self, setup: Setup, port: int) -> list[str]:
        """What to type, after its configuration was written."""
        assert self.binary is not None
        match self.name:
            case "nginx":
                path = setup.fill("nginx.conf", port, self.name)
                return [self.binary, "-c", str(path), "-e", str(setup.run / "nginx.err")]
            case "haproxy":
                return [self.binary, "-db", "-f", str(setup.fill("haproxy.cfg", port, self.name))]
            case "httpd":
                setup.fill("datacenter.conf", port, self.name)
                return [self.binary, "-f", str(setup.fill("httpd.conf", port, self.name)), "-DFOREGROUND"]
            case _:
                path = setup.fill("datacenter.conf", port, self.name, "evenflow.conf")
                return [self.binary, "-m", "evenflow", "serve", str(path), "--children", "1"]

    def variables(self) -> dict[str, str]:
        """What it needs in its environment."""
        return {"PYTHONPATH": str(CHECKOUT / "build" / "compiled")} if self.name == "evenflow" else {}


def find_programs() -> list[Program]:
    """All four, in the order of the columns, each with its version or with what is missing."""
    return [
        find_evenflow(),
        find("nginx", "nginx", ["-v"], r"nginx/(\S+)"),
        find("haproxy", "haproxy", ["-v"], r"version (\S+)"),
        find("httpd", "apache2", ["-v"], r"Apache/(\S+)"),
    ]


def find(name: str, binary: str, ask: list[str], pattern: str) -> Program:
    """A program of Debian's, which may be in /usr/sbin and not in PATH."""
    path = shutil.which(binary) or shutil.which(f"/usr/sbin/{binary}")
    if path is None:
        return Program(name, None, "", f"{binary} is not installed: apt-get install {binary}")
    said = subprocess.run([path, *ask], capture_output=True, text=True, check=False)
    version = re.search(pattern, said.stdout + said.stderr)
    return Program(name, path, version[1] if version else "?", "")


def find_evenflow() -> Program:
    """Ours, from build/compiled."""
    tree = CHECKOUT / "build" / "compiled"
    if importlib.util.find_spec("uvloop") is None or not (tree / "evenflow" / "tools" / "cli.py").is_file():
        return Program("evenflow", None, "", f"no evenflow command in {tree}: make bench builds it")
    said = subprocess.run(
        [sys.executable, "-m", "evenflow", "--version"],
        env={**os.environ, "PYTHONPATH": str(tree)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if said.returncode != 0:
        words = (said.stderr.strip() or "no words").splitlines()[-1]
        return Program("evenflow", None, "", f"evenflow --version failed: {words}")
    return Program("evenflow", sys.executable, " ".join(said.stdout.split()), "")
