"""The README's first command in a fresh copy of the project, with a Python that refuses `pip install`.

`.ci/run` runs the second one, which runs the tests, with such a Python too.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import managed_python
from tests.conftest import USER_FOLDERS
from tests.tui.terminal.driver import PseudoTerminal

ROOT = Path(__file__).parents[1]
START_COMMAND, TEST_COMMAND = re.findall(
    r"^python3 .*\buv run .*$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE
)
INSTALL_SECONDS = 400.0
"""Time to download and install every package."""


@pytest.fixture(scope="module")
def fresh_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the project as `git clone` would give them, with the changes that are not committed yet."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is not a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    copy = tmp_path_factory.mktemp("fresh") / "charlstm"
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    return copy


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A new user's environment, whose `python3` refuses `pip install`. Only the downloads of uv are shared."""
    home = tmp_path_factory.mktemp("home")
    python = managed_python.make(tmp_path_factory.mktemp("python"))
    downloads = os.environ.get("UV_CACHE_DIR") or str(Path.home() / ".cache" / "uv")
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    folders = {name: str(home / name.lower()) for name in USER_FOLDERS}
    return {"HOME": str(home), "PATH": path, "UV_CACHE_DIR": downloads, "VIRTUAL_ENV": "", **folders}


@pytest.mark.install
@pytest.mark.timeout(2 * INSTALL_SECONDS)
def test_the_first_command_starts_the_program_and_works_again(fresh_copy: Path, environment: dict[str, str]) -> None:
    for shown, leave in (r"epoch \d+ of", "q"), ("Enter resumes training", "\x11"):
        with PseudoTerminal(["bash", "-c", START_COMMAND], environment=environment, folder=fresh_copy) as terminal:
            terminal.wait_until(lambda shown=shown: re.search(shown, terminal.screen), INSTALL_SECONDS, shown)
            terminal.send(leave)
            assert terminal.wait_exit() == 0


def test_the_two_commands_differ_only_in_the_program() -> None:
    assert START_COMMAND.partition("/uv run ")[0] == TEST_COMMAND.partition("/uv run ")[0]
    assert START_COMMAND.endswith("/uv run charlstm-tui")


def test_ci_runs_the_readmes_test_command() -> None:
    assert f"stage '{TEST_COMMAND}'" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_a_managed_python_refuses_to_install(tmp_path: Path) -> None:
    python = managed_python.make(tmp_path / "python")
    done = subprocess.run([python, "-m", "pip", "install", "uv"], capture_output=True, text=True)
    assert done.returncode != 0
    assert "externally-managed-environment" in done.stderr or "No module named pip" in done.stderr
