"""ChartView: all that the chart of the loss draws, as plain data. Losses are in nats per character.

Who has something to show puts it into `TrainingView.lines`, `marks` or `overlays`; nothing else draws.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeVar

from model.runs.housekeeping.run_states import END_REASONS
from model.runs.loss_history import Point
from model.runs.run_view import RunView
from model.training.events import Baselines, Event, Finished, RateScaled, Resumed, RolledBack
from tui.views.chart_settings import USUAL_CHART, Axis, ChartSettings
from tui.views.quantities import Unit

MOST_POINTS = 8192
"""Of the curve, before it is drawn."""

MarkKind = Literal["rollback", "rate", "stop", "best"]


class Line(NamedTuple):
    """A horizontal line, such as a baseline."""

    label: str
    nats: float


class Mark(NamedTuple):
    """Something that happened, marked on the axis."""

    step: int
    kind: MarkKind
    words: str
    """Said where the cursor stands on it: 'rolled back from step 892'."""


class End(NamedTuple):
    """The end of an epoch, in epochs."""

    epochs: float
    training: float
    """The mean of the whole epoch: the curve has that of its last steps there."""
    held_out: float | None


@dataclass(frozen=True, slots=True)
class RunCurves:
    """A run's losses by epochs: 1.5 is in the middle of the second epoch."""

    training: tuple[Point, ...] = ()
    """Means since the point before."""
    held_out: tuple[Point, ...] = ()
    steps_per_epoch: int = 1
    clock: tuple[Point, ...] = ((0.0, 0.0),)
    """Epochs and training seconds, both rising from 0."""
    ends: tuple[End, ...] = ()
    """What the log says of each epoch."""

    def along(self, epochs: float, axis: Axis) -> float:
        """A place on another axis; in seconds on that of time, which is interpolated between the ends of epochs."""
        if axis == "time":
            return interpolated(self.clock, epochs)
        return epochs * self.steps_per_epoch if axis == "steps" else epochs

    def epochs(self, place: float, axis: Axis) -> float:
        """The inverse of `along`."""
        if axis == "time":
            return interpolated([(seconds, at) for at, seconds in self.clock], place)
        return place / self.steps_per_epoch if axis == "steps" else place

    @property
    def last(self) -> float:
        """Epochs up to the newest point."""
        return max(x for x, _ in (*self.training[-1:], *self.held_out[-1:], (0.0, 0.0)))


class Overlay(NamedTuple):
    """Another run, laid over this one."""

    name: str
    curves: RunCurves


class Reading(NamedTuple):
    """What is known of one place of a run."""

    epochs: float
    step: int
    seconds: float | None
    training: float | None
    held_out: float | None
    """None between the ends of epochs."""
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class ChartView:
    """What is drawn."""

    curves: RunCurves
    name: str = ""
    """Of this run, at the end of its held-out curve; empty where it needs none."""
    lines: tuple[Line, ...] = ()
    marks: tuple[Mark, ...] = ()
    overlays: tuple[Overlay, ...] = ()
    together: bool = False
    """Whether the overlays are shown whole; else within the axes of this run, which reach down to a better one."""
    settings: ChartSettings = USUAL_CHART
    unit: Unit = "nats"
    cursor: float | None = None
    """In epochs."""

    def read(self, epochs: float, reach: float = 0.0) -> Reading:
        """What is known of a place, with the marks that are no further away than `reach`.

        Of the end of an epoch that is no further away, it is what the log says.
        """
        curves = self.curves
        near = tuple(mark for mark in self.marks if abs(mark.step / curves.steps_per_epoch - epochs) <= reach)
        training = point[1] if (point := _nearest(curves.training, epochs)) else None
        held_out = None
        if (end := _nearest(curves.ends, epochs)) and abs(end.epochs - epochs) <= max(reach, 1e-9):
            epochs, training, held_out = end
        seconds = curves.along(epochs, "time") if epochs <= curves.clock[-1][0] + 1e-9 else None
        return Reading(epochs, round(epochs * curves.steps_per_epoch), seconds, training, held_out, near)


def curves_of(view: RunView) -> RunCurves:
    """A run's curves, live, resumed, watched or read from its folder."""
    steps = view.steps_per_epoch
    if steps is None:
        return RunCurves()
    ends = [(end.step / steps, end.seconds) for end in view.epoch_ends]
    now = [(view.progress.step / steps, view.progress.seconds)] if view.progress else []
    clock = [(0.0, 0.0)]
    for place, seconds in (*ends, *now):
        if place > clock[-1][0] and seconds >= clock[-1][1]:
            clock.append((place, seconds))
    training, held_out = view.training_curve(MOST_POINTS), view.held_out_curve()
    of_epochs = tuple(End(end.step / steps, end.loss, end.held_out) for end in view.epoch_ends)
    return RunCurves(tuple(training), tuple(held_out), steps, tuple(clock), of_epochs)


def best_mark(view: RunView) -> tuple[Mark, ...]:
    """The mark of the best epoch, if there is one on the curve."""
    best = view.best
    if best is None or best not in view.epoch_ends:
        return ()
    return (Mark(best.step, "best", f"best so far: epoch {best.epoch}"),)


def marked(marks: tuple[Mark, ...], event: Event) -> tuple[Mark, ...]:
    """The marks after an event: those of what was rolled back or lost are gone with it."""
    match event:
        case Resumed():
            return _until(marks, event.step)
        case RolledBack():
            words = f"rolled back from step {event.step:,}: {event.reason}"
            return (*_until(marks, event.to_step), Mark(event.to_step, "rollback", words))
        case RateScaled():
            return (*_until(marks, event.step), Mark(event.step, "rate", event.words))
        case Finished() if event.reason != "epochs":
            stop = Mark(event.step, "stop", END_REASONS.get(event.reason, event.reason))
            return (*(mark for mark in _until(marks, event.step) if mark != stop), stop)
    return marks


def baseline_lines(found: Baselines) -> tuple[Line, ...]:
    """The lines of what counting reaches."""
    orders = (Line(f"order {order}", nats) for order, nats in enumerate(found.orders))
    return (Line("uniform", found.uniform), *orders)


def _until(marks: tuple[Mark, ...], step: int) -> tuple[Mark, ...]:
    return tuple(mark for mark in marks if mark.step <= step)


_Place = TypeVar("_Place", Point, End)


def _nearest(places: Sequence[_Place], x: float) -> _Place | None:
    """The one, of those of rising x, that is nearest to a place."""
    at = bisect_right(places, (x, float("inf")))
    return min(places[max(0, at - 1) : at + 1], key=lambda place: abs(place[0] - x), default=None)


def interpolated(points: Sequence[Point], x: float) -> float:
    """The piecewise straight line through points of rising x; its last piece goes on."""
    if len(points) < 2:
        return points[0][1]
    at = min(len(points) - 1, max(1, bisect_right(points, (x, float("inf")))))
    (from_x, from_y), (to_x, to_y) = points[at - 1], points[at]
    return from_y + (to_y - from_y) * (x - from_x) / ((to_x - from_x) or 1.0)
