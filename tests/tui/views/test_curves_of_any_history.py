"""The curve of a run that is reopened or watched is the one that was seen live, whatever happened to the run."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from model.recipe import FAST
from model.runs.files.json_lines import event_record, events_of, to_line
from model.training.events import Compiled, CorpusReady, EpochEnd, Event, Progress, Resumed, RolledBack, Step
from tui.views.chart_view import curves_of
from tui.views.training_view import TrainingView

STEPS, EVERY = 40, 10
CORPUS = CorpusReady("a", "A", 1000, 500, 30, 900, 100, ())
COMPILED = Compiled(1.0, 5000, 1, STEPS, 9, "/runs/a")


def history(moves: list[tuple[str, int]]) -> list[Event]:
    """A run that trains so many times ten steps, or goes back so far, rolled back or killed and resumed."""
    events: list[Event] = [CORPUS, COMPILED]
    step, seconds = 0, 0.0
    for move, tens in moves:
        if move == "train":
            for _ in range(tens):
                step, seconds = step + EVERY, seconds + 1.0
                epoch, loss = (step - 1) // STEPS + 1, 4.0 / (1 + step) + tens / 100
                events.append(Step(epoch, step, loss, 0.01, loss, loss))
                done = step - (epoch - 1) * STEPS
                events.append(Progress(epoch, step, done, STEPS, loss, loss, 0.01, 9.0, seconds))
                if done == STEPS:
                    events.append(EpochEnd(epoch, step, loss, loss + 0.1, None, seconds, 9.0))
        else:
            to = max(0, step - tens * EVERY)
            if move == "rolled back":
                events.append(RolledBack(step, to, to // STEPS, "the loss was no number", 0.5))
            else:
                events += [CORPUS, Resumed(to // STEPS, to, None, ()), COMPILED]
            step = to
    return events


@given(st.lists(st.tuples(st.sampled_from(("train", "train", "rolled back", "killed")), st.integers(1, 9)), max_size=9))
def test_the_fold_of_the_file_is_the_curve_that_was_seen(moves: list[tuple[str, int]]) -> None:
    events = history(moves)
    live, reopened = TrainingView(FAST, "fast"), TrainingView(FAST, "fast")
    for event in events:
        live.apply(event)
    kept = [event for event in events if not isinstance(event, Progress)]
    reopened.apply_all(events_of("".join(to_line(event_record(event)) for event in kept).encode()))
    seen, again = curves_of(live), curves_of(reopened)
    assert (again.training, again.held_out, reopened.marks) == (seen.training, seen.held_out, live.marks)
    xs = [x for x, _ in seen.training]
    assert xs == sorted(set(xs)), "one loss for each place: no zigzag"
