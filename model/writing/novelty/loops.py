"""Loops: whether the end of a text goes round in circles, as cool sampling often does."""

from __future__ import annotations

REPEATS = 3
"""How often the same characters must follow one another to count as a loop."""

SHORTEST = 24
"""Characters that a loop covers at least: '---' and '...' are none."""

_UNSEEN = {"\n": "line ends", " ": "spaces", "\t": "tabs"}
"""What cannot be seen, by name."""

LONGEST_PERIOD = 200
"""Characters after which a loop may begin again."""


def loop_period(text: str) -> int | None:
    """After how many characters the end of a text repeats; None where it is in no loop.

    >>> loop_period("it is " + "the stand of " * 4)
    13
    """
    end = len(text)
    for period in range(1, min(LONGEST_PERIOD, end // REPEATS) + 1):
        covered = max(REPEATS * period, SHORTEST)
        if covered <= end and text[end - covered : end - period] == text[end - covered + period :]:
            return period
    return None


def loop_phrases(text: str, period: int) -> tuple[str, ...]:
    """That the end of a text is in a loop of so many characters, in ever fewer words.

    A character that cannot be seen is named.
    """
    loop = f"in a loop of {period} characters"
    if period == 1:
        loop = f"in a loop of {_UNSEEN.get(text[-1:], '1 character')}"
    return loop, "in a loop"


def loop_advice(text: str, period: int) -> tuple[str, ...]:
    """The same with the way out of it, in ever fewer words.

    >>> loop_advice("the stand of " * 4, 13)[0]
    'in a loop of 13 characters: raise the temperature, or turn on DRY'
    """
    loop, short = loop_phrases(text, period)
    briefly = "raise the temperature or use DRY"
    return (
        f"{loop}: raise the temperature, or turn on DRY",
        f"{loop}: {briefly}",
        f"{short}: {briefly}",
        "loop: raise temperature or use DRY",
    )
