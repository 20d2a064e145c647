"""The house keeps its own rules: a test for every file, a docstring in every file, and the way it says it runs."""

from __future__ import annotations

import ast
import graphlib
import re
from pathlib import Path
from typing import Final

import pytest

import evenflow
from tests.peers import CHECKOUT

SOURCE: Final = CHECKOUT / "src" / "evenflow"
TESTS: Final = CHECKOUT / "tests"

# Names that hold nothing to test: a package's caption, and the two lines behind `python -m evenflow`.
UNTESTED: Final = ("__init__.py", "__main__.py")

FILES: Final = sorted(SOURCE.rglob("*.py"))


def below(path: Path) -> str:
    """A file's name as the house speaks of it, such as `plan/mapping.py`."""
    return str(path.relative_to(SOURCE))


def test_the_source_was_found() -> None:
    assert SOURCE / "__init__.py" in FILES


@pytest.mark.parametrize("path", [path for path in FILES if path.name not in UNTESTED], ids=below)
def test_every_source_file_has_its_test_file(path: Path) -> None:
    expected = TESTS / path.relative_to(SOURCE).with_name(f"test_{path.name}")
    assert expected.is_file(), f"write {expected.relative_to(CHECKOUT)}"


@pytest.mark.parametrize("path", FILES, ids=below)
def test_every_file_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text())), f"{below(path)} begins without a docstring"


def test_versions_agree() -> None:
    import tomllib

    with open(CHECKOUT / "pyproject.toml", "rb") as file:
        assert tomllib.load(file)["project"]["version"] == evenflow.__version__


# --- what Cython says only when it runs ---------------------------------------------------------------------------

HOT_ROOMS: Final = ("wire", "slotmem", "plan", "balancer", "proxy", "serve")
TYPED: Final = sorted(SOURCE.rglob("*.pxd"))

# `cdef TYPE name[, name]` within a class; `c[p]def [inline] [TYPE] name(ARGUMENTS)` anywhere.
FIELD_LINE: Final = re.compile(r"\s+cdef\s+(?:[\w.]+(?:\[.*?\])?\s+)+\*?(\w+(?:,\s*\w+)*)$")
FUNCTION_LINE: Final = re.compile(r"\s*c(?:p?)def\s+[^(]*?(\w+)\((.*)\)")
CLASS_LINE: Final = re.compile(r"cdef class (\w+)(?:\((\w+)\))?:")
CIMPORT_LINE: Final = re.compile(r"^from evenflow\.([\w.]+) cimport", re.M)


class Declared:
    """What one `.pxd` declares: fields and base of each class, arguments of each function and `Class.method`.

    Fails where a field is declared twice.
    """

    def __init__(self, path: Path) -> None:
        self.fields: dict[str, set[str]] = {}
        self.bases: dict[str, str] = {}
        self.arguments: dict[str, str] = {}
        within = ""
        for line in path.read_text().splitlines():
            if opened := CLASS_LINE.match(line):
                within = opened[1]
                self.fields[within] = set()
                self.bases[within] = opened[2] or ""
                continue
            if line.strip() and not line[0].isspace():
                within = ""
            if function := FUNCTION_LINE.match(line):
                self.arguments[f"{within}.{function[1]}" if within else function[1]] = function[2]
            elif within and (fields := FIELD_LINE.match(line)):
                for field in re.split(r",\s*", fields[1]):
                    assert field not in self.fields[within], f"{below(path)} declares {within}.{field} twice"
                    self.fields[within].add(field)


def all_fields(name: str, declared: list[Declared]) -> set[str]:
    """The fields of a class with those of its bases, wherever they are declared."""
    found: set[str] = set()
    while name:
        where = next(one for one in declared if name in one.fields)
        found |= where.fields[name]
        name = where.bases[name]
    return found


@pytest.mark.parametrize("path", TYPED, ids=below)
def test_what_a_compiled_class_sets_is_declared(path: Path) -> None:
    """A cdef class has no other fields, and compiled it says so only where one is set."""
    here = Declared(path)
    declared = [Declared(one) for one in TYPED]
    tree = ast.parse(path.with_suffix(".py").read_text())
    for made in tree.body:
        if not isinstance(made, ast.ClassDef) or made.name not in here.fields:
            continue
        stored = {
            node.attr
            for node in ast.walk(made)
            if isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and isinstance(node.value, ast.Name)
            and node.value.id == "self"
        }
        assert stored <= all_fields(made.name, declared), f"declare them in {below(path)}"


HOT: Final = [path for path in FILES if path.parent.name in HOT_ROOMS]


