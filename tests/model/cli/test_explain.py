"""`charlstm explain`: one text, the list of terms, and what an unknown term may have meant."""

from __future__ import annotations

import pytest

from model.cli import main
from model.options.explaining.explanations import explanations
from model.options.lessons.lesson import lesson_list, lessons
from tests.model.cli.answers import Capture, records, refused


@pytest.mark.parametrize("words", [["top-p"], ["--top-p"], ["--top-p", "0.9"], ["Top", "P"]])
def test_a_term_is_explained_by_any_of_its_spellings(words: list[str], capsys: Capture) -> None:
    assert main(["explain", *words]) == 0
    said = capsys.readouterr().out
    assert said.startswith("top-p\n")
    assert explanations()["top-p"].text in " ".join(said.split())
    assert max(map(len, said.splitlines())) <= 80


def test_without_a_term_all_are_listed(capsys: Capture) -> None:
    assert main(["explain"]) == 0
    said = capsys.readouterr().out
    assert set(explanations()) <= set(said.replace(",", " ").split())


def test_json_has_an_object_for_each_term(capsys: Capture) -> None:
    assert main(["explain", "--json"]) == 0
    assert [each["term"] for each in records(capsys.readouterr().out)] == [*explanations()]
    assert main(["explain", "bpc", "--json"]) == 0
    (record,) = records(capsys.readouterr().out)
    assert record["term"] == "bits"
    assert record["what"] == explanations()["bits"].what


def test_the_lessons_are_listed_behind_what_a_lesson_is(capsys: Capture) -> None:
    assert main(["explain", "lessons"]) == 0
    assert capsys.readouterr().out.endswith("\n".join(lesson_list()) + "\n")
    assert main(["explain", "lesson", "--json"]) == 0
    assert [each["name"] for each in records(capsys.readouterr().out)[1:]] == [*lessons()]


def test_an_unknown_term_is_refused_with_what_it_may_mean(capsys: Capture) -> None:
    assert "'perplexty'. Did you mean perplexity? 'charlstm explain' lists" in refused(["explain", "perplexty"], capsys)
    assert "'nonsense'. 'charlstm explain' lists" in refused(["explain", "nonsense"], capsys)
