"""The house stays small and clear: limits for folders and files, one meaning for each file name, declared packages."""

import ast
import re
import sys
import tomllib
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.test_imports import MODULES, ROOT, named_in

PACKAGES = ("tui", "model", "corpora")
MOST_ENTRIES, MOST_LINES = 14, 300
LONGER_TESTS = {
    "tests/model/cli/test_train.py": 400,
    "tests/model/runs/test_checkpoint.py": 450,
    "tests/model/runs/test_hostile_files.py": 400,
    "tests/model/runs/test_resuming.py": 350,
    "tests/model/training/test_train_step.py": 350,
    "tests/model/writing/test_language_model.py": 500,
    "tests/model/writing/test_samplers.py": 400,
    "tests/tui/engine/test_local_engine.py": 450,
    "tests/tui/engine/watching/test_follower.py": 500,
    "tests/tui/engine/writing/test_streams.py": 350,
    "tests/tui/engine/writing/test_writer.py": 600,
    "tests/tui/engine/writing/test_writing_again.py": 400,
    "tests/tui/screens/test_main.py": 800,
    "tests/tui/widgets/writing/test_token_stream.py": 400,
}
"""Test modules that are longer than the limit, and what they may have at most. Make it smaller, never larger."""
SHARED_NAMES = {
    "__init__.py": "each package has one",
    "__main__.py": "python -m tui, python -m model",
}
"""File names that occur twice, each with its reason."""
FILES = [
    path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.suffix in (".py", ".tcss", ".toml")
]


def imports_of(path: Path) -> set[str]:
    """Top-level names of the modules that a file imports, those for type checking included."""
    return {name.partition(".")[0] for name in named_in(path)}


def lines_of(path: Path) -> int:
    """How many lines a file has."""
    return len(path.read_text("utf-8").splitlines())


@pytest.mark.parametrize("package", PACKAGES)
def test_folders_are_small(package: str) -> None:
    for folder in (ROOT / package, *(path for path in (ROOT / package).rglob("*") if path.is_dir())):
        if "__pycache__" not in folder.parts:
            name = folder.relative_to(ROOT).as_posix()
            entries = [entry for entry in folder.iterdir() if entry.name != "__pycache__"]
            assert len(entries) <= MOST_ENTRIES, name


def test_files_are_short() -> None:
    lengths = {path.relative_to(ROOT).as_posix(): lines_of(path) for path in FILES}
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_test_modules_are_short() -> None:
    lengths = {path.relative_to(ROOT).as_posix(): lines_of(path) for path in (ROOT / "tests").rglob("*.py")}
    too_long = {name: length for name, length in lengths.items() if length > LONGER_TESTS.get(name, MOST_LINES)}
    assert too_long == {}
    assert {name for name in LONGER_TESTS if lengths.get(name, 0) <= MOST_LINES} == set(), "no exceptions any more"


def test_no_two_files_have_the_same_name() -> None:
    counts = Counter(path.name for path in FILES)
    assert {name for name, count in counts.items() if count > 1} <= SHARED_NAMES.keys()


def test_every_package_says_what_lives_there() -> None:
    for path in FILES:
        if path.name == "__init__.py":
            assert ast.get_docstring(ast.parse(path.read_text("utf-8"))), path


def test_imports_have_no_circles() -> None:
    """Imports inside functions count; those for type checking alone do not."""
    known = {name: path for modules in MODULES.values() for name, path in modules.items()}
    imports = {name: set(named_in(path, typing=False)) & known.keys() - {name} for name, path in known.items()}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail(f"these modules import each other: {' -> '.join(error.args[1])}")


def test_every_imported_package_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    dependencies = [*project["dependencies"], *project["optional-dependencies"]["pdf"]]
    declared = {re.split(r"[^\w.-]", each)[0].lower().replace("_", "-") for each in dependencies}
    imported = {name for path in FILES if path.suffix == ".py" for name in imports_of(path)}
    outside = imported - set(sys.stdlib_module_names) - set(PACKAGES)
    distributions = packages_distributions()
    missing = {
        name
        for name in outside
        if not declared & {each.lower().replace("_", "-") for each in distributions.get(name, [name])}
    }
    assert missing == set()
