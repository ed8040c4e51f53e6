"""Units that follow something in a run's text, for the panel of units. It needs JAX."""

from __future__ import annotations

from collections.abc import Callable

import jax

from corpora import Corpus
from model.devices.local_devices import writing_device
from model.writing.units.finding import excerpt, find_units
from model.writing.units.switching import UnitError
from tui.engine.generating.generator import ModelGenerator
from tui.engine.messages import UnitsFound

MOST = 5
"""Units of each property."""


def search_units(generator: ModelGenerator, corpus: Corpus | None, go_on: Callable[[], bool]) -> UnitsFound:
    """Look for them with the newest weights.

    Args:
        generator: has the weights.
        corpus: the run's text; None where it cannot be opened here, or not yet.
        go_on: asked now and then whether they are still wanted.
    """
    language_model, epoch = generator.newest
    if corpus is None:
        return UnitsFound({}, epoch, "The run's text is not open here, so that no units can be looked for.")
    with jax.default_device(writing_device()):
        try:
            return UnitsFound(
                find_units(language_model, excerpt(corpus, language_model.recipe).text, MOST, go_on), epoch
            )
        except UnitError as error:
            return UnitsFound({}, epoch, str(error))
