"""Session: the values that keys set. Pure; the main screen owns it."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, field, replace

from model.recipe import Recipe
from model.sampling import Sampling
from model.sampling import Unit as NetworkUnit
from tui.keys.screen_settings import ScreenSettings, StreamSampling
from tui.launch import Speed
from tui.text.colouring import COLOURINGS, Colouring
from tui.views.baseline_words import ORDERS
from tui.views.chart_settings import USUAL_CHART, ChartSettings
from tui.views.quantities import Unit, next_unit

SPEEDS: tuple[float | None, ...] = (10, 20, 40, 80, 160, 320, 640, None)
"""Characters a second; None is unlimited. Below the slowest is 'auto'."""

_LIKE_AUTO = 80.0
"""The speed whose neighbours are those of 'auto'."""

_MOST_SEEDS = 50

_ECHO_SECONDS = 2.0
"""How long after a key the text may still announce older samplings."""


@dataclass
class Session:
    """The current values."""

    recipe: Recipe
    speed: Speed = "auto"
    writing_paused: bool = False
    training_paused: bool = False
    hold: bool = False
    stop_planned: bool = False
    """Whether training is to stop after the epoch in progress."""
    unit: Unit = "nats"
    """What losses are shown in."""
    chart: ChartSettings = USUAL_CHART
    """How their curves are drawn."""
    best_weights: bool | None = None
    """Whether to write with the best weights rather than the newest; None is the best once training has ended."""
    seeds: list[str] = field(default_factory=list)
    """Those that were typed, the last at the end, each once."""
    pinned: str | None = None
    """The seed that every showing continues."""
    selected: int = 0
    """The stream that keys steer."""
    zoomed: bool = False
    """Whether the selected stream is to be alone in its pane."""
    odds: bool = False
    """Whether the odds are shown."""
    baseline: int | None = None
    """The order whose writing is shown beside the model's."""
    colouring: Colouring = "off"
    """What the colours of the text mean."""
    watched: NetworkUnit | None = None
    """The unit of the network whose activation can colour the text."""
    cursor: int | None = None
    """Characters of the selected stream's newest text before the cursor; None while it is not placed."""
    choice: int = 0
    """The row of the odds that is marked, from 0."""
    samplings: list[Sampling] = field(init=False)
    """One for each stream."""
    _set: dict[int, Sampling] = field(default_factory=dict, init=False)
    """Those that keys have set, by stream."""
    _echo_until: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self.samplings = self._samplings_at_first()
        self._echo_until = [0.0] * self.recipe.streams

    def _samplings_at_first(self) -> list[Sampling]:
        return list(self.recipe.samplings[: self.recipe.streams])

    @property
    def sampling(self) -> Sampling:
        """The selected stream's."""
        return self.samplings[self.selected]

    def adopt(self, recipe: Recipe) -> None:
        """Take over another recipe; samplings that a key has set stay, where there are streams for them."""
        before, set_by_keys = self._samplings_at_first(), self.samplings
        self.recipe = recipe
        self.samplings = self._samplings_at_first()
        for stream, (was, now) in enumerate(zip(before, set_by_keys, strict=True)):
            if was != now and stream < recipe.streams:
                self.samplings[stream] = now
        self._echo_until = [0.0] * recipe.streams
        self.selected = min(self.selected, recipe.streams - 1)

    def set_setting(self, name: str, value: float, now: float) -> Sampling:
        """Set a setting of the selected stream, within its bounds; its sampling from now on. `now` is in seconds."""
        return self.set_sampling(self.selected, self.sampling.changed(name, value), now)

    def set_sampling(self, stream: int, sampling: Sampling, now: float) -> Sampling:
        """Set all of a stream's sampling."""
        self.samplings[stream], self._echo_until[stream] = sampling, now + _ECHO_SECONDS
        self._set[stream] = sampling
        return sampling

    def hear_sampling(self, stream: int, sampling: Sampling, now: float) -> None:
        """The text announces its sampling: follow it, unless a key has just set another."""
        if sampling == self.samplings[stream]:
            self._echo_until[stream] = 0.0
        elif now >= self._echo_until[stream]:
            self.samplings[stream] = sampling

    def toggle_training(self) -> bool:
        """Pause training, or go on; whether it is to be paused from now on."""
        self.training_paused = not self.training_paused
        return self.training_paused

    @property
    def settings(self) -> ScreenSettings:
        """What the run's folder keeps; where streams write in turn, all but the temperatures."""
        recipes = self._samplings_at_first()
        samplings = (
            StreamSampling(stream, recipes[stream], self._lasting(sampling, recipes[stream]))
            for stream, sampling in sorted(self._set.items())
            if stream < len(recipes)
        )
        return ScreenSettings(
            samplings=tuple(each for each in samplings if each.sampling != each.recipes),
            pinned=self.pinned,
            speed=self.speed,
            odds=self.odds,
            colouring=self.colouring,
            zoomed=self.zoomed,
            unit=self.unit,
            chart=self.chart,
            baseline=self.baseline,
            watched=self.watched,
        )

    def _lasting(self, sampling: Sampling, recipes: Sampling) -> Sampling:
        """What of a stream's sampling holds for all that it writes."""
        return replace(sampling, temperature=recipes.temperature) if self.recipe.in_turn else sampling

    def restore(self, kept: ScreenSettings) -> list[int]:
        """Set what a run's folder has kept, all but the speed and the pinned seed; the streams that get a sampling."""
        self.odds, self.colouring, self.zoomed = kept.odds, kept.colouring, kept.zoomed
        self.unit, self.chart, self.baseline, self.watched = kept.unit, kept.chart, kept.baseline, kept.watched
        if self.colouring == "unit" and self.watched is None:
            self.colouring = "off"
        recipes = self._samplings_at_first()
        found = [each for each in kept.samplings if recipes[each.stream : each.stream + 1] == [each.recipes]]
        for each in found:
            self.samplings[each.stream] = self._set[each.stream] = self._lasting(each.sampling, each.recipes)
        return [each.stream for each in found]

    def remember(self, seed: str) -> None:
        """Keep a seed that was typed, as the last one."""
        if seed in self.seeds:
            self.seeds.remove(seed)
        self.seeds.append(seed)
        del self.seeds[:-_MOST_SEEDS]

    def step_unit(self) -> Unit:
        """Go on to the next unit of losses."""
        self.unit = next_unit(self.unit)
        return self.unit

    def step_baseline(self) -> int | None:
        """Go on to the next order; after the last, none is shown."""
        following = 0 if self.baseline is None else self.baseline + 1
        self.baseline = following if following in ORDERS else None
        return self.baseline

    def step_colouring(self) -> Colouring:
        """Go on to the next meaning of the colours; that of a unit is left out while none is looked at."""
        following = COLOURINGS[(COLOURINGS.index(self.colouring) + 1) % len(COLOURINGS)]
        self.colouring = "off" if following == "unit" and self.watched is None else following
        return self.colouring

    def place_cursor(self, cursor: int | None) -> None:
        """Place the cursor, or take it away; the likeliest character is marked."""
        self.cursor, self.choice = cursor, 0

    def step_speed(self, steps: int) -> Speed:
        """Go up or down the list of speeds; a speed between two of them counts as the lower."""
        values = [math.inf if speed is None else speed for speed in SPEEDS]
        now = math.inf if self.speed is None else _LIKE_AUTO if self.speed == "auto" else self.speed
        at = bisect_right(values, now) - 1 + steps
        self.speed = "auto" if at < 0 else SPEEDS[min(len(SPEEDS) - 1, at)]
        return self.speed
