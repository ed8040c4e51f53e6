"""What stands at the cursor: at the end of an epoch what the log says of it, between two of them the curve."""

from __future__ import annotations

import pytest

from model.recipe import FAST
from model.training.events import Compiled, EpochEnd, Step, TimedEvent
from tui.views.chart_view import ChartView, curves_of
from tui.views.log_lines import fold
from tui.views.training_view import TrainingView

STEPS = 40


def test_the_reading_of_an_epoch_is_its_row_of_the_table() -> None:
    view, rows = TrainingView(FAST, "fast"), []
    view.apply(Compiled(1.0, 5000, 1, STEPS, 9, None))
    for step in range(10, 3 * STEPS + 1, 10):
        epoch, loss = (step - 1) // STEPS + 1, 4.0 - step / STEPS
        view.apply(Step(epoch, step, loss, 0.01, loss, loss))
        if step % STEPS == 0:
            end = EpochEnd(epoch, step, loss + 0.3, None if epoch == 2 else loss + 0.1, None, 10.0 * epoch, 9.0)
            rows += [line for line in fold(view, [TimedEvent(end, None)]) if line.kind == "epoch"]
    chart = ChartView(curves_of(view))
    for epoch, row in enumerate(rows, start=1):
        for near in (0.0, 0.04, -0.04):
            read = chart.read(epoch + near, reach=0.05)
            assert (read.training, read.held_out) == row.losses
            assert (read.epochs, read.step, read.seconds) == (epoch, epoch * STEPS, pytest.approx(10.0 * epoch))
    between = chart.read(1.52, reach=0.05)
    assert (between.training, between.held_out) == (4.0 - 1.5, None)
