"""Every parameter of members and balancers has a test that would fail if it did nothing: the table says which.

A case of tests/parity/cases is played here once more, to evenflow alone and without the parameter: then it must fail.
"""

from __future__ import annotations

import ast
import dataclasses
import re
from pathlib import Path
from typing import Final

import pytest

from evenflow.config import parameters, probing
from tests.compiler.test_catalogue import told
from tests.config.cases import load_text
from tests.parity.observed import complaints
from tests.parity.play import play
from tests.parity.test_parity import CASES, STAGE, certificates

TESTS: Final = Path(__file__).parent

MEMBER: Final = {
    "max": "control/test_allowance.py::test_all_children_together_make_no_more_connections_than_max",
    "acquire": "control/test_allowance.py::test_who_waits_in_vain_is_told_when_to_come_again",
    "ping": "member-connections::who-does-not-say-100-is-passed-over",
    "addressttl": "serve/test_names.py::test_how_long_an_answer_counts",
    "ttl": "serve/test_backend_connection.py::test_idle_connections_end_after_their_ttl",
    "connectiontimeout": "serve/test_connecting.py::test_a_member_that_does_not_take_the_connection",
    "timeout": "answers::a-member-that-takes-too-long",
    "retry": "balancer-parameters::a-member-that-has-failed-is-asked-again-when-its-time-is-over",
    "keepalive": "serve/test_backend_connection.py::test_keepalive_asks_the_kernel_to_look_after_the_connection",
    "disablereuse": "connections::a-member-s-connection-serves-many-clients",
    "enablereuse": "balancer-parameters::enablereuse-said-the-other-way-round",
    "responsefieldsize": "answers::long-field-lines-of-a-member",
    "receivebuffersize": "serve/test_backend_connection.py::test_receivebuffersize_is_the_sockets",
    "route": "sticky::a-cookie-with-a-route",
    "redirect": "sticky::redirect-names-the-route-that-stands-in",
    "loadfactor": "balancers::weights-are-interleaved-3-1-2",
    "lbset": "balancers::a-lower-lbset-comes-first",
    "status=D": "balancers::disabled-stopped-and-in-error-from-the-file",
    "status=S": "balancers::disabled-stopped-and-in-error-from-the-file",
    "status=E": "slotmem/test_scoreboard.py::test_a_member_in_error_from_the_file_is_in_error_and_its_time_is_over",
    "status=I": "balancers::a-member-whose-errors-are-ignored-is-asked-every-time",
    "status=H": "balancers::a-hot-standby-comes-before-the-next-lbset",
    "status=R": "balancers::a-hot-spare-stands-in-for-one-member",
    "status=N": "balancers::a-draining-member-keeps-its-sessions-only",
    "status=C": "balancer-parameters::a-member-that-a-check-has-failed-is-not-revived-by-need",
    "upgrade": "upgrade::a-member-that-allows-the-upgrade",
    "hcmethod": "serve/test_prober.py::test_the_question_is_httpds",
    "hcuri": "serve/test_prober.py::test_the_question_is_httpds",
    "hcinterval": "control/test_watchdog.py::test_a_member_that_fails_is_taken_out_and_comes_back",
    "hcpasses": "serve/test_prober.py::test_failures_add_up_and_passes_take_errors_away_too",
    "hcfails": "serve/test_prober.py::test_failures_add_up_and_passes_take_errors_away_too",
    "hcexpr": "serve/test_prober.py::test_an_expression_decides_alone",
    "hctemplate": "config/test_probing.py::test_a_template_says_everything_where_it_stands",
}
BALANCER: Final = {
    "lbmethod": "balancer/test_over_processes.py::test_every_method_keeps_its_promise",
    "stickysession": "sticky::a-cookie-with-a-route",
    "stickysessionsep": "sticky::scolonpathdelim-and-stickysessionsep",
    "scolonpathdelim": "sticky::scolonpathdelim-and-stickysessionsep",
    "nofailover": "sticky::a-dead-member-s-sessions-move-unless-nofailover",
    "maxattempts": "balancers::maxattempts-0-is-one-try",
    "timeout": "balancer-parameters::more-attempts-than-members-and-a-timeout-while-there-is-nobody",
    "failonstatus": "balancers::failonstatus-puts-a-member-aside",
    "failontimeout": "answers::failontimeout-puts-the-slow-member-aside",
    "forcerecovery": "balancer-parameters::more-attempts-than-members-and-a-timeout-while-there-is-nobody",
    "growth": "parity/test_growth.py::test_the_steps_are_what_they_should_be",
    "nonce": "parity/test_growth.py::test_the_steps_are_what_they_should_be",
}
IGNORED: Final = {
    "min": "3", "smax": "3", "iobuffersize": "4096", "flushpackets": "on", "flushwait": "5", "secret": "x",
    "flusher": "x",
}  # fmt: skip
"""They have nothing to act on here, and whoever says them is told so; with a value each."""

