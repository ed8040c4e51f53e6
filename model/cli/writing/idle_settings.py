"""Says which sampling options make no difference."""

from __future__ import annotations

from collections.abc import Iterable

from model.cli.console import complain
from model.sampling import Sampling


def report_idle(samplings: Iterable[Sampling]) -> None:
    """Say each reason once."""
    for sentence in dict.fromkeys(sampling.idle_words for sampling in samplings):
        if sentence:
            complain(sentence)
