"""What a model writes, as a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.sampling import Sampling

if TYPE_CHECKING:
    from model.writing.language_model import LanguageModel


def text_of(language_model: LanguageModel, seed_text: str, length: int, sampling: Sampling, random_seed: int) -> str:
    """What the model writes after a seed."""
    from model.writing.batch_writing import Wanted, draw_together

    parts = draw_together(language_model, [Wanted(seed_text, sampling, random_seed)], length)
    return "".join(drawn.token for (part,) in parts for drawn in part)
