"""A command is named as it must be typed where the program was started."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.options.shell_command import typed


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with an environment that has uv and the programs; nothing is on PATH."""
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("python", "uv", "charlstm", "charlstm-tui"):
        (programs / name).touch(mode=0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setattr("sys.executable", str(programs / "python"))
    for name in ("UV", "UV_RUN_RECURSION_DEPTH", "VIRTUAL_ENV"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def as_uv_does(project: Path, monkeypatch: pytest.MonkeyPatch, uv: Path, shell_path: str) -> None:
    programs = project / ".venv" / "bin"
    monkeypatch.setenv("UV", str(uv))
    monkeypatch.setenv("UV_RUN_RECURSION_DEPTH", "1")
    monkeypatch.setenv("VIRTUAL_ENV", str(project / ".venv"))
    monkeypatch.setenv("PATH", f"{programs}:{shell_path}")


def test_the_programs_name_is_enough_where_the_shell_finds_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(project / ".venv" / "bin"))
    assert typed("charlstm", "write", "my run") == "charlstm write 'my run'"


def test_a_program_that_the_shell_does_not_find_is_named_by_its_path(project: Path) -> None:
    assert typed("charlstm-tui", "--watch", "first") == ".venv/bin/charlstm-tui --watch first"


def test_after_uv_run_the_command_begins_with_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = project / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "uv").touch(mode=0o755)
    as_uv_does(project, monkeypatch, elsewhere / "uv", str(elsewhere))
    assert typed("charlstm", "runs") == "uv run charlstm runs"


def test_uv_in_the_environment_is_named_by_its_path(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_uv_does(project, monkeypatch, project / ".venv" / "bin" / "uv", str(project / "empty"))
    assert typed("charlstm", "runs") == ".venv/bin/uv run charlstm runs"


def test_a_program_that_is_not_installed_is_named_all_the_same(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / ".venv" / "bin" / "charlstm").unlink()
    assert typed("charlstm", "runs") == "charlstm runs"
