"""A fresh Python, in which JAX has not been started."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[3]


def said_by(program: str, options: Sequence[str], cache: Path, cwd: Path | None = None, **environment: str) -> str:
    """What a program prints whose user's cache lies at `cache`, and whose environment says nothing else of JAX.

    It must end well, and print no errors.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("JAX_", "XLA_"))}
    child = subprocess.run(
        [sys.executable, *options, "-c", program],
        env=clean | {"XDG_CACHE_HOME": str(cache), "PYTHONPATH": str(ROOT)} | environment,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    assert child.stderr == ""
    return child.stdout.strip()
