"""What keeps a generation from starting is told like a diagnostic."""

from __future__ import annotations

from evenflow.control.trouble import Trouble
from evenflow.origin import NOWHERE, Origin


def test_headline_place_text_and_help() -> None:
    origin = Origin("conf/wiki.conf", 12, "Listen 80")
    assert Trouble("port-taken", "cannot listen on `0.0.0.0:80`", origin, "write another port").render() == (
        "error[port-taken]: cannot listen on `0.0.0.0:80`\n"
        "  --> conf/wiki.conf:12\n"
        "   |\n"
        "12 | Listen 80\n"
        "   |\n"
        "help: write another port\n"
    )


def test_without_a_place() -> None:
    assert Trouble("a-code", "it is so", NOWHERE).render() == "error[a-code]: it is so\n"
