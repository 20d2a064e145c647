"""The real journald, in a mount namespace of the test's own: what a person finds there by journalctl."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.peers import free_port, require_peer

# Everything below /run is the namespace's own; $1 is the configuration, $2 its port, $3 where entries are written to.
STORY = """\
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/journal /run/log/journal
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
    journalctl -q -D /run/log/journal -o json SYSLOG_IDENTIFIER=front + SYSLOG_IDENTIFIER=access >"$3"
    [ "$(grep -c MESSAGE "$3")" -ge 3 ] && break
    sleep 0.05
done
kill $daemon
"""


def test_journalctl_finds_lines_by_their_fields(tmp_path: Path) -> None:
    daemon = require_peer("systemd-journald")
    port = free_port()
    file = tmp_path / "wiki.conf"
    file.write_text(
        f"Listen 127.0.0.1:{port}\nServerName wiki.example\nErrorLog journald:front\n"
        'CustomLog journald:access "%m %U %>s"\n<Proxy balancer://wiki>\nBalancerMember http://127.0.0.1:1\n</Proxy>\n'
        "ProxyPass / balancer://wiki/\n"
    )
    found = tmp_path / "found"
    arguments = ["unshare", "--mount", "bash", "-c", STORY, "story", str(file), str(port), str(found)]
    if subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode:
        pytest.skip("no mount namespace of our own here")
    environment = {"JOURNALD": str(daemon), "PYTHON": sys.executable}
    done = subprocess.run(
        arguments, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    entries = [json.loads(line) for line in found.read_text().splitlines()]
    (failed,) = [one for one in entries if one["MESSAGE"].startswith("member unavailable:")]
    assert failed["EVENFLOW_CAUSE"] == "refused" and failed["EVENFLOW_MEMBER"] == "http://127.0.0.1:1"
    assert (failed["CODE_FILE"], failed["CODE_LINE"], failed["PRIORITY"]) == (str(file), "6", "3")
    (request,) = [one for one in entries if one["SYSLOG_IDENTIFIER"] == "access"]
    assert request["MESSAGE"] == "GET /app 503"