@pytest.mark.parametrize("path", HOT, ids=below)
def test_no_loop_goes_over_single_byte_literals(path: Path) -> None:
    """Compiled it yields other types than interpreted: bytes of a bytes literal, and numbers of bytes of length one."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.For | ast.comprehension):
            continue
        over = node.iter
        assert not (isinstance(over, ast.Constant) and isinstance(over.value, bytes)), f"line {over.lineno}"
        if isinstance(over, ast.Tuple | ast.List | ast.Set) and over.elts:
            single = [isinstance(one, ast.Constant) and isinstance(one.value, bytes) and len(one.value) == 1
                      for one in over.elts]  # fmt: skip
            assert not all(single), f"line {over.lineno}"


@pytest.mark.parametrize("path", TYPED, ids=below)
def test_a_compiled_function_takes_what_its_python_takes(path: Path) -> None:
    """As many arguments, and as many of them optional (`=*`)."""
    here = Declared(path)
    tree = ast.parse(path.with_suffix(".py").read_text())
    written = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for made in tree.body:
        if isinstance(made, ast.ClassDef):
            written |= {f"{made.name}.{node.name}": node for node in made.body if isinstance(node, ast.FunctionDef)}
    for name, arguments in here.arguments.items():
        function = written[name].args
        taken = len(function.args) + len(function.kwonlyargs)
        optional = len(function.defaults) + sum(default is not None for default in function.kw_defaults)
        said = [argument for argument in arguments.split(",") if argument.strip()]
        assert (len(said), sum("=" in argument for argument in said)) == (taken, optional), f"{below(path)}: {name}"


def test_types_are_not_asked_for_in_a_circle() -> None:
    """Of two .pxd files that cimport names from each other, one does not compile."""
    asked = {below(path): set(CIMPORT_LINE.findall(path.read_text())) for path in TYPED}
    graph = {name: [f"{one.replace('.', '/')}.pxd" for one in asked[name]] for name in asked}
    graphlib.TopologicalSorter(graph).prepare()


NUMBER_LINE: Final = re.compile(r"^cdef (?:int|double|Py_ssize_t|long long) ([^(]+)$", re.MULTILINE)


@pytest.mark.parametrize("path", FILES, ids=below)
def test_no_c_number_is_imported_as_if_python_saw_it(path: Path) -> None:
    """What a `.pxd` makes a C variable of is no name for an import, unless the module puts it into `globals()`."""
    shared = path.with_suffix(".pxd").read_text() if path.with_suffix(".pxd").exists() else ""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ImportFrom) or not node.module or not node.module.startswith("evenflow."):
            continue
        made = SOURCE.parent / f"{node.module.replace('.', '/')}.pxd"
        if not made.exists():
            continue
        numbers = {name.strip() for line in NUMBER_LINE.findall(made.read_text()) for name in line.split(",")}
        seen = made.with_suffix(".py").read_text()
        for name in {alias.name for alias in node.names} & numbers:
            asked = re.search(rf"from {re.escape(node.module)} cimport [^)]*?\b{name}\b", shared)
            assert asked or f"{name}={name}" in seen, f"{node.module} keeps {name} to itself when compiled"


CALLED: Final = {
    "exchange": "Exchange", "client": "ClientConnection", "server": "Server", "tunnel": "TunnelConnection",
    "slot": "MemberSlot", "balance": "Balance", "record": "LogRecord", "head": "RequestHead", "inquiry": "Inquiry",
}  # fmt: skip
"""What an argument of this name is, wherever it is one."""


def private_names() -> dict[str, set[str]]:
    """Of each compiled class, what only C sees: attributes that are neither public nor readonly, and cdef methods."""
    found: dict[str, set[str]] = {}
    for path in SOURCE.rglob("*.pxd"):
        names: set[str] | None = None
        for line in path.read_text().splitlines():
            begins = re.match(r"cdef class (\w+)", line)
            if begins:
                names = found.setdefault(begins[1], set())
            elif line and not line.startswith(" "):
                names = None
            elif names is not None and re.match(r"    cdef (?!public|readonly)", line):
                said = line.partition("(")[0].strip()
                names.update(name.split()[-1] for name in said.split(", "))
    return found


def test_who_is_not_typed_uses_nothing_that_only_c_sees() -> None:
    """Compiled it would be an AttributeError, at the request that comes by."""
    private = private_names()
    assert "seen_answer" in private["Exchange"] and "facts" not in private["Exchange"]
    wrong = []
    for path in FILES:
        types = path.with_suffix(".pxd")
        typed = types.read_text() if types.exists() else ""
        for function in ast.walk(ast.parse(path.read_text())):
            if not isinstance(function, ast.FunctionDef):
                continue
            said = re.search(rf"\b{function.name}\(([^)]*)\)", typed)
            for argument in function.args.args:
                kind = CALLED.get(argument.arg, "")
                if kind not in private or (said and re.search(rf"\b{kind} {argument.arg}\b", said[1])):
                    continue
                wrong += [
                    f"{below(path)}:{node.lineno}: {argument.arg}.{node.attr}"
                    for node in ast.walk(function)
                    if isinstance(node, ast.Attribute)
                    and isinstance(node.value, ast.Name)
                    and node.value.id == argument.arg
                    and node.attr in private[kind]
                ]
    assert wrong == []
