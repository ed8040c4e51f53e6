"""What is said of a new run before it begins: what it costs, how that was found, and what would help."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corpora.corpus import Corpus
from model.cli import main
from model.preparing import text_tokens
from model.preparing.advice import advise
from model.preparing.cost import work_of
from model.preparing.estimate import Cost
from model.preparing.estimating import estimate
from model.preparing.measured_speed import Machine, MeasuredRun, measured_runs
from model.preparing.text_tokens import tokens_of
from model.recipe import BEST, FAST, NOTEBOOK, Recipe, preset
from model.runs.files.json_lines import event_record
from model.tokens.batches import open_reader
from model.tokens.tokenizer_kinds import class_of
from model.training.events import Compiled, CorpusReady, EpochEnd
from tests.model.runs.made_runs import TINY, begin, keep

UNKNOWN = Machine((), 150e9)
"""A machine without runs."""


def corpus(characters: int, distinct: int = 84, *, rare: int = 0) -> Corpus:
    """A text in which the last `rare` characters of the alphabet occur once."""
    ids = np.arange(characters, dtype=np.uint16) % (distinct - rare)
    ids[: 2 * rare : 2] = np.arange(distinct - rare, distinct)
    return Corpus("made", "made", "".join(map(chr, range(0x100, 0x100 + distinct))), ids, None, ())


NIETZSCHE = corpus(600_893)


def cost(recipe: Recipe, machine: Machine = UNKNOWN, text: Corpus = NIETZSCHE) -> Cost:
    found = estimate(text, recipe, 200, machine).cost
    assert found is not None
    return found


def trained(root: Path, name: str, recipe: Recipe, steps: int, pace: float, vocabulary: int = 0) -> None:
    """A run that has read so many characters a second."""
    run = begin(root, name, recipe=recipe)
    ready = CorpusReady("made", "made", 600_893, 1, 84, 540_803, 60_090, (), vocabulary)
    for event in (
        ready,
        Compiled(1.0, 119_892, 2, steps, 16, None, "cpu"),
        EpochEnd(1, steps, 2.0, 2.0, 2.9, 9.0, pace),
    ):
        run.append_metrics(event_record(event))


def test_parameters_and_steps_are_those_of_the_training() -> None:
    assert (cost(FAST).parameters, cost(FAST).steps_per_epoch) == (119_892, 528)


def test_the_time_is_that_of_the_run_with_the_same_network_and_batches(tmp_path: Path) -> None:
    trained(tmp_path, "alike", FAST, 528, 54_080.3)  # ten seconds an epoch
    trained(tmp_path, "other", NOTEBOOK, 1409, 1e6)
    machine = Machine(tuple(measured_runs(tmp_path)), 1.0)
    there = cost(replace(FAST, rate=0.001, epochs=3), machine)
    assert there.found == "measured in the run alike"
    devices = machine.speed_for(FAST, 84).operations / machine.runs[0].operations
    assert 10.0 <= there.epoch_seconds * max(1.0, devices / 2) < 14.0  # the held-out text is read as well


def test_the_time_of_another_network_follows_from_a_run_by_its_work(tmp_path: Path) -> None:
    trained(tmp_path, "small", FAST, 528, 54_080.3)
    machine = Machine(tuple(measured_runs(tmp_path)), 1.0)
    there = cost(replace(FAST, hidden=512), machine)
    assert there.found == "estimated from the run small"
    assert 6 < there.epoch_seconds / cost(FAST, machine).epoch_seconds < 16


def test_a_run_with_few_characters_says_nothing_of_one_with_thousands(tmp_path: Path) -> None:
    trained(tmp_path, "few", replace(FAST, hidden=32), 528, 54_080.3)
    machine = Machine(tuple(measured_runs(tmp_path)), 1e11)
    found = [machine.speed_for(FAST, tokens).found for tokens in (60, 1900, 16_395)]
    assert found == ["estimated from the run few"] * 2 + ["estimated from a short trial of the processor"]


def test_the_tokens_of_an_earlier_versions_run_are_its_words_and_its_characters(tmp_path: Path) -> None:
    trained(tmp_path, "old", replace(FAST, tokens="words"), 528, 54_080.3, vocabulary=200)
    assert [run.tokens for run in measured_runs(tmp_path)] == [284]


def test_the_odds_of_thousands_of_characters_take_as_long_as_they_were_measured() -> None:
    """In milliseconds, on two cores: by units and tokens, where the usual step takes 2.0."""
    measured = {(32, 4000): 6.8, (32, 16_395): 58.0, (128, 1000): 5.1, (128, 6000): 32.3, (128, 20_000): 142.9}
    usual = work_of(FAST, 84, 0).step
    for (hidden, tokens), milliseconds in measured.items():
        step = 2.0 * work_of(replace(FAST, hidden=hidden), tokens, 0).step / usual
        assert step == pytest.approx(milliseconds, rel=0.25), (hidden, tokens)


def test_the_speed_of_an_accelerator_does_not_grow_with_the_cores() -> None:
    run = MeasuredRun("a", FAST, work_of(FAST, 84, 0), 1e12, accelerators=1)
    assert Machine((run,), 1.0).speed_for(FAST, 84) == (1e12, "measured in the run a")


def test_without_a_run_the_recipes_take_as_long_in_proportion_as_they_were_measured() -> None:
    """In tests/benchmarks/README.md: 2.7, 18.2 and 72.7 ms of the processor a step."""
    steps = [work_of(each, 57, 0).step for each in (FAST, NOTEBOOK, BEST)]
    assert steps[1] / steps[0] == pytest.approx(18.2 / 2.7, rel=0.15)
    assert steps[2] / steps[0] == pytest.approx(72.7 / 2.7, rel=0.15)


def test_runs_that_cannot_be_read_or_have_ended_no_epoch_measure_nothing(tmp_path: Path) -> None:
    (begin(tmp_path, "damaged").folder / "recipe.toml").write_text("[run")
    begin(tmp_path, "begun")
    assert measured_runs(tmp_path) == []
    assert measured_runs(tmp_path / "none") == []


def test_every_epochs_weights_count_on_the_disk_up_to_their_budget() -> None:
    small, large = (estimate(NIETZSCHE, BEST, budget, UNKNOWN).cost for budget in (0, 20))
    assert small
    assert large
    assert large.disk - small.disk == 20_000_000


@pytest.mark.parametrize("recipe", [FAST, NOTEBOOK, BEST])
@pytest.mark.parametrize("characters", [60, 700, 2000])
def test_a_text_too_short_to_begin_names_values_with_which_it_can(recipe: Recipe, characters: int) -> None:
    text = corpus(characters, 20)
    (advice,) = advise(text, recipe)[:1]
    if advice.hinders:
        assert "Give a longer text" in advice.sentence
        assert estimate(text, recipe, 200, UNKNOWN).cost is None
    changed = replace(recipe, **dict(advice.changes))
    assert open_reader(text.split(changed.held_out)[0], changed).steps_per_epoch >= 4


def test_a_good_text_needs_no_advice() -> None:
    assert advise(NIETZSCHE, FAST) == advise(NIETZSCHE, BEST) == ()


def test_each_piece_of_advice_is_followed_once_and_then_gone() -> None:
    text, recipe = corpus(30_000, 300, rare=250), replace(FAST, held_out=0.0)
    while advice := [each for each in advise(text, recipe) if each.changes]:
        changed = replace(recipe, **dict(advice[0].changes))
        assert changed != recipe
        recipe = changed
        if recipe.min_count > 1:
            text = corpus(30_000, 50)
    assert (recipe.batch, recipe.held_out) == (8, 0.1)
    assert recipe.min_count > 1
    assert recipe.weight_drop > 0


@pytest.mark.parametrize(
    ("characters", "recipe", "remedy", "changes"),
    [
        (200_000, replace(FAST, epochs=5), "make the batch smaller", {"batch": 8}),
        (
            30_000,
            replace(FAST, epochs=5),
            "make the batch smaller and train for more epochs",
            {"batch": 8, "epochs": 10},
        ),
        (30_000, replace(FAST, epochs=5, batch=8), "train for more epochs", {"epochs": 10}),
        (1000, replace(FAST, epochs=200, batch=8), "use a longer text", {}),
    ],
)
def test_advice_for_few_steps_says_what_its_key_sets_and_never_fewer_epochs(
    characters: int, recipe: Recipe, remedy: str, changes: dict[str, int]
) -> None:
    few = advise(corpus(characters), recipe)[0]
    assert few.sentence.endswith(f"too few to learn much: {remedy}.")
    assert few.changes == changes


def test_an_alphabet_of_characters_that_are_all_in_use_is_left_alone() -> None:
    assert advise(corpus(600_000, 300), FAST) == ()


def test_a_text_of_rare_characters_is_told_that_they_cannot_be_learned() -> None:
    (advice,) = [each for each in advise(corpus(66_667, 16_395), FAST) if "distinct" in each.sentence]
    assert advice.words == (
        "16,395 distinct characters are many, and 16,395 of them occur fewer than 10 times: too rarely to be learned. "
        "They make up too much of the text to leave out (--min-count 5 would take 92% of the text). A longer text "
        "helps."
    )


@pytest.mark.parametrize(
    ("steps", "said"),
    [(528, ""), (529, ""), (66, "66 steps reads 12% of the text"), (1320, "1,320 steps reads the text 2.5 times")],
)
def test_steps_of_an_epoch_are_told_by_how_much_of_the_text_they_read(steps: int, said: str) -> None:
    notes = estimate(NIETZSCHE, replace(FAST, steps_per_epoch=steps), 200, UNKNOWN).notes
    assert notes == ((f"An epoch of {said}.",) if said else ())


def test_dilations_without_a_layer_and_those_used_again_are_told() -> None:
    conv = preset("fast", "conv")
    notes = {
        layers: estimate(NIETZSCHE, replace(conv, layers=layers, dilations=(1, 2, 4)), 200, UNKNOWN).notes
        for layers in (1, 2, 3, 4, 5, 7)
    }
    assert notes == {
        1: ("A network of 1 layer uses only the first of the 3 dilations: --layers 3 uses all.",),
        2: ("A network of 2 layers uses only the first 2 of the 3 dilations: --layers 3 uses all.",),
        3: (),
        4: ("A network of 4 layers uses the first of the 3 dilations again: --layers 3 uses each once.",),
        5: ("A network of 5 layers uses the first 2 of the 3 dilations again: --layers 3 uses each once.",),
        7: ("A network of 7 layers uses the 3 dilations again: --layers 3 uses each once.",),
    }
    assert estimate(NIETZSCHE, replace(conv, dilations=(2,)), 200, UNKNOWN).notes == (), "one for all layers"
    assert estimate(NIETZSCHE, conv, 200, UNKNOWN).notes == (), "nobody has chosen these"
    many = estimate(NIETZSCHE, replace(conv, layers=2, dilations=(*range(1, 21),)), 200, UNKNOWN).notes
    assert many == ("A network of 2 layers uses only the first 2 of the 20 dilations.",), "layers end at 16"


def test_more_memory_than_there_is_is_said() -> None:
    short = UNKNOWN._replace(memory=10**8)
    assert "of memory, and this machine has 100 MB." in estimate(NIETZSCHE, FAST, 200, short).lines[-1]


def test_the_command_line_estimates_and_trains_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "book.txt").write_text("All is well. " * 300)
    runs = tmp_path / "runs"
    assert main(["train", str(tmp_path / "book.txt"), "--estimate", "--runs", str(runs)]) == 0
    printed = capsys.readouterr().out
    assert "3,900 characters, 8 distinct; the last 390 are held out." in printed
    assert "for 8 epochs" in printed
    assert "Fitted to this short text" in printed
    assert "too few" not in printed
    assert not runs.exists()
    keep(begin(tmp_path, "other", recipe=TINY), 3, recipe=TINY)
    assert main(["train", str(tmp_path / "book.txt"), "--estimate", "--from", str(tmp_path / "other"), "--json"]) == 0
    assert '"parameters": 56,' in capsys.readouterr().out
    assert main(["train", str(tmp_path / "book.txt"), "--estimate", "--window", "4000", "--json"]) == 1


def test_the_time_of_an_epoch_is_said_only_where_it_agrees_with_the_time_in_all() -> None:
    cost = Cost(8, 40, 5000, 0.4, "measured", 1, 1)
    assert cost.time == "about 0:20 for 40 epochs (measured)"
    assert (
        cost._replace(max_seconds=9.0).time == "about 0:20 for 40 epochs (measured); it stops after 0:09, in epoch 23"
    )
    assert cost._replace(max_seconds=16.0).time == cost.time
    assert cost._replace(epochs=1).time == "about 0:04 for one epoch (measured)"
    assert cost._replace(epoch_seconds=30.0).time == "about 20:00 for 40 epochs, about 0:30 each (measured)"


def wordy(words: int) -> Corpus:
    """A text in which each of so many words occurs twice, and as many once, near its end."""
    numbers = np.random.default_rng(3).permutation(np.repeat(np.arange(words), 2))
    spelled = ["".join(chr(97 + int(digit)) for digit in f"{number:05d}") for number in range(2 * words)]
    text = "".join(f" {each}" for each in [*(spelled[number] for number in numbers), *spelled[words:]])
    return Corpus(
        "made", "made", " abcdefghij", np.array([" abcdefghij".index(each) for each in text], np.uint8), None, ()
    )


@pytest.mark.parametrize("kind", ["words", "pieces"])
def test_tokens_are_counted_as_training_finds_them(kind: str) -> None:
    text, recipe = wordy(300), replace(FAST, tokens=kind, vocabulary=200, held_out=0.2)
    tokens, tokenizer = tokens_of(text, recipe), class_of(kind).train(text, recipe)
    training, _ = text.split(0.2)
    assert (tokens.distinct, tokens.longer, tokens.exact) == (len(tokenizer), 200, True)
    assert len(tokens.training) == len(tokenizer.read(text, 0, len(training))[0])
    begun = ", with 1 beginning of other words" if kind == "words" else ""
    assert f"11 distinct and 200 {kind}{begun}; " in estimate(text, recipe, 200, UNKNOWN).text


def test_words_of_a_long_text_are_counted_all_over_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_tokens, "_COUNTED", 8_000)
    text, recipe = wordy(3000), replace(FAST, tokens="words", vocabulary=40)
    tokens, training = tokens_of(text, recipe), text.split(0.1)[0]
    exactly = len(class_of("words").train(text, recipe).read(text, 0, len(training))[0])
    assert (tokens.longer, tokens.exact) == (40, False)
    assert len(tokens.training) == pytest.approx(exactly, rel=0.2)
    assert " and about 40 words" in estimate(text, recipe, 200, UNKNOWN).text


def test_a_vocabulary_that_the_text_cannot_fill_is_remarked() -> None:
    recipe = replace(FAST, tokens="words", held_out=0.0)
    said = "The vocabulary has 300 words, not 6,000: no others occur more than once in the training text."
    assert said in [each.sentence for each in advise(wordy(300), recipe)]
    full = advise(wordy(300), replace(recipe, vocabulary=300))
    assert not [each for each in full if "vocabulary" in each.sentence]
    once = replace(wordy(300), ids=wordy(300).ids[-1800:])
    none = "No word occurs more than once in the training text, so it is read by characters."
    assert none in [each.sentence for each in advise(once, recipe)]
