"""Makes a Python that refuses `pip install` outside an environment, as Debian's and Homebrew's do (PEP 668).

`python3 tests/managed_python.py FOLDER` puts `python3` into FOLDER/bin: a copy of the running Python's program beside
links to its library and the file that makes pip refuse. The installed Python itself is not changed.
"""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

MARKER = "EXTERNALLY-MANAGED"


def make(folder: Path) -> Path:
    """Make the Python in `folder`, which may exist, and return its program.

    Raises:
        RuntimeError: the new Python installs packages, or cannot make an environment.
    """
    installed = Path(sysconfig.get_path("stdlib", vars={"installed_base": sys.base_prefix}))
    library = folder / installed.relative_to(sys.base_prefix)
    library.mkdir(parents=True, exist_ok=True)
    for entry in installed.iterdir():
        link = library / entry.name
        if entry.name != MARKER and not link.exists():
            link.symlink_to(entry)
    (library / MARKER).write_text("[externally-managed]\nError=This Python belongs to a test: use an environment.\n")
    program = folder / "bin" / "python3"
    program.parent.mkdir(exist_ok=True)
    shutil.copy(Path(getattr(sys, "_base_executable", sys.executable)).resolve(), program)
    for arguments, succeeds in (["-m", "pip", "install", "--dry-run", "uv"], False), (["-c", "import ensurepip"], True):
        done = subprocess.run([program, *arguments], capture_output=True, text=True)
        if (done.returncode == 0) != succeeds:
            raise RuntimeError(f"python3 {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
    return program


if __name__ == "__main__":
    print(make(Path(sys.argv[1]).absolute()))
