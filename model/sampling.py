"""Sampling: how the next token is drawn, as one frozen value that travels from a key to the draw and the stored sample.

Each field is one setting. Command line options are made from the fields; `model.writing.probabilities` computes the
probabilities they stand for. Nothing here imports JAX.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, TypeVar

from corpora.errors import CharlstmError

T = TypeVar("T")


class SamplingError(CharlstmError, ValueError):
    """A setting is unknown, of the wrong kind or out of its bounds; the message says which."""


def _setting(default: T, what: str, *, low: float, high: float, step: float, most: float) -> T:
    """A field of Sampling: its default, what it does, its inclusive bounds, and a key's step and highest value."""
    bounds = {"low": low, "high": high, "step": step, "most": most}
    chosen: Any = field(default=default, metadata={"help": what} | bounds)
    return chosen


@dataclass(frozen=True, slots=True)
class Sampling:
    """All settings of the draw.

    Raises:
        SamplingError: a value is outside its bounds.
    """

    temperature: float = _setting(
        1.0,
        "0 always takes the likeliest character, 1 keeps the model's odds, more is wilder",
        low=0.0,
        high=100.0,
        step=0.05,
        most=5.0,
    )

    def __post_init__(self) -> None:
        for each in fields(self):
            value, low, high = getattr(self, each.name), each.metadata["low"], each.metadata["high"]
            of_its_kind = isinstance(value, bool) == isinstance(each.default, bool)
            if not of_its_kind or not isinstance(value, int | float) or not low <= value <= high:
                raise SamplingError(f"{each.name} is {value!r:.60}; it must be between {low:g} and {high:g}.")

    def changed(self, name: str, value: float) -> Sampling:
        """With another value of a setting, as a key sets it: rounded, and within the bounds for keys."""
        bounds = self.__dataclass_fields__[name].metadata
        return replace(self, **{name: min(bounds["most"], max(bounds["low"], round(value, 2)))})

    def stepped(self, name: str, steps: int) -> Sampling:
        """With a setting raised by so many of its steps, as a key does it."""
        step = self.__dataclass_fields__[name].metadata["step"]
        return self.changed(name, getattr(self, name) + steps * step)

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
