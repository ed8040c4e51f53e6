"""What people install: the built wheel and sdist hold what they should, and the programs start from them."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("tui", "model", "corpora")


def run(*command: str | Path, cwd: Path) -> str:
    """What a command says on standard output, run as from a shell that knows nothing of the checkout."""
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(command, cwd=cwd, env=clean, capture_output=True, encoding="utf-8", timeout=300)
    assert done.returncode == 0, f"{' '.join(map(str, command))}:\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sdist, and the wheel made from it."""
    folder = tmp_path_factory.mktemp("distributions")
    uv = shutil.which("uv")
    build = (uv, "build", "--out-dir") if uv else (sys.executable, "-m", "build", "--outdir")
    run(*build, folder, ROOT, cwd=folder)
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return sdist, wheel


@pytest.fixture(scope="module")
def programs(distributions: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of the wheel, installed in an environment that borrows this one's dependencies."""
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, with_pip=False, symlinks=os.name != "nt")
    of_new = sysconfig.get_paths("venv", {"base": str(environment), "platbase": str(environment)})
    of_this = sysconfig.get_paths()
    borrowed = dict.fromkeys([of_this["purelib"], of_this["platlib"]])
    Path(of_new["purelib"], "borrowed.pth").write_text("\n".join(borrowed), encoding="utf-8")
    programs = Path(of_new["scripts"])
    python = shutil.which("python", path=programs)
    assert python
    uv = shutil.which("uv")
    pip = (
        (uv, "pip", "install", "--python", python)
        if uv
        else (sys.executable, "-m", "pip", "--python", python, "install")
    )
    run(*pip, "--no-deps", distributions[1], cwd=environment)
    return programs


def test_the_wheel_holds_every_module_and_data_file(distributions: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(distributions[1]) as wheel:
        held = set(wheel.namelist())
    modules = {path.relative_to(ROOT).as_posix() for package in PACKAGES for path in (ROOT / package).rglob("*.py")}
    assert held >= modules | {"tui/app.tcss", "corpora/catalogue.toml", "corpora/aphorisms.txt"}


def test_the_wheel_holds_nothing_but_the_packages_and_the_licence(distributions: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(distributions[1]) as wheel:
        tops = {name.partition("/")[0] for name in wheel.namelist()}
        (metadata,) = tops - set(PACKAGES)
        assert f"{metadata}/licenses/LICENSE" in wheel.namelist()


def test_the_sdist_holds_the_tests_and_their_data(distributions: tuple[Path, Path]) -> None:
    with tarfile.open(distributions[0]) as sdist:
        held = {name.partition("/")[2] for name in sdist.getnames()}
    tests = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("*.py")}
    assert held >= tests | {"tests/model/golden/keras_notebook.json", "README.md", "CHANGELOG.md", "LICENSE", ".ci/run"}


def test_the_installed_packages_are_the_wheels_own(programs: Path, tmp_path: Path) -> None:
    where = run(programs / "python", "-c", "import corpora, model, tui; print(corpora.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(programs.parent)


@pytest.mark.parametrize(
    ("command", "mentioned"),
    [("charlstm --help", "train"), ("charlstm train --help", "--recipe"), ("charlstm-tui --help", "--recipe")],
)
def test_an_installed_program_explains_itself(programs: Path, tmp_path: Path, command: str, mentioned: str) -> None:
    program, *arguments = command.split()
    assert mentioned in run(programs / program, *arguments, cwd=tmp_path)


def test_the_installed_command_line_lists_the_corpora(programs: Path, tmp_path: Path) -> None:
    listed = run(programs / "charlstm", "corpora", cwd=tmp_path)
    assert all(name in listed for name in ("nietzsche", "shakespeare", "manual", "stdlib", "aphorisms"))
