"""Writing after 100,000 characters is what it was after the first ones: the carried state goes nowhere."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest

from corpora import Corpus, open_corpus
from model.recipe import FAST
from model.sampling import Sampling
from model.training.trainer import Trainer
from model.writing.language_model import Drawn, LanguageModel, make_write_chunk, noise_keys, repeated
from model.writing.probabilities import settings_of

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("two_devices")]

STEPS = 1000
"""Of the optimiser, about: enough to spell."""
TEMPERATURES = (0.5, 1.0)
LENGTH, PART, CHUNK = 100_000, 10_000, 1000
"""Characters written, compared at either end, and drawn in one call."""


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """Nietzsche where it lies ready, the built-in aphorisms elsewhere."""
    return open_corpus("nietzsche" if os.environ.get("CHARLSTM_CORPORA") else "aphorisms")


@pytest.fixture(scope="module")
def drawn(two_devices: None, corpus: Corpus) -> Drawn:
    """LENGTH characters by a network that has learned a little, one lane a temperature."""
    epochs = round(STEPS / (len(corpus) / (FAST.batch * FAST.window)))
    trainer = Trainer(corpus, replace(FAST, epochs=epochs))
    list(trainer.run())
    language_model: LanguageModel = trainer.language_model()
    write_chunk, state = make_write_chunk(language_model.graph), language_model.read(corpus.ids[:60])
    state, settings = repeated(state, 2), settings_of([Sampling(temperature) for temperature in TEMPERATURES])
    chunks = []
    for _ in range(LENGTH // CHUNK):
        state, _, chunk = write_chunk(language_model.params, state, settings, noise_keys(1, 2), n=CHUNK)
        chunks.append([np.array(each) for each in chunk])
    return Drawn(*map(np.concatenate, zip(*chunks, strict=True)))


def parts(array: np.ndarray, lane: int) -> tuple[np.ndarray, np.ndarray]:
    """A lane's first and last characters."""
    return array[:PART, lane], array[-PART:, lane]


each_lane = pytest.mark.parametrize("lane", range(len(TEMPERATURES)), ids=[f"temperature {t}" for t in TEMPERATURES])


@each_lane
def test_the_odds_stay_as_sharp_and_what_is_drawn_as_surprising(drawn: Drawn, lane: int) -> None:
    assert all(np.isfinite(each).all() for each in drawn)
    assert (drawn.probability > 0).all()
    bits = -np.log2(drawn.probability)
    for first, last in (parts(drawn.entropy, lane), parts(bits, lane)):
        assert abs(last.mean() - first.mean()) < 0.1
    # Drawn from those odds, characters surprise on average as much as the odds are uncertain.
    assert abs(bits[:, lane].mean() - drawn.entropy[:, lane].mean()) < 0.05


@each_lane
def test_characters_stay_as_frequent_as_in_the_text(corpus: Corpus, drawn: Drawn, lane: int) -> None:
    frequency = np.bincount(corpus.ids, minlength=len(corpus.alphabet)) / len(corpus)

    def off(ids: np.ndarray) -> float:
        """Total variation distance to the text."""
        return float(np.abs(np.bincount(ids, minlength=len(frequency)) / len(ids) - frequency).sum() / 2)

    first, last = map(off, parts(drawn.ids, lane))
    assert last < first + 0.02
    assert last < (0.06 if TEMPERATURES[lane] == 1 else 0.2)


@each_lane
def test_writing_does_not_go_round_in_circles(drawn: Drawn, lane: int) -> None:
    _, last = parts(drawn.ids, lane)
    passages = np.lib.stride_tricks.sliding_window_view(last, 20)
    assert len(np.unique(passages, axis=0)) > 0.9 * len(passages)
