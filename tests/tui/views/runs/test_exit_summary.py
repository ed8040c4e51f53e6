"""What the shell is told when the screen is gone."""

from __future__ import annotations

import pytest

from model.recipe import FAST
from model.training.events import Compiled, CorpusReady, EpochEnd, Progress, Saved, SaveFailed
from tui.views.runs.exit_summary import summary
from tui.views.training_view import TrainingView

RUN = "/data/runs/a book"


def view(*, corpus: str = "nietzsche", steps: int = 0, epochs_ended: int = 0, run: str | None = RUN) -> TrainingView:
    known = TrainingView(FAST, "fast")
    known.apply(CorpusReady(corpus, corpus, 1000, 100, 50, 900, 100, ()))
    known.apply(Compiled(1.0, 5000, 1, 10, 24, run))
    for epoch in range(1, epochs_ended + 1):
        known.apply(EpochEnd(epoch, 10 * epoch, 2.5, 2.0 + 0.1 * epoch, 3.0 + 0.1 * epoch, 5.0, 1000.0))
    if steps:
        known.kept = steps
        known.apply(Progress(1 + (steps - 1) // 10, steps, 1 + (steps - 1) % 10, 10, 2.0, 2.0, 0.01, 1000.0, 3.0))
    return known


def test_without_a_step_there_is_no_run() -> None:
    assert summary(TrainingView(FAST, "fast"), "a book") == []
    assert summary(view(steps=0, run=None), "a book") == ["Nothing was trained, so no run was kept."]
    assert summary(view(steps=0), "a book") == [], "a run that was there before begins again"


def test_the_summary_names_epochs_best_loss_and_the_next_command() -> None:
    assert summary(view(steps=27, epochs_ended=2), "a book") == [
        "Trained on nietzsche: 2 of 24 epochs, and part of the next.",
        "Best held-out loss 2.1000 nats (3.030 bits) per character, in epoch 1.",
        "Saved in /data/runs/a book",
        "To write more: charlstm write 'a book'",
        "To resume it: charlstm-tui --resume 'a book'",
    ]


def test_a_run_is_to_be_resumed_until_its_last_epoch_is_judged() -> None:
    known = view(steps=240, epochs_ended=23)
    known.apply(Saved("/data/runs/a book/checkpoints/step-240", 240))
    assert summary(known, "a book")[0] == "Trained on nietzsche: 23 of 24 epochs, and part of the next."
    assert summary(known, "a book")[-1] == "To resume it: charlstm-tui --resume 'a book'"
    known.apply(EpochEnd(24, 240, 2.5, 2.0, 3.0, 5.0, 1000.0))
    assert summary(known, "a book")[-1] == "To write more: charlstm write 'a book'"


REMOVED = "The folder of the run was removed, so nothing more is saved. To save again, make an empty one: mkdir -p /r/a"


def test_of_a_removed_folder_all_epochs_are_lost_and_no_advice_comes_too_late() -> None:
    known = view(steps=27, epochs_ended=2)
    known.apply(SaveFailed(REMOVED, on_disk=0))
    assert summary(known, "a book") == [
        "Trained on nietzsche: 2 of 24 epochs, and part of the next.",
        "Best held-out loss 2.1000 nats (3.030 bits) per character, in epoch 1, not kept.",
        "The last save failed. The folder of the run was removed, so nothing more is saved.",
        "Epochs 1 to 2 and part of the next were trained and not kept.",
    ]
    known.apply(SaveFailed("The samples cannot be written: No space left on device."))  # where nothing was looked at
    assert known.kept is None
    known.apply(SaveFailed("No space left on device.", on_disk=20))
    assert known.kept == 20


def test_a_run_in_an_unusual_place_goes_by_its_path() -> None:
    assert summary(view(steps=10), "/data/runs/a book")[-2].endswith("charlstm write '/data/runs/a book'")


def test_a_run_that_is_not_kept_offers_nothing() -> None:
    assert summary(view(steps=10, run=None), "a book") == [
        "Trained on nietzsche: 0 of 24 epochs, and part of the next."
    ]


def test_unsaved_training_is_not_called_saved() -> None:
    known = view(steps=27, epochs_ended=2)
    known.kept = None
    known.apply(SaveFailed("The disk is full."))
    failed = "The last save failed. The disk is full."
    assert summary(known, "a book") == [
        "Trained on nietzsche: 2 of 24 epochs, and part of the next.",
        "Best held-out loss 2.1000 nats (3.030 bits) per character, in epoch 1, not kept.",
        failed,
        "Epochs 1 to 2 and part of the next were trained and not kept.",
    ]
    known.apply(Saved("/data/runs/a book/checkpoints/step-20", 20))
    assert failed not in summary(known, "a book")
    known.apply(SaveFailed("The disk is full."))
    assert summary(known, "a book")[1:] == [
        "Best held-out loss 2.1000 nats (3.030 bits) per character, in epoch 1.",
        failed,
        "Steps 21 to 27 were trained and not kept. The newest weights on the disk are those of step 20.",
        "Saved in /data/runs/a book",
        "To write more: charlstm write 'a book'",
        "To resume it: charlstm-tui --resume 'a book'",
    ]


@pytest.mark.parametrize(("steps", "epochs"), [(19, "1 of 24 epochs, and part of the next"), (20, "2 of 24 epochs")])
def test_epochs_are_counted_as_in_the_list_of_runs(steps: int, epochs: str) -> None:
    known = view(steps=steps, epochs_ended=steps // 10)
    assert summary(known, "a book")[0] == f"Trained on nietzsche: {epochs}."
    assert epochs.startswith(f"{known.whole_epochs} ")


def test_a_corpus_name_cannot_command_the_terminal() -> None:
    assert "\x1b" not in summary(view(corpus="\x1b[2Jevil", steps=5), "a book")[0]