PLAYED: Final = [
    pytest.param(key, name, id=f"{owner}-{key}")
    for owner, table in (("member", MEMBER), ("balancer", BALANCER))
    for key, name in table.items()
    if ".py::" not in name
]
RUN: Final = sorted({name for name in (*MEMBER.values(), *BALANCER.values()) if ".py::" in name})


def test_every_parameter_has_its_row() -> None:
    letters = {f"status={letter}" for letter in parameters.STATUS_LETTERS}
    assert set(MEMBER) | set(IGNORED) == (set(parameters.MEMBER) | set(probing.KEYS)) - {"status"} | letters
    assert set(BALANCER) == set(parameters.BALANCER)
    assert set(IGNORED) == {key for key, one in parameters.MEMBER.items() if one.ignored}


@pytest.mark.parametrize(("key", "name"), PLAYED)
def test_its_case_fails_without_it(key: str, name: str) -> None:
    case = next(case for case in CASES if case.name == name)
    word, equals, letter = key.partition("=")
    wanted = rf"\s+{word}=\+?{letter}\b" if equals else rf"\s+{word}=\S+"
    config, times = re.subn(wanted, "", case.config)
    assert times, f"{name} does not say {key}"
    root, names = certificates()
    seen = play(dataclasses.replace(case, config=config), "evenflow", STAGE, root, names, {})
    assert any(complaints(one, one.request.expected) for one in seen)


@pytest.mark.parametrize("name", RUN)
def test_its_test_is_there(name: str) -> None:
    file, _, test = name.partition("::")
    tree = ast.parse((TESTS / file).read_text())
    assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(("key", "value"), IGNORED.items())
def test_whoever_says_what_has_nothing_to_act_on_is_told(key: str, value: str) -> None:
    loaded = load_text(
        f"Listen 80\n<Proxy balancer://c>\nBalancerMember http://one {key}={value}\n</Proxy>\nProxyPass / balancer://c/\n"
    )
    (said,) = [one for one in loaded.diagnostics if one.code == "parameter-ignored"]
    assert said.headline.startswith(f"`{key}` has no effect here: ")


VALUES: Final = {
    "max": "3", "acquire": "5", "ping": "1", "addressttl": "5", "ttl": "5", "connectiontimeout": "5", "timeout": "5",
    "retry": "5", "keepalive": "On", "disablereuse": "On", "enablereuse": "Off", "responsefieldsize": "777",
    "receivebuffersize": "7777", "route": "a", "redirect": "b", "loadfactor": "5", "lbset": "5", "upgrade": "a",
    "hcmethod": "TCP", "hcuri": "/a", "hcinterval": "5", "hcpasses": "5", "hcfails": "5", "hcexpr": "e",
    "hctemplate": "t",
}  # fmt: skip
BALANCER_VALUES: Final = {
    "lbmethod": "bybusyness", "stickysession": "S", "stickysessionsep": "!", "scolonpathdelim": "On",
    "nofailover": "On", "maxattempts": "7", "timeout": "7", "failonstatus": "500", "failontimeout": "On",
    "forcerecovery": "Off", "growth": "7", "nonce": "x",
}  # fmt: skip


def plan_with(member: str, balancer: str) -> object:
    said, plan = told(
        "Listen 80\nProxyHCExpr e {hc('x') =~ /x/}\nProxyHCTemplate t hcmethod=GET hcuri=/t\n<Proxy balancer://c>\n"
        f"BalancerMember http://one:80 {member}\nProxySet maxattempts=3 {balancer}\n</Proxy>\nProxyPass / balancer://c/\n"
    )
    assert plan is not None, said
    return plan


@pytest.mark.parametrize("key", VALUES)
def test_it_comes_into_the_plan(key: str) -> None:
    around = "" if key in ("hcmethod", "hctemplate") or not key.startswith("hc") else "hcmethod=HEAD"
    assert plan_with(f"{around} {key}={VALUES[key]}", "") != plan_with(around, "")


@pytest.mark.parametrize("key", BALANCER_VALUES)
def test_a_balancers_comes_into_the_plan(key: str) -> None:
    sticky = "stickysession=T" if key in ("stickysessionsep", "scolonpathdelim") else ""
    assert plan_with("", f"{sticky} {key}={BALANCER_VALUES[key]}") != plan_with("", sticky)


@pytest.mark.parametrize("letter", parameters.STATUS_LETTERS)
def test_every_letter_comes_into_the_plan(letter: str) -> None:
    assert plan_with(f"status=+{letter}", "") != plan_with("", "")


def test_the_values_are_of_all_that_act() -> None:
    assert set(VALUES) == (set(parameters.MEMBER) | set(probing.KEYS)) - set(IGNORED) - {"status"}
    assert set(BALANCER_VALUES) == set(parameters.BALANCER)


def test_what_is_known_and_not_acted_on_is_refused_by_name() -> None:
    (said,) = load_text("Listen 80\n<Proxy balancer://c>\nProxySet lbmethodparams=x\n</Proxy>\n").diagnostics
    assert said.code == "parameter-not-supported" and "`lbmethodparams`" in said.headline
