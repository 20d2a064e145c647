"""mod_heartmonitor and lbmethod=heartbeat in the plan."""

from __future__ import annotations

from evenflow.compiler.build import build
from evenflow.plan.heartbeats import Heartbeats
from tests.config.cases import load_text

BALANCER = "<Proxy balancer://a>\nBalancerMember http://{host}:80\nProxySet lbmethod={method}\n</Proxy>\n"


def heartbeats(lines: str, method: str = "heartbeat", host: str = "10.0.0.1") -> tuple[Heartbeats | None, list[str]]:
    """Where readiness is learnt, and the codes of what is said about it."""
    text = f"ServerRoot /srv\nListen 1\n{lines}\n{BALANCER.format(method=method, host=host)}"
    loaded = load_text(text + "ProxyPass / balancer://a/\n")
    assert loaded.settings is not None, loaded.errors
    built = build(loaded.settings)
    assert built.plan is not None
    found = built.plan.heartbeats
    assert found is None or isinstance(found, Heartbeats)
    return found, [one.code for one in built.diagnostics]


def test_nobody_listens_where_nobody_asks() -> None:
    assert heartbeats("", method="byrequests") == (None, [])
    # The file alone is read for nobody.
    assert heartbeats("HeartbeatStorage logs/x", method="byrequests") == (None, [])


def test_a_file() -> None:
    found, said = heartbeats("")
    assert found is not None and said == []
    assert (found.host, found.storage) == ("", "/srv/logs/hb.dat")
    found, _ = heartbeats("DefaultRuntimeDir run\nHeartbeatStorage x/ready")
    assert found is not None
    assert found.storage == "/srv/run/x/ready"
    assert found.origin.text == "HeartbeatStorage x/ready"


def test_an_address() -> None:
    found, said = heartbeats("HeartbeatListen 239.0.0.1:27999", method="byrequests")
    assert found is not None and said == []
    assert (found.host, found.port, found.storage, found.most) == ("239.0.0.1", 27999, "", 10)
    found, _ = heartbeats("HeartbeatListen 239.0.0.1:27999\nHeartbeatMaxServers 20")
    assert found is not None
    assert (found.storage, found.most) == ("", 20)
    found, _ = heartbeats("HeartbeatListen 239.0.0.1:27999\nHeartbeatMaxServers 0\nDefaultRuntimeDir /run")
    assert found is not None
    assert (found.storage, found.most) == ("/run/hb.dat", 1000)


def test_a_member_by_name_is_never_heard() -> None:
    assert heartbeats("HeartbeatListen 239.0.0.1:27999", host="wiki1")[1] == ["heartbeat-by-name"]
    # A file may name it.
    assert heartbeats("", host="wiki1")[1] == []
