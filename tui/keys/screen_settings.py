"""ScreenSettings: what the user has set on the screen, as a run's folder keeps it. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from model.sampling import Sampling
from model.sampling import Unit as NetworkUnit
from tui.text.colouring import Colouring
from tui.views.baseline_words import ORDERS
from tui.views.chart_settings import USUAL_CHART, ZOOMS, Axis, ChartSettings, Scale, Smoothing
from tui.views.quantities import Unit

if TYPE_CHECKING:
    from tui.launch import Speed

_MOST_STREAMS = 64


class StreamSampling(NamedTuple):
    """What the user has set for a stream."""

    stream: int
    recipes: Sampling
    """What the recipe had there; under another one, the setting does not count."""
    sampling: Sampling


class KeptLesson(NamedTuple):
    """Where the user is in the lesson that began the run."""

    name: str
    at: int
    """The place of its step, from 0."""
    losses: tuple[tuple[str, float], ...] = ()
    """Of its earlier runs, by name."""


@dataclass(frozen=True, slots=True)
class ScreenSettings:
    """All that is kept; as it is here, nothing was set."""

    samplings: tuple[StreamSampling, ...] = ()
    pinned: str | None = None
    speed: Speed = "auto"
    odds: bool = False
    colouring: Colouring = "off"
    zoomed: bool = False
    unit: Unit = "nats"
    chart: ChartSettings = USUAL_CHART
    baseline: int | None = None
    watched: NetworkUnit | None = None
    lesson: KeptLesson | None = None


NOTHING_SET = ScreenSettings()


def to_text(settings: ScreenSettings) -> str:
    """The content of the file."""
    samplings = [[each.stream, each.recipes.to_plain(), each.sampling.to_plain()] for each in settings.samplings]
    record = {
        "samplings": samplings,
        "pinned": settings.pinned,
        "speed": settings.speed,
        "odds": settings.odds,
        "colouring": settings.colouring,
        "zoomed": settings.zoomed,
        "unit": settings.unit,
        "chart": asdict(settings.chart),
        "baseline": settings.baseline,
        "watched": settings.watched and str(settings.watched),
        "lesson": settings.lesson and settings.lesson._asdict(),
    }
    return json.dumps(record) + "\n"


def from_text(text: bytes) -> ScreenSettings:
    """The reverse of `to_text`; what is missing was not set.

    Raises:
        ValueError: it is damaged, or a later version wrote it.
    """
    try:
        record = json.loads(text)
        if not isinstance(record, Mapping):
            raise TypeError("not an object")
        return ScreenSettings(
            tuple(map(_sampling, record.get("samplings", []))),
            _text(record.get("pinned")),
            _speed(record.get("speed", "auto")),
            _of_kind(record.get("odds", False), bool),
            _one_of(record.get("colouring", "off"), Colouring),
            _of_kind(record.get("zoomed", False), bool),
            _one_of(record.get("unit", "nats"), Unit),
            _chart(record.get("chart", {})),
            _baseline(record.get("baseline")),
            None if record.get("watched") is None else NetworkUnit.parse(record["watched"]),
            None if record.get("lesson") is None else _lesson(record["lesson"]),
        )
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError("not the settings of a screen") from error


def _sampling(value: Any) -> StreamSampling:
    stream, recipes, sampling = value
    if type(stream) is not int or not 0 <= stream < _MOST_STREAMS:
        raise ValueError("not a stream")
    return StreamSampling(stream, Sampling.from_plain(recipes), Sampling.from_plain(sampling))


def _speed(value: Any) -> Speed:
    if value is None or value == "auto":
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise ValueError("not a speed")
    return float(value)


def _text(value: Any) -> str | None:
    text: str | None = _of_kind(value, str | None)
    if text:
        text.encode()  # half of a surrogate pair is no character
    return text


def _chart(record: Any) -> ChartSettings:
    zoom = record.get("zoom", 0)
    if type(zoom) is not int or not 0 <= zoom < len(ZOOMS):
        raise ValueError("not a zoom")
    return ChartSettings(
        _one_of(record.get("scale", "linear"), Scale),
        _one_of(record.get("smoothing", "off"), Smoothing),
        _one_of(record.get("axis", "epochs"), Axis),
        zoom,
        _of_kind(record.get("lines", True), bool),
        _of_kind(record.get("overlays", True), bool),
    )


def _baseline(order: Any) -> int | None:
    if order is not None and (type(order) is not int or order not in ORDERS):
        raise ValueError("not an order")
    return order


def _lesson(record: Mapping[str, Any]) -> KeptLesson:
    name, at, losses = record["name"], record["at"], record.get("losses", [])
    if type(at) is not int or at < 0:
        raise ValueError("not a step")
    known = tuple((_of_kind(kept, str), float(_of_kind(loss, int | float))) for kept, loss in losses)
    return KeptLesson(_of_kind(name, str), at, known)


def _one_of(value: Any, names: Any) -> Any:
    """One of the names of a Literal type."""
    if value not in get_args(names):
        raise ValueError("not a name that is known")
    return value


def _of_kind(value: Any, kind: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError("of another kind")
    return value
