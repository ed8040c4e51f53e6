"""Whatever stands on a command line: what it asks for, or code 2 and one sentence that says what is wrong."""

from __future__ import annotations

import argparse
import io
import re
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from difflib import SequenceMatcher
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from model.cli import _parser
from model.options.fields import option_of, options_of
from model.options.parser import OptionParser
from model.options.recipe_options import chosen_recipe
from model.options.suggestions import MEANT
from model.recipe import Recipe
from tests.hostile import examples, obeyed, texts
from tui.cli import _parser as screen_parser
from tui.cli import launch_from
from tui.launch import Launch

FIELDS = [option_of(field.name) for field in options_of(Recipe)]
RUN_OPTIONS = ["--max-seconds", "--runs", "--name", "--devices", "--recipe", "--save-every", "--log-every", "--resume"]
COMMANDS: dict[str, list[str]] = {
    "write": ["--seed-text", "--length", "--temperature", "--random-seed", "--weights", "--runs"],
    "score": ["--weights", "--runs"],
    "runs": ["--runs"],
    "baselines": ["--lowercase", "--held-out", "--length", "--temperature", "--random-seed", "--recipe"],
    "corpora": ["--lowercase", "--no-lowercase"],
}

numbers = st.one_of(
    st.integers().map(str),
    st.integers(-(10**400), 10**400).map(str),
    st.floats().map(repr),
    st.sampled_from(["", " 1", "1 ", "\n0\n", "\x1f0", "\x850", "1_000", "0x10", "\u0663", "1e999", "-0", "+1", "--"]),
)
typed = numbers | texts(3).filter(lambda word: not word.startswith("-h"))
"""What is typed, but for those who ask for help, who get it."""
values = st.lists(typed, max_size=3)


@pytest.fixture(scope="module")
def parser() -> OptionParser:
    """Of `charlstm`, with all its commands."""
    return _parser()


def answered(work: Callable[[], Any]) -> Any:
    """What `work` gives; or, where it ends the process with code 2, its one sentence on standard error."""
    out, err = io.StringIO(), io.StringIO()
    code: object = None
    with redirect_stdout(out), redirect_stderr(err):
        try:
            return work()
        except SystemExit as ended:
            code = ended.code
    assert code == 2
    said = err.getvalue()
    assert out.getvalue() == ""
    assert said.endswith(" --help.\n")
    assert said.count("\n") == 1
    assert not obeyed(said)
    assert len(said) < 1500
    return said


def trained(parser: OptionParser, words: list[str]) -> Recipe | str:
    """The recipe of a command line of `charlstm train`, or what is said against it."""

    def work() -> Recipe:
        options = parser.parse_args(["train", *words])
        return chosen_recipe(options.parser, options)

    answer: Recipe | str = answered(work)
    return answer


@pytest.mark.parametrize("option", FIELDS)
@examples(50)
@given(given_values=values, recipe=st.sampled_from(["fast", "best", "words", "notebook"]))
def test_any_value_of_any_field_gives_a_recipe_or_a_sentence(
    parser: OptionParser, option: str, given_values: list[str], recipe: str
) -> None:
    answer = trained(parser, ["--recipe", recipe, option, *given_values])
    assert isinstance(answer, Recipe | str)
    if isinstance(answer, str):
        assert option in answer or "unexpected word" in answer or "there is no option" in answer


words = st.lists(st.sampled_from(FIELDS + RUN_OPTIONS + ["--speed", "--theme", "--ascii", "-"]) | typed)


@examples(300)
@given(words)
def test_any_command_line_is_a_launch_or_a_sentence(given_words: list[str]) -> None:
    assert isinstance(answered(lambda: launch_from(given_words)), Launch | str)


@examples(300)
@given(st.sampled_from(sorted(COMMANDS)), st.data())
def test_any_command_line_without_a_screen_is_understood_or_explained(
    parser: OptionParser, command: str, data: st.DataObject
) -> None:
    given_words = data.draw(st.lists(st.sampled_from(COMMANDS[command]) | typed, max_size=6))
    assert isinstance(answered(lambda: parser.parse_args([command, *given_words])), argparse.Namespace | str)


@st.composite
def misspelt(draw: st.DrawFn) -> tuple[str, str]:
    """An option, and the same with a letter too many, too few or another, or with two that changed places."""
    option = draw(st.sampled_from([each for each in FIELDS + RUN_OPTIONS if len(each) > 5]))
    at = draw(st.integers(2, len(option) - 2))
    letter = draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz-_"))
    wrong = draw(
        st.sampled_from(
            [
                option[:at] + option[at + 1 :],
                option[:at] + letter + option[at:],
                option[:at] + letter + option[at + 1 :],
                option[:at] + option[at + 1] + option[at] + option[at + 2 :],
            ]
        )
    )
    return option, wrong


@examples(300)
@given(misspelt(), st.booleans(), numbers)
def test_a_misspelt_option_suggests_the_nearest_one(
    parser: OptionParser, spelling: tuple[str, str], screen: bool, value: str
) -> None:
    option, wrong = spelling
    asked = screen_parser() if screen else parser.parse_args(["train"]).parser
    assume(wrong not in asked._option_string_actions)  # --watch is one letter from --batch
    assume(wrong.lstrip("-") not in MEANT)
    assume(" " not in value)  # argparse takes that for the name of a text
    given_words = [f"{wrong}={value}"]
    said = answered(lambda: launch_from(given_words)) if screen else trained(parser, given_words)
    assert isinstance(said, str)
    found = re.search(r"did you mean (--[a-z-]+)\?", said)
    assert found, said
    assert likeness(found[1], wrong) >= likeness(option, wrong)


def likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, other, one).ratio()


@pytest.mark.parametrize("value", ["\n0\n", "\x1f0", "\x85-1", "\x1b[2J", "\u202e", "9" * 4000])
@pytest.mark.parametrize("option", ["--max-seconds", "--devices", "--hidden", "--speed", "--sp\x1b[2Jeed", "--theme"])
def test_no_mistake_on_the_command_line_commands_the_terminal(option: str, value: str) -> None:
    assert isinstance(answered(lambda: launch_from([option, value])), Launch | str)
