"""Schedule: what to write next: the first samples, a showing, what a key requests, or something meanwhile."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from model.recipe import Recipe
from model.sampling import Sampling
from model.writing.provenance import Kind, Origin, new_id
from tui.engine.generating.generator_protocol import Begun, Generator, Weights
from tui.engine.writing.items import A_KEY, NEXT_EPOCH, READS_SEED, Seed
from tui.engine.writing.part_samplings import PartSamplings
from tui.engine.writing.stream import Stream

_LOOK_FOR_WEIGHTS = 0.1
"""Seconds between two looks for the first weights."""
_STILL = 3.0
"""Seconds for which the pane may stand still while training continues."""
_WORTH_BEGINNING = 3.0
"""Seconds that the epoch lasts at least when newer weights begin to write: its end breaks them off."""
_LOOK_FOR_NEWER = 0.5
"""Seconds between two looks for newer weights, when it has stood still for so long."""

_LONG_SEED = 20_000
"""Characters that take a moment to read."""


class Opening(NamedTuple):
    """A sample that begins now."""

    stream: int
    sampling: Sampling
    origin: Origin
    seed: Seed


@dataclass(slots=True)
class _Showing:
    """Samples of an epoch's weights, one for each temperature, from one seed and one noise."""

    weights: Weights
    begun_parts: int = 0
    text: str | None = None
    """The seed of all its parts; None before the first has begun."""
    noise_seed: int | None = None
    other_weights: bool = False
    """Whether the user has chosen others for the parts to come."""
    kind: Kind = "showing"
    """What asked for it."""


