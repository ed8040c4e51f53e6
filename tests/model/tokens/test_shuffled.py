"""The order of very many windows: each once, the same for the same seed, and without a pattern."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.tokens.shuffled import Shuffled

MANY = 100_003


@given(st.integers(1, 5000), st.integers(0, 1 << 40))
def test_each_number_comes_once(count: int, seed: int) -> None:
    assert sorted(Shuffled(count, (seed, 3), in_a_table=0)[:]) == list(range(count))


@given(st.integers(0, MANY), st.integers(0, MANY))
def test_a_part_is_that_of_the_whole(start: int, stop: int) -> None:
    order = Shuffled(MANY, (1, 2), in_a_table=0)
    np.testing.assert_array_equal(order[start:stop], order[:][start:stop])


def test_an_order_without_a_table_has_no_pattern_and_another_seed_another_order() -> None:
    order, other = (Shuffled(MANY, (1, number), in_a_table=0)[:] for number in (0, 1))
    for one, two in ((order, np.arange(MANY)), (order[1:], order[:-1]), (order, other)):
        assert abs(np.corrcoef(one, two)[0, 1]) < 0.02
    cells = np.histogram2d(np.arange(MANY), order, bins=20)[0]
    assert ((cells - MANY / 400) ** 2 / (MANY / 400)).sum() < 500  # chi-squared with 361 degrees of freedom
    assert np.count_nonzero(order == other) < 20


def test_few_numbers_are_in_the_order_of_numpy() -> None:
    expected = np.random.default_rng((7, 1)).permutation(np.arange(1000, dtype=np.int32))
    np.testing.assert_array_equal(Shuffled(1000, (7, 1))[:], expected)
