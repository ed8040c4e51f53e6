"""Runs beside each other: what differs, and which losses can be compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from model.recipe import FAST, NOTEBOOK, preset
from model.runs.files.json_lines import event_record
from model.runs.housekeeping.compared_run import (
    UNKNOWN,
    ComparedRun,
    Difference,
    differences,
    notes,
    nothing_differs,
    unlike_names,
)
from model.runs.housekeeping.reading_runs import read_runs
from model.runs.housekeeping.run_summary import RunSummary
from model.runs.run_view import RunView
from model.training.events import Compiled, EpochEnd, Progress, RateScaled, RolledBack
from tests.model.runs.made_runs import begin, keep


def compared(name: str, *, held_out: float | None = 1.5, corpus: str = "nietzsche", **changes: object) -> ComparedRun:
    """A run that has done an epoch."""
    view = RunView()
    view.apply(Compiled(1.0, 9, 1, 10, 16, None))
    view.apply(Progress(1, 10, 10, 10, 2.0, 2.0, 0.01, 100.0, 61.0))
    view.apply(EpochEnd(1, 10, 2.0, held_out, None, 61.0, 100.0))
    summary = RunSummary(name, Path(name), corpus, "fast", 1, 1, held_out, 0.0, 9, None)
    whole = ComparedRun(
        name=name, summary=summary, view=view, recipe=FAST, characters=100, digest="d", alphabet=("a", "b")
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def test_only_what_differs_is_told_a_row_a_field_a_value_a_run() -> None:
    runs = [
        compared("one"),
        compared("two", recipe=replace(FAST, hidden=256, dropout=0.5)),
        compared("three", alphabet=("a", "c", "\n"), begun_from="one"),
    ]
    assert differences(runs) == [
        Difference("alphabet", ("2, lacks c", "2, lacks c", "3, lacks b")),
        Difference("begun from", ("random weights", "random weights", "one")),
        Difference("hidden", ("128", "256", "128")),
        Difference("dropout", ("0", "0.5", "0")),
    ]
    assert differences([compared("one"), compared("two")]) == []


def test_what_means_nothing_to_a_run_is_no_difference() -> None:
    conv, wider = preset("fast", "conv"), replace(preset("fast", "conv"), kernel=3)
    rows = dict(differences([compared("one"), compared("two", recipe=conv), compared("three", recipe=wider)]))
    assert rows["kernel"] == (UNKNOWN, "2", "3")
    assert rows["network"] == ("lstm", "conv", "conv")
    words = replace(FAST, tokens="words", vocabulary=300)
    notebook = replace(NOTEBOOK, stride=5)
    rows = dict(differences([compared("one"), compared("two", recipe=words), compared("three", recipe=notebook)]))
    assert rows["tokens"] == ("characters", "words", "characters")
    assert not {"vocabulary", "kernel", "dilations", "stride", "warmup", "momentum"} & rows.keys()


def test_words_are_compared_with_words_and_are_no_alphabet() -> None:
    words = replace(FAST, tokens="words")
    runs = [
        compared("one"),
        compared("two", recipe=words, alphabet=("a", "b", " the", " of")),
        compared("three", recipe=words, alphabet=("a", "b", " the")),
    ]
    assert dict(differences(runs))["known tokens"] == ("2", "4", "3, lacks of")
    assert "two knows 4 tokens: 2 words and 2 characters." in notes(
        [runs[0], replace(runs[1], parts=("2 words", "2 characters"))]
    )


def test_epochs_stand_in_one_place_alone_and_are_told_where_nothing_else_differs() -> None:
    one, two = compared("one"), compared("two", recipe=replace(FAST, epochs=2))
    two = replace(two, summary=replace(two.summary, epochs=2))
    assert differences([one, two]) == []
    assert nothing_differs([one, two]) == "Nothing but the number of epochs differs in their recipes and texts."
    assert nothing_differs([one, one]) == "Nothing differs in their recipes and texts."


def test_values_that_would_look_alike_are_told_in_all_their_digits() -> None:
    runs = [compared("one", recipe=replace(FAST, rate=0.01)), compared("two", recipe=replace(FAST, rate=0.0100000001))]
    assert differences(runs) == [Difference("rate", ("0.01", "0.0100000001"))]


def test_steering_is_a_difference() -> None:
    steered = compared("two")
    steered.view.apply(RateScaled(10, 0.5, 0.5))
    half = "0.5 times the recipe's by hand, from step 10"
    assert differences([compared("one"), steered]) == [Difference("rate steered", ("no", half))]
    steered.view.apply(RolledBack(90, 70, 2, "a spike", 0.125))
    less = "0.125 times the recipe's by hand and by the guard, from step 70"
    assert differences([compared("one"), steered]) == [Difference("rate steered", ("no", less))]


def test_losses_compare_only_on_the_same_held_out_text() -> None:
    one = compared("one")
    assert notes([one, compared("two", held_out=1.4)]) == []
    (said,) = notes([one, compared("two", digest="other")])
    assert said.startswith("Their losses cannot be compared: they read different texts")
    (said,) = notes([one, compared("two", digest=None, corpus="other")])
    assert said.startswith("Their losses cannot be compared: they read different texts")
    assert notes([one, compared("two", digest=None)]) == []
    (said,) = notes([one, compared("two", recipe=replace(FAST, held_out=0.2))])
    assert said == "Their losses cannot be compared: they hold out different parts of the text."
    (said,) = notes([one, compared("two", held_out=None, recipe=replace(FAST, held_out=0.0))])
    assert said.startswith("two holds out no text: the best loss is that of the text trained on")


def test_of_runs_that_stopped_before_their_rate_fell_it_is_said() -> None:
    one, two, three, four = map(compared, ("one", "two", "three", "four"))
    two = replace(two, summary=replace(two.summary, epochs=8, trained=1.4))
    (said,) = notes([one, two])
    assert said == (
        "two stopped in epoch 2 of 8, before its learning rate had fallen all the way: finished, it would most likely "
        "be better."
    )
    three = replace(three, summary=replace(three.summary, epochs=4, trained=1.0))
    four = replace(four, summary=replace(four.summary, epochs=4, trained=1.0, state="training"))
    (said,) = notes([two, three, four])
    assert said == (
        "two stopped in epoch 2 of 8, three stopped after epoch 1 of 4 and four has come to epoch 2 of 4, before their "
        "learning rates had fallen all the way: finished, they would most likely be better."
    )
    assert notes([one, replace(two, recipe=replace(FAST, schedule="constant"))]) == []
    assert notes([one, replace(two, summary=replace(two.summary, state="diverged"))]) == []
    (said,) = notes([one, replace(four, summary=replace(four.summary, trained=4.0))])
    assert said.startswith("four has come to epoch 4 of 4")
    (said,) = notes([one, replace(two, digest="other")])
    assert said.startswith("Their losses cannot be compared")


def test_the_best_loss_is_that_of_the_training_text_where_nothing_is_held_out() -> None:
    run = compared("one", held_out=None)
    assert (run.best_loss, run.holds_out, run.seconds) == (2.0, False, 61.0)
    assert replace(run, view=RunView()).best_loss is None


def test_runs_of_one_name_are_told_apart() -> None:
    assert unlike_names([Path("/x/a"), Path("/y/a"), Path("/y/b")]) == ["a in /x", "a in /y", "b"]


def test_a_damaged_run_says_so_and_the_others_are_compared(tmp_path: Path) -> None:
    one, two, damaged = begin(tmp_path, "one"), begin(tmp_path, "two", recipe=replace(FAST, hidden=9)), tmp_path / "bad"
    keep(one, 10, best=True, epoch=1, recipe=FAST)
    one.append_metrics(event_record(EpochEnd(1, 10, 2.0, 1.5, 2.2, 1.0, 100.0)))
    (damaged / "checkpoints").mkdir(parents=True)
    (damaged / "recipe.toml").write_text("[run")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    runs = read_runs([one, two, type(one)(damaged)])
    assert differences(runs) == [Difference("hidden", ("128", "9", UNKNOWN))]
    assert (runs[0].alphabet, runs[0].characters, runs[0].best_loss) == (("a", "b"), 100, 1.5)
    (said,) = notes(runs)
    assert said.startswith("bad: ")
    assert "damaged" in said
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before
