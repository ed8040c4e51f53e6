"""Every file of a run that a person may touch, in every state that it may be in: what still works, and what is said."""

from __future__ import annotations

import os
import queue
import shutil
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corpora.corpus import Corpus
from corpora.errors import CharlstmError
from model.baselines.baseline_file import BASELINES
from model.recipe import Recipe
from model.runs.continuing.edited_recipe import with_writing_settings
from model.runs.continuing.resuming import Past, read_past
from model.runs.epoch_weights import keep_epoch
from model.runs.files.json_lines import event_record
from model.runs.folder import Run
from model.runs.housekeeping.reading_runs import read_run
from model.runs.listing import list_runs
from model.training.events import Compiled, CorpusReady, EpochEnd, Event
from model.training.steering.requests import take_requests
from model.writing.stored_samples import read_samples
from tests.model.runs.made_runs import TINY, begin, keep
from tests.patience import PATIENCE
from tui.engine.local_engine import ThreadEngine
from tui.engine.messages import EngineFailed, RunHistory
from tui.engine.runs.launch_runs import resuming
from tui.engine.runs.settings_file import read_settings
from tui.engine.watching.checkpoint_watch import CheckpointWatch
from tui.engine.watching.follower import Follower
from tui.launch import Launch
from tui.views.log_lines import fold
from tui.views.training_view import TrainingView

RECIPE = replace(TINY, epochs=3)
TEXT = Corpus("nietzsche", "Nietzsche", "ab", np.resize(np.arange(2, dtype=np.uint8), 100_000), None, ())
EVENTS: list[Event] = [
    CorpusReady("nietzsche", "Nietzsche", 100, 1, 2, 90, 10, ()),
    Compiled(1.0, 9, 1, 10, 3, None),
    EpochEnd(1, 10, 2.0, 1.9, 2.9, 1.0, 100.0),
    EpochEnd(2, 20, 2.0, 1.8, 2.9, 2.0, 100.0),
]


def made(root: Path, name: str, recipe: Recipe = RECIPE) -> Run:
    """A run of two of three epochs with every file that a run can have."""
    run = begin(root, name, recipe=recipe)
    for event in EVENTS:
        run.append_metrics(event_record(event, 1.0))
    run.append_sample({"text": "abc", "run": name})
    for epoch in (1, 2):
        keep(run, 10 * epoch, best=epoch == 1, epoch=epoch, recipe=recipe, seconds=float(epoch), best_epoch=1)
    keep_epoch(run, 1, run.load("best"), 1_000_000)
    (run.folder / BASELINES).write_text('{"models": "none"}')
    (run.folder / "screen.json").write_text("{}")
    run.lock().release()
    (run.folder / "requests").mkdir()
    (run.folder / "requests" / "1").write_text("pause")
    return run


FILES = {
    "recipe": "recipe.toml",
    "metrics": "metrics.jsonl",
    "samples": "samples.jsonl",
    "newest": "checkpoints/step-000000020.safetensors",
    "best": "checkpoints/best.safetensors",
    "epoch": "epochs/epoch-0001.safetensors",
    "baselines": BASELINES,
    "screen": "screen.json",
    "lock": "lock",
    "request": "requests/1",
}
NEWER = {
    "recipe": b'[run]\nname = "x"\n[recipe]\nunheard_of = 3\n',
    "metrics": b'{"event": "unheard_of", "at": 1.5}\n' * 3,
    "samples": b'{"unheard_of": [1, 2]}\n',
    "screen": b'{"version": 99, "unheard_of": {}}',
    "baselines": b'{"models": "later ones", "unheard_of": 1}',
}


def replaced(content: bytes) -> Callable[[Path, Path], object]:
    return lambda path, other: path.write_bytes(content)


def in_its_place(make: Callable[[Path], object]) -> Callable[[Path, Path], object]:
    def replace_it(path: Path, other: Path) -> None:
        path.unlink()
        make(path)

    return replace_it


