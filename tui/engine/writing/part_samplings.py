"""PartSamplings: how each part of a showing is drawn: as the recipe says, until the user sets something else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from model.recipe import Recipe
from model.sampling import Sampling
from tui.engine.writing.stream import Stream


class PartSamplings:
    """What the user sets stays. A stream that writes several parts in turn has a temperature for each of them; all else
    that is set there holds for all of them.

    Args:
        recipe: its samplings are those of the parts at the beginning.
        streams: each gets the sampling of the part that it writes first.
    """

    def __init__(self, recipe: Recipe, streams: Sequence[Stream]) -> None:
        self._recipe, self._streams = recipe, streams
        self.at_once = 1 if recipe.chain_samples else len(streams)
        """How many parts begin together."""
        self._parts = list(recipe.samplings)
        self._early: dict[int, Sampling] = {}
        """What was set before there was any text, by stream."""
        # Alone, the first sample is best written at the model's own odds.
        plainest = min(range(len(self._parts)), key=lambda part: abs(self._parts[part].temperature - 1))
        for stream in streams:
            stream.part = stream.number if len(streams) > 1 else plainest
            stream.sampling = self._parts[stream.part % len(self._parts)]

    def __len__(self) -> int:
        """How many parts there are."""
        return len(self._parts)

    def following(self, begun: int) -> list[Sampling]:
        """Those of the parts that begin together after so many."""
        return self._parts[begun : begun + self.at_once]

    def set(self, stream: Stream, sampling: Sampling, *, early: bool, own_temperatures: bool = False) -> None:
        """Draw a stream with this, and its parts of every showing to come.

        Args:
            stream: which.
            sampling: all of it is for the part that the stream writes, and all but the temperature for its others.
            early: whether there is no text yet.
            own_temperatures: whether the temperature is not for that part either.
        """
        for part in range(stream.part % self.at_once, len(self._parts), self.at_once):
            self._parts[part] = replace(sampling, temperature=self._parts[part].temperature)
        if not own_temperatures:
            self._parts[stream.part] = sampling
            if early:
                self._early[stream.number] = sampling
        stream.sampling = self._parts[stream.part]

    def begin_with_showing(self) -> None:
        """No lone text comes first: what was set early is for the first parts of the showing."""
        at_first = self._recipe.temperatures
        self._parts = [replace(part, temperature=own) for part, own in zip(self._parts, at_first, strict=True)]
        for number, sampling in self._early.items():
            self._streams[number].part = number
            self.set(self._streams[number], sampling, early=False)
