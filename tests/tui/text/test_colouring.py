"""Levels of surprisal and entropy: one for each written character, none for anything else."""

from __future__ import annotations

import math

import pytest

from model.sampling import Sampling
from tui.engine.writing.items import Activations, SampleStart, SamplingChange, Seed, Written
from tui.text.colouring import BOUNDS, COLOURINGS, LEVELS, UNIT_LEVELS, Colouring, legend, levels
from tui.text.passage import Passage
from tui.text.transcript import Transcript


def passage(*written: Written) -> Passage:
    transcript = Transcript(80)
    transcript.append([SampleStart(1, Sampling(), 0, 0), Seed("ab", ()), *written, SamplingChange(Sampling(0.5))])
    assert transcript.last
    return transcript.last


def levels_of(text: Passage, colouring: Colouring) -> list[int]:
    return list(levels(text, 0, text.length, colouring))


@pytest.mark.parametrize(
    ("probability", "level"),
    [(1.0, 0), (0.51, 0), (0.5, 1), (0.13, 1), (0.125, 2), (0.016, 2), (1 / 64, 3), (1e-30, 3), (0.0, 3)],
)
def test_the_less_likely_a_character_was_the_higher_its_level(probability: float, level: int) -> None:
    assert levels_of(passage(Written("x", probability, 2.0)), "surprisal")[2] == level


@pytest.mark.parametrize(("entropy", "level"), [(0.0, 0), (0.49, 0), (0.5, 1), (1.5, 2), (3.0, 3), (8.0, 3)])
def test_the_more_could_have_followed_the_higher_the_level(entropy: float, level: int) -> None:
    assert levels_of(passage(Written("x", 0.5, entropy)), "entropy")[2] == level


@pytest.mark.parametrize("colouring", ["surprisal", "entropy"])
def test_seeds_marks_and_text_of_which_nothing_is_known_have_no_level(colouring: Colouring) -> None:
    found = levels_of(passage(Written("x", 0.9, 0.1), Written("y", math.nan, math.nan)), colouring)
    assert found == [-1, -1, 0, -1] + [-1] * len(" ▸0.50 ")


def test_all_characters_of_a_token_have_its_level() -> None:
    assert levels_of(passage(Written("the", 0.01, 0.1)), "surprisal")[2:5] == [3] * 3


def test_every_level_is_explained() -> None:
    for colouring in COLOURINGS[1:]:
        some = {"copied": {LEVELS - 1}, "unit": {*range(UNIT_LEVELS)}}
        assert set(legend(colouring)) == some.get(colouring, {*range(LEVELS)})
    for colouring, bounds in BOUNDS.items():
        assert len(legend(colouring)) == len(bounds) + 1


def test_what_stands_in_the_corpus_is_marked_and_nothing_else() -> None:
    text = passage(*(Written(each, 0.5, 1.0) for each in "own copied own"))
    assert set(levels_of(text, "copied")) == {-1}
    text.copies = ((4, 10),)
    assert list(levels(text, 2, 16, "copied")) == [-1] * 4 + [3] * 6 + [-1] * 4
    assert list(levels(text, 5, 9, "copied")) == [-1, 3, 3, 3]


def test_each_character_has_the_level_of_what_a_unit_says_after_it() -> None:
    says = [Written("x", 0.5, 1.0, activation=value) for value in (-0.9, -0.3, 0.0, 0.3, 0.9, math.nan)]
    assert levels_of(passage(*says), "unit")[2:8] == [0, 1, 2, 3, 4, -1]
    assert list(legend("unit")) == [0, 1, 2, 3, 4]


def test_another_unit_colours_the_newest_text_anew_and_older_texts_not_at_all() -> None:
    transcript, written = Transcript(80), Written("x", 0.5, 1.0, activation=0.9)
    start, mark = SampleStart(1, Sampling(), 0, 0), SamplingChange(Sampling(0.5))
    transcript.append([start, Seed("ab", ()), written])
    first = transcript.last
    transcript.append([start, Seed("ab", ()), written, mark, written])
    assert transcript.append([Activations((-0.9, -0.3, 0.5)), written]) == 0, (
        "one more than is shown: it was taken back"
    )
    newest = transcript.last
    assert first
    assert newest
    assert set(levels_of(first, "unit")) == {-1}
    assert levels_of(newest, "unit") == [-1, -1, 0, *[-1] * len(" ▸0.50 "), 1, 4]


def test_a_text_without_a_sample_takes_no_activations() -> None:
    transcript = Transcript(80)
    transcript.append([Activations(())])
    assert transcript.last is None
