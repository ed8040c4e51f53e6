"""Commands as the user must type them here, for messages that name the next one."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path


def typed(program: str, *words: str) -> str:
    """A command of this project: `uv run charlstm runs` where uv started this program.

    Args:
        program: 'charlstm' or 'charlstm-tui'.
        words: its command line, not yet quoted.
    """
    return " ".join((*_start(program), shlex.join(words))).rstrip()


def _start(program: str) -> tuple[str, ...]:
    """The words that start a program."""
    if "UV_RUN_RECURSION_DEPTH" in os.environ:  # set by `uv run`, beside the path of uv itself
        return (_shortest("uv", os.environ.get("UV", "uv"), _path_before_uv()), "run", program)
    here = Path(sys.executable).with_name(program)
    return (_shortest(program, str(here), os.environ.get("PATH", "")) if here.exists() else program,)


def _path_before_uv() -> str:
    """PATH as in the user's shell, without the folder that `uv run` puts first."""
    folders = os.environ.get("PATH", "").split(os.pathsep)
    added = os.path.join(os.environ.get("VIRTUAL_ENV", ""), "bin")
    return os.pathsep.join(folders[1:] if folders[0] == added else folders)


def _shortest(name: str, path: str, search: str) -> str:
    """The name if the shell finds it, otherwise the path, relative to the working folder if it lies in it."""
    if shutil.which(name, path=search):
        return name
    try:
        return shlex.quote(str(Path(path).relative_to(Path.cwd())))
    except (ValueError, OSError):
        return shlex.quote(path)
