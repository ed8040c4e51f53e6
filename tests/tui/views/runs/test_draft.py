"""A new run as it is described in the form: checked as on the command line, and what it begins."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from model.networks.network_kinds import NETWORKS
from model.options.recipe_options import FITTED, recipe_with
from model.options.training_options import short_command_line
from model.recipe import BEST, FAST, NOTEBOOK, PRESETS, WORDS, preset
from model.runs.continuing.begin_from import settled
from model.runs.folder import Run
from model.runs.run_facts import RunFacts
from tests.model.runs.made_runs import NOW
from tui.cli import launch_from
from tui.launch import Launch
from tui.views.runs.draft import Draft
from tui.views.runs.form_fields import FIELDS, RECIPE_FIELDS, RUN_FIELDS
from tui.views.runs.found_run import FoundRun

BASE = Launch(free=frozenset(FITTED))


def test_the_encoding_goes_with_its_text() -> None:
    draft = Draft(("one.txt",)).set("encoding", "koi8-r").set("hidden", "64")
    assert draft.of_text(("one.txt",)).typed == draft.typed
    assert draft.of_text(("two.txt",)).typed == {"hidden": "64"}
    assert Draft().takes("encoding", "k")
    assert "Did you mean utf-8" in (draft.set("encoding", "utf9").problem("encoding") or "")


def test_an_empty_draft_begins_the_usual_run() -> None:
    assert Draft().launch(BASE) == BASE


def test_what_is_set_is_what_the_command_line_at_the_foot_sets() -> None:
    draft = Draft(("book.txt",), "best").set("hidden", "256").set("temperatures", "0.3 1").set("name", "mine")
    launch = draft.launch(BASE)
    assert launch is not None
    assert launch.recipe == replace(BEST, hidden=256, temperatures=(0.3, 1.0))
    line = short_command_line(launch)
    assert line[:5] == ["book.txt", "--recipe", "best", "--hidden", "256"]
    assert launch_from(line) == launch


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_a_draft_like_a_run_is_that_run_again(preset: str) -> None:
    recipe = replace(PRESETS[preset], rate=0.0015, dropout=0.25, guard=False, temperatures=(0.1, 1.5))
    launch = Draft.of(("book.txt",), preset, recipe, BASE).launch(BASE)
    assert launch is not None
    assert (launch.recipe, launch.recipe_name) == (recipe, preset)


def test_a_draft_like_a_run_of_an_unknown_preset_has_all_of_its_values() -> None:
    assert Draft.of((), "", NOTEBOOK, BASE).recipe == NOTEBOOK


WIDE = replace(BEST, hidden=64, epochs=4, rate=0.002)
NETWORK = ("network", "tokens", "hidden", "layers", "character_gates")
ONE = FoundRun("one", "best", WIDE, "best", NETWORK, "It begins with the best weights of the run one.")


def begun(**typed: str) -> Draft:
    draft = Draft(("book.txt",), runs=("two", "one", "another-two")).set("hidden", "512")
    for name, text in {"from_": "one", **typed}.items():
        draft = replace(draft.set(name, text), found=ONE)
    return draft


def test_a_run_that_begins_from_another_has_its_network_and_its_recipe_but_for_what_is_set() -> None:
    draft = begun(epochs="3")
    assert draft.recipe == replace(WIDE, epochs=3)
    assert draft.text("hidden") == draft.set("hidden", "9999").stepped("hidden", 1).text("hidden") == "64"
    assert not draft.takes("hidden", "9")
    assert draft.words(BASE) == ["book.txt", "--epochs", "3", "--from", "one"]
    assert draft.launch(BASE) == replace(
        BASE, corpus=("book.txt",), from_="one", recipe=replace(WIDE, epochs=3), recipe_name="best", free=frozenset()
    )
    with_preset = draft.with_preset("notebook")
    assert with_preset.recipe == replace(NOTEBOOK, **{name: getattr(WIDE, name) for name in NETWORK}, epochs=3)
    assert with_preset.words(BASE) == ["book.txt", "--recipe", "notebook", "--epochs", "3", "--from", "one"]
    alone = draft.set("from_", "")
    assert (alone.recipe, alone.preset) == (replace(FAST, hidden=512, epochs=3), "fast")


def test_the_command_line_of_a_run_begun_from_another_settles_the_same_recipe() -> None:
    run, there = Run(Path("/runs/one")), RunFacts("Nietzsche", ("nietzsche",), "best", WIDE, NOW)
    for draft in (begun(), begun(epochs="3", from_weights="newest", name="mine"), begun().with_preset("fast")):
        if draft.to_look_up:
            draft = replace(draft, found=ONE._replace(weights="newest"))
        found = settled(launch_from(draft.words(BASE)), run, there)
        assert found == draft.launch(BASE)
    assert begun().of_text(()).words(BASE)[0] == "nietzsche", "not that run's text"


def test_a_run_that_is_looked_up_or_cannot_serve_begins_nothing_and_says_why() -> None:
    draft = Draft().set("from_", "on")
    assert draft.to_look_up == ("on", "best")
    assert draft.launch(BASE) is None
    assert draft.problems == {}
    draft = replace(draft, found=FoundRun("on", "best", None, words="There is no run 'on'."))
    assert draft.problems == {"from_": "There is no run 'on'."}
    assert (draft.launch(BASE), draft.to_look_up) == (None, None)
    assert draft.set("from_", "").launch(BASE) == BASE


def test_arrows_choose_a_run_to_begin_from_and_complete_what_is_typed() -> None:
    draft = Draft(runs=("two", "one", "another-two"))
    steps = [draft := draft.stepped("from_", 1) for _ in range(4)]
    assert [each.text("from_") for each in steps] == ["two", "one", "another-two", ""]
    assert Draft(runs=draft.runs).stepped("from_", -1).text("from_") == "another-two"
    assert draft.set("from_", "oth").stepped("from_", 1).text("from_") == "another-two"
    assert Draft().stepped("from_", 1).text("from_") == ""


def test_every_field_can_be_set_to_what_it_is() -> None:
    for name in (*RECIPE_FIELDS, *RUN_FIELDS):
        draft = Draft(typed={name: Draft().usual(name)})
        assert draft.problem(name) is None, name
        assert draft.launch(BASE) == replace(BASE, free=BASE.free - {name}), name


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("hidden", "9999", "hidden is 9999; it must be between 1 and 8192."),
        ("hidden", "1.5", "'1.5' is not a whole number."),
        ("rate", "e", "'e' is not a number."),
        ("temperatures", "0.5 101", "temperatures must be one or more numbers between 0 and 100."),
        ("max_seconds", "-1", "-1 is too small; give more than 0."),
        ("hidden", "256", None),
    ],
)
def test_a_value_is_checked_in_the_words_of_the_command_line(name: str, text: str, problem: str | None) -> None:
    draft = Draft().set(name, text)
    assert draft.problem(name) == problem
    assert (draft.launch(BASE) is None) == (problem is not None)


def test_the_kind_of_network_decides_what_is_usual() -> None:
    draft = Draft().set("hidden", "152").set("network", "gru")
    assert draft.typed == {"network": "gru"}, "as the recipe has it for this kind"
    assert draft.recipe == preset("fast", "gru")
    assert draft.words(BASE) == ["nietzsche", "--network", "gru"]
    assert draft.set("network", "lstm") == Draft()
    assert draft.with_preset("best").recipe == preset("best", "gru")
    waiting = draft.set("forget_bias", "2")
    assert waiting.recipe == draft.recipe, "a field that has no row has no say"
    assert waiting.set("network", "lstm").recipe == replace(FAST, forget_bias=2.0)


def test_the_kind_of_tokens_decides_what_is_usual() -> None:
    draft = Draft(("nietzsche",)).set("dropout", "0.3").set("rate", "0.05").set("tokens", "words")
    assert draft.typed == {"rate": "0.05", "tokens": "words"}, "a dropout of 0.3 is the recipe's for words"
    assert draft.recipe == replace(WORDS, rate=0.05)
    assert draft.words(BASE) == ["nietzsche", "--tokens", "words", "--rate", "0.05"]
    assert launch_from(draft.words(BASE)) == draft.launch(BASE)
    assert Draft().set("tokens", "words").set("tokens", "characters") == Draft()
    assert Draft(preset="words").text("tokens") == "words"
    assert Draft.of((), "fast", WORDS, BASE).typed == {"tokens": "words"}


def test_another_preset_keeps_what_was_set_and_forgets_what_it_says_itself() -> None:
    draft = Draft().set("hidden", "512").set("epochs", "3").with_preset("best")
    assert draft.typed == {"epochs": "3"}
    assert draft.recipe == replace(BEST, epochs=3)


def test_what_fits_the_text_stands_in_the_form_until_it_is_set_and_is_not_typed() -> None:
    draft = Draft(("book.txt",)).with_fitted({"batch": 8, "steps_per_epoch": 60})
    assert (draft.text("batch"), draft.fits("batch"), draft.changed("batch")) == ("8", True, False)
    launch = draft.launch(BASE)
    assert launch is not None
    assert (launch.recipe, launch.free) == (FAST, frozenset(FITTED))
    assert draft.words(BASE) == ["book.txt"]
    usual = draft.set("batch", "32")
    assert (usual.text("batch"), usual.fits("batch")) == ("32", False)
    assert usual.free == frozenset(FITTED) - {"batch"}
    assert usual.words(BASE) == ["book.txt", "--batch", "32"]
    assert launch_from(usual.words(BASE)) == usual.launch(BASE)
    assert usual.set("batch", "").text("batch") == "8"
    assert draft.stepped("batch", 1).text("batch") == "16"
    assert not draft.of_text(("other.txt",)).fits("batch")


def test_what_was_fitted_to_the_text_of_another_run_is_free_again() -> None:
    """With a command line that says the same, also where the new run begins with that run's weights."""
    recipe = replace(FAST, batch=4, steps_per_epoch=60, epochs=5)
    draft = Draft.of(("long.txt",), "fast", recipe, BASE, ("batch", "steps_per_epoch"))
    assert draft.words(BASE) == ["long.txt", "--epochs", "5"]
    assert draft.free == frozenset(FITTED) - {"epochs"}
    found = ONE._replace(recipe=replace(FAST, epochs=5), recipe_name="fast", fitted=frozenset({"batch", "window"}))
    draft = replace(Draft(("long.txt",)).set("from_", "one"), found=found)
    assert draft.free == {"batch", "window"}
    draft = draft.with_fitted({"batch": 8, "window": 16})
    assert draft.text("batch") == "8"
    set_here = draft.set("batch", "32")
    assert set_here.free == {"window"}
    assert set_here.words(BASE) == ["long.txt", "--batch", "32", "--from", "one"]
    kept = RunFacts("Names", ("names",), "fast", replace(recipe, window=8), NOW, fitted=("batch", "window"))
    kept = replace(kept, recipe=replace(kept.recipe, steps_per_epoch=0))
    assert settled(launch_from(set_here.words(BASE)), Run(Path("/runs/one")), kept) == set_here.launch(BASE)
    assert draft.with_preset("best").free == frozenset(FITTED)


