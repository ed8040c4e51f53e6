import json
import tomllib
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.options.recipe_file import from_plain, to_plain, to_toml
from model.recipe import FAST, NOTEBOOK, Recipe, RecipeError


@pytest.mark.parametrize("recipe", [FAST, NOTEBOOK, replace(FAST, temperatures=(0, 3), rate=1e-30)])
def test_a_recipe_survives_toml_and_json(recipe: Recipe) -> None:
    assert from_plain(tomllib.loads(to_toml(recipe))) == recipe
    assert from_plain(json.loads(json.dumps(to_plain(recipe)))) == recipe


def test_every_field_stands_under_its_help() -> None:
    lines = to_toml(FAST).splitlines()
    at = lines.index("hidden = 128")
    assert lines[at - 1] == "# units of each layer"


@pytest.mark.parametrize(
    ("plain", "said"),
    [
        ({"hiden": 3}, "did you mean 'hidden'"),
        ({"hidden": 3.5}, "not a whole number"),
        ({"hidden": True}, "not a whole number"),
        ({"lowercase": 1}, "not a switch"),
        ({"rate": "fast"}, "not a number"),
        ({"temperatures": [0.2, "hot"]}, "not a list of numbers"),
        ({"temperatures": 0.2}, "not a list of numbers"),
        ({"optimizer": "sgd"}, "choose one of"),
        ({"optimizer": 3}, "not a word"),
        ({"hidden": 0}, "between 1 and"),
        ({"hidden": 16**5000}, "hidden is beyond words; it must be between 1 and"),
        ({"hidden": [16**5000]}, "not a whole number"),
        ({"hidden": "x" * 10_000}, "hidden is 'x{29}…x{29}', which is not a whole number"),
        ({"rate": 10**400}, "larger than any number"),
    ],
)
def test_a_wrong_setting_is_named(plain: dict[str, object], said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        from_plain(plain)


@given(
    st.dictionaries(
        st.sampled_from(list(to_plain(FAST))) | st.text(),
        st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=3),
    )
)
def test_any_settings_give_a_recipe_or_a_sentence(plain: dict[str, object]) -> None:
    with suppress(RecipeError):
        from_plain(plain)