@dataclass(slots=True)
class Schedule:
    """Decides what is written next. It loads weights and seeds, and leaves the writing to the streams.

    Args:
        generator: reads seeds.
        recipe: its temperatures, seed_length and chain_samples are the showing.
        streams: as many samples begin at once, where a showing has as many.
    """

    generator: Generator
    recipe: Recipe
    streams: Sequence[Stream]
    over: bool = False
    """Whether no epoch follows any more."""
    pinned: str | None = None
    """The seed of all showings and samples to come; None for random ones."""
    epoch_left: float = math.nan
    """Seconds to the end of the epoch; NaN while they are not known."""
    _best: bool | None = None
    """The user's choice of weights; None is the newest during training, and the best after its end."""
    _showing: _Showing | None = None
    _asked: int = 0
    _shown: int = 0
    _began: bool = False
    """Whether the first sample has begun."""
    _parts: PartSamplings = field(init=False)
    _first_seed: str | None = None

    def __post_init__(self) -> None:
        self._parts = PartSamplings(self.recipe, self.streams)

    @property
    def showing(self) -> bool:
        """Whether a showing is being written."""
        return self._showing is not None

    @property
    def newest_parts(self) -> list[Stream]:
        """The streams whose newest samples are the parts of the showing that began together last."""
        if self._showing is None:
            return []
        at_once = self._parts.at_once
        newest = (self._showing.begun_parts - 1) // at_once
        return [each for each in self.streams if each.last and (each.last.origin.part - 1) // at_once == newest]

    @property
    def writes_meanwhile(self) -> bool:
        """Whether all that is being written was begun because nothing else was due."""
        kinds = {stream.draft.origin.kind for stream in self.streams if stream.draft}
        return kinds == {"meanwhile"}

    @property
    def to_show(self) -> bool:
        """Whether a showing is still to begin."""
        return self._asked > self._shown

    @property
    def waiting(self) -> str:
        """What the writer waits for when nothing is being written; empty where more follows."""
        if self.to_show:
            return ""
        return A_KEY if self.over else NEXT_EPOCH

    @property
    def showing_is_complete(self) -> bool:
        """Whether all parts of the showing have begun, or there is none."""
        return self._showing is None or self._showing.begun_parts == len(self.recipe.temperatures)

    @property
    def rounds_to_come(self) -> int:
        """How often samples still begin in the present showing."""
        if self._showing is None:
            return 0
        return -(-(len(self._parts) - self._showing.begun_parts) // self._parts.at_once)

    # What the engine and keys tell

    def show_epoch(self, epoch: int) -> None:
        """An epoch has ended: its showing is to be written."""
        self._asked = max(self._asked, epoch)

    def training_resumes(self, epoch: int) -> None:
        """Showings of later epochs are to be written, whatever was shown before."""
        self.over = False
        self._asked = self._shown = min(self._shown, epoch)

    def choose_weights(self, best: bool) -> None:
        """Use the best weights, or the newest, from the next sample on."""
        self._best = best
        if self._showing:
            self._showing.other_weights = self._showing.weights.best != best

    def set_sampling(self, stream: Stream, sampling: Sampling, own_temperatures: bool) -> None:
        """Draw a stream with this, and its parts of every showing to come; if so, each at its own temperature."""
        self._parts.set(stream, sampling, early=not self._began, own_temperatures=own_temperatures)

    # What begins

    def next(self, still: float) -> list[Opening]:
        """What begins when all streams are done: the rest of a showing, a showing, the first samples, or nothing.

        Args:
            still: seconds for which nothing was written; after a few of them, newer weights write meanwhile.
        """
        if self._showing:
            return self._next_parts(self._showing)
        if self._began and not self.to_show:
            ends_soon = self.over or self.epoch_left < _WORTH_BEGINNING
            return self._meanwhile() if still >= _STILL and not ends_soon else []
        weights = self._load_weights(whole=True)
        if weights is None:
            return []
        # What is random depends on the epoch alone, not on what was written before: the same run shows the same.
        self.generator.draw_from(f"{self.recipe.random_seed} {weights.epoch:g}")
        if self.to_show:
            if not self._began:
                self._parts.begin_with_showing()
            self._shown = max(self._asked, int(weights.epoch))
            self._showing = _Showing(weights, text=self.pinned)
            return self._next_parts(self._showing)
        return self._openings("first", weights, self.pinned if self._first_seed is None else self._first_seed)

    def look_again(self, still: float) -> float | None:
        """Seconds until there may be something to write; None where only a command can bring it."""
        if not self._began:
            return _LOOK_FOR_WEIGHTS
        return None if self.over else max(_LOOK_FOR_NEWER, _STILL - still)

    def drop_showing(self) -> bool:
        """Leave out what is left of a showing; whether there was one."""
        dropped, self._showing = self.showing, None
        return dropped

    def write_now(self, text: str | None, *, pin: bool) -> list[Opening]:
        """Begin a sample on every stream, or a chain of them; nothing while there are no weights.

        Args:
            text: its seed.
            pin: whether None is the pinned seed, where there is one, rather than a random one.
        """
        weights = self._load_weights()
        if weights is None:
            self._first_seed = text
            return []
        text = self.pinned if text is None and pin else text
        if self.recipe.chain_samples:
            self._showing = _Showing(weights, text=text, kind="key")
            return self._next_parts(self._showing)
        return self._openings("key", weights, text)

    def begin_again(self, streams: Sequence[Stream], text: str | None) -> list[Opening]:
        """Begin these streams' parts of the showing again, from this text or a random seed, as the parts to come do."""
        showing = self._showing
        assert showing
        self._take_other_weights(showing)
        begun = self._begin([stream.number for stream in streams], text)
        showing.text, showing.noise_seed = begun.seed.text if text is None else text, begun.noise_seed
        return [
            self._opening(showing.kind, showing.weights, begun, each.number, each.sampling, each.last.origin.part)
            for each in streams
            if each.last
        ]

    def _next_parts(self, showing: _Showing) -> list[Opening]:
        """As many parts as there are streams, from one seed and one noise; where they are chained, one."""
        others = self._take_other_weights(showing)
        begun_parts, recipe = showing.begun_parts, self.recipe
        samplings = self._parts.following(begun_parts)
        showing.begun_parts += len(samplings)
        last = self.streams[0].last
        if begun_parts and recipe.chain_samples and last:
            seed = last.ending(recipe.seed_length)
            if not others:
                parts = {"part": begun_parts + 1, "parts": len(recipe.temperatures)}
                return [Opening(0, samplings[0], last.continuing(seed, kind=showing.kind, **parts), seed)]
            begun = self._begin([0], seed.text)  # other weights do not know the old ones' memory
        else:
            begun = self._begin(range(len(samplings)), showing.text, showing.noise_seed)
            showing.text = begun.seed.text if showing.text is None else showing.text
            showing.noise_seed = begun.noise_seed
        return [
            self._opening(showing.kind, showing.weights, begun, stream, sampling, begun_parts + stream + 1)
            for stream, sampling in enumerate(samplings)
        ]

    def _load_weights(self, *, whole: bool = False) -> Weights | None:
        """Load the weights of the user's choice; if `whole`, the newest are the first of their epoch."""
        return self.generator.load_weights(self.over if self._best is None else self._best, whole)

    def _take_other_weights(self, showing: _Showing) -> bool:
        """Load the weights that the user has chosen during a showing; whether there was need to."""
        weights = self._load_weights(whole=True) if showing.other_weights else None
        showing.weights, showing.other_weights = weights or showing.weights, False
        return weights is not None

    def _meanwhile(self) -> list[Opening]:
        """Nothing, unless there are other weights than those that wrote last."""
        weights, last = self._load_weights(), self.streams[0].last
        if weights is None or (last and (weights.step, weights.best) == (last.origin.step, last.origin.best)):
            return []
        return self._openings("meanwhile", weights, self.pinned)

    def _openings(self, kind: Kind, weights: Weights, text: str | None) -> list[Opening]:
        """A sample of every stream, from one seed and one noise."""
        streams = self.streams[: 1 if self.recipe.chain_samples else None]
        begun = self._begin([stream.number for stream in streams], text)
        return [self._opening(kind, weights, begun, stream.number, stream.sampling) for stream in streams]

    def _begin(self, streams: Collection[int], text: str | None, noise_seed: int | None = None) -> Begun:
        """Read a seed, or a random one; it is said that a long one is being read."""
        if text is not None and len(text) > _LONG_SEED and self._began:
            self.streams[0].end(READS_SEED)
        return self.generator.begin(streams, text, noise_seed)

    def _opening(
        self, kind: Kind, weights: Weights, begun: Begun, stream: int, sampling: Sampling, part: int = 0
    ) -> Opening:
        self._began = True
        origin = Origin(
            id=new_id(),
            kind=kind,
            epoch=weights.epoch,
            step=weights.step,
            best=weights.best,
            part=part,
            parts=len(self.recipe.temperatures) if part else 0,
            seed=begun.seed.text,
            prefix=begun.seed.prefix,
            noise_seed=begun.noise_seed,
            stream=stream,
            streams=len(self.streams),
        )
        return Opening(stream, sampling, origin, begun.seed)
