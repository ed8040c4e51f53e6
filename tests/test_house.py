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
LARGER_FOLDERS = {"corpora": 15, "model": 17}
"""Folders that are larger than the limit, and their size. Make it smaller, never larger."""
SHARED_NAMES = {
    "__init__.py": "each package has one",
    "__main__.py": "python -m tui, python -m model",
    "errors.py": "the base class of errors in corpora, their sentences in model",
}
"""File names that occur twice, each with its reason."""
FILES = [
    path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.suffix in (".py", ".tcss", ".toml")
]


def imports_of(path: Path) -> set[str]:
    """Top-level names of the modules that a file imports, those for type checking included."""
    return {name.partition(".")[0] for name in named_in(path)}


@pytest.mark.parametrize("package", PACKAGES)
def test_folders_are_small(package: str) -> None:
    for folder in (ROOT / package, *(path for path in (ROOT / package).rglob("*") if path.is_dir())):
        if "__pycache__" not in folder.parts:
            name = folder.relative_to(ROOT).as_posix()
            entries = [entry for entry in folder.iterdir() if entry.name != "__pycache__"]
            assert len(entries) <= LARGER_FOLDERS.get(name, MOST_ENTRIES), name


def test_files_are_short() -> None:
    lengths = {path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines()) for path in FILES}
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


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
    declared = {re.split(r"[^\w.-]", each)[0].lower().replace("_", "-") for each in project["dependencies"]}
    imported = {name for path in FILES if path.suffix == ".py" for name in imports_of(path)}
    outside = imported - set(sys.stdlib_module_names) - set(PACKAGES)
    distributions = packages_distributions()
    missing = {
        name
        for name in outside
        if not declared & {each.lower().replace("_", "-") for each in distributions.get(name, [name])}
    }
    assert missing == set()
