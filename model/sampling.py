"""Sampling: how the next token is drawn, as one frozen value that travels from a key to the draw and the stored sample.

Each field is one setting. Command line options are made from the fields; `model.writing.drawing` computes the
probabilities they stand for. Nothing here imports JAX.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, TypeVar

from corpora.errors import CharlstmError

T = TypeVar("T")


class SamplingError(CharlstmError, ValueError):
    """A setting is unknown, of the wrong kind or out of its bounds; the message says which."""


def _setting(default: T, what: str, *, low: float, high: float) -> T:
    """A field of Sampling: its default, what it does, and its inclusive bounds."""
    chosen: Any = field(default=default, metadata={"help": what, "low": low, "high": high})
    return chosen


@dataclass(frozen=True, slots=True)
class Sampling:
    """All settings of the draw.

    Raises:
        SamplingError: a value is outside its bounds.
    """

    temperature: float = _setting(
        1.0, "0 always takes the likeliest character, 1 keeps the model's odds, more is wilder", low=0.0, high=100.0
    )

    def __post_init__(self) -> None:
        for each in fields(self):
            value, low, high = getattr(self, each.name), each.metadata["low"], each.metadata["high"]
            of_its_kind = isinstance(value, bool) == isinstance(each.default, bool)
            if not of_its_kind or not isinstance(value, int | float) or not low <= value <= high:
                raise SamplingError(f"{each.name} is {value!r:.60}; it must be between {low:g} and {high:g}.")

    @property
    def words(self) -> str:
        """For a heading, 'temperature 0.5': the temperature, and each setting that differs from its default."""
        return " ".join(f"{name} {round(float(value), 2)}" for name, value in self._settings_to_name())

    @property
    def short(self) -> str:
        """For a mark in the text, '0.50': as `words`, without the word temperature."""
        (_, temperature), *others = self._settings_to_name()
        return " ".join([f"{temperature:.2f}", *(f"{name} {value:g}" for name, value in others)])

    def _settings_to_name(self) -> list[tuple[str, float]]:
        values = [(each, getattr(self, each.name)) for each in fields(self)]
        return [
            (each.name.replace("_", "-"), value)
            for each, value in values
            if each.name == "temperature" or value != each.default
        ]

    def to_plain(self) -> dict[str, float]:
        """The settings by name, as JSON has them."""
        return asdict(self)

    @classmethod
    def from_plain(cls, settings: Mapping[str, Any]) -> Sampling:
        """The reverse of `to_plain`; a missing setting gets its default.

        Raises:
            SamplingError: a setting is unknown, of the wrong kind or out of its bounds.
        """
        try:
            return cls(**settings)
        except TypeError as error:
            raise SamplingError(f"One of these settings is unknown here: {', '.join(map(str, settings))}.") from error
