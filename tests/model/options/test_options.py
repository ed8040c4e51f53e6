"""The recipe's fields as command-line options: nothing is lost or guessed, and mistakes are explained."""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import fields, replace
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.options.fields import option_of, options_of
from model.options.parser import OptionParser
from model.options.recipe_options import FITTED, HEADINGS, add_recipe_options, chosen_recipe, recipe_from, recipe_with
from model.options.suggestions import MEANT
from model.options.training_options import TrainingOptions, add_corpus, add_run_options, chosen_training
from model.recipe import FAST, NOTEBOOK, PRESETS, Recipe, RecipeError
from tests.hostile import examples


@pytest.fixture(scope="module")
def parser() -> OptionParser:
    parser = OptionParser(prog="charlstm")
    add_corpus(parser)
    add_run_options(parser)
    return parser


def refusal(parser: OptionParser, capsys: pytest.CaptureFixture[str], line: str) -> str:
    with pytest.raises(SystemExit) as ended:
        chosen_recipe(parser, parser.parse_args(line.split()))
    assert ended.value.code == 2
    captured = capsys.readouterr()
    assert not captured.out
    assert captured.err.count("\n") == 1
    return captured.err


def test_no_options_give_the_default_recipe(parser: OptionParser) -> None:
    parsed = parser.parse_args([])
    assert recipe_from(parsed) == FAST
    assert TrainingOptions(**chosen_training(parser, parsed)) == TrainingOptions(free=frozenset(FITTED))


def test_a_preset_alone_is_that_preset(parser: OptionParser) -> None:
    assert recipe_from(parser.parse_args(["--recipe", "notebook"])) == NOTEBOOK


def test_given_options_replace_only_their_fields(parser: OptionParser) -> None:
    line = "--recipe notebook --hidden 16 --temperatures 0.2 0.5 --no-lowercase --forget-bias -1.5"
    assert recipe_from(parser.parse_args(line.split())) == replace(
        NOTEBOOK, hidden=16, temperatures=(0.2, 0.5), lowercase=False, forget_bias=-1.5
    )


@pytest.mark.parametrize("name", [field.name for field in options_of(Recipe)])
@pytest.mark.parametrize("preset", PRESETS)
def test_every_field_is_an_option_and_keeps_its_value(parser: OptionParser, name: str, preset: str) -> None:
    value = getattr(PRESETS[preset], name)
    option = option_of(name)
    if isinstance(value, bool):
        words = [option if value else option.replace("--", "--no-")]
    elif isinstance(value, tuple):
        words = [option, *map(repr, value)]
    else:
        words = [option, str(value)]
    for base in PRESETS:
        recipe = recipe_with(base, {name: value} if name == "tokens" else {})
        line = ["--recipe", base, *words]
        if name in replace(recipe, **{name: value}).without:
            with pytest.raises(RecipeError, match=f"^{name} means nothing to "):
                recipe_from(parser.parse_args(line))
            continue
        parsed = recipe_from(parser.parse_args(line))
        assert type(getattr(parsed, name)) is type(value)
        wanted = replace(recipe, **{name: value})
        assert parsed == replace(wanted, **{each: getattr(parsed, each) for each in wanted.without})


def test_every_group_begins_at_a_field() -> None:
    assert set(HEADINGS) <= {field.name for field in options_of(Recipe)}


