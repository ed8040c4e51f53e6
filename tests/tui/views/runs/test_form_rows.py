"""The rows of the form for a new run, and what is said about them."""

from __future__ import annotations

import re
from itertools import product

import pytest

from model.networks.network_kinds import NETWORKS
from model.options.explaining.explanations import find_explanation
from model.options.recipe_options import recipe_with
from model.preparing.estimate import Advice, Cost, Estimate
from tui.terminal.glyphs import ASCII, UNICODE
from tui.views.runs.draft import Draft
from tui.views.runs.form_fields import RECIPE_FIELDS, RUN_FIELDS
from tui.views.runs.form_rows import FIRST, FormRow, about, form_rows, row_content
from tui.views.runs.form_words import advice_words, cost_words, text_words

COST = Cost(528, 16, 119_892, 7.4, "measured in the run fast", 500_000_000, 12_000_000)
ESTIMATE = Estimate("600,893 characters, 84 distinct; the last 60,090 are held out", COST, ())


def plain(name: str, draft: Draft, width: int = 76, *, chosen: bool = False) -> str:
    return row_content(FormRow("field", name), draft, width, UNICODE, chosen=chosen, more=False).plain


def test_few_fields_are_shown_at_first_and_those_that_were_set() -> None:
    names = [row.name for row in form_rows(Draft().set("dropout", "0.2"), more=False) if row.kind == "field"]
    assert names == ["from_", *FIRST, "dropout"]


def test_what_the_text_calls_for_stands_right_below_it() -> None:
    def below_text(draft: Draft) -> list[str]:
        rows = form_rows(draft, more=False)
        return [row.name for row in rows[1 : rows.index(FormRow("preset"))]]

    assert below_text(Draft(("book.txt",))) == []
    assert below_text(Draft(("my reviews.csv.gz",))) == ["column"]
    called = Draft(("names.txt",), called=frozenset({"encoding", "lines"}))
    assert below_text(called) == ["lines", "encoding"]
    assert below_text(called.of_text(("book.txt",)).set("separator", "on")) == ["separator"]
    for draft in (called, called.set("lines", "on")):
        names = [row.name for row in form_rows(draft, more=True) if row.kind == "field"]
        assert len(names) == len({*names}) == len(draft.recipe_fields) + len(RUN_FIELDS) - 1, "once, but its weights"


def test_every_field_is_behind_more_once() -> None:
    shown = set()
    for kind, (tokens, reading) in product(NETWORKS, [("characters", "lanes"), ("words", "windows")]):
        draft = Draft().set("from_", "one").set("network", kind).set("tokens", tokens).set("reading", reading)
        names = [row.name for row in form_rows(draft, more=True) if row.kind == "field"]
        recipe = recipe_with("fast", {"network": kind, "tokens": tokens, "reading": reading})
        assert sorted(names) == sorted({*RECIPE_FIELDS, *RUN_FIELDS} - recipe.without)
        shown |= {*names}
    assert shown == {*RECIPE_FIELDS, *RUN_FIELDS}


@pytest.mark.parametrize("width", [34, 57, 76, 110])
def test_a_row_fits_its_line(width: int) -> None:
    draft = Draft(("a" * 300,)).set("name", "n" * 300).set("temperatures", " ".join(["0.5"] * 40))
    for row in form_rows(draft, more=True):
        if row.kind == "field":
            for signs in (UNICODE, ASCII):
                shown = row_content(row, draft, width, signs, chosen=True, more=True)
                assert shown.cell_length <= max(width, 44), row


def test_what_was_set_has_a_star_and_the_chosen_choice_brackets() -> None:
    assert "*" in plain("hidden", Draft().set("hidden", "64"))
    assert "*" not in plain("hidden", Draft())
    assert "[one-cycle]" in plain("schedule", Draft())


