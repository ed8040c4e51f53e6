"""When a step of a lesson is done: a condition on the run as the screen shows it, and on the keys that were pressed."""

from __future__ import annotations

import math
from collections.abc import Container

from model.options.lessons.lesson import Condition
from tui.views.training_view import TrainingView


def holds(condition: Condition, view: TrainingView, pressed: Container[str] = ()) -> bool:
    """Whether a step's condition is fulfilled.

    Args:
        condition: of the step.
        view: the run.
        pressed: ids of the actions whose keys have worked since the step began.
    """
    match condition.kind:
        case "key":
            return condition.action in pressed
        case "ended":
            return view.finished is not None
        case "rolled back":
            return any(mark.kind == "rollback" for mark in view.marks)
        case "worse than guessing":
            return _worse_than_guessing(view)
    end = view.epoch_end
    if end is None:
        return False
    match condition.kind:
        case "epoch":
            return end.epoch >= condition.number
        case "rises":
            return view.best is not None and end.epoch - view.best.epoch >= condition.number
        case "beats":
            line = next((line for line in view.lines if line.label == f"order {condition.number}"), None)
            return line is not None and view.best is not None and view.best.judged < line.nats
    raise ValueError(condition.kind)


def _worse_than_guessing(view: TrainingView) -> bool:
    """Whether the mean loss of the epoch, or the newest held-out loss, is above ln(distinct characters), or no number.

    The first epoch is too early: an untrained model is no better.
    """
    if view.corpus is None or view.epoch_end is None or view.progress is None:
        return False
    guessing = math.log(view.corpus.distinct)
    losses = [view.epoch_end.judged, view.progress.epoch_loss if view.progress.epoch > 1 else 0.0]
    return any(math.isnan(loss) or loss > guessing for loss in losses)
