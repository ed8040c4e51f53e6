"""The table of keys: no clashes, nothing that terminals swallow, and one source for everything made from it."""

from __future__ import annotations

import re

import pytest

from model.options.explaining.explanations import explanations
from model.recipe import FAST
from model.sampling import SETTINGS
from tui.app import CharLSTMApp
from tui.keys.action import GROUPS, Action
from tui.keys.keymap import COPY_OR_QUIT, actions_for, as_markdown, bindings
from tui.screens.main import MainScreen
from tui.widgets.footer import FooterItem, fitted, items_of

ACTIONS = actions_for(FAST.temperatures)
SWALLOWED = {"ctrl+a", "ctrl+b", "ctrl+h", "ctrl+i", "ctrl+j", "ctrl+m", "ctrl+s", "ctrl+backslash"}
"""By tmux, screen, flow control, or taken for another key."""


def test_no_key_does_two_things() -> None:
    keys = [key for action in ACTIONS for key in action.keys]
    assert len(keys) == len(set(keys))


def test_no_key_is_one_that_terminals_swallow() -> None:
    keys = {key for action in ACTIONS for key in action.keys}
    assert not keys & SWALLOWED
    assert {key for key in keys if "shift" in key or "alt" in key} == {"shift+tab"}  # which all terminals send


def test_ids_are_unique_and_everything_is_explained() -> None:
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)
    for action in ACTIONS:
        assert action.title
        assert action.help.endswith(".")
        assert action.group in GROUPS


def test_what_is_said_of_tokens_is_true_of_words_too() -> None:
    assert {action.id for action in ACTIONS if "character" in action.help} == {"write-one", "unit"}
    assert {each.name for each in SETTINGS if "character" in each.metadata["what"]} == {"mirostat"}
    wrong = re.compile(r"(likeliest|next|every|unlikely) characters?")
    assert [each.term for each in explanations().values() if wrong.search(each.text)] == []


def test_every_action_is_bound_with_id_and_tooltip() -> None:
    bound = {binding.id: binding for binding in bindings()}
    for action in ACTIONS:
        binding = bound[action.id]
        assert tuple(binding.key.split(",")) == tuple(key for key in action.keys if key != COPY_OR_QUIT)
        assert binding.action == action.action
        assert binding.tooltip
        assert not binding.priority


def test_every_action_exists() -> None:
    for action in ACTIONS:
        namespace, _, call = action.action.partition(".")
        owner = {"screen": MainScreen, "app": CharLSTMApp}[namespace]
        assert f"action_{call.partition('(')[0]}" in {name for each in own(owner) for name in vars(each)}, action


def own(owner: type) -> list[type]:
    """Its classes that are ours: an action that only Textual has would do something else."""
    return [each for each in owner.__mro__ if each.__module__.startswith("tui.")]


@pytest.mark.parametrize("count", [1, 4, 9, 12])
def test_each_of_the_first_ten_temperatures_has_its_digit(count: int) -> None:
    temperatures = [round(0.1 * number, 1) for number in range(1, count + 1)]
    digits = [action for action in actions_for(temperatures) if action.id.startswith("temperature-")]
    assert [action.keys for action in digits] == [(digit,) for digit in "1234567890"[:count]]
    assert f"{temperatures[0]:g}" in digits[0].title


def test_markdown_has_a_row_for_every_action() -> None:
    table = as_markdown(ACTIONS)
    for action in ACTIONS:
        assert f"| {action.help} |" in table
    assert "`?`" in table
    assert "`+` `=`" in table


def items(hidden: frozenset[str] = frozenset()) -> tuple[FooterItem, ...]:
    return items_of(ACTIONS, {}, hidden)


def test_footer_puts_neighbours_with_one_label_together() -> None:
    first = items()[0]
    assert [key for key, _ in first.keys] == ["1", "2", "3", "4", "-", "+"]
    assert first.label == "temperature"


def test_footer_leaves_out_what_would_do_nothing() -> None:
    labels = [item.label for item in items(frozenset({"write-one"}))]
    assert "step" not in labels
    assert "step" in [item.label for item in items()]


def test_footer_always_fits_and_always_offers_help() -> None:
    for width in range(34, 250):
        shown = fitted(items(), width)
        assert sum(item.cells for item in shown) + 2 * (len(shown) - 1) <= width
        assert "help" in [item.label for item in shown]


def test_footer_drops_the_least_important_first_and_keeps_the_order() -> None:
    everything, narrow = fitted(items(), 500), fitted(items(), 78)
    assert everything == items()
    assert narrow == tuple(item for item in everything if item in narrow)
    assert max(item.rank for item in narrow) <= min(item.rank for item in everything if item not in narrow)


REFUSED = frozenset({"write-one", "cursor-back", "cursor-on", "choose", "undo", "redo", "live", "learn-on"})
"""While training and writing, before anything was chosen."""


def test_footer_at_eighty_columns_has_the_keys_of_the_promise() -> None:
    labels = [item.label for item in fitted(items(REFUSED), 78)]
    assert labels == ["temperature", "stream", "pause", "odds", "help", "quit"]
    paused = [item.label for item in fitted(items(REFUSED - {"write-one", "cursor-back", "cursor-on"}), 78)]
    assert paused == ["temperature", "pause", "cursor", "help", "quit"]


def test_a_label_may_fit_the_moment() -> None:
    action = Action("a", ("x",), "X", "Does x.", GROUPS[0], "x")
    assert items_of([action], {"a": "resume"}, frozenset())[0].label == "resume"
