"""What was decided, and who had no say in it."""

from __future__ import annotations

from tests.control.explanation.told import head, told
from tests.plan.cases import inside, plan_of


def test_a_redirect_behind_a_mapping_is_shadowed() -> None:
    plan = plan_of(
        inside(
            """\
            Redirect /gone https://new.example/
            RedirectMatch ^/go http://new.example/
            Redirect /other https://new.example/
            <If "%{HTTP:X-Debug} == '1'">
                RequestHeader set X-If yes
            </If>
            ProxyPass / http://127.0.0.1:1/
            """
        )
    )
    said = told(plan, head("X-Debug: 1", target="/gone/x"))
    assert said["outcome"]["kind"] == "forward"
    assert [one["place"]["line"] for one in said["shadowed"]] == [5, 6]
    assert len(said["sections"]) == 1, "an If that is looked at twice meets once"


def test_whoever_finds_no_member_may_wait_for_one() -> None:
    plan = plan_of(
        inside("<Proxy balancer://c>\nProxySet timeout=2\n</Proxy>\nProxyPass / balancer://c/\n")
    )
    said = told(plan, head(target="/x"))
    assert said["outcome"]["reason"] == "waits 2 s for a member, then 503: the balancer has no members"
