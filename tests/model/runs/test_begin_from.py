"""Beginning from another run: what its weights know stays, new characters join, and the new run stands on its own."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.cli import main
from model.cli.training.training_report import TrainingReport
from model.networks.network_kinds import parameter_shapes
from model.networks.other_tokens import for_other_tokens
from model.options.recipe_options import FITTED
from model.options.training_options import TrainingOptions
from model.preparing.prepare import make_trainer, open_training
from model.recipe import FAST, PRESETS, Recipe, RecipeError
from model.runs.continuing.begin_from import read_origin, settled
from model.runs.continuing.begun_from import BegunFrom
from model.runs.folder import Run
from model.runs.run_facts import RunError, RunFacts
from model.tokens.characters import CharacterTokenizer
from model.tokens.tokenizer import known_before
from model.training.events import CorpusReady, Event, Progress, Resumed
from model.training.steering.training_commands import Stop
from tests.model.runs.made_runs import NOW, begin, keep
from tests.model.runs.test_checkpoint import make_checkpoint

SMALL = replace(FAST, hidden=8, layers=2, character_gates=True, window=6, batch=16, epochs=2)
OLD, NEW = "the cat sat on the mat. ", "thé cat säß on the mat! "

Capture = pytest.CaptureFixture[str]


def test_what_is_known_of_other_tokens_stays_and_new_ones_are_their_mean() -> None:
    before, after = CharacterTokenizer("abcd"), CharacterTokenizer("xdbyz")
    known = known_before(before, after)
    assert known.tolist() == [-1, 3, 1, -1, -1]
    rng = np.random.default_rng(1)
    arrays = {name: rng.normal(size=shape).astype(np.float32) for name, shape in parameter_shapes(SMALL, 4).items()}
    found = for_other_tokens(arrays | {"opt.mu": np.zeros(3)}, SMALL, known)
    assert {name: array.shape for name, array in found.items()} == parameter_shapes(SMALL, 5)
    for name, axis in {"params.layers.0.wx": 0, "params.layers.0.gates": 0, "params.output.w": 1}.items():
        old, new = np.moveaxis(arrays[name], axis, 0), np.moveaxis(found[name], axis, 0)
        assert (new[1] == old[3]).all()
        assert (new[2] == old[1]).all()
        for row in (0, 3, 4):
            np.testing.assert_allclose(new[row], old.mean(0), rtol=1e-5, atol=1e-7)
    assert (found["params.layers.1.wh"] == arrays["params.layers.1.wh"]).all()
    assert {array.dtype for array in found.values()} == {np.dtype(np.float32)}


def test_what_became_of_the_characters_is_said() -> None:
    begun = BegunFrom("old", "best", 3, 1200, ("é", "\n", "ß"), ("#",))
    assert begun.sentences == (
        "Training begins with the best weights of the run old (epoch 3, step 1,200).",
        "3 characters are new to these weights: é '\\n' ß. "
        "Each starts as the average of the characters that they know.",
        "1 character that they know does not occur in this text and is left out: #.",
    )
    assert BegunFrom("old", "newest", 1, 10).sentences == (
        "Training begins with the newest weights of the run old (epoch 1, step 10).",
    )
    assert BegunFrom("old", "best", 1, 10, tuple(map(chr, range(5000, 5100)))).sentences[1].count(" ") < 50


def test_what_became_of_the_words_is_said_once_for_each_and_apart_from_characters() -> None:
    new, dropped = (" king", "king", " k", "é", "--", " queen"), ("Xanthippe", " x", "#")
    assert BegunFrom("old", "best", 1, 10, new, dropped, "words").sentences[1:] == (
        "1 character is new to these weights: é. It starts as the average of the tokens that they know.",
        "3 words are new to these weights: king -- queen. Each starts as the average of the tokens that they know.",
        "1 character that they know does not occur in this text and is left out: #.",
        "1 word that they know is not in the vocabulary of this run and is left out: Xanthippe.",
    )


def facts(recipe: Recipe, spec: tuple[str, ...] = ("nietzsche",)) -> RunFacts:
    return RunFacts("Nietzsche", spec, "notebook", recipe, NOW)


def test_the_network_is_the_other_runs_and_options_change_the_rest() -> None:
    run, there = Run(Path("/runs/old")), facts(replace(PRESETS["notebook"], hidden=64, rate=0.5))
    bare = settled(TrainingOptions(from_="old", recipe_name="", changes={}), run, there)
    assert (bare.recipe, bare.recipe_name, bare.corpus) == (there.recipe, "notebook", ("nietzsche",))
    assert settled(bare, run, facts(FAST)).recipe == there.recipe, "it is settled once"
    preset = TrainingOptions(from_="old", recipe_name="best", changes={"rate": 0.1}, corpus=("book.txt",))
    best = settled(preset, run, there)
    same = replace(PRESETS["best"], hidden=64, character_gates=False, rate=0.1)
    assert (best.recipe, best.recipe_name, best.corpus) == (same, "best", ("book.txt",))
    with pytest.raises(RecipeError, match=r"^--hidden is 8, but the weights of the run old need 64: leave"):
        settled(TrainingOptions(from_="old", changes={"hidden": 8}), run, there)
    with pytest.raises(RunError, match=r"was trained on standard input\. Give a text: charlstm train TEXT --from"):
        settled(TrainingOptions(from_="old", changes={}), run, facts(FAST, ("-",)))


def test_what_was_fitted_to_the_other_runs_text_is_fitted_to_this_one_unless_it_is_set() -> None:
    run = Run(Path("/runs/old"))
    there = replace(facts(replace(PRESETS["notebook"], batch=4, window=8, epochs=3)), fitted=("batch", "window"))
    options = TrainingOptions(from_="old", recipe_name="", changes={"window": 16}, free=frozenset(FITTED) - {"window"})
    found = settled(options, run, there)
    assert found.recipe == replace(PRESETS["notebook"], window=16, epochs=3)
    assert found.free == {"batch"}
    of_a_preset = settled(replace(options, recipe_name="fast"), run, there)
    assert of_a_preset.free == options.free


def test_the_encoding_of_the_other_runs_text_is_kept_for_that_text_alone() -> None:
    run, there = Run(Path("/runs/old")), facts(replace(FAST, encoding="koi8-r"))
    options = TrainingOptions(from_="old", recipe_name="", changes={})
    assert settled(options, run, there).recipe.encoding == "koi8-r"
    assert settled(replace(options, corpus=("book.txt",)), run, there).recipe.encoding == ""


def trained(options: TrainingOptions, *, chunks: int = 1_000_000) -> tuple[Run, list[Event]]:
    """Train as the programs do, perhaps only for a few chunks; the run and its events."""
    with ExitStack() as held:
        opened = open_training(options, held)
        trainer, run = make_trainer(opened, held)
        assert run is not None
        read = [opened.origin.checkpoint if opened.origin else None, opened.past.newest if opened.past else None]
        assert not any(each.arrays for each in read if each), "training has its own: nothing is in memory twice"
        events = list[Event]()
        for event in trainer.run(keep=run):
            events.append(event)
            chunks -= isinstance(event, Progress)
            if not chunks:
                trainer.send(Stop())
    return run, events


@pytest.mark.usefixtures("two_devices")
def test_a_run_that_begins_from_another_resumes_exactly_without_it(tmp_path: Path) -> None:
    text, runs = tmp_path / "new.txt", tmp_path / "runs"
    text.write_text(NEW * 60, encoding="utf-8")
    old = begin(runs, "old", recipe=SMALL)
    old.save_best(make_checkpoint(SMALL, "".join(sorted(set(OLD)))))
    changes = {"rate": 0.02, "random_seed": 3}
    options = TrainingOptions(corpus=(str(text),), runs=runs, from_="old", recipe_name="", changes=changes)
    whole, events = trained(replace(options, name="whole"))
    assert isinstance(events[0], CorpusReady)
    assert events[1] == BegunFrom("old", "best", 1, 7, ("!", "ß", "ä", "é"), (".",))
    left, _ = trained(replace(options, name="left"), chunks=2)
    assert left.facts().recipe == replace(SMALL, rate=0.02, random_seed=3)
    assert left.facts().begun_from == BegunFrom("old", "best", 1, 7)
    begun, first = left.load("newest"), Run(runs / "first")
    shutil.copytree(left.folder, first.folder)
    for path in [first.best_checkpoint, *first.checkpoints()]:  # as if it had been killed before its first save
        if path.name != "step-000000000.safetensors":
            path.unlink(missing_ok=True)
    shutil.rmtree(old.folder)
    assert begun.manifest.step > 0
    for run in (left, first):
        _, rest = trained(TrainingOptions(resume=run.name, runs=runs))
        assert any(isinstance(event, Resumed) for event in rest)
        for name, array in whole.load("newest").arrays.items():
            assert array.tobytes() == run.load("newest").arrays[name].tobytes(), f"{run.name}: {name}"
    before, after = begun.arrays["params.layers.1.wh"], whole.load("newest").arrays["params.layers.1.wh"]
    assert before.tobytes() != after.tobytes()


def test_a_run_that_cannot_be_begun_from_is_refused_and_leaves_nothing(tmp_path: Path, capsys: Capture) -> None:
    begin(tmp_path, "untrained")
    keep(begin(tmp_path, "old", recipe=replace(FAST, hidden=1)), 5)
    for line, why in {
        "old --layers 2": "--layers is 2, but the weights of the run old need 1: leave out --layers, or --from.",
        "older": "There is no run 'older'",
        "untrained": "The run untrained has no checkpoint yet. Train it first",
    }.items():
        assert main(["train", "aphorisms", "--runs", str(tmp_path), "--from", *line.split()]) != 0
        assert why in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"old", "untrained"}


def test_weights_that_stand_in_for_damaged_best_ones_are_not_called_the_best(tmp_path: Path) -> None:
    old = begin(tmp_path, "old", recipe=SMALL)
    keep(old, 5, recipe=SMALL)
    old.save_best(make_checkpoint(SMALL, "".join(sorted(set(OLD)))))
    assert read_origin("old", "best", tmp_path).begun_from.weights == "best"
    old.best_checkpoint.write_bytes(b"damaged")
    told: list[str] = []
    assert read_origin("old", "best", tmp_path, told.append).begun_from.weights == "newest"
    assert len(told) == 1


def test_what_it_begins_with_is_printed(tmp_path: Path, capsys: Capture) -> None:
    begun = BegunFrom("old", "best", 1, 10, ("é",))
    with TrainingReport(SMALL, Run(tmp_path)) as report:
        report.show(begun)
    assert capsys.readouterr().out.splitlines() == [*begun.sentences]