def test_an_empty_value_is_the_presets() -> None:
    assert Draft().set("hidden", "64").set("hidden", "").recipe == FAST


def test_arrows_step_through_choices_numbers_and_shares_within_their_bounds() -> None:
    draft = Draft()
    assert draft.stepped("hidden", 1).text("hidden") == "256"
    assert draft.stepped("hidden", -1).text("hidden") == "64"
    assert draft.stepped("dropout", 1).text("dropout") == "0.1"
    assert draft.stepped("dropout", -1).text("dropout") == "0"
    assert draft.stepped("schedule", 1).text("schedule") == "constant"
    assert draft.stepped("lowercase", 1).text("lowercase") == "on"
    for name in RECIPE_FIELDS:
        for steps in (1, -1):
            stepped = draft.set("network", next(kind for kind in NETWORKS if name not in NETWORKS[kind].without))
            if name == "vocabulary":
                stepped = stepped.set("tokens", "words")
            for _ in range(20):
                stepped = stepped.stepped(name, steps)
            assert stepped.problems == {}, name


def test_what_means_nothing_to_the_tokens_or_the_reading_waits_for_another_choice() -> None:
    draft = Draft().set("tokens", "words").set("vocabulary", "300").set("reading", "windows").set("stride", "5")
    assert {"vocabulary", "stride"} < {*draft.recipe_fields}
    assert "random_offsets" not in draft.recipe_fields
    usual = draft.set("tokens", "characters").set("reading", "lanes")
    assert not {"vocabulary", "stride"} & {*usual.recipe_fields}
    assert (usual.recipe, usual.words(BASE)) == (FAST, ["nietzsche"])
    assert usual.set("reading", "windows").recipe == replace(FAST, reading="windows", stride=5)
    characters = Draft(preset="words").set("tokens", "characters")
    assert characters.words(BASE) == ["nietzsche", "--recipe", "words", "--tokens", "characters"]
    assert launch_from(characters.words(BASE)).recipe == characters.recipe


