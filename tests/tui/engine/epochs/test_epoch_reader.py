"""What an epoch wrote is read again with the weights that wrote it, for the colours of a unit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest
from textual.message import Message

from model.networks.network_kinds import parameter_shapes
from model.options.recipe_file import to_plain
from model.recipe import FAST
from model.runs import epoch_weights
from model.runs.checkpoint import Checkpoint, CorpusFacts, Manifest
from model.runs.epoch_weights import keep_epoch, load_epoch
from model.runs.folder import Run
from model.sampling import Unit
from model.tokens.batches import Cursor
from model.tokens.characters import CharacterTokenizer
from model.writing.language_model import LanguageModel
from tests.model.runs.made_runs import NOW, begin
from tests.patience import PATIENCE
from tui.engine.epochs import epoch_reader
from tui.engine.epochs.epoch_reader import EpochReader
from tui.engine.messages import EpochRead
from tui.keys.key_commands import ReadEpoch

pytestmark = pytest.mark.usefixtures("two_devices")

RECIPE = replace(FAST, hidden=6, layers=2)
STEPS = 10
"""Of an epoch."""
TEXTS = (("a cab ", "bad dad cab " * 20), ("dab ", "abc"), ("", "d"))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run whose epochs 1 and 3 are kept."""
    run, random = begin(tmp_path, recipe=RECIPE), np.random.default_rng(5)
    tokenizer = CharacterTokenizer(" abcd")
    shapes = parameter_shapes(RECIPE, len(tokenizer))
    for epoch in (1, 3):
        manifest = Manifest(
            recipe=to_plain(RECIPE),
            tokenizer=tokenizer,
            corpus=CorpusFacts("nietzsche", "", 100),
            cursor=Cursor(epoch, 0),
            step=STEPS * epoch,
            progress={},
            versions={},
            created=NOW.isoformat(),
        )
        arrays = {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
        keep_epoch(run, epoch, Checkpoint(arrays, manifest), 10_000_000)
    return run


@contextmanager
def reading(run: Run, *asked: ReadEpoch) -> Iterator[Callable[[], EpochRead]]:
    """A reader that is asked for all of this before it begins; what it answers next."""
    told: list[Message] = []
    came = threading.Semaphore(0)

    def hear(message: Message) -> None:
        told.append(message)
        came.release()

    def answer() -> EpochRead:
        assert came.acquire(timeout=PATIENCE), "never answered"
        message = told.pop(0)
        assert isinstance(message, EpochRead)
        return message

    reader = EpochReader(run, None, hear)
    for each in asked:
        reader.read(each)
    thread = threading.Thread(target=reader.run)
    thread.start()
    try:
        yield answer
    finally:
        reader.stop()
        thread.join(PATIENCE)
    assert not told


def said_by_the_network(run: Run, epoch: int, seed: str, text: str, unit: Unit) -> list[float]:
    """Character by character."""
    model = LanguageModel.from_checkpoint(load_epoch(run, epoch))
    network, said = model.network, []
    memory = network.begin(1)
    for token in model.encode(seed + text).ids:
        memory = network.step(np.array([token]), memory)
        said.append(network.activations(jax.tree.map(np.asarray, memory))[0, unit.layer - 1, unit.number - 1].item())
    return said[len(seed) :]


def test_a_unit_says_what_the_network_of_that_epoch_says_at_each_character(run: Run) -> None:
    asked = ReadEpoch(1, STEPS, TEXTS, Unit(2, 5))
    with reading(run, asked) as answer:
        message = answer()
    assert (message.asked, message.problem) == (asked, "")
    for said, (seed, text) in zip(message.activations, TEXTS, strict=True):
        assert len(said) == len(text)
        assert said == pytest.approx(said_by_the_network(run, 1, seed, text, Unit(2, 5)), abs=1e-5)
    assert np.ptp(message.activations[0]) > 0.01


def test_only_what_was_asked_for_last_is_read(run: Run) -> None:
    asked = [ReadEpoch(epoch, STEPS * epoch, TEXTS[1:], Unit(1, 1)) for epoch in (1, 2, 3)]
    with reading(run, *asked) as answer:
        assert answer().asked == asked[-1]


def test_why_a_unit_cannot_colour_an_epoch_is_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(epoch_reader, "_SAVING_SECONDS", 0)
    not_kept = "are not kept, so that unit 1:1 cannot colour what they wrote."
    for asked, sentence in (
        (ReadEpoch(2, 2 * STEPS, TEXTS, Unit(1, 1)), f"The weights of epoch 2 {not_kept}"),
        (ReadEpoch(4, 4 * STEPS, TEXTS, Unit(1, 1)), f"The weights of epoch 4 {not_kept}"),
        (ReadEpoch(3, 2 * STEPS, TEXTS, Unit(1, 1)), f"The weights of epoch 3 {not_kept}"),
        (ReadEpoch(3, 3 * STEPS, TEXTS, Unit(1, 7)), "The network has no unit 1:7. It has units 1:1 to 2:6."),
    ):
        with reading(run, asked) as answer:
            message = answer()
        assert (message.problem, message.activations) == (sentence, ())


def test_weights_that_are_being_saved_are_waited_for(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    late = run.folder / "epochs" / "epoch-0003.safetensors"
    content = late.read_bytes()
    late.unlink()
    monkeypatch.setattr(epoch_reader, "_SAVING_SECONDS", PATIENCE)
    looks, look = 0, epoch_weights.epoch_files

    def saved_after_two_looks(run: Run) -> dict[int, Path]:
        nonlocal looks
        looks += 1
        if looks == 3:
            late.write_bytes(content)
        return look(run)

    monkeypatch.setattr(epoch_weights, "epoch_files", saved_after_two_looks)
    with reading(run, ReadEpoch(3, 3 * STEPS, TEXTS, Unit(1, 1))) as answer:
        message = answer()
    assert (message.problem, len(message.activations), looks) == ("", len(TEXTS), 3)
