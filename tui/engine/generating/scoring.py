"""A text of the user's, with the model's surprise at each character."""

from __future__ import annotations

import math

import jax

from corpora.safe_text import as_read
from model.devices.local_devices import writing_device
from model.tokens.replaced import pairs_of
from model.writing.surprise import surprises
from tui.engine.generating.generator import ModelGenerator
from tui.engine.messages import TextScored
from tui.engine.writing.items import Seed, Written


def score_text(generator: ModelGenerator, text: str) -> TextScored:
    """Read a text with the weights that write now.

    It is shown as it is, also where the model reads other characters: these have no surprise, and neither has the first
    where nothing comes before it.
    """
    language_model = generator.language_model
    tokenizer = language_model.tokenizer
    text = as_read(text)
    read = tokenizer.encode(text, relatives=False)
    replaced, offset = frozenset(read.replaced), 0
    items: list[Seed | Written] = []
    total = counted = 0.0
    with jax.default_device(writing_device()):
        bits = [each for part in surprises(language_model, read.ids) for each in part.tolist()]
    for token, surprise in zip(read.ids.tolist(), bits, strict=True):
        piece = text[offset : offset + len(tokenizer.text_of(token))]
        unknown = tuple(each for each in range(len(piece)) if offset + each in replaced)
        offset += len(piece)
        known = not math.isnan(surprise)
        items.append(Written(piece, 2.0**-surprise, 0.0) if known and not unknown else Seed(piece, unknown))
        if known:
            total, counted = total + surprise, counted + len(piece)
    return TextScored(items, total / counted if counted else None, pairs_of(text, read.text, read.replaced))
