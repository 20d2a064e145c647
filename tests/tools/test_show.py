"""What `evenflow show` says of a configuration."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from evenflow.plan.balancing import Balancing, Ejection, HashBy, Retries
from evenflow.tools.show import beyond_httpd
from tests.nodes.fronts import environment

CONFIGURATION = """\
Listen 8080
Listen 127.0.0.1:8081
ServerName main.example
ProxyPass /shared http://10.0.0.9/
<Macro wiki $name>
    <VirtualHost *:8080>
        ServerName $name
        ServerAlias www.$name *.$name
        RewriteEngine On
        RewriteRule ^/old /new [PT]
        ProxyPass /app balancer://c/app
        ProxyPass /no !
        <Location /in>
            ProxyPass http://10.0.0.8/in
            Require local
        </Location>
        <IfDefine NOT>
            Header set Never seen
        </IfDefine>
        <Proxy balancer://c>
            BalancerMember http://10.0.0.1:8090 route=a loadfactor=1.5
            BalancerMember http://10.0.0.2:8090 route=b status=+H retry=5
            ProxySet stickysession=ROUTEID|route lbmethod=bybusyness nofailover=On
        </Proxy>
        CustomLog logs/access "%h %s"
    </VirtualHost>
</Macro>
Use wiki one.example
<VirtualHost *:8080 127.0.0.1:8081>
    ServerName two.example
    ProxyTimeout ${PATIENCE}
    <Directory /x>
        EnableSendfile On
    </Directory>
    EnableMMAP Off
</VirtualHost>
"""


def run(file: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "evenflow", "show", file, "-D", "PATIENCE=7", *arguments]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=30)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "site.conf"
    path.write_text(CONFIGURATION)
    return path


@pytest.fixture
def said(file: Path) -> Any:
    done = run(file, "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_addresses_and_their_hosts(said: Any) -> None:
    assert [(one["address"], one["port"]) for one in said["listeners"]] == [("*", 8080), ("127.0.0.1", 8081)]
    assert [(one["address"], one["port"], one["default"], one["hosts"]) for one in said["addresses"]] == [
        ("*", 8080, 0, [0, 1]),
        ("127.0.0.1", 8081, 1, [1]),
    ]
    assert said["hosts"][0]["aliases"] == ["www.one.example", "*.one.example"]


def test_mappings_stand_in_the_order_in_which_they_are_tried(said: Any) -> None:
    assert [(one["path"], one["target"], one["said_in"]) for one in said["hosts"][0]["mappings"]] == [
        ("/in", "http://10.0.0.8/in", "section"),
        ("/shared", "http://10.0.0.9/", "main server"),
        ("/app", "balancer://c/app", "server"),
        ("/no", None, "server"),
    ]


def test_a_macros_line_is_shown_with_its_use(said: Any, file: Path) -> None:
    origin = said["hosts"][0]["rules"][1]["origin"]
    assert origin == {"file": str(file), "line": 10, "used": {"file": str(file), "line": 28}}


def test_balancers_show_what_is_not_the_default(said: Any) -> None:
    (balancer,) = said["balancers"]
    assert (balancer["name"], balancer["lbmethod"], balancer["stickysession"]) == (
        "balancer://c",
        "bybusyness",
        "ROUTEID|route",
    )
    assert balancer["parameters"] == {"nofailover": True}
    first, second = balancer["members"]
    assert first["parameters"] == {"route": "a", "loadfactor": 1.5}
    assert second["parameters"] == {"route": "b", "status": "H", "retry": 5.0}


def test_sections_and_settings_are_those_that_were_read(said: Any) -> None:
    host = said["hosts"][0]
    assert [one["text"] for one in host["sections"]] == ["<Location /in>"]
    assert [one["text"] for one in host["sections"][0]["lines"]] == ["Require local"]
    assert [one["text"] for one in said["hosts"][1]["settings"]] == ["ProxyTimeout 7"]
    assert said["hosts"][1]["sections"] == []
    assert "Never" not in json.dumps(said)


def test_for_people_each_line_ends_with_its_place(file: Path) -> None:
    done = run(file)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [re.sub(r"  +", "  ", line.strip()) for line in done.stdout.splitlines()]
    for expected in (
        "virtual hosts at *:8080",
        "one.example  default  site.conf:6 (used at site.conf:28)",
        "also www.one.example, *.one.example",
        "2  /shared  -> http://10.0.0.9/  (of the main server)  site.conf:4",
        "4  /no  not proxied  site.conf:12 (used at site.conf:28)",
        "virtual hosts at 127.0.0.1:8081",
        "two.example  as above  site.conf:29",
        "http://10.0.0.2:8090  route=b  status=H  retry=5  site.conf:22 (used at site.conf:28)",
        "main server: answers where no virtual host stands",
    ):
        assert expected in lines, done.stdout
    assert "\x1b" not in done.stdout


def test_what_cannot_be_loaded_cannot_be_shown(tmp_path: Path) -> None:
    file = tmp_path / "wrong.conf"
    file.write_text("Listen 8080\nProxyTimeout soon\n")
    done = run(file)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{file}:2" in done.stderr


def test_what_is_said_beyond_httpd_is_shown_as_one_would_write_it() -> None:
    assert beyond_httpd(Balancing()) == {}
    said = Balancing(
        HashBy("cookie", b"SID", 0.0), Retries(0.05, 2.0), Ejection(errors=0.5, latency=3.0, seconds=60.0), 30.0
    )
    assert beyond_httpd(said) == {
        "EvenflowHash": "cookie:SID load=off",
        "EvenflowRetryBudget": "5% persecond=2",
        "EvenflowEject": "errors=50% latency=3 requests=20 interval=10 time=60 most=50%",
        "EvenflowSlowStart": "30 from=10%",
    }
    assert beyond_httpd(Balancing(session_idle=60.0)) == {"EvenflowSessionIdle": "60 cookie=JSESSIONID"}
    assert beyond_httpd(Balancing(session_idle=0.0)) == {"EvenflowSessionIdle": "Off"}
    unlimited = beyond_httpd(Balancing(HashBy("uri"), None))
    assert unlimited == {"EvenflowHash": "uri load=1.25", "EvenflowRetryBudget": "Off"}


def test_a_service_is_shown_with_what_it_says_of_its_members(tmp_path: Path) -> None:
    file = tmp_path / "site.conf"
    file.write_text(
        "Listen 8080\nServerName site.example\n<Proxy balancer://c>\n"
        "EvenflowMembersFrom srv://_http._tcp.wiki.example most=3 routes=n1:a,n2:b timeout=5\n</Proxy>\n"
        "ProxyPass / balancer://c/\n"
    )
    (balancer,) = json.loads(run(file, "--format", "json").stdout)["balancers"]
    (service,) = balancer["services"]
    assert service["url"] == "srv://_http._tcp.wiki.example"
    assert service["parameters"] == {
        "scheme": "http", "most": 3, "drain": 300.0, "route": "%{label}", "routes": "n1:a,n2:b", "timeout": 5.0,
    }  # fmt: skip
    assert service["origin"]["line"] == 4
    shown = run(file).stdout
    assert "srv://_http._tcp.wiki.example  scheme=http  most=3  drain=300" in shown
    assert "no members" not in shown