def torn(path: Path, other: Path) -> None:
    content = path.read_bytes()
    at = content.find(b"\nhidden")
    path.write_bytes(content[: at if at > 0 else len(content) // 2])


def huge(path: Path, other: Path) -> None:
    os.truncate(path, 80_000_000)


DAMAGES: dict[str, Callable[[Path, Path], object]] = {
    "missing": lambda path, other: path.unlink(),
    "empty": replaced(b""),
    "torn": torn,
    "garbage": replaced(b"\x1b[2J\xff\0\n[[[{\n" * 99),
    "huge": huge,
    "swapped": lambda path, other: shutil.copy(other, path),
    "newer": lambda path, other: path.write_bytes(
        next((NEWER[name] for name, file in FILES.items() if file.endswith(path.name) and name in NEWER), b"newer")
    ),
    "a folder": in_its_place(Path.mkdir),
    "a dangling link": in_its_place(lambda path: path.symlink_to("nowhere")),
    "a pipe": in_its_place(os.mkfifo),
    "unreadable": lambda path, other: None,
}

IN_ITS_PLACE = {"a folder", "a pipe", "unreadable"}
EVERY = {*DAMAGES}

REFUSED: dict[str, list[tuple[set[str], set[str]]]] = {
    "recipe": [
        (EVERY - {"swapped", "torn"}, {"listed", "resumed", "opened"}),
        ({"swapped"}, {"watched", "written with", "resumed", "opened"}),
        ({"torn"}, {"resumed", "opened"}),
    ],
    "metrics": [(IN_ITS_PLACE, {"listed", "resumed", "opened"})],
    "samples": [(IN_ITS_PLACE, {"samples"})],
    "lock": [(IN_ITS_PLACE | {"a dangling link"}, {"locked", "opened"})],
}
"""By file, what is refused after which damages. Whatever is not here works."""

SAID: dict[str, tuple[set[str], str | tuple[str, ...]]] = {
    "recipe": (EVERY - {"missing", "torn"}, ("with the settings that they were saved with.", "It is skipped.")),
    "metrics": (EVERY - IN_ITS_PLACE - {"huge"}, "tells nothing of epochs 1-2: their losses cannot be shown."),
    "newest": (EVERY, "Epoch 2 was trained and not kept: training does it again."),
    "best": (EVERY - {"missing", "a dangling link"}, "It is skipped."),
    "screen": (IN_ITS_PLACE | {"empty", "torn", "garbage", "huge"}, "so the screen starts with its usual settings."),
}
"""By file, after which damages something is said, and how that ends."""


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folders of a run and of another one."""
    root = tmp_path_factory.mktemp("runs")
    return made(root, "mine").folder, made(root, "other", replace(RECIPE, hidden=2)).folder


OPEN = "It is open: JAX would start now."


@pytest.fixture(autouse=True)
def _open_without_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """The screen's opening of a run ends where JAX would start; all runs have the same text."""

    def no_trainer(*given: object, **named: object) -> None:
        raise CharlstmError(OPEN)

    monkeypatch.setattr("model.preparing.prepare.make_trainer", no_trainer)
    monkeypatch.setattr(Past, "open_corpus", lambda *given: TEXT)


def forbid(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Opening this file fails, also for the superuser."""

    def refusing(real: Callable[..., object]) -> Callable[..., object]:
        def refuse(file: object, *rest: object, **named: object) -> object:
            if isinstance(file, str | Path) and Path(file).name == path.name:
                raise PermissionError(13, "Permission denied", str(file))
            return real(file, *rest, **named)

        return refuse

    monkeypatch.setattr("builtins.open", refusing(open))
    monkeypatch.setattr(os, "open", refusing(os.open))


def outcomes(run: Run) -> tuple[dict[str, str], list[str]]:
    """What fails, and why, by what was tried; and all that was said beside."""
    said: list[str] = []
    refused: dict[str, str] = {}

    def listed() -> None:
        (summary,) = list_runs(run.folder.parent)
        read_run(run, "mine")
        if summary.problem:
            raise CharlstmError(summary.problem)

    def watched() -> None:
        posted: list[object] = []
        Follower(run, posted.append, lambda command: None).look()
        assert any(isinstance(message, RunHistory) for message in posted)
        if not [*CheckpointWatch(run, said.append, clock=lambda: 0.0).look()]:
            raise CharlstmError("There is nothing to write with.")

    def samples() -> None:
        try:
            read_samples(run)
        except OSError as error:
            raise CharlstmError(f"The samples cannot be read: {error.strerror}.") from error

    def opened() -> None:
        launch = resuming(Launch(runs=run.folder.parent, resume=run.name))
        said.append(launch.kept_note)
        engine, posted = ThreadEngine(), queue.SimpleQueue[object]()
        engine.start(launch, posted.put)
        try:
            while not isinstance(message := posted.get(timeout=PATIENCE), EngineFailed):
                if isinstance(message, RunHistory):
                    view = TrainingView(launch.recipe, launch.recipe_name)
                    view.begin_with(message.folder)
                    deque(fold(view, message.events), maxlen=0)
                    said.extend(message.notes)
        finally:
            engine.stop(PATIENCE)
        assert not message.details, message.details
        if message.sentence != OPEN:
            raise CharlstmError(message.sentence)

    tried: dict[str, Callable[[], object]] = {
        "listed": listed,
        "watched": watched,
        "written with": lambda: with_writing_settings(run, run.load("best", said.append), said.append),
        "resumed": lambda: read_past(run, said.append).replay,
        "samples": samples,
        "screen": lambda: said.append(read_settings(run.folder)[1]),
        "locked": lambda: run.lock().release(),
        "requests": lambda: [*take_requests(run)],
        "opened": opened,
    }
    for name, work in tried.items():
        try:
            work()
        except CharlstmError as error:
            refused[name] = str(error)
    return refused, [sentence for sentence in said if sentence]


@pytest.mark.skipif(os.name == "nt", reason="there are no pipes in folders there")
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("file", FILES)
def test_a_damaged_file_costs_no_more_than_it_must_and_is_told_in_a_sentence(
    file: str, damage: str, pair: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "runs" / "mine"
    shutil.copytree(pair[0], folder)
    path = folder / FILES[file]
    DAMAGES[damage](path, pair[1] / FILES[file])
    with monkeypatch.context() as patched:
        if damage == "unreadable":
            forbid(patched, path)
        refused, said = outcomes(Run(folder))
    assert {*refused} == set().union(*(each for damages, each in REFUSED.get(file, []) if damage in damages))
    damages, ending = SAID.get(file, (set[str](), ""))
    assert (damage in damages) == bool(said), said
    assert not said or said[-1].endswith(ending)
    for sentence in (*refused.values(), *said):
        assert sentence.isprintable()
        assert sentence.endswith((".", "?")) or ": charlstm " in sentence
        assert len(sentence) < 1000
