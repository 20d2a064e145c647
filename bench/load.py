"""How long do large files take to load? CPU seconds of `config.load` and `compiler.build`, one shape a line.

    PYTHONPATH=build/compiled .venv/bin/python bench/load.py [SHAPE ...]

Each shape has about ten thousand statements. The first run counts: nobody loads twice.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from large import SHAPES


def measure(shape: str) -> tuple[float, float]:
    """Seconds of loading and of building, in this process."""
    from evenflow.compiler.build import build
    from evenflow.config.load import load

    with tempfile.TemporaryDirectory(prefix="evenflow-bench-") as folder:
        path = Path(folder, "large.conf")
        path.write_text(SHAPES[shape]())
        began = time.process_time()
        loaded = load(str(path))
        read = time.process_time()
        if loaded.settings is None:
            raise SystemExit(f"{shape}: {loaded.errors[0].headline}")
        built = build(loaded.settings)
        if built.plan is None:
            raise SystemExit(f"{shape}: {built.diagnostics[0].headline}")
        return read - began, time.process_time() - read


def main(words: list[str]) -> None:
    if words[:1] == ["--one"]:
        print(*measure(words[1]))
        return
    print(f"{'shape':<12}{'load':>8}{'build':>8}{'both':>8}  seconds")
    for shape in words or SHAPES:
        said = subprocess.run([sys.executable, __file__, "--one", shape], capture_output=True, text=True, check=False)
        if said.returncode != 0:
            print(f"{shape:<12}{(said.stderr.strip().splitlines() or ['?'])[-1]}")
            continue
        load, build = map(float, said.stdout.split())
        print(f"{shape:<12}{load:>8.2f}{build:>8.2f}{load + build:>8.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
