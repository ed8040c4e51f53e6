"""What baselines write."""

from __future__ import annotations

from itertools import islice, pairwise

import numpy as np
import pytest

from model.baselines.ngrams import NGrams
from model.sampling import Sampling

pytestmark = pytest.mark.usefixtures("two_devices")

ALPHABET = "abcde"
TEXT = np.array([ALPHABET.index(each) for each in "abacabadabacabae" * 20])
MODELS = NGrams(TEXT, len(ALPHABET))


def written(sampling: Sampling, length: int, seed: str = "", random_seed: int = 1) -> list[str]:
    """What order 0, 1 and 3 write: always three, so that one program is compiled."""
    from model.baselines.counted_writing import write_by_counts

    ids = np.array([ALPHABET.index(each) for each in seed], np.int64)
    texts = write_by_counts(MODELS, (0, 1, 3), [sampling] * 3, random_seed, ids)
    ids = np.stack([drawn.ids for drawn in islice(texts, length)], axis=1)
    return ["".join(ALPHABET[each] for each in text) for text in ids]


def test_the_likeliest_character_follows_its_context() -> None:
    alone, one, three = written(Sampling(temperature=0), 6, seed="aba")
    assert alone == "a" * 6
    assert one == "bababa"
    assert three == "cabaca"


def test_samplings_and_noise_are_those_of_the_network() -> None:
    texts = written(Sampling(), 40)
    assert texts == written(Sampling(), 40)
    assert texts != written(Sampling(), 40, random_seed=2)
    assert written(Sampling(top_k=1), 8, seed="aba")[2] == "cabacaba"


def test_frequencies_are_the_models_probabilities() -> None:
    text = written(Sampling(), 600)[1]
    after_a = [second for first, second in pairwise(text) if first == "a"]
    p = MODELS.next(MODELS.after(MODELS.begin(), 0), 1)
    for token, character in enumerate(ALPHABET):
        assert after_a.count(character) / len(after_a) == pytest.approx(p[token], abs=0.08)
