"""What is asked for is one value, and its command line asks for the same."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.safe_text import as_read
from model.cli import _parser
from model.networks.network_kinds import NETWORKS
from model.options.field_types import choices_of, type_of
from model.options.fields import options_of
from model.options.process_options import ProcessOptions
from model.options.recipe_options import FITTED, recipe_with
from model.options.training_options import TrainingOptions, chosen_training, command_line, short_command_line
from model.recipe import PRESETS, Recipe, preset
from model.runs.continuing.begin_from import settled
from model.runs.folder import Run
from model.runs.run_facts import RunFacts
from tests.hostile import examples, texts
from tui.cli import launch_from
from tui.launch import Launch

words = texts(8).filter(lambda text: "\0" not in text) | st.sampled_from(["-", "--speed", "-1", "40", "book.txt"])
seconds = st.floats(1e-300, 1e300)
counts = st.integers(0, 10**9)


@st.composite
def recipes(draw: st.DrawFn) -> tuple[str, Recipe]:
    """A preset for some kind of network, with some of its fields changed."""
    name = draw(st.sampled_from(sorted(PRESETS)))
    changes: dict[str, Any] = {}
    for each in draw(st.lists(st.sampled_from(options_of(Recipe)), max_size=5)):
        low, high = each.metadata["low"], each.metadata["high"]
        kind = type_of(Recipe, each.name)
        if kind is bool:
            changes[each.name] = draw(st.booleans())
        elif choices := choices_of(Recipe, each.name):
            changes[each.name] = draw(st.sampled_from(choices))
        elif kind in (int, float):
            numbers = st.integers(low, high) if kind is int else st.floats(low, high, allow_infinity=False)
            changes[each.name] = draw(numbers)
        elif kind is str:
            changes[each.name] = draw(st.sampled_from(["", "utf-8", "latin1"]))
        else:
            entries = st.integers(1, 4096) if kind == tuple[int, ...] else st.floats(0, 100)
            changes[each.name] = tuple(draw(st.lists(entries, min_size=1, max_size=4)))
    network = draw(st.sampled_from(sorted(NETWORKS)))
    usual = preset(name, network, changes.get("tokens"))
    without = replace(usual, **{**changes, "network": network}).without
    kept = {name: value for name, value in changes.items() if name not in without}
    return name, recipe_with(name, {**kept, "network": network})


groups = st.none() | st.builds(
    ProcessOptions,
    coordinator=st.just("node1:29500") | st.just("[::1]:1"),
    processes=st.integers(3, 99),
    process=st.integers(0, 2),
    join_timeout=seconds,
    heartbeat=seconds,
    step_timeout=seconds,
) | st.builds(ProcessOptions, cluster=st.just(True), heartbeat=seconds)  # fmt: skip

runs = st.none() | words.filter(lambda text: not text.startswith("~")).map(Path)


@st.composite
def trainings(draw: st.DrawFn) -> TrainingOptions:
    name, recipe = draw(recipes())
    options = TrainingOptions(
        corpus=tuple(draw(st.lists(words, max_size=3))),
        max_seconds=draw(st.none() | seconds),
        runs=draw(runs),
        save_every=draw(seconds),
        log_every=draw(counts),
        seed_text=draw(st.none() | words.map(as_read) | st.sampled_from(["a\nb", r"a\nb\\"])),
        devices=draw(counts),
        device=draw(st.sampled_from(["auto", "cpu", "gpu"])),
        group=draw(groups),
    )
    if draw(st.booleans()):
        return replace(options, resume=draw(words | st.just("")))
    usual = preset(name, recipe.network, recipe.tokens)
    free = {
        field for field in draw(st.sets(st.sampled_from(FITTED))) if getattr(recipe, field) == getattr(usual, field)
    }
    free |= {*FITTED} & {*recipe.without}  # no option can set them
    return replace(options, recipe_name=name, recipe=recipe, free=frozenset(free), name=draw(st.none() | words))


def parsed(line: list[str]) -> TrainingOptions:
    namespace = _parser().parse_args(["train", *line])
    return TrainingOptions(**chosen_training(namespace.parser, namespace))


@examples(200)
@given(trainings())
def test_the_command_line_of_a_value_is_parsed_into_that_value(options: TrainingOptions) -> None:
    assert parsed(command_line(options)) == options


@examples(200)
@given(trainings())
def test_the_short_command_line_of_a_new_run_means_it_too(options: TrainingOptions) -> None:
    new = replace(options, resume=None, group=None)
    assert parsed(short_command_line(new)) == replace(new, corpus=new.corpus or ("nietzsche",))


def test_the_short_command_line_is_what_a_person_types() -> None:
    options = TrainingOptions(corpus=("book.txt",), recipe_name="best", recipe=replace(PRESETS["best"], hidden=256))
    options = replace(options, free=frozenset(FITTED))
    assert short_command_line(options) == ["book.txt", "--recipe", "best", "--hidden", "256"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("--temperatures 0.2 0.5 --speed 40 book.txt", {"temperatures": (0.2, 0.5)}),
        ("--hidden 16 --theme light --ascii book.txt", {"hidden": 16}),
    ],
)
def test_a_child_trains_what_the_screen_was_asked_for(line: str, expected: dict[str, Any]) -> None:
    launch = launch_from(f"--coordinator node1:29500 --processes 2 --process 0 {line}".split())
    child = parsed(command_line(launch))
    assert (child.corpus, child.recipe) == (("book.txt",), replace(Recipe(), **expected))
    assert child.group == launch.group


def test_a_child_resumes_the_run_and_not_the_text() -> None:
    line = "--coordinator node1:29500 --processes 2 --process 0 --resume --speed 40 book.txt"
    launch = launch_from(line.split())
    child = parsed(command_line(replace(launch, resume="/runs/first", name="first")))
    assert (child.resume, child.corpus, child.name) == ("/runs/first", ("book.txt",), None)
    assert parsed(command_line(launch)).resume == ""


def test_a_child_begins_from_the_run_that_the_launch_names() -> None:
    facts = RunFacts("Nietzsche", ("nietzsche",), "best", replace(PRESETS["best"], hidden=64), datetime.now(UTC))
    line = "--coordinator node1:29500 --processes 2 --process 0 --from old --rate 0.001"
    launch = settled(launch_from(line.split()), Run(Path("/runs/old")), facts)
    child = parsed(command_line(launch))
    again = settled(child, Run(Path("/runs/old")), facts)
    assert (again.recipe, again.recipe_name) == (replace(facts.recipe, rate=0.001), "best") == (launch.recipe, "best")
    assert (again.corpus, child.from_) == (("nietzsche",), "old")


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("--resume --from old", "--resume goes on with a run and --from begins another: leave out one of them"),
        ("--from-weights newest", "--from-weights is for --from RUN: name the run"),
    ],
)
def test_options_of_another_runs_weights_that_do_not_fit(
    line: str, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parsed(line.split())
    assert what in capsys.readouterr().err


def test_every_field_of_a_launch_is_an_option_or_made_of_others() -> None:
    options = {each.name for kind in (TrainingOptions, Launch) for each in options_of(kind)}
    made = {"corpus", "recipe", "recipe_name", "group", "kept", "kept_note", "choose_run", "total_epochs"}
    made |= {"changes", "free", "stem", "lesson_at", "lesson_kept"}
    assert {each.name for each in fields(Launch)} == options | made
