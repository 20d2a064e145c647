"""What an answer goes through: Header lines and their conditions."""

from __future__ import annotations

from tests.control.explanation.told import head, sources, told
from tests.plan.cases import inside, plan_of


def test_forms_of_mappings_and_conditions_of_lines() -> None:
    plan = plan_of(
        inside(
            """\
            Header set X-A 1 "expr=%{REQUEST_URI} =~ m#^/a#"
            Header set X-B 1 "expr=%{REQUEST_URI} =~ m#^/b#"
            Header set X-C 1 "expr=%{CONTENT_TYPE} =~ m#html#"
            Header set X-D 1 env=!NOBODY
            RequestHeader set X-E 1 "expr=%{REQUEST_METHOD} == 'GET'"
            ProxyPass /a http://127.0.0.1:1/a
            ProxyPassMatch ^/(a.*)$ http://127.0.0.1:2/$1
            ProxyPassMatch ^/(z.*)$ http://127.0.0.1:3/$1
            """
        )
    )
    said = told(plan, head(target="/a/x"))
    assert [(edit["applies"], edit["waits_for"]) for edit in said["edits"]] == [
        (True, "expr=%{REQUEST_URI} =~ m#^/a#"),
        (False, "expr=%{REQUEST_URI} =~ m#^/b#"),
        (None, "expr=%{CONTENT_TYPE} =~ m#html#"),
        (True, "!NOBODY"),
    ]
    assert [one["place"]["line"] for one in said["shadowed"]] == [11]
    assert sources(said)["X-E"][0] == "RequestHeader"
    assert said["answer"]["head"].count("X-") == 3
