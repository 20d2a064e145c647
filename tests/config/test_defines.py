"""Names and modules."""

from __future__ import annotations

from evenflow.config.defines import OURS, Names, module_identifier
from evenflow.config.load import load
from evenflow.config.source import make_source


def test_a_module_has_two_names() -> None:
    assert module_identifier("mod_proxy.c") == "proxy_module"
    assert module_identifier("proxy_module") == "proxy_module"
    assert module_identifier("core.c") == "core_module"
    assert module_identifier("event.c") == "mpm_event_module"
    assert module_identifier("nonsense") == "nonsense"


def test_what_the_file_defines_comes_before_the_environment() -> None:
    names = Names({"A": "file", "E": ""}, {"A": "environment", "B": "environment", "E": "environment"})
    assert [names.value(name) for name in "ABCE"] == ["file", "environment", None, ""]


def test_a_name_without_a_value_is_defined_and_no_variable() -> None:
    names = Names({"A": None, "B": None}, {"B": "environment"})
    assert [names.value(name) for name in "AB"] == [None, "environment"]
    loaded = load("x", {"C": ""}, environment={}, read=lambda path: make_source(path, TEXT))
    assert [one.code for one in loaded.diagnostics] == ["undefined-variable", "undefined-variable"]
    assert loaded.settings is not None
    assert loaded.settings.main.core.server_admin == "${A}${C}"


TEXT = """Define A
<IfDefine A>
<IfDefine C>
    ServerAdmin ${A}${C}
</IfDefine>
</IfDefine>
"""


def test_without_loads_everything_of_ours_is_there() -> None:
    names = Names({}, {})
    assert names.modules == OURS
    assert names.is_loaded("mod_headers.c")
    assert names.asked_before_loading


def test_a_load_ends_that() -> None:
    names = Names({}, {})
    names.load("proxy_module")
    assert names.is_loaded("proxy_module")
    assert not names.is_loaded("headers_module")
    assert names.is_loaded("evenflow_module")
    assert not names.asked_before_loading


def test_a_module_that_is_not_ours_is_not_there() -> None:
    names = Names({}, {})
    names.load("cache_module")
    assert not names.is_loaded("mod_cache.c")
    assert names.loads == {"cache_module": False}


def test_strict_names_know_that_a_load_will_come() -> None:
    names = Names({}, {}, strict=True)
    assert not names.is_loaded("mod_headers.c")
    assert names.is_loaded("core.c")