def test_help_says_what_each_field_is_and_where_the_presets_differ(
    parser: OptionParser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    text = parser.format_help()
    for field in options_of(Recipe):
        assert option_of(field.name) in text
        assert field.metadata["help"] in text
    assert "[8; best: 18; words: 4; notebook: 59; pieces: 4]" in text
    assert "[off; notebook: on]" in text
    assert "[0.2 0.5 1 1.2; words: 0.4 0.6 0.8 1; pieces: 0.4 0.6 0.8 1]" in text
    monkeypatch.setenv("COLUMNS", "40")
    assert "-\n" not in parser.format_help(), "a name is never broken at its hyphen"


def test_the_corpora_are_words_before_or_after_the_options(parser: OptionParser) -> None:
    assert parser.parse_args(["a.txt", "b.txt", "--hidden", "3"]).corpus == ["a.txt", "b.txt"]
    assert parser.parse_args(["--hidden", "3", "-"]).corpus == ["-"]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("--hiden 5", "charlstm: there is no option --hiden; did you mean --hidden? See charlstm --help.\n"),
        ("--hidde=5", "charlstm: there is no option --hidde; did you mean --hidden? See charlstm --help.\n"),
        ("--random_seed 5", "did you mean --random-seed?"),
        ("--hid 5", "no option --hid"),
        ("--hidden x", "argument --hidden: 'x' is not a whole number."),
        ("--hidden 1e3", "argument --hidden: '1e3' is not a whole number."),
        ("--rate nan", "argument --rate: 'nan' is not a number."),
        ("--temperatures 0.2 inf", "argument --temperatures: 'inf' is not a number."),
        ("--temperatures 0.2 -1", "--temperatures must be one or more numbers between 0 and 100."),
        (f"--hidden {'9' * 400}", "it must be between 1 and 8192."),
        ("--hid\x1b[2Jden 3", "charlstm: there is no option --hid?[2Jden; did you mean --hidden?"),
        ("--held-out 0.9", "charlstm: --held-out is 0.9; it must be between 0.0 and 0.5."),
        ("--recipe fats", "argument --recipe: invalid choice: 'fats'"),
        ("--reading lane", "argument --reading: invalid choice: 'lane'"),
        ("--temperatures", "--temperatures takes one number or more."),
        ("--temperatures --hidden 5", "--temperatures takes one number or more."),
        ("--recipe note", "invalid choice: 'note'; did you mean notebook?"),
        ("--max-seconds 0", "give more than 0."),
        ("--devices -1", "give 0 or more."),
        ("a --hidden 3 b", "charlstm: unexpected word 'b'; put words that belong together side by side."),
        ("--network lstm gru", "charlstm: --network takes one value, and 'lstm' and 'gru' are two."),
        ("a --dilations 1 2 x", "'x' is not a number for --dilations; if it is a text, put it beside the others."),
        (
            "--vocabulary 9",
            "charlstm: --vocabulary means nothing to tokens characters, only to words and pieces",
        ),
    ],
)
def test_a_mistake_is_explained_in_one_sentence(
    parser: OptionParser, capsys: pytest.CaptureFixture[str], line: str, sentence: str
) -> None:
    assert sentence in refusal(parser, capsys, line)


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("--lr 0.1", "--rate"),
        ("--learning-rate=0.1", "--rate"),
        ("--seed 3", "--random-seed or --seed-text"),
        ("--temp 0.5", "--temperatures"),
        ("--cpu", "--device cpu"),
        ("--GPU", "--device gpu"),
        ("--gpus 2", "--devices"),
        ("--batch-size 8", "--batch"),
    ],
)
def test_an_option_of_other_programs_is_answered_by_its_meaning(
    parser: OptionParser, capsys: pytest.CaptureFixture[str], line: str, meant: str
) -> None:
    assert f"; did you mean {meant}? See" in refusal(parser, capsys, line)


def test_every_meaning_is_an_option_of_one_of_the_programs() -> None:
    from model.cli import _MODULES
    from tui.cli import _parser as screen_parser

    known = set(screen_parser()._option_string_actions)
    for command in _MODULES.values():
        one = OptionParser()
        command.add_options(one)
        known |= set(one._option_string_actions)
    assert {each.split()[0] for meant in MEANT.values() for each in meant} <= known
    assert not {f"--{name}" for name in MEANT} & (known - {"--temperature", "--temperatures", "--length", "--output"})


def test_a_list_of_numbers_ends_where_the_corpus_begins(parser: OptionParser) -> None:
    for line in ("--temperatures 0.5 nietzsche", "--temperatures 0.5 -- nietzsche", "nietzsche --temperatures=0.5"):
        parsed = parser.parse_args(line.split())
        assert (parsed.corpus, recipe_from(parsed).temperatures) == (["nietzsche"], (0.5,))
    assert recipe_from(parser.parse_args(["--temperatures", "0.2", "0.5,1"])).temperatures == (0.2, 0.5, 1.0)


def test_a_misspelt_option_of_a_subcommand_is_compared_with_that_commands_options(
    capsys: pytest.CaptureFixture[str],
) -> None:
    parser = OptionParser(prog="charlstm")
    train = parser.add_subparsers().add_parser("train")
    add_recipe_options(train)
    assert "charlstm train: there is no option --epoch; did you mean --epochs?" in refusal(
        parser, capsys, "train --epoch 3"
    )


def test_a_bad_recipe_is_an_error_of_its_own_where_no_parser_is_at_hand(parser: OptionParser) -> None:
    with pytest.raises(RecipeError, match="hidden is 0"):
        recipe_from(parser.parse_args(["--hidden", "0"]))


class Refused(Exception):  # noqa: N818
    """What the parser would have said."""


class RefusingParser(OptionParser):
    def error(self, message: str) -> NoReturn:
        raise Refused(message)


@examples(200)
@given(st.lists(st.text(max_size=12) | st.sampled_from(["--hidden", "--rate", "--recipe", "nan", "-1", "1e400"])))
def test_any_words_give_a_recipe_or_a_sentence(words: list[str]) -> None:
    parser = RefusingParser(prog="charlstm", add_help=False)
    add_corpus(parser)
    add_run_options(parser)
    try:
        recipe: Recipe | None = chosen_recipe(parser, parser.parse_args(words))
    except Refused as refused:
        recipe, sentence = None, str(refused)
    assert recipe is not None or sentence


def test_options_import_neither_jax_nor_textual_nor_numpy() -> None:
    code = "import sys, model.options.training_options; print({'jax', 'textual', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_namespace_holds_only_the_recipe_fields_that_were_given(parser: OptionParser) -> None:
    parsed: argparse.Namespace = parser.parse_args(["--epochs", "2"])
    assert {field.name for field in fields(Recipe)} & set(vars(parsed)) == {"epochs"}
