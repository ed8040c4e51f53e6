"""What the writing pane says in its border and above texts, the longest first. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from model.sampling import Sampling
from model.tokens.replaced import pairs_of, sentence_of_replaced
from tui.engine.messages import Part
from tui.engine.writing.items import A_KEY, NEXT_EPOCH, READS_SEED, SampleStart, Seed
from tui.launch import Speed
from tui.views import quantities

Standstill = Literal["", "loading", "compiling", "training paused"]
"""Why no text comes yet, if there is a reason: the first weights are being loaded, the network that writes with them is
being compiled, or the user has paused training."""
_BEFORE_THE_FIRST = {
    "loading": ["loads the weights", "loads"],
    "compiling": ["compiles the network", "compiles"],
}
"""What the writer does before any text."""
_AS_ASKED = 0.05
"""The part of a speed by which what is measured may differ from it, and still be as it was asked for."""
_BORDER_CELLS = 2
"""Of the width inside a border, what a text in it leaves to the line."""


def state_words(
    failed: Part | None,
    waiting: str,
    standstill: Standstill = "",
    *,
    paused: bool,
    written: bool,
    blank: bool = False,
) -> list[str]:
    """What the writer does, in ever fewer words; an empty one where it writes.

    Args:
        failed: what has stopped because of an error, if anything.
        waiting: what it waits for; empty where it does not.
        standstill: why that does not come yet.
        paused: whether it is paused.
        written: whether there is any text.
        blank: whether nothing is written yet of the newest sample.
    """
    if failed == "writing":
        return ["stopped"]
    if failed and not written:
        return ["not started"]
    if waiting == READS_SEED:
        return ["reads the seed", "reads"]
    if paused:
        return ["paused: space or s begins", "space or s begins"] if blank else ["paused"]
    if standstill in _BEFORE_THE_FIRST and not (failed or written):
        return _BEFORE_THE_FIRST[standstill]
    if standstill == "training paused" and waiting == NEXT_EPOCH and not failed:
        return ["training is paused: p resumes it, g writes now", "training is paused (p)", "training paused", "waits"]
    if waiting == A_KEY or (waiting and failed):
        return [f"waits for {A_KEY}", "waits for g"]
    return [f"waits for {waiting}", "waits"] if waiting else [""]


def titles(state: Sequence[str], sample: SampleStart | None, dot: str, *, best: bool) -> list[str]:
    """Which weights write, and in what state the writer is.

    Args:
        state: of the writer, in ever fewer words; an empty one where it writes.
        sample: the newest; None before the first.
        dot: between the parts.
        best: whether the next sample is to be written with the best weights.
    """
    choices = [[weights, words] for weights in dict.fromkeys((_weights(sample, best), "")) for words in state]
    return [dot.join(filter(None, ("Writing", *choice))) for choice in choices]


def subtitles(speed: Speed, now: float | None, advice: Sequence[str], dot: str) -> list[str]:
    """How fast the writer is, the longest first; before that, what to do about a text that goes round in circles.

    Args:
        speed: that is asked for.
        now: characters a second; None where nothing is measured. It is said where it is not what was asked for.
        advice: in ever fewer words; empty where the text does not.
        dot: between the parts.
    """
    asked = quantities.speed(speed)
    as_asked = now is None or (isinstance(speed, float | int) and math.isclose(now, speed, rel_tol=_AS_ASKED))
    speeds = [asked] if as_asked else [f"{asked}, now {now:.0f}/s", asked]
    return [*(f"{advice[0]}{dot}{each}" for each in speeds), *advice] if advice else speeds


def _weights(sample: SampleStart | None, best: bool) -> str:
    """Their age, and that they are the best, or that others follow."""
    if sample is None:
        return ""
    if sample.best != best:
        return f"next: {'best' if best else 'newest'} weights"
    return "best, " * sample.best + f"epoch {quantities.epochs(sample.epoch)}"


def sampling_names(sampling: Sampling) -> list[str]:
    """'0.50, top-k 5, min-p 0.05', and with ever fewer settings beside the temperature, '0.50, top-k 5, 1 more'."""
    settings, names = sampling.short.split(", "), [sampling.short]
    others = [each for each in settings if each != sampling.name]
    for kept in reversed(range(len(others))):
        shown = [each for each in settings if each not in others[kept:]]
        names.append(", ".join([*shown, f"{len(others) - kept} more"]))
    return names


def unknown_words(seed: Seed, typed: Sequence[str]) -> str:
    """What to say of characters that the model does not know.

    Args:
        seed: as the model reads it; it stands for characters at some places.
        typed: seeds that the user has typed, the newest last.
    """
    places = frozenset(seed.replaced)
    for asked in reversed(typed):
        same = (here == there.lower() for here, there in zip(seed.text.lower(), asked, strict=False))
        if len(asked) >= len(seed.text) and all(each or place in places for place, each in enumerate(same)):
            pairs = pairs_of(asked, seed.text, seed.replaced)
            return sentence_of_replaced(len(places), "seed's", pairs) + " They are marked."
    return f"Characters the model does not know: {len(places):,}. It reads others instead, shown marked."


def fitting(texts: Sequence[str], room: int) -> str:
    """The first that there is room for; Textual would cut it with a sign that is not ASCII."""
    return next((text for text in texts if len(text) <= room), texts[-1])


def in_border(texts: Sequence[str], width: int) -> str:
    """The first that there is room for in the border of a pane that is so wide inside."""
    return fitting(texts, width - _BORDER_CELLS)
