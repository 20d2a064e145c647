"""The real journald, in a mount namespace of the test's own: what a person finds there by journalctl, by its own
protocol and by syslog's, which it takes as well."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.peers import free_port, require_peer

# Everything below /run is the namespace's own, and /dev but for a few devices; $1 is the configuration, $2 its port, $3
# where entries are written to, $4 how journalctl finds them, $5 how many there are.
STORY = """\
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/journal /run/log/journal /run/devices
mount --rbind /dev /run/devices
mount -t tmpfs tmpfs /dev
for name in null zero full random urandom tty; do touch /dev/$name; mount --bind /run/devices/$name /dev/$name; done
mkdir /dev/shm
ln -s /run/systemd/journal/dev-log /dev/log
"$JOURNALD" & daemon=$!
for _ in $(seq 500); do [ -S /run/systemd/journal/socket ] && break; sleep 0.02; done
"$PYTHON" -m evenflow serve "$1" --children 1 & front=$!
for _ in $(seq 1500); do
    "$PYTHON" - "$2" 2>/dev/null <<'GET' && break
import sys, urllib.error, urllib.request
try:
    urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/app")
except urllib.error.HTTPError as answer:
    print("answered", answer.code)
GET
    sleep 0.02
done
kill -TERM $front; wait $front
for _ in $(seq 500); do
    journalctl -q -D /run/log/journal -o json $4 >"$3"
    [ "$(grep -c MESSAGE "$3")" -ge "$5" ] && break
    sleep 0.05
done
kill $daemon
"""


def entries_of(tmp_path: Path, logs: str, matches: str, count: int) -> list[dict[str, str]]:
    """What journalctl finds after one request that no member could serve."""
    daemon = require_peer("systemd-journald")
    port = free_port()
    file = tmp_path / "wiki.conf"
    file.write_text(
        f"Listen 127.0.0.1:{port}\nServerName wiki.example\n{logs}<Proxy balancer://wiki>\n"
        "BalancerMember http://127.0.0.1:1\n</Proxy>\nProxyPass / balancer://wiki/\n"
    )
    found = tmp_path / "found"
    arguments = ["unshare", "--mount", "bash", "-c", STORY, "story"]
    if subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode:
        pytest.skip("no mount namespace of our own here")
    environment = {"JOURNALD": str(daemon), "PYTHON": sys.executable}
    done = subprocess.run(
        [*arguments, file, str(port), found, matches, str(count)],
        env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in found.read_text().splitlines()]


def test_journalctl_finds_lines_by_their_fields(tmp_path: Path) -> None:
    logs = 'ErrorLog journald:front\nCustomLog journald:access "%m %U %>s"\n'
    entries = entries_of(tmp_path, logs, "SYSLOG_IDENTIFIER=front + SYSLOG_IDENTIFIER=access", 3)
    (failed,) = [one for one in entries if one["MESSAGE"].startswith("member unavailable:")]
    assert failed["EVENFLOW_CAUSE"] == "refused" and failed["EVENFLOW_MEMBER"] == "http://127.0.0.1:1"
    assert (failed["CODE_FILE"], failed["CODE_LINE"], failed["PRIORITY"]) == (str(tmp_path / "wiki.conf"), "6", "3")
    (request,) = [one for one in entries if one["SYSLOG_IDENTIFIER"] == "access"]
    assert request["MESSAGE"] == "GET /app 503"


def test_syslog_gets_the_line_with_its_facility_and_tag(tmp_path: Path) -> None:
    entries = entries_of(tmp_path, "ErrorLog syslog:local3:tagged\n", "SYSLOG_IDENTIFIER=tagged", 2)
    (failed,) = [one for one in entries if one["MESSAGE"].startswith("member unavailable:")]
    # local3 is 19; the level is the line's own, and so is the process.
    assert (failed["SYSLOG_FACILITY"], failed["PRIORITY"], failed["_TRANSPORT"]) == ("19", "3", "syslog")
    assert "cause=refused" in failed["MESSAGE"] and failed["SYSLOG_PID"] == failed["_PID"]
