"""ChrootDir: children live inside, and lack nothing that was to be had outside."""

from __future__ import annotations

import ast
import contextlib
import ctypes
import http.client
import importlib
import os
import socket
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socketserver import UnixStreamServer

import pytest

from tests.control.processes import PATIENCE, Served, until
from tests.control.programs import another, upgrade
from tests.control.test_started_as_root import NOBODY, identities, reload
from tests.peers import CHECKOUT, free_port, require_peer
from tests.serve.test_tls import make_certificate

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root can shut itself in")

ASKED = """\
User nobody
Group nogroup
ServerRoot "{root}"
ChrootDir "{jail}"
ErrorDocument 404 /sorry.html
RewriteEngine On
RewriteMap where txt:where
RewriteRule ^/map/(.*) ${{where:$1|/none}} [R]
<Location /private>
AuthType Basic
AuthName x
AuthUserFile users
Require valid-user
</Location>
"""
MODULES = "mpm_event authz_core authn_core authn_file authz_user auth_basic rewrite"


@pytest.fixture
def jail(tmp_path: Path) -> Path:
    """The same files outside and inside, with other words in them."""
    made = tmp_path / "jail"
    for folder, word in ((tmp_path, "outside"), (made / tmp_path.relative_to("/"), "inside")):
        (folder / "docs").mkdir(parents=True, exist_ok=True)
        (folder / "docs" / "file.txt").write_text(word)
        (folder / "docs" / "sorry.html").write_text(f"{word} there is none")
        (folder / "where").write_text(f"key /{word}\n")
        (folder / "users").write_text(f"{word}:{{SHA}}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n")
    return made


class Member(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"member")

    def log_message(self, *said: object) -> None:
        pass


@pytest.fixture
def member(jail: Path) -> Iterator[int]:
    """The port of a member, who is inside at `/member` too."""
    with HTTPServer(("127.0.0.1", 0), Member) as server, UnixStreamServer(str(jail / "member"), Member) as within:
        (jail / "member").chmod(0o777)
        for one in (server, within):
            threading.Thread(target=one.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()
        within.shutdown()


def answers(port: int) -> dict[str, tuple[int, bytes]]:
    """What is said to each request: status, and body or where to go."""
    found = {}
    asked = [("/file.txt", ""), ("/none", ""), ("/map/key", ""), ("/private", "inside"), ("/private", "outside")]
    for path, user in asked:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        fields = {"Authorization": "Basic " + b64encode(f"{user}:password".encode()).decode()} if user else {}
        link.request("GET", path, headers=fields)
        answer = link.getresponse()
        body = answer.read()
        told = answer.getheader("Location", "").encode().rpartition(b"/")[2] or body
        found[path + user] = answer.status, b"" if answer.status == 401 else told
        link.close()
    return found


INSIDE = {
    "/file.txt": (200, b"inside"),
    "/none": (404, b"inside there is none"),
    "/map/key": (302, b"inside"),
    "/privateinside": (404, b"inside there is none"),
    "/privateoutside": (401, b""),
}


@ROOT_ONLY
def test_files_are_those_inside_as_in_httpd(jail: Path, tmp_path: Path, serve: Callable[..., Served]) -> None:
    text = ASKED.format(root=tmp_path, jail=jail)
    server = serve(text, "--children", "1").ready()
    assert answers(server.port) == INSIDE

    program, port = require_peer("apache2"), free_port()
    file = tmp_path / "httpd.conf"
    loads = "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n" for name in MODULES.split())
    file.write_text(
        f'{loads}Listen 127.0.0.1:{port}\nServerName x\nDocumentRoot "{tmp_path}/docs"\nPidFile {tmp_path}/pid\n'
        f"DefaultRuntimeDir {tmp_path}\nErrorLog {tmp_path}/httpd.log\n{text}"
    )
    # Unlike ours, its threads abort without this one.
    needed = loaded_from("libgcc_s.so.1")
    (jail / needed.relative_to("/")).parent.mkdir(parents=True)
    (jail / needed.relative_to("/")).write_bytes(needed.read_bytes())
    process = subprocess.Popen([program, "-DFOREGROUND", "-f", str(file)], stderr=subprocess.DEVNULL)
    try:
        until(lambda: answered(port))
        assert answers(port) == INSIDE
    finally:
        process.terminate()
        process.wait(PATIENCE)


def answered(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), PATIENCE):
        return True
    return False


def loaded_from(library: str) -> Path:
    ctypes.CDLL(library)
    maps = Path("/proc/self/maps").read_text().splitlines()
    return Path(next(line.split()[-1] for line in maps if line.endswith(library)))


def root_of(pid: int) -> str:
    """What a process has for its root; "" where it has just ended."""
    try:
        return os.readlink(f"/proc/{pid}/root")
    except OSError:
        return ""


def is_nobody(pid: int) -> bool:
    """Whether a process has no way back to root; False where it has just ended."""
    try:
        return identities(pid) == {(NOBODY,) * 4, (0,)}
    except OSError:
        return False


