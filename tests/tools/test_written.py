"""Where lines stand: the innermost that was said, through includes and read-time sections."""

from __future__ import annotations

from pathlib import Path

from evenflow.config.load import load
from evenflow.origin import NOWHERE
from evenflow.tools.written import Written

TEXT = """\
Listen 80
ProxyPreserveHost Off
<IfDefine ON>
ProxyPreserveHost On
</IfDefine>
Include inner.conf
<VirtualHost *:80>
    Timeout 5
    <Location /x>
        ProxyPreserveHost Off
    </Location>
    <Proxy balancer://c>
        BalancerMember http://127.0.0.1:1
        ProxySet stickysession=S
    </Proxy>
    ProxyPass / balancer://C/ maxattempts=2
</VirtualHost>
"""


def test_places(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_text(TEXT)
    (tmp_path / "inner.conf").write_text("Timeout 7\n")

    def written(defines: dict[str, str]) -> Written:
        return Written(load(str(tmp_path / "a.conf"), defines, environment={}).tree)

    one = written({"ON": ""})
    sections = {origin.line: origin for origin in one.lines}
    host, location = sections[7], sections[9]
    assert one.said(("ProxyPreserveHost",), [NOWHERE, host]).line == 4
    assert written({}).said(("ProxyPreserveHost",), [NOWHERE, host]).line == 2
    assert one.said(("proxypreservehost",), [NOWHERE, host, location]).line == 10
    assert one.said(("Timeout",), [NOWHERE]).file == str(tmp_path / "inner.conf")
    assert one.said(("Timeout",), [NOWHERE, host]).line == 8
    assert one.said(("ProxyVia",), [NOWHERE, host]) == NOWHERE
    assert [origin.line for origin in one.inside(location)] == [10]
    assert one.parameter("c", "stickysession").line == 14
    assert one.parameter("c", "maxattempts").line == 16
    assert one.parameter("c", "lbmethod") == NOWHERE
