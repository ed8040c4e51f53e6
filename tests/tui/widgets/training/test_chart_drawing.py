"""What the chart draws of a view, without a screen: curves, lines, marks, other runs, the cursor."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest

from model.runs.loss_history import Point
from model.training.events import RateScaled, Resumed, RolledBack
from tests.tui.fake_engine import FINISHED
from tui.terminal.glyphs import ASCII, UNICODE, Glyphs
from tui.views.chart_settings import ChartSettings
from tui.views.chart_view import ChartView, Line, Mark, Overlay, RunCurves, marked
from tui.widgets.training.chart.canvas import Run
from tui.widgets.training.chart.drawing import draw, frame_of
from tui.widgets.training.chart.frame import smoothed, thinned

COLUMNS, ROWS = 47, 14


def curves(held_out: tuple[float, ...] = (2.0, 1.8, 1.7, 1.65), per: int = 100) -> RunCurves:
    training = tuple((step / per, 1.5 + math.exp(-step / per)) for step in range(25, per * len(held_out) + 1, 25))
    ends = tuple((float(epoch), loss) for epoch, loss in enumerate(held_out, start=1))
    clock: tuple[Point, ...] = ((0.0, 0.0), *((float(epoch), 10.0 * epoch) for epoch in range(1, len(held_out) + 1)))
    return RunCurves(training, ends, per, clock)


def rows(view: ChartView, signs: Glyphs = UNICODE) -> list[list[Run]]:
    return draw(view, COLUMNS, ROWS, signs)


def text(view: ChartView, signs: Glyphs = UNICODE) -> str:
    return "\n".join("".join(run.text for run in row) for row in rows(view, signs))


def cells(view: ChartView, style: str, signs: Glyphs = UNICODE) -> dict[tuple[int, int], str]:
    """The signs of a style, by column and row."""
    found = {}
    for y, row in enumerate(rows(view, signs)):
        x = 0
        for run in row:
            found.update({(x + at, y): sign for at, sign in enumerate(run.text) if run.style == style and sign != " "})
            x += len(run.text)
    return found


def dot_rows(found: dict[tuple[int, int], str]) -> dict[int, int]:
    """The highest dot of each column of braille cells."""
    order = (0x01 | 0x08, 0x02 | 0x10, 0x04 | 0x20, 0x40 | 0x80)
    heights: dict[int, int] = {}
    for (x, y), sign in found.items():
        bits = ord(sign) - 0x2800
        top = 4 * y + next(row for row, mask in enumerate(order) if bits & mask)
        heights[x] = min(heights.get(x, top), top)
    return heights


def test_the_axis_around_a_single_loss_has_room_and_labels_that_differ() -> None:
    frame = frame_of(ChartView(RunCurves(((0.5, 2.6),), ())), COLUMNS, ROWS)
    assert frame.high - frame.low > 0.2
    labels = re.findall(r"(\d\.\d+) ┤", text(ChartView(RunCurves(((0.5, 2.6),), ()))))
    assert len(labels) == len({*labels}) > 0


def test_a_small_rise_of_the_held_out_curve_is_seen_within_a_row() -> None:
    view = ChartView(RunCurves(((0.5, 2.6), (4.0, 1.4)), ((1.0, 2.6), (2.0, 1.951), (3.0, 1.96), (4.0, 2.006))))
    heights = dot_rows(cells(view, "held-out"))
    columns = sorted(heights)
    assert heights[columns[-1]] < heights[min(columns, key=lambda x: abs(x - 27))]


@pytest.mark.parametrize("signs", [UNICODE, ASCII])
def test_the_curves_differ_in_more_than_their_colour(signs: Glyphs) -> None:
    """Training is without gaps, held-out has them."""
    view = ChartView(RunCurves(((0.1, 2.0), (8.0, 2.0)), ((0.1, 1.0), (4.0, 1.0), (8.0, 1.0))))

    def gaps(style: str) -> int:
        columns = sorted({x for x, _ in cells(view, style, signs)})
        return columns[-1] - columns[0] + 1 - len(columns)

    assert gaps("training") == 0
    assert gaps("held-out") >= 10
    if signs is ASCII:
        assert not set(cells(view, "training", signs).values()) & set(cells(view, "held-out", signs).values())


def test_lines_are_labelled_where_nothing_is_covered() -> None:
    lines = (Line("uniform", 4.4), Line("order 2", 1.954), Line("order 3", 1.585))
    drawn = text(ChartView(curves(), lines=lines))
    assert "order 2" in drawn
    assert "order 3" in drawn
    assert "uniform" not in drawn, "far above all curves"
    close = (*lines, Line("order 4", 1.587))
    assert text(ChartView(curves(), lines=close)).count(" order 3, 4 ") == 1, "two in one row are one label"
    hidden = ChartView(curves(), lines=lines, settings=ChartSettings(lines=False))
    assert "order" not in text(hidden)


def test_marks_stand_on_the_axis_and_say_their_words_at_the_cursor() -> None:
    marks = (Mark(150, "rollback", "rolled back"), Mark(300, "rate", "rate halved"), Mark(400, "best", "best"))
    axis = text(ChartView(curves(), marks=marks)).split("\n")[-2]
    assert [sign for sign in axis if sign in "◂±▲■"] == ["◂", "±", "▲"]
    assert "rate halved" not in text(ChartView(curves(), marks=marks, cursor=1.5))
    assert "rate halved" in text(ChartView(curves(), marks=marks, cursor=3.0))


def test_another_run_is_laid_over_with_its_name() -> None:
    other = Overlay("book-fast-2", curves((2.4, 2.2, 2.1, 2.05, 2.0)))
    view = ChartView(curves(), overlays=(other,))
    for shown, right in ((view, 4), (replace(view, together=True), 5)):
        assert "book-fast-2" in text(shown)
        assert cells(shown, "overlay-1")
        assert frame_of(shown, COLUMNS, ROWS).right == right


def test_a_run_that_is_laid_over_leaves_the_axes_and_is_drawn_within_them() -> None:
    alone = frame_of(ChartView(curves()), COLUMNS, ROWS)
    view = ChartView(curves(), overlays=(Overlay("noise", curves((20.0, 2.1, 2.0, 20.0, 20.0, 20.0))),))
    frame = frame_of(view, COLUMNS, ROWS)
    assert (frame.left, frame.right, frame.low, frame.high) == (alone.left, alone.right, alone.low, alone.high)
    assert "noise" in text(view)
    ((_, (stretch,)),) = frame.overlays
    assert [height for _, height in stretch] == [20.0, 2.1, 2.0, 20.0]
    far = ChartView(curves(), overlays=(Overlay("noise", curves((20.0,) * 6)),))
    assert text(far) == text(ChartView(curves()))
    for losses in ((1.6, 1.5, 1.4, 1.3), (0.01,) * 4):
        better = frame_of(ChartView(curves(), overlays=(Overlay("better", curves(losses)),)), COLUMNS, ROWS)
        assert better.high - better.low <= 2.1 * (alone.high - alone.low), "the run itself keeps half of the rows"
        assert (better.low < losses[-1]) == (losses[-1] == 1.3)


@pytest.mark.parametrize("apart", [0.1, 0.2, 0.3, 0.6])
@pytest.mark.parametrize("lower_first", [False, True])
def test_names_of_curves_that_end_close_to_each_other_stand_at_their_own_ends(apart: float, lower_first: bool) -> None:
    def ending(name: str, loss: float) -> Overlay:
        steps = range(25, 501, 25)
        return Overlay(name, RunCurves(tuple((step / 100, 4 - (4 - loss) * step / 500) for step in steps), (), 100, ()))

    pair = [ending("upper", 2.5 + apart), ending("lower", 2.5)]
    overlays = tuple(reversed(pair) if lower_first else pair)
    view = ChartView(curves((2.0, 1.8, 1.7, 1.65, 1.6)), overlays=overlays, together=True)
    lines = text(view).split("\n")
    at = {name: next(row for row, line in enumerate(lines) if name in line) for name in ("upper", "lower")}
    assert at["upper"] < at["lower"]
    frame = frame_of(view, COLUMNS, ROWS)
    ends = {name: frame.row(stretches[-1][-1][1]) for name, stretches in frame.overlays}
    for name, row in at.items():
        distances = {other: abs(4 * row + 1.5 - end) for other, end in ends.items()}
        assert distances[name] == min(distances.values())


@pytest.mark.parametrize("axis", ["epochs", "steps", "time"])
def test_a_place_is_found_again_on_every_axis(axis: str) -> None:
    view = ChartView(curves(), settings=ChartSettings(axis=axis))  # type: ignore[arg-type]
    for place in (0.0, 0.4, 1.0, 3.3, 4.0):
        assert view.curves.epochs(view.curves.along(place, view.settings.axis), view.settings.axis) == (
            pytest.approx(place)
        )
    labels = text(view).split("\n")[-1].split()
    assert labels[0] == {"epochs": "0", "steps": "0", "time": "0:00"}[axis]
    assert labels[-1] == {"epochs": "4", "steps": "400", "time": "0:40"}[axis]


def test_zoom_shows_the_last_part_and_follows_the_cursor() -> None:
    def reach(zoom: int, cursor: float | None = None) -> tuple[float, float]:
        frame = frame_of(ChartView(curves(), settings=ChartSettings(zoom=zoom), cursor=cursor), COLUMNS, ROWS)
        return frame.left, frame.right

    assert [reach(zoom) for zoom in range(3)] == [(0.0, 4.0), (2.0, 4.0), (3.0, 4.0)]
    left, right = reach(2, cursor=1.0)
    assert left <= 1.0 <= right
    assert right - left == 1.0


def test_the_steep_first_steps_leave_the_range_once_there_is_something_to_see() -> None:
    def high(points: int) -> float:
        training = tuple((at / 10, 1.4 + 3 * math.exp(-at / 2)) for at in range(points))
        return frame_of(ChartView(RunCurves(training, ())), COLUMNS, ROWS).high

    assert high(10) > 4
    assert high(300) < 2


def test_units_and_the_scale_change_the_labels() -> None:
    def labels(view: ChartView) -> list[float]:
        return [float(each) for each in re.findall(r"([\d.]+) ┤", text(view))]

    assert max(labels(ChartView(curves()))) < 2.5
    assert max(labels(ChartView(curves(), unit="perplexity"))) > 6
    assert labels(ChartView(curves(), unit="bits", settings=ChartSettings("logarithmic")))


def test_smoothing_keeps_the_raw_line_behind() -> None:
    noisy = tuple((at / 50, 2 + (at % 2)) for at in range(200))
    view = ChartView(RunCurves(noisy, ()), settings=ChartSettings(smoothing="strong"))
    assert cells(view, "raw")
    heights = [height for _, height in smoothed(noisy, 12)[20:-20]]
    assert max(heights) - min(heights) < 0.1
    assert smoothed(noisy, 12)[0] == noisy[0]


def test_a_line_that_enters_from_outside_begins_at_the_edge() -> None:
    assert thinned([(0.0, 0.0), (2.0, 2.0), (4.0, 4.0)], 1.0, 3.0, 10) == [(1.0, 1.0), (2.0, 2.0), (3.0, 3.0)]


def test_marks_follow_the_events_and_go_with_what_is_lost() -> None:
    back = RolledBack(892, 572, 2, "the loss was no number", 0.5)
    halved = RateScaled(700, 0.5, 0.5)
    marks = marked(marked((), halved), back)
    assert [(mark.kind, mark.step) for mark in marks] == [("rollback", 572)]
    marks = marked(marked(marks, RateScaled(600, 0.5, 0.25)), FINISHED)
    assert [mark.kind for mark in marks] == ["rollback", "rate"], "the end of all epochs is no stop"
    assert marked(marks, Resumed(2, 590, None, ())) == marks[:1]
