"""The list of compiled rooms, and nothing else.

Everything about the project itself stands in pyproject.toml. Here the hot rooms' `.py` files are translated
by Cython and compiled beside the copies that a build makes of them, never inside `src`. Where that cannot be done
(no C compiler, no Python headers, no Cython, or EVENFLOW_INTERPRETED=1 in the environment) the build says so in one
line on stderr and goes on: the same files run interpreted.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Final

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CCompilerError, ExecError, PlatformError

HOT_ROOMS: Final = ("wire", "slotmem", "plan", "balancer", "proxy", "serve")

# What Cython would repeat in every module (typed memoryviews, functions, keyword arguments) is compiled once, here.
SHARED: Final = "evenflow._cython"

DIRECTIVES: Final = {
    "language_level": 3,
    "cdivision": True,
    "initializedcheck": False,
    # Annotations stay plain Python; C types come only from the `.pxd` beside a file.
    "annotation_typing": False,
    # Nothing here is pickled, and the code for it is long.
    "auto_pickle": False,
    # The Python source, line by line, as comments in the C files.
    "emit_code_comments": False,
}


def compiled_modules() -> list[Extension]:
    """The shared extension, and one for each source file of the hot rooms; a package's `__init__` stays as it is."""
    extensions = [Extension(SHARED, [], extra_compile_args=flags("-O2"))]
    for room in HOT_ROOMS:
        for path in sorted(Path("src/evenflow", room).rglob("*.py")):
            if path.name != "__init__.py":
                name = ".".join(path.relative_to("src").with_suffix("").parts)
                extensions.append(Extension(name, [str(path)], extra_compile_args=flags(level(path))))
    return extensions


def level(path: Path) -> str:
    """How much to optimize: without a `.pxd` all is Python objects, and only the wire looks at bytes one by one."""
    if not path.with_suffix(".pxd").exists():
        return "-O1"
    return "-O3" if path.parent.name == "wire" else "-O2"


def flags(optimize: str) -> list[str]:
    """What is said after the interpreter's own flags, which ask for -O3 and -g; who says it in CFLAGS is obeyed."""
    said = os.environ.get("CFLAGS", "").split()
    return [flag for flag in (optimize, "-g0") if not any(word.startswith(flag[:2]) for word in said)]


class BuildHotRooms(build_ext):
    """Compile the hot rooms where that is possible, and say why where it is not."""

    def build_extensions(self) -> None:
        hindrance = self.hindrance()
        if hindrance:
            print(f"evenflow: the hot rooms stay interpreted: {hindrance}", file=sys.stderr)
            # An earlier build may have left its modules in the same place: they are not what was asked for now.
            for extension in self.extensions:
                Path(self.get_ext_fullpath(extension.name)).unlink(missing_ok=True)
            self.extensions = []
            return
        self.translate()
        self.parallel = self.parallel or os.cpu_count()
        super().build_extensions()

    def hindrance(self) -> str | None:
        """Why nothing can be compiled here, or None."""
        if os.environ.get("EVENFLOW_INTERPRETED") == "1":
            return "EVENFLOW_INTERPRETED=1"
        if self.inplace or self.editable_mode:
            return "an editable install runs the files in src, which hold no compiled modules"
        try:
            import Cython.Build  # noqa: F401
        except ImportError:
            return "Cython is not installed"
        with tempfile.TemporaryDirectory() as scratch:
            probe = Path(scratch, "probe.c")
            probe.write_text("#include <Python.h>\nint main(void) { return 0; }\n")
            try:
                self.compiler.compile([str(probe)], output_dir=scratch, include_dirs=self.include_dirs)
            except (CCompilerError, ExecError, PlatformError, OSError):
                return f"`{self.compiler.compiler[0]}` cannot compile C with Python.h (install gcc and python3-dev)"
        return None

    def translate(self) -> None:
        """Replace each extension's `.py` source with the C file that Cython makes of it under build/."""
        from Cython.Build import cythonize

        translated = cythonize(
            self.extensions,
            build_dir="build/cython",
            include_path=["src"],
            compiler_directives=DIRECTIVES,
            shared_utility_qualified_name=SHARED,
            nthreads=os.cpu_count() or 0,
            quiet=True,
        )
        sources = {extension.name: extension.sources for extension in translated}
        for extension in self.extensions:
            extension.sources = sources[extension.name]


if __name__ == "__main__":  # not in the processes that translate in parallel
    setup(ext_modules=compiled_modules(), cmdclass={"build_ext": BuildHotRooms})
