"""The training loop: what it tells, in which order, and what it refuses."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import model.training.learner
import model.training.publishing
import model.training.trainer
from corpora.corpus import Corpus
from model.recipe import Recipe
from model.runs.folder import Run
from model.tokens.batches import BatchError, Cursor, open_reader
from model.training.evaluation import Judgement, judge
from model.training.events import (
    Compiled,
    CorpusReady,
    EpochEnd,
    Finished,
    Progress,
)
from model.training.named_arrays import to_arrays
from model.training.steering.training_commands import ScaleRate
from model.training.trainer import Trainer
from tests.model.training.short_trainings import LANES, WINDOWS, each_recipe, of, step_by_step, until

pytestmark = pytest.mark.usefixtures("two_devices", "compiled_once")


@each_recipe
def test_a_run_tells_its_story_in_order(corpus: Corpus, recipe: Recipe) -> None:
    trainer = Trainer(corpus, recipe)
    events = list(trainer.run())
    letters = {CorpusReady: "r", Compiled: "c", Progress: "p", EpochEnd: "e", Finished: "f"}
    story = "".join(letters[type(event)] for event in events)
    assert re.fullmatch(f"rc(p+e){{{recipe.epochs}}}f", story)

    training_ids, _ = corpus.split(recipe.held_out)
    steps = open_reader(training_ids, recipe).steps_per_epoch
    assert events[0] == CorpusReady(
        name="synthetic",
        title="A synthetic text",
        characters=2000,
        sequences=len(range(0, 2000 - 6, 3)) if recipe is WINDOWS else len(range(0, 2000 - 60, 3)),
        distinct=7,
        training_characters=1800,
        held_out_characters=200,
        notes=("A note.",),
    )
    (compiled,) = of(Compiled, events)
    assert compiled == replace(
        compiled, parameters=trainer.parameters, devices=2, steps_per_epoch=steps, epochs=2, run=None
    )
    assert compiled.seconds > 0
    (finished,) = of(Finished, events)
    ends = of(EpochEnd, events)
    best = min(ends, key=lambda end: end.held_out or math.inf)
    assert finished == Finished(
        reason="epochs",
        epoch=2,
        step=2 * steps,
        seconds=ends[-1].seconds,
        best_held_out=best.held_out,
        best_epoch=best.epoch,
        run=None,
    )


@each_recipe
def test_progress_counts_every_step_once(corpus: Corpus, recipe: Recipe) -> None:
    events = list(Trainer(corpus, recipe).run())
    progress = of(Progress, events)
    steps = progress[0].steps_per_epoch
    assert {each.steps_per_epoch for each in progress} == {steps}
    assert [each.step for each in progress] == [(each.epoch - 1) * steps + each.step_in_epoch for each in progress]
    assert [each.step for each in progress] == sorted({each.step for each in progress})
    assert progress[-1].step == 2 * steps
    for epoch, end in enumerate(of(EpochEnd, events), start=1):
        last = [each for each in progress if each.epoch == epoch][-1]
        assert (end.epoch, end.step, last.step_in_epoch) == (epoch, epoch * steps, steps)
        assert end.loss == last.epoch_loss
    seconds = [event.seconds for event in events if isinstance(event, Progress | EpochEnd | Finished)]
    assert seconds == sorted(seconds)


@pytest.mark.parametrize(
    ("recipe", "steps", "epochs"), [(WINDOWS, 19, 4), (LANES, 12, 3), (LANES, 36, 1)], ids=["shorter", "cut", "longer"]
)
def test_epochs_of_other_lengths_train_the_same(corpus: Corpus, recipe: Recipe, steps: int, epochs: int) -> None:
    usual, other = Trainer(corpus, recipe), Trainer(corpus, replace(recipe, steps_per_epoch=steps, epochs=epochs))
    ends, events = of(EpochEnd, list(usual.run())), list(other.run())
    assert [end.step for end in of(EpochEnd, events)] == [steps * (number + 1) for number in range(epochs)]
    assert {(each.step_in_epoch - each.step) % steps for each in of(Progress, events)} == {0}
    assert of(EpochEnd, events)[-1].held_out == ends[-1].held_out
    arrays = to_arrays(other.language_model().params)
    for name, array in to_arrays(usual.language_model().params).items():
        np.testing.assert_array_equal(array, arrays[name])


@each_recipe
def test_losses_are_those_of_training_step_by_step(corpus: Corpus, recipe: Recipe) -> None:
    trainer = Trainer(corpus, recipe)
    events = list(trainer.run())
    losses, counts, params = step_by_step(corpus, recipe)
    if recipe.reading == "windows":
        assert counts[0, -1] < recipe.batch, "the last batch is a smaller one"
    ends = of(EpochEnd, events)
    np.testing.assert_allclose([end.loss for end in ends], np.average(losses, axis=1, weights=counts), rtol=1e-6)
    for each in of(Progress, events):
        np.testing.assert_allclose(each.loss, losses.ravel()[each.step - 1], rtol=1e-6)
        so_far = slice((each.epoch - 1) * each.steps_per_epoch, each.step)
        mean = np.average(losses.ravel()[so_far], weights=counts.ravel()[so_far])
        np.testing.assert_allclose(each.epoch_loss, mean, rtol=1e-6)
    for name, array in to_arrays(trainer.language_model().params).items():
        np.testing.assert_array_equal(array, params[name])


def test_the_same_recipe_and_corpus_give_the_same_run_whatever_the_clock_says(
    corpus: Corpus, clock: SimpleNamespace
) -> None:
    losses, chunks = set(), set()
    for clock.tick in (0.001, 0.03, 0.2):
        events = list(Trainer(corpus, LANES).run())
        losses.add(tuple((end.loss, end.held_out) for end in of(EpochEnd, events)))
        chunks.add(len(of(Progress, events)))
    assert len(losses) == 1
    assert len(chunks) == 3, "the chunks differ in length"


@each_recipe
def test_the_held_out_loss_equals_the_score_of_that_text(corpus: Corpus, recipe: Recipe) -> None:
    trainer = Trainer(corpus, recipe)
    events = trainer.run()
    for _ in range(recipe.epochs):
        end = until(EpochEnd, events)
        assert end.held_out == trainer.language_model().score(corpus.split(recipe.held_out)[1])
        assert end.held_out is not None
        assert end.bpc == pytest.approx(end.held_out / math.log(2))


def test_a_held_out_text_that_is_long_enough_is_read_in_stretches_too(corpus: Corpus) -> None:
    recipe = replace(LANES, held_out=0.3)
    trainer = Trainer(corpus, recipe)
    for end in of(EpochEnd, list(trainer.run())):
        assert end.windowed is not None
    language_model = trainer.language_model()
    judged = judge(language_model.graph, language_model.params, corpus.split(0.3)[1], language_model.tokenizer.lengths)
    assert (end.held_out, end.windowed) == judged


def test_the_best_epoch_minimises_the_worse_of_its_two_losses(
    corpus: Corpus, run_folder: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    judgements = [Judgement(3.0, 1.5), Judgement(1.8, 1.75), Judgement(1.7, 1.9), Judgement(1.9, None)]
    answers = iter(judgements)
    monkeypatch.setattr(model.training.learner, "judge", lambda *_: next(answers))
    events = list(Trainer(corpus, replace(LANES, epochs=4)).run(keep=run_folder))
    assert [(end.held_out, end.windowed) for end in of(EpochEnd, events)] == judgements
    assert [end.drifts for end in of(EpochEnd, events)] == [True, False, False, False]
    finished = of(Finished, events)[0]
    assert (finished.best_held_out, finished.best_epoch) == (1.8, 2)
    best = run_folder.load("best").manifest
    assert best.cursor == Cursor(2, 0)
    assert (best.progress["best"], best.progress["best_held_out"], best.progress["best_epoch"]) == (1.8, 1.8, 2)


@pytest.mark.parametrize("held_out", [0.0, 0.0005])
def test_without_held_out_text_no_held_out_loss_is_printed(corpus: Corpus, held_out: float) -> None:
    events = list(Trainer(corpus, replace(LANES, held_out=held_out)).run())
    assert of(CorpusReady, events)[0].held_out_characters == len(corpus.split(held_out)[1])
    ends = of(EpochEnd, events)
    assert [(end.held_out, end.bpc) for end in ends] == [(None, None)] * 2
    assert of(Finished, events)[0].best_held_out is None


def test_speed_is_the_text_read_in_the_time_it_took(corpus: Corpus, clock: SimpleNamespace) -> None:
    """Two looks at the clock a chunk: `tick` seconds each; the chunk that compiled does not count."""
    recipe = replace(LANES, epochs=1)
    events = list(Trainer(corpus, recipe).run())
    progress = of(Progress, events)
    assert progress[0].characters_per_second == 0
    for chunks, each in enumerate(progress[1:], start=1):
        read = (each.step - progress[0].step) * recipe.batch * recipe.window
        assert each.characters_per_second == pytest.approx(read / (chunks * clock.tick))
    assert of(EpochEnd, events)[0].characters_per_second == progress[-1].characters_per_second
    assert progress[-1].seconds == pytest.approx((len(progress) - 1) * clock.tick), "compiling is no training time"


def test_chunks_grow_to_fill_the_time_between_two_commands(corpus: Corpus, clock: SimpleNamespace) -> None:
    ends = [each.step for each in of(Progress, list(Trainer(corpus, replace(LANES, epochs=1)).run()))]
    assert np.diff([0, *ends]).tolist() == [1, 1, 8, 8]


@each_recipe
def test_nothing_compiles_after_the_first_epoch(
    corpus: Corpus, recipe: Recipe, compilations: Callable[[], int]
) -> None:
    trainer = Trainer(corpus, replace(recipe, epochs=3))
    events = trainer.run()
    until(EpochEnd, events)
    before = compilations()
    trainer.send(ScaleRate(0.5))
    assert len(of(EpochEnd, list(events))) == 2
    assert compilations() == before


# What is refused


@each_recipe
def test_a_tiny_corpus_is_refused(ids: np.ndarray, recipe: Recipe) -> None:
    tiny = Corpus("tiny", "Tiny", "abcdefg", ids[:50].astype(np.uint8), None, ())
    with pytest.raises(BatchError, match=r"^The text is too short: there are 45 characters to train on \(the last 10%"):
        Trainer(tiny, recipe)


def test_a_batch_that_does_not_divide_over_the_devices_is_refused(corpus: Corpus) -> None:
    with pytest.raises(ValueError, match="take --batch 14 or 16"):
        Trainer(corpus, replace(LANES, batch=15), devices=2)


@each_recipe
def test_weights_of_nan_are_never_the_best(corpus: Corpus, recipe: Recipe) -> None:
    trainer = Trainer(corpus, replace(recipe, guard=False))
    events = trainer.run()
    good = until(EpochEnd, events)
    trainer.send(ScaleRate(math.inf))
    rest = list(events)
    assert math.isnan(of(EpochEnd, rest)[0].loss)
    finished = of(Finished, rest)[0]
    assert (finished.best_held_out, finished.best_epoch) == (good.held_out, 1)


def test_a_run_with_only_nan_losses_has_no_best_epoch(corpus: Corpus) -> None:
    trainer = Trainer(corpus, replace(LANES, guard=False))
    trainer.send(ScaleRate(math.nan))
    finished = of(Finished, list(trainer.run()))[0]
    assert (finished.reason, finished.best_held_out, finished.best_epoch) == ("epochs", None, None)
