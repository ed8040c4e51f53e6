"""Runs on the disk as a training leaves them, for tests: with a recipe, and with checkpoints of a tiny network."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from model.networks.network_kinds import parameter_shapes
from model.options.recipe_file import to_plain
from model.recipe import FAST, Recipe
from model.runs import listing
from model.runs.checkpoint import Checkpoint, CorpusFacts, Manifest
from model.runs.files.json_lines import from_lines
from model.runs.folder import Run
from model.runs.run_facts import RunFacts
from model.tokens.batches import Cursor
from model.tokens.characters import CharacterTokenizer

NOW = datetime(2026, 11, 23, 12, 0, 5, tzinfo=UTC)
TINY = Recipe(hidden=1)
NO_PLAIN_NAMES = [
    "",
    ".",
    "..",
    "../x",
    "a/b",
    "/tmp/x",
    "a\\b",
    "a\0b",
    "a\x1b[2Jb",
    "a\nb",
    " a",
    "a ",
    "-a",
    ".a",
    "a.",
    "x" * 61,
    "CON",
    "nul.txt",
    "latest",
    "a\u202eb",
    "a:b",
    "a*",
    "\ud800",
]


def create_run(
    root: Path,
    name: str | None,
    corpus: str,
    preset: str,
    recipe: Recipe,
    created: datetime,
    spec: Sequence[str] = (),
    *,
    stem: str = "",
    fitted: tuple[str, ...] = (),
) -> Run:
    """A run as `listing.create_run` makes it, but never locked."""
    facts = RunFacts(corpus, tuple(spec), preset, recipe, created, fitted=fitted)
    with listing.create_run(root, name, facts, stem) as locked:
        run = Run(locked.folder)
    (run.folder / "lock").unlink(missing_ok=True)
    return run


def begin(root: Path, name: str | None = None, corpus: str = "nietzsche", recipe: Recipe = FAST) -> Run:
    return create_run(root, name, corpus, "fast", recipe, NOW, ["nietzsche"])


def keep(run: Run, step: int, best: bool = False, epoch: int = 0, recipe: Recipe = TINY, **progress: float) -> Path:
    """Save a state of this step; `epoch` whole epochs were done then, and no step of the next if there were some."""
    shapes = parameter_shapes(recipe, 2)
    checkpoint = Checkpoint(
        {name: np.full(shape, step, np.float32) for name, shape in shapes.items()},
        Manifest(
            recipe=to_plain(recipe),
            tokenizer=CharacterTokenizer("ab"),
            corpus=CorpusFacts("nietzsche", "", 100),
            cursor=Cursor(epoch, 0 if epoch else step),
            step=step,
            progress={**progress},
            versions={},
            created=NOW.isoformat(),
        ),
    )
    if best:
        run.save_best(checkpoint)
    return run.save(checkpoint)


def metrics_of(run: Run) -> list[dict[str, Any]]:
    """The records of metrics.jsonl, without the run's id; none where there is no such file."""
    path = run.folder / "metrics.jsonl"
    records = list(from_lines(path.read_bytes())) if path.exists() else []
    return [{name: value for name, value in record.items() if name != "run_id"} for record in records]


def kept(run: Run) -> list[str]:
    return sorted(path.name for path in (run.folder / "checkpoints").iterdir())


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def full_disk(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")
