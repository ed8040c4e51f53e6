"""PastWeights: what works in a thread of its own with the weights of a run's past epochs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.message import Message

from tui.engine.stoppable import Stoppable

if TYPE_CHECKING:
    from model.runs.checkpoint import Checkpoint
    from model.runs.folder import Run
    from model.writing.language_model import LanguageModel


class PastWeights(Stoppable):
    """Nothing is written into the run. JAX is imported only inside the thread.

    Args:
        run: it is only read.
        language_model: the network, whatever its parameters; None where it is not there yet.
        post: takes a message for the screen.
    """

    def __init__(self, run: Run, language_model: LanguageModel | None, post: Callable[[Message], object]) -> None:
        super().__init__()
        self._run, self._language_model, self._post = run, language_model, post

    def _with_weights(self, checkpoint: Checkpoint) -> LanguageModel:
        """The network with the weights of a checkpoint.

        Raises:
            CheckpointError: they are another network's.
        """
        from model.writing.language_model import LanguageModel

        if self._language_model is None:
            self._language_model = LanguageModel.from_checkpoint(checkpoint)
        return replace(self._language_model, params=self._language_model.weights_of(checkpoint))