def test_what_means_nothing_to_a_network_waits_for_another_kind() -> None:
    draft = Draft().set("network", "conv").set("kernel", "3").set("dilations", "1 3 9")
    assert draft.recipe == recipe_with("fast", {"network": "conv", "kernel": 3, "dilations": (1, 3, 9)})
    assert "kernel" in draft.recipe_fields
    assert "forget_bias" not in draft.recipe_fields
    assert draft.set("dilations", "1 3 9.5").problem("dilations") == "'9.5' is not a whole number."
    other = draft.set("network", "lstm")
    assert other.recipe == FAST
    assert "kernel" not in other.recipe_fields
    assert other.set("network", "conv").recipe == draft.recipe
    typed = Draft().set("network", "conv")
    assert all(typed.takes("dilations", character) for character in "1 ,")


def test_arrows_set_a_limit_of_the_time_and_change_it() -> None:
    draft = Draft().stepped("max_seconds", 1)
    assert draft.text("max_seconds") == "600"
    assert draft.stepped("max_seconds", 1).text("max_seconds") == "1200"
    assert draft.stepped("max_seconds", -1).text("max_seconds") == "300"


def test_only_what_can_be_part_of_a_value_is_typed() -> None:
    draft = Draft()
    assert draft.takes("name", "x")
    assert not draft.takes("hidden", "x")  # so that x explains there
    assert draft.takes("rate", "e")
    assert draft.takes("temperatures", " ")
    assert not draft.takes("lowercase", "1")


def test_the_text_is_read_again_only_where_that_changes_it() -> None:
    draft = Draft(("book.txt",))
    assert draft.set("hidden", "64").reading == draft.reading
    assert draft.set("lowercase", "on").reading != draft.reading
    assert draft.of_text(("other.txt",)).reading != draft.reading


def test_runs_elsewhere_and_the_rest_of_the_launch_stay() -> None:
    base = replace(BASE, runs=Path("/runs"), devices=2)
    launch = Draft(("book.txt",)).launch(base)
    assert launch == replace(base, corpus=("book.txt",))


def test_what_the_command_line_says_of_every_run_stands_in_the_form_and_can_be_taken_back() -> None:
    base = replace(BASE, device="cpu", max_seconds=60.0)
    draft = Draft.of((), "fast", FAST, base)
    assert draft.typed == {"device": "cpu", "max_seconds": "60"}
    assert draft.launch(base) == base
    assert draft.set("device", "auto").set("max_seconds", "").launch(base) == BASE


def test_every_field_of_the_form_has_its_help() -> None:
    assert all(FIELDS[name].metadata["help"] for name in (*RECIPE_FIELDS, *RUN_FIELDS))
