"""Sampling: how the next token is drawn, as one frozen value that travels from a key to the draw and the stored sample.

Each field in SETTINGS is one setting of the draw; one more field says which units the network writes without. To add a
setting, add its field here, what it does in `model.writing.probabilities`, and a line in `model.recipe`, so that a run
can have it: command line options and the panel of samplers are made from the fields. Nothing here imports JAX.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from typing import Any, NamedTuple, TypeVar

from corpora.errors import CharlstmError
from corpora.safe_text import enumerated

T = TypeVar("T")


class SamplingError(CharlstmError, ValueError):
    """A setting is unknown, of the wrong kind or out of its bounds; the message says which."""


MOST_UNITS_OFF = 16
"""Units that a text can be written without at once."""

_MOST_UNITS = 1_000_000


class Unit(NamedTuple):
    """A unit of the network; both numbers count from 1."""

    layer: int
    number: int

    def __str__(self) -> str:
        return f"{self.layer}:{self.number}"

    @classmethod
    def parse(cls, text: str) -> Unit:
        """The reverse of `str`: layer and number, '1:57'.

        Raises:
            SamplingError: it is none.
        """
        layer, _, number = text.partition(":") if isinstance(text, str) else ("", "", "")
        if not all(part.isascii() and part.isdigit() and 0 < int(part) <= _MOST_UNITS for part in (layer, number)):
            raise SamplingError(f"{text!r:.60} is no unit. Give its layer and its number in the layer, such as 1:57.")
        return cls(int(layer), int(number))


def _setting(default: T, what: str, *, low: float, high: float, step: float, most: float, usual: T) -> T:
    """A field of Sampling: its default, what it does, its inclusive bounds, and for keys: a step, the highest value,
    and the value that a setting gets when it is turned on."""
    off = "" if isinstance(default, bool) or usual == default else f" ({default:g}: off)"
    bounds = {"low": low, "high": high, "step": step, "most": most, "usual": usual}
    chosen: Any = field(default=default, metadata={"what": what, "help": what + off} | bounds)
    return chosen


@dataclass(frozen=True, slots=True)
class Sampling:
    """All settings of the draw: a temperature, and filters that are off by default.

    Raises:
        SamplingError: a value is outside its bounds.
    """

    temperature: float = _setting(
        1.0,
        "0 takes the likeliest token, 1 keeps the model's odds: lower it against misspellings, raise it against loops",
        low=0.0,
        high=100.0,
        step=0.05,
        most=5.0,
        usual=1.0,
    )
    top_k: int = _setting(
        0,
        "keep only this many of the likeliest tokens, however sure the model is: a simple help against stray ones",
        low=0,
        high=1_000_000,
        step=1,
        most=100,
        usual=5,
    )
    top_p: float = _setting(
        1.0,
        "keep the likeliest tokens that together have this probability: helps where top-k keeps too many or few",
        low=0.0,
        high=1.0,
        step=0.05,
        most=1.0,
        usual=0.9,
    )
    min_p: float = _setting(
        0.0,
        "drop tokens less likely than this share of the likeliest: try it first against misspellings",
        low=0.0,
        high=1.0,
        step=0.01,
        most=1.0,
        usual=0.05,
    )
    typical: float = _setting(
        1.0,
        "keep tokens about as surprising as the model expects, with this probability: helps against dull or odd text",
        low=0.0,
        high=1.0,
        step=0.05,
        most=1.0,
        usual=0.9,
    )
    top_n_sigma: float = _setting(
        0.0,
        "keep logits within this many standard deviations of the largest: useful at high temperatures",
        low=0.0,
        high=100.0,
        step=0.1,
        most=5.0,
        usual=1.0,
    )
    mirostat: float = _setting(
        0.0,
        "keep the surprise near this many bits a token: with characters, set it about as high as the held-out bits",
        low=0.0,
        high=100.0,
        step=0.1,
        most=10.0,
        usual=2.0,
    )
    dry: float = _setting(
        0.0,
        "penalise what would repeat an earlier passage, the more the longer it is: helps against loops",
        low=0.0,
        high=100.0,
        step=0.1,
        most=5.0,
        usual=0.8,
    )
    temperature_last: bool = _setting(
        False,
        "temperature last: filters see the model's own odds (llama.cpp); first: the changed ones (Hugging Face)",
        low=0,
        high=1,
        step=1,
        most=1,
        usual=True,
    )
    without_units: tuple[Unit, ...] = ()
    """Units that are switched off: held at zero while the token is predicted. In rising order, each once."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "without_units", tuple(sorted(set(self.without_units))))
        if len(self.without_units) > MOST_UNITS_OFF:
            raise SamplingError(f"{len(self.without_units)} units are switched off; {MOST_UNITS_OFF} are the most.")
        for each in SETTINGS:
            value, low, high = getattr(self, each.name), each.metadata["low"], each.metadata["high"]
            kinds = {bool: bool, int: int}.get(type(each.default), int | float)
            of_its_kind = isinstance(value, kinds) and isinstance(value, bool) == isinstance(each.default, bool)
            if not of_its_kind or not low <= value <= high:
                what = {bool: "true or false", int: f"a whole number between {low} and {high}"}
                must = what.get(type(each.default), f"between {low:g} and {high:g}")
                raise SamplingError(f"{each.name} is {value!r:.60}; it must be {must}.")

    def changed(self, name: str, value: float) -> Sampling:
        """With another value of a setting, as a key sets it: rounded, and within the bounds for keys."""
        bounds, kind = self.__dataclass_fields__[name].metadata, type(getattr(Sampling(), name))
        return replace(self, **{name: kind(min(bounds["most"], max(bounds["low"], round(value, 2))))})

    def stepped(self, name: str, steps: int) -> Sampling:
        """With a setting raised by so many of its steps, as a key does it."""
        step = self.__dataclass_fields__[name].metadata["step"]
        return self.changed(name, getattr(self, name) + steps * step)

    def turned(self, name: str, on: bool) -> Sampling:
        """With a setting turned on, at its usual value, or off."""
        value: Any = self.__dataclass_fields__[name].metadata["usual"] if on else getattr(Sampling(), name)
        return replace(self, **{name: value})

    def switched(self, unit: Unit) -> Sampling:
        """With a unit off that was on, or on that was off.

        Raises:
            SamplingError: too many would be off.
        """
        return replace(self, without_units=tuple({*self.without_units} ^ {unit}))

    def has(self, name: str) -> bool:
        """Whether a setting is on: not at its default, which has no effect."""
        value: float = getattr(self, name)
        return value != self.__dataclass_fields__[name].default

    @property
    def order(self) -> tuple[str, ...]:
        """The settings in the order in which they are applied, whether they are on or off."""
        return TEMPERATURE_LAST if self.temperature_last else TEMPERATURE_FIRST

    @property
    def stages(self) -> tuple[tuple[str, Sampling], ...]:
        """Each setting that is on, in the order in which they are applied, and the sampling that ends with it."""
        stages, so_far = [], Sampling(temperature_last=self.temperature_last, without_units=self.without_units)
        for name in filter(self.has, self.order):
            so_far = replace(so_far, **{name: getattr(self, name)})
            stages.append((name, so_far))
        return tuple(stages)

    @property
    def idle(self) -> tuple[str, ...]:
        """Settings that are on and make no difference beside the others."""
        on = {each.name for each in SETTINGS if self.has(each.name)}
        idle = set[str]() if on & {"top_p", "min_p", "typical", "mirostat"} else on & {"temperature_last"}
        if not self.temperature:  # the likeliest is taken: of the model's own odds, only typical may cut that
            idle = on & {"top_p", "min_p", "mirostat"} if on >= {"typical", "temperature_last"} else on
            idle = idle - {"temperature", "dry"}
        return tuple(each.name for each in SETTINGS if each.name in idle)

    @property
    def idle_words(self) -> str:
        """Which settings make no difference, and why, in a sentence; empty where all do."""
        names = [_word(name) for name in self.idle]
        if not names:
            return ""
        why = "the order matters only to top-p, min-p, typical and mirostat, which are off"
        if not self.temperature:
            why = "at temperature 0 the likeliest token is always taken"
        named = enumerated(names)
        return f"{named[0].upper()}{named[1:]} {'has' if len(names) == 1 else 'have'} no effect here: {why}."

    @property
    def words(self) -> str:
        """For a heading, 'dry 0.8, temperature 0.5, top-k 5': the temperature and what is on, in the order applied."""
        return self._in_order(f"temperature {round(self.temperature, 2):g}")

    @property
    def short(self) -> str:
        """For the line above a text, '0.50, top-k 5': as `words`, without the word temperature."""
        return self._in_order(self.name)

    @property
    def name(self) -> str:
        """The temperature alone, '0.50', by which one stream is known from the others."""
        return _spelled("temperature", self.temperature)

    def change_from(self, before: Sampling) -> str:
        """For a mark in the text, '0.50, min-p off': only what is other than it was."""
        now, was = self.to_plain(), before.to_plain()
        changed = [_spelled(name, value) for name, value in now.items() if was.get(name) != value]
        return ", ".join([*changed, *(_OFF.get(name, f"{_word(name)} off") for name in was if name not in now)])

    def _in_order(self, temperature: str) -> str:
        spelled = {name: _spelled(name, value) for name, value in self.to_plain().items()} | {
            "temperature": temperature
        }
        return ", ".join(spelled[name] for name in (*self.order, "without_units") if name in spelled)

    def to_plain(self) -> dict[str, Any]:
        """The temperature, each setting that is on and the units that are off by name, as JSON has them."""
        told = [each.name for each in SETTINGS if each.name == "temperature" or self.has(each.name)]
        plain: dict[str, Any] = {name: getattr(self, name) for name in told}
        return plain | ({"without_units": [*map(str, self.without_units)]} if self.without_units else {})

    @classmethod
    def from_plain(cls, settings: Mapping[str, Any]) -> Sampling:
        """The reverse of `to_plain`; a missing setting gets its default.

        Raises:
            SamplingError: a setting is unknown, of the wrong kind or out of its bounds.
        """
        try:
            units = tuple(map(Unit.parse, settings.get("without_units", ())))
            return cls(**{**settings, "without_units": units})
        except (AttributeError, TypeError) as error:
            raise SamplingError(f"One of these settings is unknown here: {', '.join(map(str, settings))}.") from error


def _word(name: str) -> str:
    return name.replace("_", "-")


def _spelled(name: str, value: Any) -> str:
    """A setting that is on, in words, as it is in `to_plain`."""
    if name == "temperature":
        return f"{value:.2f}"
    if name == "without_units":
        return f"without {' '.join(value)}"
    return _word(name) if value is True else f"{_word(name)} {value:g}"


_OFF = {"without_units": "all units"}
"""What a mark says of what is off; of other settings, that they are."""

SETTINGS: tuple[Field[Any], ...] = tuple(each for each in fields(Sampling) if each.metadata)
"""The settings of the draw: numbers and switches, with their bounds."""

TEMPERATURE_FIRST = ("dry", "temperature", "top_n_sigma", "top_k", "top_p", "min_p", "typical", "mirostat")
"""The order of Hugging Face's transformers; top-n-sigma and mirostat, which it lacks, stand first and last."""

TEMPERATURE_LAST = ("dry", "top_n_sigma", "top_k", "typical", "top_p", "min_p", "mirostat", "temperature")
"""The order of llama.cpp, which lets mirostat stand alone; here it comes after the other filters."""
