"""The arrows between the packages (tui -> model -> corpora) and who may pull in what, read off the source and
seen in fresh interpreters.
"""

import ast
import subprocess
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]

MAY_IMPORT = {"corpora": {"corpora"}, "model": {"model", "corpora"}, "tui": {"tui", "model", "corpora"}}
"""Package -> the project's packages that its modules may name."""

LIGHT = {
    "model.baselines.names",
    "model.devices.memory",
    "model.options.explaining.explained_errors",
    "model.training.events",
    "model.options.explaining.explanations",
    "model.options.field_types",
    "model.options.fields",
    "model.options.lessons.lesson",
    "model.options.parser",
    "model.options.process_options",
    "model.options.recipe_options",
    "model.options.shell_command",
    "model.options.process_start",
    "model.options.suggestions",
    "model.options.training_options",
    "model.preparing.estimate",
    "model.recipe",
    "model.runs.continuing.begun_from",
    "model.runs.housekeeping.compared_run",
    "model.runs.housekeeping.epoch_time",
    "model.runs.housekeeping.run_states",
    "model.runs.housekeeping.run_summary",
    "model.runs.housekeeping.spelled_times",
    "model.runs.housekeeping.unkept",
    "model.runs.loss_history",
    "model.runs.run_view",
    "model.sampling",
    "model.tokens.replaced",
    "model.training.steering.training_commands",
    "model.writing.novelty.loops",
    "model.writing.provenance",
    "model.writing.surprise",
    "model.writing.units.following",
}
"""What of the model anyone in the screen may name: plain data, without JAX behind it."""

ENGINE = "tui.engine"
"""The one package of the screen in whose threads, or before the screen, the model's machinery is used."""

NEEDS_JAX = {
    f"tui.engine.generating.{module}"
    for module in ("generator", "model_calls", "passage_states", "scoring", "unit_search")
}
"""The modules of the screen that import JAX as they are imported; the engine reaches them inside a thread."""

HEAVY = ("jax", "jaxlib", "flax", "optax")

REPORT_FIRST_USE = """
import importlib, sys
modules, forbidden = sys.argv[1].split(","), sys.argv[2].split(",")
for module in modules:
    importlib.import_module(module)
    found = [name for name in forbidden if name in sys.modules]
    if found:
        sys.exit(f"{module} imports {', '.join(found)}")
"""


def modules_of(package: str) -> dict[str, Path]:
    """Every module of a package, by its dotted name; `__main__` runs on import and is left out."""
    paths = (path for path in sorted((ROOT / package).rglob("*.py")) if path.stem != "__main__")
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


MODULES = {package: modules_of(package) for package in MAY_IMPORT}


def _is_for_type_checking(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def named_in(path: Path, typing: bool = True) -> Iterator[str]:
    """The modules that a file imports, in functions too, and, if `typing`, under `if TYPE_CHECKING`."""
    known = {name for modules in MODULES.values() for name in modules}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if not typing:
        tree.body = [node for node in tree.body if not _is_for_type_checking(node)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: imports are absolute here"
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                yield submodule if submodule in known else str(node.module)


def assert_imports_without(modules: Collection[str], *forbidden: str) -> None:
    """Import the modules one after another in a fresh interpreter; fail at the first that brings a forbidden one."""
    assert modules
    done = subprocess.run(
        [sys.executable, "-c", REPORT_FIRST_USE, ",".join(modules), ",".join(forbidden)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr


def test_each_package_names_only_packages_below_it() -> None:
    against = [
        f"{module} imports {name}"
        for package, modules in MODULES.items()
        for module, path in modules.items()
        for name in named_in(path)
        if name.partition(".")[0] in MAY_IMPORT.keys() - MAY_IMPORT[package]
    ]
    assert against == []


def test_only_the_engine_reaches_into_the_model() -> None:
    against = [
        f"{module} imports {name}"
        for module, path in MODULES["tui"].items()
        if module != ENGINE and not module.startswith(f"{ENGINE}.")
        for name in named_in(path)
        if name.partition(".")[0] == "model" and name not in LIGHT
    ]
    assert against == []


def test_text_comes_without_jax_and_without_a_screen() -> None:
    assert_imports_without(MODULES["corpora"], *HEAVY, "textual", "tui", "model")


def test_recipes_events_and_options_come_without_jax() -> None:
    assert_imports_without(sorted(LIGHT), *HEAVY, "textual", "tui")


def test_the_model_works_without_a_screen() -> None:
    assert_imports_without(MODULES["model"], "textual", "tui")


def test_the_screen_is_there_before_jax() -> None:
    assert_imports_without([name for name in MODULES["tui"] if name not in NEEDS_JAX], *HEAVY)


def test_kernels_are_named_only_by_networks_but_for_whether_they_can_be_used() -> None:
    against = [
        f"{module} imports {name}"
        for modules in MODULES.values()
        for module, path in modules.items()
        if not module.startswith("model.networks.")
        for name in named_in(path)
        if name.startswith(("model.networks.cpu", "llvmlite")) and not name.endswith(".availability")
    ]
    assert against == []


def test_a_network_is_imported_without_the_compiler_of_kernels() -> None:
    networks = [name for name in MODULES["model"] if not name.startswith("model.networks.cpu.")]
    assert_imports_without(networks, "llvmlite")


def test_the_first_frame_waits_for_no_numpy() -> None:
    assert_imports_without(["tui.cli", "tui.app", "tui.engine.local_engine"], "numpy", "msgspec", "safetensors")