@ROOT_ONLY
def test_everybody_but_the_supervisor_is_inside_and_nothing_is_missing(
    jail: Path, tmp_path: Path, serve: Callable[..., Served], member: int
) -> None:
    secure = free_port()
    certificate, key = make_certificate(tmp_path, "wiki.example")
    os.chmod(key, 0o600)
    text = ASKED.format(root=tmp_path, jail=jail) + (
        f"LogLevel notice\nProtocols h2 h2c http/1.1\nListen 127.0.0.1:{secure}\nCustomLog logs.txt %U\n"
        'ProxyPass /by-path "unix:/member|http://member/"\n'
        f"<Proxy balancer://c>\nBalancerMember http://localhost:{member} max=2\n</Proxy>\nProxyPass /wiki balancer://c\n"
        "<Location /manager>\nSetHandler balancer-manager\n</Location>\n"
        "<Location /metrics>\nSetHandler evenflow-metrics\n</Location>\n"
        f"<VirtualHost *:{secure}>\nSSLEngine on\nSSLCertificateFile {certificate}\nSSLCertificateKeyFile {key}\n"
        f"SSLVerifyClient optional\nSSLCACertificateFile {certificate}\n</VirtualHost>\n"
    )
    server = serve(text, "--children", "2").ready()
    for _ in range(2):
        # Two children, and the watchdog, who knows members by their names.
        until(lambda: len(server.children()) == 3)
        until(lambda: all(root_of(pid) == str(jail) for pid in server.children()))
        everybody = server.children()
        assert os.readlink(f"/proc/{server.process.pid}/root") == "/"
        assert server.get("/file.txt") == (200, b"inside")
        until(lambda: all(is_nobody(pid) for pid in server.children()))
        # By its name, which no file inside knows.
        assert server.get("/wiki") == (200, b"member")
        # By a path that is inside.
        assert server.get("/by-path") == (200, b"member")
        assert server.get("/manager")[0] == 200
        assert b"evenflow_" in server.get("/metrics")[1]
        with_tls = ["curl", "-sk", "--cert", certificate, "--key", key, f"https://127.0.0.1:{secure}/file.txt"]
        assert subprocess.run(with_tls, capture_output=True, check=True, timeout=60).stdout == b"inside"
        reload(server)
        until(lambda before=everybody: not server.children() & before)  # type: ignore[misc]
    assert "/wiki" in (tmp_path / "logs.txt").read_text()
    assert upgrade(server, another(tmp_path, "7.0.0"))["version"] == "7.0.0"
    until(lambda: all(root_of(pid) == str(jail) for pid in server.children()))
    assert server.get("/file.txt") == (200, b"inside")
    assert "Traceback" not in server.said, server.said


@pytest.mark.once
@ROOT_ONLY
def test_who_has_shut_itself_in_loads_nothing_from_there(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "planted.py").write_text("print('loaded')")
    code = (
        "import os, sys\nfrom evenflow.control.privileges import Identity, become\nsys.path.insert(0, '/lib')\n"
        f"become(Identity(None, None, '', {str(tmp_path)!r}))\nprint(os.listdir('/'))\n"
        "try:\n    import planted\nexcept ImportError:\n    print('refused')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "['lib']\nrefused\n"


@pytest.mark.once
@ROOT_ONLY
def test_where_the_kernel_forbids_it_that_is_said() -> None:
    code = (
        f"import os\nfrom evenflow.control import enclosure\nos.setuid({NOBODY})\n"
        "try:\n    enclosure.try_it('/usr')\nexcept enclosure.Trouble as trouble:\n    print(trouble.render())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith("error[chroot-refused]: `ChrootDir /usr`: Operation not permitted\n")


# --- what is imported late ---

CHILDREN = ("wire", "slotmem", "plan", "balancer", "proxy", "serve", "control")
OUTSIDE = {
    # in a process of its own, outside
    ("serve/libssl.py", "certify"),
    # the supervisor's
    ("control/loading.py", "read"), ("control/loading.py", "look_ahead"), ("control/loading.py", "prepare"),
    ("control/loading.py", "open_error_log"), ("control/estate.py", "take_up"),
    # before it goes in
    ("control/watchdog.py", "watch"),
}  # fmt: skip


def late_imports() -> Iterator[tuple[str, str]]:
    """Every module that a function imports, with where."""
    source = CHECKOUT / "src" / "evenflow"
    for path in [path for room in CHILDREN for path in sorted((source / room).rglob("*.py"))]:
        below = str(path.relative_to(source))
        for function in [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]:
            if (below, function.name) in OUTSIDE:
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.Import):
                    yield from ((alias.name, f"{below} {function.name}") for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module:
                    folders = [Path(one) for one in getattr(importlib.import_module(node.module), "__path__", ())]
                    for alias in node.names:
                        own = any((one / alias.name).is_dir() or (one / f"{alias.name}.py").exists() for one in folders)
                        yield f"{node.module}.{alias.name}" if own else node.module, f"{below} {function.name}"


@pytest.mark.once
def test_whatever_a_child_imports_late_is_there_before() -> None:
    code = (
        "import importlib, sys\nimport evenflow.serve.loop, evenflow.control.supervisor\n"
        "from evenflow.control import enclosure as e\n"
        "[importlib.import_module(name) for name in (*e.ALWAYS, *e.FOR_TLS, *e.FOR_TRACES)]\n"
        "import evenflow.control.console.serving\nprint(*sys.modules)"
    )
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    late = set(late_imports())
    assert len(late) > 20
    assert not {found for found in late if found[0] not in there.split()}