def test_what_was_fitted_to_the_text_is_shown_and_says_so() -> None:
    draft = Draft(("book.txt",)).with_fitted({"batch": 8, "window": 16})
    assert "window" in [row.name for row in form_rows(draft, more=False)]
    for name, value in (("batch", "8"), ("window", "16")):
        assert plain(name, draft, 60).split() == [name, value, *["fits", "the", "size", "of", "this", "text"]]
    assert "*" in plain("batch", draft.set("batch", "4"))


def test_every_field_has_a_longer_explanation() -> None:
    for name in RECIPE_FIELDS:
        explanation = find_explanation(name)
        assert explanation, name
        words = about(FormRow("field", name), Draft(), ending=None, whole=True).plain
        assert explanation.what in words.replace("`", ""), name


def test_a_field_says_its_help_its_values_and_its_bounds_or_what_is_wrong() -> None:
    row = FormRow("field", "hidden")
    said = about(row, Draft(), ending=None, whole=False).plain
    assert re.fullmatch(r"--hidden: units of each layer \[128; best: 512; .*gru: \d+; .*\]\. From 1 to 8192\.", said)
    wrong = about(row, Draft().set("hidden", "0"), ending=None, whole=False).plain
    assert wrong == "hidden is 0; it must be between 1 and 8192."


def test_starting_says_what_ends_first() -> None:
    words = about(FormRow("start"), Draft(), ending="mine", whole=False).plain
    assert words == "Enter saves and ends the run mine, then begins this one."


def test_what_a_run_costs_and_how_that_was_found_is_said() -> None:
    assert cost_words(ESTIMATE, Draft()).plain == (
        "About 2:00 for 16 epochs (measured in the run fast).\n"
        "119,892 parameters, 528 steps an epoch, memory about 500 MB, disk 12 MB."
    )
    assert "; it stops after 0:20, in epoch 3.\n" in cost_words(ESTIMATE, Draft().set("max_seconds", "20")).plain
    assert cost_words(ESTIMATE, Draft().set("hidden", "0")).plain == ""
    conv = ESTIMATE._replace(cost=COST._replace(sight="sees 32 characters back"))
    assert "\n119,892 parameters, sees 32 characters back, 528 steps an epoch" in cost_words(conv, Draft()).plain


def test_advice_names_its_key_and_the_options_it_sets() -> None:
    estimate = Estimate("", None, (Advice("The text is short.", {"batch": 8}), Advice("Only 3 are held out.", {})))
    assert advice_words(estimate, UNICODE).plain == (
        "▸ The text is short. ctrl+a sets --batch 8\n▸ Only 3 are held out."
    )
    first = "▸ The text is short. ctrl+a sets --batch 8 (1 more piece of advice)"
    assert advice_words(estimate, UNICODE, every=False).plain == first


def test_the_key_of_advice_is_named_with_what_it_sets_first() -> None:
    estimate = Estimate("", None, (Advice("Few.", {}), Advice("Short.", {"batch": 8}), Advice("Many.", {"layers": 2})))
    assert advice_words(estimate, UNICODE).plain == (
        "▸ Few.\n▸ Short. ctrl+a sets --batch 8\n▸ Many. Then ctrl+a sets --layers 2"
    )
    first = "▸ Few. (2 more pieces of advice; ctrl+a sets --batch 8)"
    assert advice_words(estimate, UNICODE, every=False).plain == first


def test_what_was_made_of_the_text_is_said_with_its_notes_or_why_it_is_not_there() -> None:
    said = text_words("Book", ESTIMATE, ("Read as UTF-8.",), "", wrong=False).plain
    assert said == "Book: 600,893 characters, 84 distinct; the last 60,090 are held out. Read as UTF-8."
    assert text_words("", None, (), "There is no such file.", wrong=True).plain == "There is no such file."


def test_a_row_says_of_its_field_what_there_is_room_for() -> None:
    assert plain("hidden", Draft()).endswith("units of each layer")
    assert plain("held_out", Draft()).endswith("that is kept for …")
