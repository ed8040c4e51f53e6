"""Hyperparameters: bounds, presets, and the facts that options and files are made from."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import FrozenInstanceError, fields, replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from model.networks.network_kinds import NETWORKS, Kind, parameter_shapes
from model.networks.sight import receptive_field
from model.options.field_types import choices_of, type_of
from model.options.parser import OptionParser
from model.options.recipe_options import add_recipe_options, recipe_from, recipe_with, recipe_words, with_changes
from model.recipe import BEST, FAST, NOTEBOOK, PRESETS, WORDS, Recipe, RecipeError, preset
from model.sampling import SETTINGS, Sampling

BOUNDED = [
    (each.name, end, each.metadata[end])
    for each in fields(Recipe)
    for end in ("low", "high")
    if each.metadata[end] is not None
]


def test_the_default_is_the_fast_recipe_and_presets_go_by_name() -> None:
    assert Recipe() == FAST
    assert PRESETS == {"fast": FAST, "best": BEST, "words": WORDS, "notebook": NOTEBOOK}


def test_every_preset_has_a_recipe_for_every_kind_of_network() -> None:
    for name, usual in PRESETS.items():
        assert preset(name) == usual
        for kind in NETWORKS:
            assert preset(name, kind).network == kind
        assert (receptive_field(preset(name, "conv")) or 0) >= 16, name


def test_a_preset_leaves_out_what_a_network_lacks_and_takes_what_is_fitted_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kind = Kind("nowhere:Nothing", ("character_gates", "forget_bias"), {"best": {"hidden": 700}})
    monkeypatch.setitem(NETWORKS, "other", kind)
    other = replace(BEST, network="other", character_gates=False, hidden=700)
    assert preset("best", "other") == other
    assert preset("fast", "other") == replace(FAST, network="other")
    assert recipe_with("best", {"network": "other", "hidden": 9}) == replace(other, hidden=9)
    assert recipe_words(replace(other, rate=0.5), "best") == ["--network=other", "--rate=0.5"]
    for name, value in {"character_gates": True, "forget_bias": 1.0}.items():
        with pytest.raises(RecipeError, match=rf"^{name} means nothing to network other, only to .*lstm.*: leave it"):
            recipe_with("best", {"network": "other", name: value})


def test_a_preset_with_longer_tokens_takes_what_is_fitted_to_them_and_to_its_network() -> None:
    assert preset("fast", tokens="words") == recipe_with("fast", {"tokens": "words"}) == WORDS
    pieces = preset("fast", tokens="pieces")
    assert pieces == replace(WORDS, tokens="pieces", vocabulary=3000, dropout=0.1)
    assert preset("fast", "gru", "words") == preset("words", "gru")
    best = preset("best", tokens="pieces")
    assert (best.hidden, best.tied, best.character_gates) == (BEST.hidden, True, False)
    assert best.rate < WORDS.rate
    assert preset("notebook", tokens="words") == replace(NOTEBOOK, tokens="words")
    assert recipe_with("fast", {"tokens": "words", "rate": 0.04, "tied": False}) == replace(
        WORDS, rate=0.04, tied=False
    ), "what the user sets holds"
    assert recipe_words(replace(best, rate=0.5), "best") == ["--tokens=pieces", "--rate=0.5"]
    sizes = {}
    for name, network in product(("fast", "best"), NETWORKS):
        shapes = parameter_shapes(preset(name, network, "words"), 6856)
        sizes.setdefault(name, []).append(sum(map(math.prod, shapes.values())))
    assert all(max(each) < 1.05 * min(each) for each in sizes.values()), "as many parameters, whatever the network"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("--vocabulary 5000", "vocabulary means nothing to tokens characters, only to words and pieces: leave it out."),
        ("--stride 5", "stride means nothing to reading lanes, only to windows: leave it out."),
        ("--network rnn --initialisation fused", "initialisation means nothing to network rnn, only to lstm and gru"),
        ("--kernel 3", "kernel means nothing to network lstm, only to conv: leave it out."),
        (
            "--network conv --weight-drop 0.4",
            "weight_drop means nothing to network conv, only to lstm, gru and rnn: leave it out.",
        ),
        ("--optimizer rmsprop --momentum 0.5", "momentum means nothing to optimizer rmsprop, only to adamw"),
        ("--schedule constant --warmup 0.2", "warmup means nothing to schedule constant, only to one-cycle"),
        ("--recipe notebook --random-offsets", "random_offsets means nothing to reading windows, only to lanes"),
    ],
)
def test_an_option_that_means_nothing_to_a_choice_is_refused(line: str, sentence: str) -> None:
    parser = OptionParser()
    add_recipe_options(parser)
    with pytest.raises(RecipeError) as refused:
        recipe_from(parser.parse_args(line.split()))
    assert str(refused.value).startswith(sentence)


def test_what_a_preset_sets_for_another_choice_goes_without_a_word() -> None:
    assert recipe_with("words", {"tokens": "characters"}) == replace(WORDS, tokens="characters", vocabulary=6000)
    constant = recipe_with("best", {"optimizer": "rmsprop", "schedule": "constant"})
    assert (constant.weight_decay, constant.warmup) == (FAST.weight_decay, FAST.warmup)
    assert recipe_words(constant, "best") == ["--optimizer=rmsprop", "--schedule=constant"]
    odd = replace(FAST, stride=7)  # as in runs of an earlier version
    assert recipe_words(odd, "fast") == []
    assert with_changes(odd, {"hidden": 3}) == replace(FAST, hidden=3)
    assert {"stride", "vocabulary", "kernel", "dilations"} == FAST.without


def test_a_recipe_gives_its_filters_to_the_sampling_of_every_temperature() -> None:
    recipe = replace(FAST, temperatures=(0.5, 1.0), top_k=5, min_p=0.1, temperature_last=True)
    filters = {"top_k": 5, "min_p": 0.1, "temperature_last": True}
    assert recipe.samplings == (Sampling(0.5, **filters), Sampling(1.0, **filters))
    assert FAST.samplings == tuple(map(Sampling, FAST.temperatures))


def test_every_setting_of_sampling_but_the_temperature_is_a_field() -> None:
    names = {each.name for each in SETTINGS} - {"temperature"}
    assert names < {each.name for each in fields(Recipe)}
    assert replace(FAST.sampling(1.0), temperature=0.7) == Sampling(0.7)


def test_every_field_says_what_it_is() -> None:
    for each in fields(Recipe):
        assert each.metadata["help"], each.name
        assert not each.metadata["help"].endswith("."), each.name
    assert len({each.metadata["help"] for each in fields(Recipe)}) == len(fields(Recipe))


@pytest.mark.parametrize(("name", "end", "bound"), BOUNDED)
def test_bounds_belong_to_what_is_allowed_and_nothing_beyond_them_does(name: str, end: str, bound: float) -> None:
    recipe = preset("fast", next(kind for kind in NETWORKS if name not in NETWORKS[kind].without))
    assert getattr(replace(recipe, **{name: bound}), name) == bound
    beyond = bound + (-1 if end == "low" else 1)
    with pytest.raises(RecipeError, match=rf"^{name} is {beyond}; it must be (at least|between) "):
        replace(recipe, **{name: beyond})


@pytest.mark.parametrize("dilations", [(), (0, 1), (1, 4097)])
def test_dilations_are_distances_of_some_tokens(dilations: tuple[int, ...]) -> None:
    with pytest.raises(RecipeError, match=r"^dilations must be one or more whole numbers between 1 and 4096\.$"):
        replace(preset("fast", "conv"), dilations=dilations)


@pytest.mark.parametrize("name", [each.name for each in fields(Recipe) if type_of(Recipe, each.name) is float])
def test_what_is_no_number_is_refused(name: str) -> None:
    with pytest.raises(RecipeError, match=f"^{name} is nan; it must be "):
        replace(FAST, **{name: math.nan})


@pytest.mark.parametrize("name", [each.name for each in fields(Recipe) if type_of(Recipe, each.name) in (int, float)])
@pytest.mark.parametrize("value", [10**400, -(10**400), 16**5000], ids=["wide", "deep", "beyond words"])
def test_a_whole_number_larger_than_any_float_is_refused_in_few_words(name: str, value: int) -> None:
    if name == "clip" and value > 0:
        return  # the only one without a bound
    with pytest.raises(RecipeError, match=f"^{name} is .*; it must be ") as refused:
        replace(FAST, **{name: value})
    assert len(str(refused.value)) < 150


@pytest.mark.parametrize("name", [each.name for each in fields(Recipe) if choices_of(Recipe, each.name)])
def test_a_word_that_is_no_choice_is_refused_with_those_that_are(name: str) -> None:
    for choice in choices_of(Recipe, name):
        assert getattr(replace(FAST, **{name: choice}), name) == choice
    with pytest.raises(RecipeError) as refused:
        replace(FAST, **{name: "another"})
    assert str(refused.value) == f"{name} is 'another'; choose one of: {', '.join(choices_of(Recipe, name))}."


def test_only_words_are_chosen_from() -> None:
    assert {each.name for each in fields(Recipe) if choices_of(Recipe, each.name)} == {
        "initialisation",
        "network",
        "precision",
        "reading",
        "optimizer",
        "schedule",
        "tokens",
    }


@pytest.mark.parametrize("temperatures", [(), (-0.1,), (0.5, math.nan), (101.0,), (math.inf,)])
def test_temperatures_that_cannot_be_are_refused(temperatures: tuple[float, ...]) -> None:
    with pytest.raises(RecipeError, match="between 0 and 100"):
        replace(FAST, temperatures=temperatures)
    assert replace(FAST, temperatures=(0, 100.0)).temperatures == (0, 100)


def test_a_recipe_never_changes_and_can_be_looked_up_by() -> None:
    changeable: Any = FAST
    with pytest.raises(FrozenInstanceError):
        changeable.rate = 1.0
    assert hash(FAST) == hash(Recipe())
    assert len({FAST, Recipe(), NOTEBOOK}) == 2


def test_a_recipe_needs_no_jax() -> None:
    program = "import sys, model.recipe; sys.exit('jax' in sys.modules or 'numpy' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[2])
