"""What a running child measures, read where Prometheus reads it."""

from __future__ import annotations

import http.client
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from evenflow.proxy.attempt import CONNECT, HANDSHAKE, HEAD
from evenflow.serve.measures import stage_of
from tests.control.processes import PATIENCE, Served
from tests.faults.members import Visit
from tests.faults.members import member as listening_member
from tests.peers import free_port


@pytest.mark.parametrize(
    ("stage", "cause", "said"),
    [
        (CONNECT, "refused", "connect"), (CONNECT, "timeout", "timeout"), (HANDSHAKE, "TLS: timeout", "handshake"),
        (HEAD, "failonstatus 503", "status"), (HEAD, "no 100 in time (ping)", "timeout"), (HEAD, "reset", "closed"),
        (HEAD, "closed; not repeated: too many", "closed"), (HEAD, "Corrupt status line", "protocol"),
    ],
)  # fmt: skip
def test_stages(stage: str, cause: str, said: str) -> None:
    assert stage_of(stage, cause) == said


SHOWN = """\
<Location /metrics>
SetHandler evenflow-metrics
</Location>
ProxyPass /metrics !
<Proxy balancer://c>
BalancerMember http://127.0.0.1:{port}
BalancerMember http://127.0.0.1:1
</Proxy>
ProxyPass / balancer://c/
"""


def test_a_request_is_measured_where_it_went(tmp_path: Path) -> None:
    def behave(visit: Visit) -> bool:
        visit.answer(b"hello", "404 Not Found")
        return True

    with listening_member(behave) as node:
        served = Served(tmp_path, free_port(), SHOWN.format(port=node.port), "--children", "1").ready()
        try:
            for _ in range(2):
                assert ask(served.port, "/x")[0] == 404
            page = ask(served.port, "/metrics")[1]
        finally:
            served.stop()
    samples: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
    for family in text_string_to_metric_families(page):
        samples.update({(one.name, frozenset(one.labels.items())): one.value for one in family.samples})

    def at(name: str, **labels: str) -> float:
        (found,) = [value for (one, has), value in samples.items() if one == name and set(labels.items()) <= has]
        return found

    good, dead = f"http://127.0.0.1:{node.port}", "http://127.0.0.1:1"
    assert at("evenflow_member_response_seconds_count", member=good) == 2
    assert at("evenflow_member_response_seconds_bucket", member=good, le="+Inf") == 2
    assert at("evenflow_member_failures_total", member=dead, stage="connect") == 1
    assert at("evenflow_member_retries_total", member=dead) == 1
    assert at("evenflow_member_status", member=dead, letter="E") == 1
    assert sum(value for (name, has), value in samples.items()
               if name == "evenflow_host_requests_total" and ("status", "4xx") in has) == 2  # fmt: skip
    assert sum(value for (name, _), value in samples.items() if name == "evenflow_host_request_seconds_count") == 2
    assert sum(value for (name, _), value in samples.items() if name == "evenflow_host_response_body_bytes_total") == 10


def ask(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", path)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text
