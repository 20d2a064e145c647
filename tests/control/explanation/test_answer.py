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


def test_filters_and_what_they_replace() -> None:
    text = (
        "AddOutputFilterByType INFLATE;SUBSTITUTE text/html text/css\nSubstitute s/a/b/\n<Location /x>\n"
        "SetOutputFilter DEFLATE\nSubstitute s/c/d/n\n</Location>\nProxyPass / http://127.0.0.1:1/\n"
    )
    types = ["text/css", "text/html"]
    found = told(plan_of(inside(text)), head())["filters"]
    assert [(one["filter"], one["types"]) for one in found] == [
        ("DEFLATE", None),
        ("INFLATE", types),
        ("SUBSTITUTE", types),
    ]
    assert [[one["text"] for one in said["places"]] for said in found] == [
        [],
        [],
        ["Substitute s/c/d/n", "Substitute s/a/b/"],
    ]
    assert told(plan_of(inside("ProxyPass / http://127.0.0.1:1/\n")), head())["filters"] == []
