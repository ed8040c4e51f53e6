"""How numbers are written on the screen: fixed widths, so that nothing jumps when they change."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Literal, get_args

from corpora.safe_text import counted
from model.runs.housekeeping.unkept import TO_SAVE_AGAIN

if TYPE_CHECKING:
    from tui.launch import Speed


Unit = Literal["nats", "bits", "perplexity"]
"""What a loss is shown in: nats or bits per character, or the number of equally likely characters it stands for."""
UNITS: tuple[Unit, ...] = get_args(Unit)

_MOST_NATS = 12.0
"""The most that is told as a number of characters: e^12 are 160,000."""

_OTHER: dict[Unit, Unit] = {"nats": "bits", "bits": "perplexity", "perplexity": "bits"}
_NAMES: dict[Unit, str] = {"nats": "nats/char", "bits": "bits/char", "perplexity": "perplexity"}


def in_unit(nats: float, unit: Unit) -> float:
    """A loss in nats per character in another unit.

    >>> in_unit(0.0, "perplexity")
    1.0
    """
    if unit == "perplexity":
        return math.exp(nats) if nats < 200 else math.inf
    return nats / math.log(2) if unit == "bits" else nats


def loss(nats: float | None, unit: Unit = "nats", decimals: int | None = None) -> str:
    """A loss in at most 7 cells: four decimals of nats, three of bits and perplexity while they fit; '-' where unknown.

    >>> loss(1.61234), loss(1.61234, "bits"), loss(1.61234, "perplexity")
    ('1.6123', '2.326', '5.015')
    >>> loss(12345.6), loss(float("inf"))
    ('1.2e+04', 'inf')
    """
    if nats is None:
        return "-"
    value = in_unit(nats, unit)
    if not math.isfinite(value):
        return str(value)
    if decimals is None:
        decimals = 4 if unit == "nats" else 3
    return f"{value:.{decimals}f}" if abs(value) < 100 else f"{value:.1f}" if abs(value) < 10_000 else f"{value:.1e}"


def loss_words(nats: float, unit: Unit, decimals: int | None = None) -> str:
    """A loss with its unit, for sentences.

    >>> loss_words(1.44, "bits"), loss_words(1.44, "nats", 2), loss_words(1.44, "perplexity", 2)
    ('2.077 bits', '1.44 nats', 'perplexity 4.22')
    """
    value = loss(nats, unit, decimals)
    return f"perplexity {value}" if unit == "perplexity" else f"{value} {unit}"


def next_unit(unit: Unit) -> Unit:
    """The one that key n goes on to."""
    return UNITS[(UNITS.index(unit) + 1) % len(UNITS)]


def other_unit(unit: Unit) -> Unit:
    """The unit that is shown beside `unit`: bits, or the perplexity beside bits."""
    return _OTHER[unit]


def unit_name(unit: Unit) -> str:
    """A unit as the head of a number: 'bits/char'."""
    return _NAMES[unit]


def unit_words(unit: Unit) -> str:
    """How losses are shown, for a sentence."""
    if unit == "perplexity":
        return "as perplexity: the number of equally likely characters"
    return f"in {unit} per character"


def likely(nats: float | None) -> str:
    """What a loss means, in words; empty where it is unknown, or more characters than any text has.

    >>> likely(1.44), likely(0.01)
    ('2.08 bits: about 4 likely characters', '0.01 bits: about 1 likely character')
    """
    if nats is None or not 0 <= nats < _MOST_NATS:
        return ""
    ways = counted(round(in_unit(nats, "perplexity")), "likely character")
    return f"{in_unit(nats, 'bits'):.2f} bits: about {ways}"


def epochs(value: float, thousands: str = "") -> str:
    """The age of weights, in epochs that they have seen: a whole number after an epoch, one decimal within.

    >>> epochs(4), epochs(3.851), epochs(3.998)
    ('4', '3.9', '4.0')
    """
    return f"{value:{thousands}.0f}" if float(value).is_integer() else f"{value:{thousands}.1f}"


def pace(value: float | None) -> str:
    """Characters of text read in a second in at most 7 cells: '163,842', '1.049 M'; '-' where unknown.

    >>> pace(163_842.4), pace(1_048_576.0)
    ('163,842', '1.049 M')
    """
    if value is None or not math.isfinite(value):
        return "-"
    whole = round(value)
    return f"{whole:,}" if whole < 1_000_000 else f"{whole / 1e6:.4g} M"


def rate(value: float) -> str:
    """A learning rate in three significant figures: '0.01', '0.00314', '1.2e-06'."""
    return f"{value:.3g}"


def speed(value: Speed) -> str:
    """Characters a second as they are asked for: '80/s', 'auto' or 'unlimited'."""
    return "unlimited" if value is None else value if value == "auto" else f"{value:g}/s"


def ago(seconds: float) -> str:
    """How long ago something was, in words: 'just now', '5 minutes ago', 'an hour ago', '3 days ago'.

    >>> ago(7200.0)
    '2 hours ago'
    """
    for size, unit, one in ((86_400, "days", "a day"), (3600, "hours", "an hour"), (60, "minutes", "a minute")):
        if seconds >= size:
            number = int(seconds // size)
            return f"{one if number == 1 else f'{number} {unit}'} ago"
    return "just now"


def reason(sentence: str) -> str:
    """Why something failed, in few words: the system's own after the last colon, or what happened, without advice.

    >>> reason("/runs/a/metrics.jsonl cannot be written to: No space left on device. Make room.")
    'No space left on device'
    >>> reason("The folder of the run a was removed, so nothing is saved. To save again, make one: mkdir -p /runs/a")
    'The folder of the run a was removed'
    """
    found = re.search(r": ([^:]+?)\.(?: [^:]*)?$", sentence)
    if found or TO_SAVE_AGAIN not in sentence:
        return found[1] if found else sentence.rstrip(".")
    return re.split(r", (?:so|with|and)\b|: ", sentence)[0]
