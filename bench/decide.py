"""What does it cost to decide? CPU per request through many rules or among many virtual hosts, ours beside httpd's.

    PYTHONPATH=build/compiled .venv/bin/python bench/decide.py [SHAPE ...]

Both read the same file and forward to the same member. Every request has a path (or host) of its own, so that nothing
is remembered. `one` is a single rule and a single host: what is above it is the price of the thousand.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Final

from large import DECISIONS
from processes import Running, free_port
from programs import REQUEST_THREADS, Program, Setup, find, find_evenflow

COUNT: Final = 1000
ROUNDS: Final = 3
SECONDS: Final = 2

PATHS: Final = """\
local i = 0
request = function()
    i = i + 1
    return wrk.format("GET", "/path" .. (i * 7919 %% %(count)d) .. "/page" .. i, {["Host"] = "www.example"})
end
"""
HOSTS: Final = """\
local i = 0
request = function()
    i = i + 1
    return wrk.format("GET", "/page" .. i, {["Host"] = "%(name)s" .. (i * 7919 %% %(count)d) .. ".example"})
end
"""
SCRIPTS: Final = {"hosts": HOSTS.replace("%(name)s", "www"), "wildcards": HOSTS.replace("%(name)s", "a.www")}


def measure(program: Program, shape: str, run: Path, member: int, cpus: tuple[int, int]) -> float:
    """Microseconds of CPU for one request; RuntimeError where the load was not answered."""
    port = free_port("127.0.0.1")
    setup = Setup(run, 0, 0, cpus[0], False, None, REQUEST_THREADS)
    count = 1 if shape == "one" else COUNT
    text = DECISIONS[shape](count, port, member)
    if program.name == "httpd":
        (run / "datacenter.conf").write_text(text)
        command = [str(program.binary), "-f", str(setup.fill("httpd.conf", port, "httpd")), "-DFOREGROUND"]
    else:
        (run / "evenflow.conf").write_text(text)
        command = [str(program.binary), "-m", "evenflow", "serve", str(run / "evenflow.conf"), "--children", "1"]
    script = run / "load.lua"
    script.write_text(SCRIPTS.get(shape, PATHS) % {"count": count})
    running = Running(command, cpus[0], run / f"{program.name}.out", program.variables())
    try:
        running.wait_for(("127.0.0.1", port))
        load(port, script, cpus[1], 1)
        before = running.cpu_seconds()
        total = load(port, script, cpus[1], SECONDS)
        return (running.cpu_seconds() - before) / total * 1e6
    finally:
        running.end()


def load(port: int, script: Path, cpu: int, seconds: int) -> int:
    """How many requests were answered."""
    command = ["taskset", "-c", str(cpu), "wrk", "-t1", "-c64", f"-d{seconds}s", "-s", str(script)]
    said = subprocess.run([*command, f"http://127.0.0.1:{port}/"], capture_output=True, text=True, check=False)
    total = re.search(r"(\d+) requests in", said.stdout)
    errors = re.search(r"Non-2xx or 3xx responses: \d+|Socket errors: .*", said.stdout)
    if errors or not total or total[1] == "0":
        raise RuntimeError(errors[0] if errors else said.stdout + said.stderr)
    return int(total[1])


def main(shapes: list[str]) -> None:
    programs = [find_evenflow(), find("httpd", "apache2", ["-v"], r"Apache/(\S+)")]
    for program in programs:
        if program.binary is None:
            raise SystemExit(program.missing)
    if shutil.which("wrk") is None:
        raise SystemExit("without wrk there is no load: apt-get install wrk")
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    cpus = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="evenflow-bench-") as folder:
        run = Path(folder)
        run.chmod(0o755)
        member = free_port("127.0.0.1", "127.0.0.2")
        config = Setup(run, member, 0, cpus[-1], False, None).fill("backend.conf", 0, "backend")
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        pages = Running([nginx, "-c", str(config), "-e", str(run / "backend.err")], cpus[-1], run / "backend.out")
        try:
            pages.wait_for(("127.0.0.1", member))
            print(f"{'shape':<12}{'evenflow':>10}{'httpd':>10}  microseconds of CPU for one request")
            for shape in shapes or DECISIONS:
                taken: dict[str, list[float]] = {program.name: [] for program in programs}
                for _ in range(ROUNDS):
                    for program in programs:
                        taken[program.name].append(measure(program, shape, run, member, (cpus[0], cpus[-1])))
                print(f"{shape:<12}{median(taken['evenflow']):>10.1f}{median(taken['httpd']):>10.1f}", flush=True)
        finally:
            pages.end()


if __name__ == "__main__":
    main(sys.argv[1:])
