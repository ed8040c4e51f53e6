"""What the log says of a run's events."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest

from model.recipe import FAST
from model.training.events import (
    Baselines,
    Event,
    Paused,
    Progress,
    Resumed,
    RolledBack,
    Saved,
    SaveFailed,
    TimedEvent,
    Unpaused,
)
from tests.tui.fake_engine import COMPILED, CORPUS, FINISHED, STEPS, epoch_end, progress
from tui.views.log_lines import LogLine, fold, head
from tui.views.quantities import UNITS
from tui.views.run_state import RunState
from tui.views.training_view import TrainingView


def lines(*events: Event, watched: bool = False) -> list[LogLine]:
    run = TrainingView(FAST, "fast", RunState("training", 0.0) if watched else None)
    return [line.spelled("nats") for line in fold(run, [TimedEvent(event, 0.0) for event in events])]


def texts(*events: Event) -> list[str]:
    return [line.text for line in lines(*events)]


def test_each_epoch_is_a_row_under_the_head_and_the_best_so_far_is_marked() -> None:
    first, second = lines(epoch_end(1, 1.9), epoch_end(2, 1.95))
    assert len(first.text) == len(head("nats"))
    assert first.text.split() == ["1", "1.7021", "1.9000", "2.741", "0:08"]
    assert [(line.kind, line.mark) for line in (first, second)] == [("epoch", "best"), ("epoch", "")]
    assert first.in_words == "epoch 1: loss 1.7021, held-out 1.9000, 2.741 bits, after 0:08"


def test_an_epoch_that_the_time_limit_cut_short_is_not_called_whole() -> None:
    (line,) = lines(replace(epoch_end(3, 1.9), trained=0.6))
    assert (line.text.split()[0], line.epoch) == ("2.6", 3)
    assert line.in_words.startswith("60% of epoch 3: loss")
    for damaged in (0.0, 7.0, -math.inf, math.nan):
        (line,) = lines(replace(epoch_end(3, 1.9), trained=damaged))
        assert re.match(r"\d+% of epoch 3: loss", line.in_words)


def test_where_saving_goes_on_in_an_empty_folder_the_log_says_what_is_missing() -> None:
    removed, saved = SaveFailed("The folder of the run a was removed.", on_disk=0), Saved("/runs/a/checkpoints/x", 300)
    said = texts(Saved("/runs/a/checkpoints/x", 200), progress(1, 200), removed, removed, saved, saved, removed)
    again = (
        "Saving works again, from step 300 on. What was saved before is gone: the lines and samples of the steps "
        "before are missing in the run's folder."
    )
    assert said == [removed.reason, again, removed.reason]
    assert texts(SaveFailed("The disk is full.", on_disk=0), saved) == ["The disk is full."], "nothing was there before"


def test_without_held_out_text_no_epoch_is_marked() -> None:
    (line,) = lines(epoch_end(1, None))
    assert (line.mark, line.text.split()[2:4]) == ("", ["-", "-"])


def test_notes_about_the_text_are_important() -> None:
    assert lines(CORPUS) == [LogLine("no network: reading the Python manual instead", important=True)]


def test_a_state_that_drifts_is_explained() -> None:
    drifting = replace(epoch_end(1, 1.9), windowed=1.8)
    assert texts(drifting)[1] == "carrying the state along drifts: held-out 1.8000 in short stretches"


def test_a_rollback_says_why_and_how_training_continues() -> None:
    (line,) = lines(RolledBack(1500, 1320, 5, "the loss was no number", 0.5))
    assert line == LogLine(
        "Training diverged at step 1,500: the loss was no number. It continues from the good weights of step 1,320, at "
        "half the rate that went well: 0.5 times the recipe's.",
        "warning",
        important=True,
    )


def test_a_resumed_run_says_where_it_continues_and_what_is_not_exact() -> None:
    notice = "Training continues, but not bit-exactly: jax 1 is now 2."
    said = lines(CORPUS, Resumed(5, 5 * STEPS, 1.5, (notice,)))[1:]
    assert [line.text for line in said] == ["resumed at step 1,320, after 5 epochs", notice]
    assert texts(Resumed(FAST.epochs, 1, 1.5, ())) == ["Training is complete. Writing with the best weights."]
    more = lines(CORPUS, COMPILED, Resumed(COMPILED.epochs, 1, 1.5, (), total_epochs=COMPILED.epochs + 1))
    assert not any("Training is complete" in line.text for line in more), "it learns on"


def test_only_pauses_by_the_user_are_logged() -> None:
    assert texts(Paused(8), Unpaused(8)) == ["paused at step 8", "resumed at step 8"]
    assert texts(Paused(8, showing=True)) == []


def test_the_same_failure_to_save_is_logged_once() -> None:
    full = SaveFailed("/runs/a/x cannot be written to: No space left on device. Make room.")
    other = SaveFailed("/runs/a/x cannot be written to: Permission denied.")
    assert texts(full, full, other) == [full.reason, other.reason]


@pytest.mark.parametrize(
    ("reason", "why"), [("epochs", "all epochs done"), ("diverged", "training diverged repeatedly")]
)
def test_the_end_says_where_it_is_saved_and_at_last_what_was_best_and_why_it_ended(reason: str, why: str) -> None:
    said = texts(CORPUS, COMPILED, progress(24, STEPS), replace(FINISHED, reason=reason))[2:]
    result = f"best held-out 1.4987 nats after epoch 22; {why}: 24 epochs in 1:23"
    assert said[-2:] == ["saved in /runs/nietzsche", result]
    assert ("The best weights are kept" in " ".join(said)) is (reason == "diverged")


def test_a_run_that_ends_within_an_epoch_says_so() -> None:
    stopped = replace(FINISHED, reason="time", epoch=2, best_epoch=3)
    said = texts(CORPUS, COMPILED, progress(3, 100), epoch_end(3, 1.5), stopped)
    assert said[-1] == (
        "best held-out 1.4987 nats in epoch 3; time limit reached: 2 epochs and part of the next in 1:23"
    )
    stopped = replace(FINISHED, reason="stopped", epoch=0, best_held_out=None, best_epoch=None)
    assert texts(CORPUS, COMPILED, progress(1, 100), stopped)[-1] == "stopped: part of the first epoch in 1:23"


def test_an_end_is_logged_once_however_often_the_run_is_opened() -> None:
    assert len(texts(FINISHED, CORPUS, FINISHED)) == len(texts(FINISHED, CORPUS))


def test_progress_is_not_logged() -> None:
    assert isinstance(progress(1, 8), Progress)
    assert texts(progress(1, 8), progress(1, 16)) == []


def test_lines_of_a_watched_run_have_the_time_but_rows_of_the_table_do_not() -> None:
    paused, row = lines(Paused(8), epoch_end(1, 1.9), watched=True)
    assert paused.text[2] == ":"
    assert paused.text.endswith(" paused at step 8")
    assert row.text.split()[0] == "1"


def test_baselines_are_told_once_and_so_is_each_that_is_overtaken() -> None:
    ladder = Baselines(4.0, (3.0, 2.4, 1.85, 1.6), 1000)
    assert texts(ladder, ladder) == ["Counting 3 characters back reaches 1.6000 nats on the held-out text (order 3)"]
    said = [line for line in texts(ladder, epoch_end(1, 1.9), epoch_end(2, 1.95), epoch_end(3, 1.8)) if "an c" in line]
    assert said == [
        "Better than counting 1 character back (order 1: 2.4000 nats)",
        "Better than counting 2 characters back (order 2: 1.8500 nats)",
    ]


def test_every_loss_of_a_line_follows_the_unit() -> None:
    (line,) = fold(TrainingView(FAST, "fast"), [TimedEvent(epoch_end(1, 1.9), 0.0)])
    assert line.spelled("bits").text.split()[:4] == ["1", "2.456", "2.741", "6.686"]
    assert line.spelled("perplexity").text.split()[:4] == ["1", "5.485", "6.686", "2.741"]
    assert "perplexity 6.686" in line.spelled("bits").in_words
    assert [len(line.spelled(unit).text) for unit in UNITS] == [len(head(unit)) for unit in UNITS]


def test_a_folder_that_was_moved_is_told_once_with_its_new_place() -> None:
    here, moved = (Saved(f"/runs/{name}/checkpoints/step-1.safetensors", 1) for name in ("nietzsche", "moved"))
    view = TrainingView(FAST, "fast")
    events = (replace(COMPILED, run="/runs/nietzsche"), here, moved, moved)
    said = [line.text for line in fold(view, [TimedEvent(event, 0.0) for event in events])]
    assert said[1:] == ["The run's folder was moved. It is saved in /runs/moved now."]
    assert view.run == "/runs/moved"
