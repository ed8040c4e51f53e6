"""The footer: which keys it names, in which order, and which it leaves out first."""

from __future__ import annotations

import pytest

from tui.keys.action import TRAINING, WRITING, Action
from tui.keys.keymap import actions_for
from tui.widgets.footer import FooterItem, fitted, items_of

ACTIONS = (
    Action("cooler", ("minus", "left"), "Cooler", "", WRITING, "temperature", 0),
    Action("warmer", ("plus",), "Warmer", "", WRITING, "temperature", 0),
    Action("pause", ("space",), "Pause", "", WRITING, "pause", 2),
    Action("scroll", ("up",), "Scroll", "", WRITING),
    Action("hold", ("h",), "Hold", "", TRAINING, "wait", 11),
)


def shown(items: tuple[FooterItem, ...]) -> list[str]:
    return [" ".join([*(key for key, _ in item.keys), item.label]) for item in items]


def test_neighbours_with_one_label_share_it_and_actions_without_one_are_left_out() -> None:
    assert shown(items_of(ACTIONS, {}, frozenset())) == ["- + temperature", "space pause", "h wait"]


def test_an_item_is_as_wide_as_it_is_drawn() -> None:
    for item, text in zip(
        items_of(ACTIONS, {}, frozenset()), ("- + temperature", "space pause", "h wait"), strict=True
    ):
        assert item.cells == len(text)


def test_actions_that_do_nothing_now_are_left_out_and_others_may_change_their_label() -> None:
    items = items_of(ACTIONS, {"pause": "resume"}, frozenset({"hold"}))
    assert shown(items) == ["- + temperature", "space resume"]


@pytest.mark.parametrize(
    ("width", "kept"),
    [
        (80, ["- + temperature", "space pause", "h wait"]),
        (36, ["- + temperature", "space pause", "h wait"]),
        (35, ["- + temperature", "space pause"]),
        (27, ["- + temperature"]),
        (14, []),
    ],
)
def test_a_narrow_footer_leaves_out_the_least_important_first(width: int, kept: list[str]) -> None:
    assert shown(fitted(items_of(ACTIONS, {}, frozenset()), width)) == kept


def test_an_urgent_action_stays_when_more_important_ones_go() -> None:
    items = items_of(ACTIONS, {}, frozenset(), urgent=frozenset({"hold"}))
    assert shown(fitted(items, 25)) == ["- + temperature", "h wait"]


def test_in_a_narrow_window_a_branch_leaves_the_keys_that_pause_and_go_back() -> None:
    names = ("temperature", "pause", "undo", "redo", "learn on", "back", "help", "quit")
    actions = [action for action in actions_for((0.2, 0.5, 1.0, 1.2)) if action.label in names]
    live = items_of(actions, {}, frozenset({"live"}))
    assert [item.label for item in fitted(live, 78)] == ["temperature", "pause", "undo", "redo", "help", "quit"]
    assert {"pause", "undo", "back"} <= {item.label for item in fitted(items_of(actions, {}, frozenset()), 78)}
