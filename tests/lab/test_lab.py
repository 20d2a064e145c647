"""Each documented fault, put in on purpose at real nodes, is named; in the healthy set-up nothing is found."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.lab.kinds import SYNCHRONIES, WIKIS
from tests.lab.laboratory import FRONTS, Deployment, Laboratory, laboratory
from tests.nodes.fronts import environment

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    with laboratory(tmp_path_factory.mktemp("lab"), WIKIS, SYNCHRONIES) as made, pytest.MonkeyPatch.context() as patch:
        # Whom the doctor believes that a certificate is good.
        patch.setenv("SSL_CERT_FILE", str(made.authority.file))
        yield made


def run(lab: Laboratory, *words: str) -> subprocess.CompletedProcess[str]:
    """A command as it is typed."""
    trusting = {**environment(), "SSL_CERT_FILE": str(lab.authority.file)}
    command = [sys.executable, "-m", "evenflow", *words]
    return subprocess.run(command, env=trusting, capture_output=True, text=True, timeout=120)


# --- nothing is wrong ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def healthy(lab: Laboratory) -> Deployment:
    return lab.deploy(tls=lab.certificate)


@pytest.mark.parametrize("front", FRONTS)
def test_nothing_is_found_where_nothing_is_wrong(lab: Laboratory, healthy: Deployment, front: str) -> None:
    with lab.front(front, healthy) as (file, host):
        manner = ("--at", f"{host}:{lab.port}", "--idle", "1.5", "--rate", "50")
        nodes = [word for wiki in healthy.wikis for word in ("--node", "http://{}:{}".format(*wiki))]
        nodes += [word for one in healthy.synchronies for word in ("--synchrony", "http://{}:{}".format(*one))]
        for done in (run(lab, "doctor", lab.url, *manner, *nodes), run(lab, "doctor", str(file), *manner)):
            assert done.returncode == 0 and "nothing found; " in done.stdout, done.stdout + done.stderr
        done = run(lab, "check", str(file))
        assert (done.returncode, done.stdout) == (0, f"{file}: no problems\n"), done.stderr
        done = run(lab, "audit", *map(str, lab.bases), "--balancer", str(file))
        assert (done.returncode, done.stdout) == (0, f"node1, node2 behind {lab.url}: nothing found\n"), done.stderr
